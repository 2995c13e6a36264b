// Evaluation: nanoseconds for one person's whole timeline of 25 facts, and deadlines a second. Many
// different timelines are evaluated in turn, so that nothing is merely remembered.
#include "clock.h"
#include "evaluate.h"
#include "paths.h"

#include <stdio.h>
#include <stdlib.h>

#define PERSONS 2000
#define FACTS 25
#define ROUNDS 7

struct bench {
    struct library *library;
    struct timeline timelines[PERSONS];
};

// A child's two years: a referral and its assessment, an enquiry, a conference, a plan with reviews
// and visits, then care with its own. The days are from the start of the case.
static const struct {
    const char *event, *key, *episode, *code;
    int day;
} story[FACTS] = {
    {"birth", "1", NULL, NULL, -3000},
    {"involved", "2", NULL, "social-worker", 0},
    {"referral-received", "R1", "R1", NULL, 0},
    {"assessment-started", "A1", "R1", NULL, 2},
    {"assessment-authorised", "A1", "R1", NULL, 50},
    {"s47-started", "E1", "E1", NULL, 60},
    {"s47-ended", "E1", "E1", "conference", 70},
    {"icpc-held", "C1", "E1", "plan", 78},
    {"cp-plan-started", "P1", "P1", NULL, 78},
    {"cp-plan-made", "P1", "P1", NULL, 78},
    {"cp-visit", "V1", "P1", "seen", 85},
    {"cp-visit", "V2", "P1", "seen", 98},
    {"cp-visit", "V3", "P1", "not-seen", 110},
    {"cp-visit", "V4", "P1", "seen", 115},
    {"core-group-held", "G1", NULL, NULL, 90},
    {"core-group-held", "G2", NULL, NULL, 130},
    {"cp-review-held", "W1", "P1", "continue", 165},
    {"cp-review-held", "W2", "P1", "end", 340},
    {"cp-plan-ended", "P1", "P1", NULL, 340},
    {"care-started", "K1", "K1", NULL, 345},
    {"placement-started", "L1", "K1", NULL, 345},
    {"child-visit", "X1", "K1", "seen", 350},
    {"child-visit", "X2", "K1", "seen", 390},
    {"child-review-held", "Y1", "K1", NULL, 370},
    {"child-review-held", "Y2", "K1", NULL, 455},
};

static struct timeline timeline_of(struct arena *a, const struct library *l, int person)
{
    struct timeline t = {.person_id = "1", .facts = ARENA_ARRAY(a, struct fact, FACTS)};
    struct date start = date_add_days(date_make(2021, 1, 4), person % 700);

    for (size_t i = 0; i < FACTS; i++)
        t.facts[i] =
            (struct fact){.event = library_event(l, story[i].event),
                          .at = {date_add_days(start, story[i].day + (i ? person % 5 : 0)), -1},
                          .until = MOMENT_NONE,
                          .ref = story[i].key,
                          .episode = story[i].episode,
                          .code = story[i].code,
                          .origin = "bench",
                          .recorded = MOMENT_NONE};
    t.count = FACTS;
    timeline_sort(&t);
    return t;
}

// Deadlines of everybody; the arena is used again and again, as the daemon does.
static size_t evaluate_all(const struct bench *b)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    size_t deadlines = 0;

    for (size_t i = 0; i < PERSONS; i++) {
        struct evaluation e;

        arena_reset(a);
        evaluate(a, b->library, &b->timelines[i], (struct sight){NULL}, date_make(2023, 3, 31), &e);
        deadlines += e.count;
    }
    return deadlines;
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

int main(void)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct bench *b = ARENA_NEW(a, struct bench);
    int64_t took[ROUNDS];
    size_t deadlines = 0;
    const char *dir;
    struct error err;

    if (!data_path(a, "rules", &dir, &err) || !library_load(dir, NULL, &b->library, &err)) {
        fprintf(stderr, "%s\n", err.text);
        return 2;
    }
    for (int i = 0; i < PERSONS; i++)
        b->timelines[i] = timeline_of(a, b->library, i);
    for (int round = 0; round < ROUNDS; round++) {
        int64_t started = clock_monotonic();

        deadlines = evaluate_all(b);
        took[round] = clock_monotonic() - started;
    }
    qsort(took, ROUNDS, sizeof *took, by_size);
    double seconds = (double)took[ROUNDS / 2] / 1e6;
    printf("one person, %d facts, %.1f deadlines: %.0f ns; %.0f deadlines a second\n", FACTS,
           (double)deadlines / PERSONS, seconds * 1e9 / PERSONS, (double)deadlines / seconds);
    library_free(b->library);
    return 0;
}
