// Properties of evaluation that hold for any facts, tried on invented timelines.
#include "invented.h"

#define ROUNDS 1000
#define MOVES_MAX 3

static bool is_months(struct span s)
{
    return s.unit == MONTHS || s.unit == YEARS;
}

static bool asks_for_months(const struct condition *all, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is_months(all[i].span))
            return true;
    return false;
}

// Months do not shift by weeks, neither its own nor those of a timescale that it leans on.
static bool counts_months(const struct library *l, const struct timescale *t)
{
    for (size_t v = 0; v < t->version_count; v++)
        for (size_t i = 0; i < t->versions[v].clause_count; i++) {
            const struct clause *c = &t->versions[v].clauses[i];

            if (is_months(c->span) || is_months(c->other) || is_months(c->summed_over) ||
                asks_for_months(c->conditions, c->condition_count) ||
                (c->of >= 0 && counts_months(l, &l->timescales[c->of])) ||
                (c->no_later_than >= 0 && counts_months(l, &l->timescales[c->no_later_than])))
                return true;
        }
    return asks_for_months(t->only_for, t->only_for_count);
}

// Holidays lie between long ago and now, and they do not shift.
static void drop_long_ago(struct timeline *t)
{
    size_t kept = 0;

    for (size_t i = 0; i < t->count; i++)
        if (date_cmp(t->facts[i].at.on, on(FIRST_DAY)) >= 0)
            t->facts[kept++] = t->facts[i];
    t->count = kept;
}

// What is said of every deadline but those counted in months, days counted from `zero`.
static const char *answer_from(struct arena *a, const struct library *l, struct timeline *t,
                               struct date as_at, int zero)
{
    struct evaluation e = ask(a, l, t, as_at);
    const char *all = "";

    for (size_t i = 0; i < e.count; i++)
        // What counts back beyond the first day meets the holiday of late August.
        if (!counts_months(l, e.deadlines[i].timescale) &&
            e.deadlines[i].due_on.day - zero >= on(FIRST_DAY).day)
            all = arena_printf(a, "%s%s", all, said(a, &e.deadlines[i], as_at, zero));
    return all;
}

static void test_shifted_by_weeks(void **state)
{
    const struct world *w = *state;
    struct dice d = new_dice();

    for (int round = 0; round < ROUNDS; round++) {
        AUTO(arena_auto_free) struct arena *a = arena_new();
        struct timeline t = random_timeline(a, &w->reads, &d), moved;
        int days = 7 * (int)(1 + roll(&d, MOVES_MAX));
        struct date as_at = date_add_days(on(FIRST_DAY), SPAN_DAYS + 2);

        drop_long_ago(&t);
        moved = copy_of(a, &t);
        for (size_t i = 0; i < moved.count; i++)
            move(a, &moved.facts[i], days);
        const char *before = answer_from(a, w->library, &t, as_at, 0);
        assert_string_equal(before,
                            answer_from(a, w->library, &moved, date_add_days(as_at, days), days));
    }
}

// Some records are there twice and say different things, as after a bad load.
static void repeat_some(struct dice *d, struct timeline *t)
{
    static const char *const keys[] = {"1", "2", "3", NULL};

    for (size_t i = 0; i < t->count; i++)
        if (roll(d, 4) == 0) {
            t->facts[i] = t->facts[roll(d, (uint32_t)t->count)];
            t->facts[i].meeting = pick(d, keys, 4);
            t->facts[i].at.on.day += (int32_t)roll(d, 2);
        }
}

