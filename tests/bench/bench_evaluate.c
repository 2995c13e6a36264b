// Evaluation: nanoseconds for a deadline of one person's whole timeline of 25 facts, by the whole
// library, and beside it for the dates alone. Many different timelines are evaluated in turn, so
// that nothing is merely remembered.
//
//     bench_evaluate [FOLDER]
//
// leaves in FOLDER what others need to compute the same (bench_due.py): every date that was counted
// in days, weeks or months; and the facts and the clauses that they come from.
#include "evaluate.h"
#include "paths.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define PERSONS 2000
#define FACTS 25
#define ROUNDS 7
// The stories begin on 2000 days from 2019 to 2024 and are over, due dates and all, by 2027: known
// holidays to the last day.
#define STARTS 2000
#define AS_AT date_make(2026, 12, 31)

// What is left of a deadline for somebody else to compute.
struct counted {
    const struct timescale *timescale;
    struct moment from;
    struct span span;
    struct date due;
};

struct bench {
    struct library *library;
    struct timeline timelines[PERSONS];
    struct counted *counted;
    size_t count, room;
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
    struct date start = date_add_days(date_make(2019, 1, 7), person % STARTS);

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
        evaluate(a, b->library, &b->timelines[i], (struct sight){NULL}, AS_AT, &e);
        deadlines += e.count;
    }
    return deadlines;
}

static bool count_alone(const struct library *l, const struct counted *c)
{
    struct moment due;
    bool provisional;
    struct error err;

    return span_apply(l->national, c->span, c->from, &due, &provisional, &err) &&
           date_is(due.on, c->due);
}

// Deadlines that are one span from one day. Hours are left out: neither a table of working days
// nor a calendar of dates knows them.
static void collect(struct arena *kept, struct bench *b)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();

    for (size_t i = 0; i < PERSONS; i++) {
        struct evaluation e;

        arena_reset(a);
        evaluate(a, b->library, &b->timelines[i], (struct sight){NULL}, AS_AT, &e);
        for (size_t k = 0; k < e.count; k++) {
            const struct deadline *d = &e.deadlines[k];
            struct counted c = {d->timescale, {d->trigger_on, -1}, d->clause->span, d->due_on};

            if (c.span.unit == HOURS || !count_alone(b->library, &c))
                continue;
            b->counted = arena_grow(kept, b->counted, sizeof c, b->count, &b->room);
            b->counted[b->count++] = c;
        }
    }
}

static size_t count_all(const struct bench *b)
{
    size_t right = 0;

    for (size_t i = 0; i < b->count; i++)
        right += count_alone(b->library, &b->counted[i]);
    return right;
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

// Median nanoseconds of processor time for each of what `all` counts, and how many those are.
static double measure(const struct bench *b, size_t all(const struct bench *), size_t *ret)
{
    int64_t took[ROUNDS];

    for (int round = 0; round < ROUNDS; round++) {
        clock_t started = clock();

        *ret = all(b);
        took[round] = clock() - started;
    }
    qsort(took, ROUNDS, sizeof *took, by_size);
    return (double)took[ROUNDS / 2] * 1e9 / CLOCKS_PER_SEC / (double)*ret;
}

static void leave_dates(FILE *out, struct arena *a, const struct bench *b)
{
    for (size_t i = 0; i < b->count; i++) {
        const struct counted *c = &b->counted[i];
        int count = c->span.before ? -c->span.count : c->span.count;

        (void)fprintf(out, "%s,%s,%s,%s\n", c->timescale->id, date_iso(a, c->from.on),
                      span_words(a, (struct span){count, c->span.unit, false}),
                      date_iso(a, c->due));
    }
}

static void leave_facts(FILE *out, struct arena *a, const struct bench *b)
{
    for (size_t i = 0; i < PERSONS; i++)
        for (size_t k = 0; k < FACTS; k++) {
            const struct fact *f = &b->timelines[i].facts[k];

            (void)fprintf(out, "%zu,%s,%s,%s\n", i, b->library->events[f->event].name,
                          f->code ? f->code : "", date_iso(a, f->at.on));
        }
}

static const char *event_name(const struct library *l, int event)
{
    return event >= 0 ? l->events[event].name : "";
}

static void leave_rule(FILE *out, struct arena *a, const struct library *l,
                       const struct timescale *t, const struct clause *c)
{
    static const char *const ordinals[] = {"every", "first", "second", "later"};
    const struct event_ref *trigger = &c->trigger, *met = &t->met_by[0];
    int ends = t->subject >= 0 ? l->subjects[t->subject].ends : -1;

    if (!t->on || c->basis != FROM_EVENT || c->span.unit == HOURS)
        return;
    (void)fprintf(out, "%s,%s,%s,%s,%s,%s,%s,%s\n", t->id, event_name(l, ends),
                  event_name(l, trigger->event),
                  trigger->code_count && !trigger->negated ? trigger->codes[0] : "",
                  ordinals[c->ordinal], span_words(a, c->span), event_name(l, met->event),
                  met->code_count && !met->negated ? met->codes[0] : "");
}

static void leave_rules(FILE *out, struct arena *a, const struct bench *b)
{
    const struct library *l = b->library;

    for (size_t i = 0; i < l->timescale_count; i++) {
        const struct timescale *t = &l->timescales[i];
        const struct version *now = &t->versions[t->version_count - 1];

        for (size_t c = 0; c < now->clause_count; c++)
            leave_rule(out, a, l, t, &now->clauses[c]);
    }
}

static bool leave(const struct bench *b, const char *folder, const char *name,
                  void write(FILE *out, struct arena *a, const struct bench *b))
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    const char *path = arena_printf(a, "%s/%s", folder, name);
    FILE *out = fopen(path, "we");

    if (out)
        write(out, a, b);
    if (out && fclose(out) == 0)
        return true;
    perror(path);
    return false;
}

int main(int argc, char **argv)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct bench *b = ARENA_NEW(a, struct bench);
    size_t deadlines, dates;
    const char *dir;
    struct error err;

    if (!data_path(a, "rules", &dir, &err) || !library_load(dir, NULL, &b->library, &err)) {
        (void)fprintf(stderr, "%s\n", err.text);
        return 2;
    }
    for (int i = 0; i < PERSONS; i++)
        b->timelines[i] = timeline_of(a, b->library, i);
    collect(a, b);
    double ns = measure(b, evaluate_all, &deadlines);
    double each = (double)deadlines / PERSONS;
    printf("evaluation:  %6.1f ns a deadline; %.0f deadlines a second and core\n", ns, 1e9 / ns);
    printf("one person:  %6.1f us for %d facts and %.1f deadlines, %zu timescales\n",
           ns * each / 1e3, FACTS, each, b->library->timescale_count);
    ns = measure(b, count_all, &dates);
    printf("dates alone: %6.1f ns a date, %zu of %zu deadlines\n", ns, dates, deadlines);
    bool left = argc < 2 || (leave(b, argv[1], "dates.csv", leave_dates) &&
                             leave(b, argv[1], "facts.csv", leave_facts) &&
                             leave(b, argv[1], "rules.csv", leave_rules));
    library_free(b->library);
    return left ? 0 : 1;
}
