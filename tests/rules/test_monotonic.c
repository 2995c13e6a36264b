// A later trigger is never due earlier: every timescale of the library over every day from 1995 to
// 2035, each clause by the least that starts it, else by the examples of its rule.
#include "reads.h"

#define FIRST "1995-01-01"
#define LAST "2035-12-31"
#define STARTS_MAX 100
#define HOUR_OF_MEETINGS 600 // minutes: 10:00

// What happens in a sweep, its days counted from the day that is swept.
struct play {
    struct fact *facts;
    size_t count;
};

// A clock met in a sweep, known again by what started it: the day it was last swept, and then due.
struct clock {
    const struct clause *clause;
    const char *trigger;
    struct date day;
    struct moment due;
};

struct sweep {
    const struct library *library;
    const struct timescale *timescale;
    struct clock clocks[STARTS_MAX];
    size_t count;
};

static void add(struct play *p, const struct event_ref *what, int day, const char *ref)
{
    bool coded = what->code_count > 0 && !what->negated;

    p->facts[p->count++] = (struct fact){.event = what->event,
                                         .at = {{day}, HOUR_OF_MEETINGS},
                                         .until = MOMENT_NONE,
                                         .ref = ref,
                                         .code = coded ? what->codes[0] : NULL,
                                         .origin = "table",
                                         .recorded = MOMENT_NONE};
}

// What must be so is so: a spell goes on, something has happened. What must not be, and ages, are
// left to the examples.
static void add_condition(struct play *p, const struct library *l, const struct condition *c)
{
    if (c->negated)
        return;
    switch (c->kind) {
    case CONDITION_HOLDS:
    case CONDITION_SHORTLY_AGO:
        add(p, &c->event, -20, "holds");
        break;
    case CONDITION_HAS_LASTED:
        add(p, &c->event, -800, "lasts");
        break;
    case CONDITION_IN_SUBJECT:
        add(p, &(struct event_ref){.event = l->subjects[c->subject].starts}, -20, "within");
        break;
    case CONDITION_AGE_AT_LEAST:
    case CONDITION_AGE_UNDER:
        break;
    }
}

static void add_conditions(struct play *p, const struct library *l, const struct condition *all,
                           size_t count)
{
    for (size_t i = 0; i < count; i++)
        add_condition(p, l, &all[i]);
}

// The subject begins, what must hold holds, and the trigger comes, for a "second" or "later" one
// the second time.
static struct play least_that_starts(struct arena *a, const struct library *l,
                                     const struct timescale *t, const struct clause *c)
{
    size_t conditions = t->only_for_count + t->only_while_count + c->condition_count;
    struct play p = {ARENA_ARRAY(a, struct fact, conditions + 3), 0};
    bool second = c->ordinal == SECOND || c->ordinal == EVERY_LATER;
    int starts = t->subject >= 0 ? l->subjects[t->subject].starts : -1;

    if (starts >= 0 && starts != c->trigger.event)
        add(&p, &(struct event_ref){.event = starts}, -20, "subject");
    add_conditions(&p, l, t->only_for, t->only_for_count);
    add_conditions(&p, l, t->only_while, t->only_while_count);
    add_conditions(&p, l, c->conditions, c->condition_count);
    if (second)
        add(&p, &c->trigger, -10, "first");
    add(&p, &c->trigger, 0, "trigger");
    return p;
}

static struct play of_example(struct arena *a, const struct example *x)
{
    struct play p = {ARENA_ARRAY(a, struct fact, x->count), x->count};

    for (size_t i = 0; i < x->count; i++) {
        p.facts[i] = x->facts[i];
        p.facts[i].at.on.day -= x->facts[x->count - 1].at.on.day;
    }
    return p;
}

static struct clock clock_of(const struct deadline *d, struct date day)
{
    const struct deadline *first = d;

    while (first->after)
        first = first->after;
    return (struct clock){d->clause, first->trigger->ref, day,
                          d->due_at.minute >= 0 ? d->due_at : (struct moment){d->due_on, -1}};
}

static void compare(struct sweep *s, struct arena *a, const struct deadline *d, struct date day)
{
    struct clock now = clock_of(d, day);

    for (size_t i = 0; i < s->count; i++) {
        struct clock *then = &s->clocks[i];

        if (then->clause != now.clause || strcmp(then->trigger, now.trigger) != 0)
            continue;
        // Where a clock strikes again and again, the first strike of each day is compared.
        if (date_is(then->day, day))
            return;
        if (moment_cmp(now.due, then->due) < 0)
            fail_msg("%s: due %s when it starts on %s, but %s when it starts on %s",
                     d->timescale->id, moment_iso(a, then->due), date_iso(a, then->day),
                     moment_iso(a, now.due), date_iso(a, day));
        *then = now;
        return;
    }
    assert_true(s->count < STARTS_MAX);
    s->clocks[s->count++] = now;
}

static void play_on(struct sweep *s, struct arena *a, const struct play *p, struct date day)
{
    struct timeline t = {"1", ARENA_ARRAY(a, struct fact, p->count), p->count};
    struct evaluation e;

    memcpy(t.facts, p->facts, p->count * sizeof *t.facts);
    for (size_t i = 0; i < t.count; i++)
        t.facts[i].at.on.day += day.day;
    timeline_sort(&t);
    evaluate(a, s->library, &t, (struct sight){NULL}, date_add_days(day, 800), &e);
    for (size_t i = 0; i < e.count; i++)
        if (e.deadlines[i].timescale == s->timescale)
            compare(s, a, &e.deadlines[i], day);
}

// How many clocks the play starts.
static size_t sweep_play(const struct library *l, const struct timescale *t, const struct play *p)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct sweep s = {.library = l, .timescale = t};

    for (struct date day = on(FIRST); date_cmp(day, on(LAST)) <= 0; day.day++) {
        arena_reset(a);
        play_on(&s, a, p, day);
    }
    return s.count;
}

static size_t sweep_examples(struct arena *a, const struct library *l, const struct timescale *t)
{
    size_t started = 0;

    for (size_t i = 0; i < t->example_count; i++) {
        struct play p = of_example(a, &t->examples[i]);

        started += sweep_play(l, t, &p);
    }
    return started;
}

static size_t sweep_timescale(struct arena *a, const struct library *l, const struct timescale *t)
{
    size_t started = 0;
    bool all_by_themselves = true;

    for (size_t v = 0; v < t->version_count; v++)
        for (size_t c = 0; c < t->versions[v].clause_count; c++) {
            const struct clause *clause = &t->versions[v].clauses[c];
            struct play p = least_that_starts(a, l, t, clause);
            size_t now = clause->of >= 0 ? 0 : sweep_play(l, t, &p);

            started += now;
            all_by_themselves &= now > 0;
        }
    return started + (all_by_themselves ? 0 : sweep_examples(a, l, t));
}

// Only what the timescale rests on is on: the others would only cost time.
static void choose(struct library *l, const struct reads *r, size_t timescale)
{
    for (size_t i = 0; i < l->timescale_count; i++)
        l->timescales[i].on = *reads_timescale(r, timescale, i);
}

static void a_later_trigger_is_never_due_earlier(void **state)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct library *l = *state;
    struct reads r = reads_of(a, l);

    assert_true(l->timescale_count > 0);
    for (size_t i = 0; i < l->timescale_count; i++) {
        choose(l, &r, i);
        if (sweep_timescale(a, l, &l->timescales[i]) == 0)
            fail_msg("%s: neither its clauses nor its examples start a clock", l->timescales[i].id);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_later_trigger_is_never_due_earlier)};

    return cmocka_run_group_tests(tests, load_everything, free_rules);
}
