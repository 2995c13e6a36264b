// Errors: what went wrong, in words for the person who must act, sorted by what the caller does
// next.
//
// A function that can fail returns bool, takes `struct error *err` last and leaves its outputs
// untouched on failure. It either reports an error or logs it, never both.
#pragma once

#include <stdbool.h>

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, first) __attribute__((format(printf, fmt, first), nonnull(fmt)))

enum fault {
    FAULT_NONE,
    FAULT_INPUT, // what we were given is wrong: say where, go on without it (exit status 2)
    FAULT_AWAY,  // a system that we need is not there: wait and try again (exit status 3)
};

struct error {
    enum fault fault;
    char text[2000];
};

// Records a failure. Text longer than the buffer is cut at a UTF-8 boundary. Returns false, so that
// a function can end with `return fail(err, …)`.
bool fail(struct error *err, enum fault fault, const char *fmt, ...) PRINTF_LIKE(3, 4);

// Puts "context: " before the text of an error on its way up; keeps its kind. Returns false.
bool explain(struct error *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

#ifdef __clang_analyzer__
// It does not see into error.c, and would follow paths on which a failure is none.
static inline bool never(bool said)
{
    (void)said;
    return false;
}
#define fail(...) never(fail(__VA_ARGS__))
#define explain(...) never(explain(__VA_ARGS__))
#endif

// Says so on standard error and ends the process with status 3, without a core file: memory holds
// case data. For the few places that allocate outside an arena.
_Noreturn void out_of_memory(void);
static inline void *must(void *p)
{
    if (!p)
        out_of_memory();
    return p;
}

// Runs `done(&variable)` when the variable goes out of scope: handles of other libraries are
// released on every path without a ladder of gotos.
#define AUTO(done) __attribute__((cleanup(done)))
