// Properties of evaluation that hold for any facts, tried on invented timelines. The seed is fixed
// and can be set: TIMELY_SEED=7.
#include "rules_check.h"

#define ROUNDS 400
#define FACTS_MAX 24

// Between 26 August and 25 December there is no bank holiday. Facts stay well inside, so that due
// dates shift with them; months do not shift by weeks, so those are left out.
#define FIRST_DAY "2024-09-02"
#define SPAN_DAYS 28
#define MOVES_MAX 3

struct dice {
    uint64_t state;
};

static uint32_t roll(struct dice *d, uint32_t sides)
{
    d->state = d->state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(d->state >> 33) % sides;
}

static struct dice new_dice(void)
{
    const char *set = getenv("TIMELY_SEED");

    return (struct dice){set ? strtoull(set, NULL, 10) : 20240331};
}

static const char *pick(struct dice *d, const char *const *of, uint32_t count)
{
    return of[roll(d, count)];
}

static struct fact random_fact(struct arena *a, const struct library *l, struct dice *d, int number)
{
    static const char *const keys[] = {"1", "2", "3", NULL};
    struct fact f = {.until = MOMENT_NONE, .recorded = MOMENT_NONE, .origin = "table"};
    const struct event_kind *k;

    f.event = (int)roll(d, (uint32_t)l->event_count);
    k = &l->events[f.event];
    f.at = (struct moment){date_add_days(on(FIRST_DAY), (int)roll(d, SPAN_DAYS)), -1};
    f.episode = pick(d, keys, 4);
    f.meeting = pick(d, keys, 4);
    f.ref = arena_printf(a, "%d", number);
    if (k->code_count && roll(d, 3))
        f.code = k->codes[roll(d, (uint32_t)k->code_count)];
    return f;
}

static struct timeline random_timeline(struct arena *a, const struct library *l, struct dice *d)
{
    struct timeline t = {.person_id = "1", .facts = ARENA_ARRAY(a, struct fact, FACTS_MAX + 1)};

    t.count = 1 + roll(d, FACTS_MAX);
    for (size_t i = 0; i < t.count; i++)
        t.facts[i] = random_fact(a, l, d, (int)i);
    return t;
}

static struct timeline copy_of(struct arena *a, const struct timeline *t)
{
    struct timeline copy = {.person_id = "1", .facts = ARENA_ARRAY(a, struct fact, t->count + 1)};

    copy.count = t->count;
    memcpy(copy.facts, t->facts, t->count * sizeof *t->facts);
    return copy;
}

static bool counts_months(const struct timescale *t)
{
    for (size_t v = 0; v < t->version_count; v++)
        for (size_t c = 0; c < t->versions[v].clause_count; c++)
            if (t->versions[v].clauses[c].span.unit == MONTHS ||
                t->versions[v].clauses[c].span.unit == YEARS)
                return true;
    return false;
}

// Everything that is said about every deadline, days counted from `zero`.
static const char *answer_from(struct arena *a, const struct library *l, struct timeline *t,
                               struct date as_at, int zero, bool months_too)
{
    struct evaluation e;
    const char *all = "";

    timeline_sort(t);
    evaluate(a, l, t, (struct sight){NULL}, as_at, &e);
    for (size_t i = 0; i < e.count; i++) {
        const struct deadline *d = &e.deadlines[i];

        if (!months_too && counts_months(d->timescale))
            continue;
        all = arena_printf(a, "%s%s %s %d %d.%d %s %d %d %s %d\n", all, d->timescale->id,
                           d->subject_ref ? d->subject_ref : "-", d->trigger_on.day - zero,
                           d->due_on.day - zero, d->due_at.minute, state_word(d, as_at),
                           d->met ? d->met_on.day - zero : -1,
                           date_known(d->ended_on) ? d->ended_on.day - zero : -1,
                           d->why ? d->why : "-", d->in_timescale);
    }
    return all;
}

static const char *answer(struct arena *a, const struct library *l, struct timeline *t,
                          struct date as_at)
{
    return answer_from(a, l, t, as_at, 0, true);
}

static void test_shifted_by_weeks(void **state)
{
    struct dice d = new_dice();

    for (int round = 0; round < ROUNDS; round++) {
        AUTO(arena_auto_free) struct arena *a = arena_new();
        struct timeline t = random_timeline(a, *state, &d), moved = copy_of(a, &t);
        int days = 7 * (int)(1 + roll(&d, MOVES_MAX));
        struct date as_at = date_add_days(on(FIRST_DAY), SPAN_DAYS + 2);

        for (size_t i = 0; i < moved.count; i++)
            moved.facts[i].at.on.day += days;
        const char *before = answer_from(a, *state, &t, as_at, 0, false);
        assert_string_equal(
            before, answer_from(a, *state, &moved, date_add_days(as_at, days), days, false));
    }
}

static void test_order_does_not_matter(void **state)
{
    struct dice d = new_dice();

    for (int round = 0; round < ROUNDS; round++) {
        AUTO(arena_auto_free) struct arena *a = arena_new();
        struct timeline t = random_timeline(a, *state, &d), mixed = copy_of(a, &t);
        struct date as_at = date_add_days(on(FIRST_DAY), (int)roll(&d, 60));

        for (size_t i = mixed.count; i > 1; i--) {
            size_t j = roll(&d, (uint32_t)i);
            struct fact kept = mixed.facts[i - 1];

            mixed.facts[i - 1] = mixed.facts[j];
            mixed.facts[j] = kept;
        }
        const char *before = answer(a, *state, &t, as_at);
        assert_string_equal(before, answer(a, *state, &mixed, as_at));
        assert_string_equal(before, answer(a, *state, &t, as_at)); // and asking twice is the same
    }
}

