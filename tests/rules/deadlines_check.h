// Rows of facts, the day, a timescale and its deadlines in words: what test_evaluate and
// test_language are made of.
#pragma once

#include "rules_check.h"

struct row {
    const char *facts, *as_at, *timescale, *expected, *why;
};

static inline void check_rows(const struct library *l, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        AUTO(arena_auto_free) struct arena *a = arena_new();
        const struct row *r = &rows[i];
        struct evaluation e = evaluation_of(a, l, r->facts, r->as_at);
        const char *got = deadlines_text(a, &e, r->timescale, on(r->as_at));

        if (strcmp(got, r->expected) != 0)
            fail_msg("%s: expected \"%s\", got \"%s\"", r->why, r->expected, got);
    }
}
#define CHECK(rows) check_rows(*state, rows, sizeof rows / sizeof *rows)
