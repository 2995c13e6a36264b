// What the tests of the measures share: a few children, given as their facts, in one tally.
#pragma once

#include "measure.h"
#include "rules_check.h"

#define CHILDREN 4

// A plan made by a conference on 16 October 2023: its first review is due on 16 January 2024.
#define PLAN "cp-plan-started 2023-10-16 ep=P1; cp-plan-made 2023-10-16 ep=P1 mt=M0; "

// From January to April 2024.
static inline struct measure_question asked(const char *measure, enum measure_by by,
                                            const char *as_at)
{
    return (struct measure_question){.measure = measure_find(measure),
                                     .by = by,
                                     .from = on("2024-01-01"),
                                     .to = on("2024-04-01"),
                                     .as_at = on(as_at)};
}

// A tally of children whose facts are given as text, of one team each ("1", "2", …).
static inline struct tally *tally_of(struct arena *a, const struct library *l,
                                     const struct measure_question *q, const char *const *children)
{
    struct tally *t = tally_new(a, l, q);

    for (size_t i = 0; i < CHILDREN && children[i]; i++) {
        AUTO(arena_auto_free) struct arena *once = arena_new(); // the tally must not lean on it
        const char *number = arena_printf(once, "%zu", i + 1);
        struct owner owner = {number, number};
        struct timeline timeline = facts_of(once, l, children[i]);
        struct evaluation e;

        timeline.person_id = number;
        evaluate(once, l, &timeline, (struct sight){NULL}, q->as_at, &e);
        tally_add(t, &owner, &timeline, &e);
    }
    return t;
}
