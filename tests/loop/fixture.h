// What the tests of the loop share. Fibers have stacks of their own, over which cmocka's longjmp
// must not go: inside them MUST() ends the program, which fails the test.
#pragma once

#include "error.h"
#include "fiber.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#undef fail // error.h has a function of this name

#define MUST(what)                                                                                 \
    do {                                                                                           \
        if (!(what)) {                                                                             \
            (void)fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #what);               \
            _exit(1);                                                                              \
        }                                                                                          \
    } while (0)

#define MUST_EQUAL(a, b)                                                                           \
    do {                                                                                           \
        long long left_ = (long long)(a), right_ = (long long)(b);                                 \
        if (left_ != right_) {                                                                     \
            (void)fprintf(stderr, "%s:%d: %s is %lld, not %lld\n", __FILE__, __LINE__, #a, left_,  \
                          right_);                                                                 \
            _exit(1);                                                                              \
        }                                                                                          \
    } while (0)

// For calls that fill `err`: shows its text when they fail.
#define MUST_OK(call)                                                                              \
    do {                                                                                           \
        if (!(call)) {                                                                             \
            (void)fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #call, err.text);         \
            _exit(1);                                                                              \
        }                                                                                          \
    } while (0)

#define MUST_CONTAIN(text, part)                                                                   \
    do {                                                                                           \
        if (!strstr((text), (part))) {                                                             \
            (void)fprintf(stderr, "%s:%d: \"%s\" lacks \"%s\"\n", __FILE__, __LINE__, (text),      \
                          (part));                                                                 \
            _exit(1);                                                                              \
        }                                                                                          \
    } while (0)

// Runs one function as the only fiber of a fresh loop.
static inline void in_fiber(void (*run)(void *), void *arg)
{
    struct loop *l = loop_new();

    loop_run_one(l, "test", run, arg);
    loop_free(l);
}