static void test_order_does_not_matter(void **state)
{
    const struct world *w = *state;
    struct dice d = new_dice();

    for (int round = 0; round < ROUNDS; round++) {
        AUTO(arena_auto_free) struct arena *a = arena_new();
        struct timeline t = random_timeline(a, &w->reads, &d);

        repeat_some(&d, &t);
        struct timeline mixed = copy_of(a, &t);
        struct date as_at = date_add_days(on(FIRST_DAY), (int)roll(&d, 60));

        mix(&d, &mixed);
        const char *before = answer(a, w->library, &t, as_at);
        assert_string_equal(before, answer(a, w->library, &mixed, as_at));
        assert_string_equal(before,
                            answer(a, w->library, &t, as_at)); // and asking twice is the same
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
    const struct world *w = *state;
    struct dice d = new_dice();

    for (int round = 0; round < ROUNDS; round++) {
        AUTO(arena_auto_free) struct arena *a = arena_new();
        struct timeline t = random_timeline(a, &w->reads, &d), less = copy_of(a, &t);
        struct date as_at = date_add_days(on(FIRST_DAY), SPAN_DAYS);
        struct fact gone = less.facts[roll(&d, (uint32_t)less.count)];
        struct evaluation e;

        for (size_t i = 0; i < less.count; i++)
            if (strcmp(less.facts[i].ref, gone.ref) == 0)
                less.facts[i] = less.facts[--less.count];
        timeline_sort(&less);
        evaluate(a, w->library, &less, (struct sight){NULL}, as_at, &e);
        for (size_t i = 0; i < e.count; i++)
            assert_false(mentions(&e.deadlines[i], &gone));
        // Put back, everything is as it was.
        const char *before = answer(a, w->library, &t, as_at);
        less.facts[less.count++] = gone;
        assert_string_equal(before, answer(a, w->library, &less, as_at));
    }
}

// What is not yet known on a day has no effect on that day's answer.
static void test_future_is_unknown(void **state)
{
    const struct world *w = *state;
    struct dice d = new_dice();

    for (int round = 0; round < ROUNDS; round++) {
        AUTO(arena_auto_free) struct arena *a = arena_new();
        struct timeline t = random_timeline(a, &w->reads, &d), known = copy_of(a, &t);
        struct date as_at = date_add_days(on(FIRST_DAY), (int)roll(&d, SPAN_DAYS));
        size_t kept = 0;
        int birth = library_event(w->library, "birth");

        for (size_t i = 0; i < known.count; i++)
            if (date_cmp(known.facts[i].at.on, as_at) <= 0 || known.facts[i].event == birth ||
                w->library->events[known.facts[i].event].ahead)
                known.facts[kept++] = known.facts[i];
        known.count = kept;
        assert_string_equal(answer(a, w->library, &t, as_at), answer(a, w->library, &known, as_at));
    }
}

// A meeting in the diary is made anew at each asking.
static bool same_fact(const struct fact *a, const struct fact *b)
{
    return a == b || (a && b && a->event == b->event && strcmp(a->ref, b->ref) == 0);
}

static bool same_clock(const struct deadline *x, const struct deadline *y)
{
    return x->timescale == y->timescale && x->clause == y->clause &&
           date_is(x->trigger_on, y->trigger_on) && same_fact(x->trigger, y->trigger);
}

// As days go by without a new fact, a due date stays, and what was met stays met.
static void test_days_go_by(void **state)
{
    const struct world *w = *state;
    struct dice d = new_dice();

    for (int round = 0; round < 40; round++) {
        AUTO(arena_auto_free) struct arena *a = arena_new();
        struct timeline t = random_timeline(a, &w->reads, &d);
        struct date first = date_add_days(on(FIRST_DAY), SPAN_DAYS);
        struct evaluation then, now;

        drop_long_ago(&t); // nobody comes of age on the way
        timeline_sort(&t);
        evaluate(a, w->library, &t, (struct sight){NULL}, first, &then);
        for (int day = 1; day < 365; day += 13) {
            evaluate(a, w->library, &t, (struct sight){NULL}, date_add_days(first, day), &now);
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
        cmocka_unit_test(test_shifted_by_weeks),
        cmocka_unit_test(test_order_does_not_matter),
        cmocka_unit_test(test_removed_without_a_trace),
        cmocka_unit_test(test_future_is_unknown),
        cmocka_unit_test(test_days_go_by),
    };

    return cmocka_run_group_tests(tests, make_world, end_world);
}