// A professional involved, a legal status and something that no rule knows start, meet and end
// nothing.
static void test_unrelated_facts(void **state)
{
    const struct library *l = *state;
    struct dice d = new_dice();

    for (int round = 0; round < ROUNDS; round++) {
        AUTO(arena_auto_free) struct arena *a = arena_new();
        struct timeline t = random_timeline(a, l, &d), more = copy_of(a, &t);
        struct date as_at = date_add_days(on(FIRST_DAY), (int)roll(&d, 60));
        static const char *const events[] = {"involved", "legal-status", "no-such-event"};

        more.facts[more.count] = random_fact(a, l, &d, 99);
        more.facts[more.count++].event = library_event(l, pick(&d, events, 3));
        const char *before = answer(a, l, &t, as_at);
        assert_string_equal(before, answer(a, l, &more, as_at));
    }
}

static bool mentions(const struct deadline *d, const struct fact *f)
{
    return (d->met && d->met->event == f->event && strcmp(d->met->ref, f->ref) == 0) ||
           (d->trigger && d->trigger->event == f->event && strcmp(d->trigger->ref, f->ref) == 0) ||
           (d->ended && d->ended->event == f->event && strcmp(d->ended->ref, f->ref) == 0);
}

static void test_removed_without_a_trace(void **state)
{
    struct dice d = new_dice();

    for (int round = 0; round < ROUNDS; round++) {
        AUTO(arena_auto_free) struct arena *a = arena_new();
        struct timeline t = random_timeline(a, *state, &d), less = copy_of(a, &t);
        struct date as_at = date_add_days(on(FIRST_DAY), SPAN_DAYS);
        struct fact gone = less.facts[roll(&d, (uint32_t)less.count)];
        struct evaluation e;

        for (size_t i = 0; i < less.count; i++)
            if (strcmp(less.facts[i].ref, gone.ref) == 0)
                less.facts[i] = less.facts[--less.count];
        timeline_sort(&less);
        evaluate(a, *state, &less, (struct sight){NULL}, as_at, &e);
        for (size_t i = 0; i < e.count; i++)
            assert_false(mentions(&e.deadlines[i], &gone));
        // Put back, everything is as it was.
        const char *before = answer(a, *state, &t, as_at);
        less.facts[less.count++] = gone;
        assert_string_equal(before, answer(a, *state, &less, as_at));
    }
}

// What is not yet known on a day has no effect on that day's answer.
static void test_future_is_unknown(void **state)
{
    struct dice d = new_dice();

    for (int round = 0; round < ROUNDS; round++) {
        AUTO(arena_auto_free) struct arena *a = arena_new();
        struct timeline t = random_timeline(a, *state, &d), known = copy_of(a, &t);
        struct date as_at = date_add_days(on(FIRST_DAY), (int)roll(&d, SPAN_DAYS));
        size_t kept = 0;
        int birth = library_event(*state, "birth");

        for (size_t i = 0; i < known.count; i++)
            if (date_cmp(known.facts[i].at.on, as_at) <= 0 || known.facts[i].event == birth)
                known.facts[kept++] = known.facts[i];
        known.count = kept;
        assert_string_equal(answer(a, *state, &t, as_at), answer(a, *state, &known, as_at));
    }
}

static bool same_clock(const struct deadline *x, const struct deadline *y)
{
    return x->timescale == y->timescale && x->clause == y->clause &&
           date_is(x->trigger_on, y->trigger_on) && x->trigger == y->trigger;
}

// As days go by without a new fact, a due date stays, and what was met stays met.
static void test_days_go_by(void **state)
{
    struct dice d = new_dice();

    for (int round = 0; round < 40; round++) {
        AUTO(arena_auto_free) struct arena *a = arena_new();
        struct timeline t = random_timeline(a, *state, &d);
        struct date first = date_add_days(on(FIRST_DAY), SPAN_DAYS);
        struct evaluation then, now;

        timeline_sort(&t);
        evaluate(a, *state, &t, (struct sight){NULL}, first, &then);
        for (int day = 1; day < 365; day += 13) {
            evaluate(a, *state, &t, (struct sight){NULL}, date_add_days(first, day), &now);
            assert_true(now.count >= then.count);
            for (size_t i = 0; i < then.count; i++) {
                const struct deadline *x = &then.deadlines[i];
                size_t found = 0;

                for (size_t k = 0; k < now.count; k++)
                    found += same_clock(x, &now.deadlines[k]) &&
                             date_is(x->due_on, now.deadlines[k].due_on) &&
                             x->met == now.deadlines[k].met && x->state == now.deadlines[k].state;
                assert_true(found > 0);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shifted_by_weeks),  cmocka_unit_test(test_order_does_not_matter),
        cmocka_unit_test(test_unrelated_facts),   cmocka_unit_test(test_removed_without_a_trace),
        cmocka_unit_test(test_future_is_unknown), cmocka_unit_test(test_days_go_by),
    };

    return cmocka_run_group_tests(tests, load_rules, free_rules);
}
