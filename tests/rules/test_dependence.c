// What a deadline depends on, and what not: a fact that a timescale does not read changes none of
// its deadlines, a corrected fact moves those that are counted from it.
#include "invented.h"

#define ROUNDS_EACH 200 // for each timescale of the library

static size_t index_of(const struct library *l, const struct timescale *t)
{
    return (size_t)(t - l->timescales);
}

static size_t rounds(const struct world *w)
{
    return ROUNDS_EACH * w->library->timescale_count;
}

static void note_seen(struct world *w, const struct evaluation *e)
{
    for (size_t i = 0; i < e->count; i++)
        w->seen[index_of(w->library, e->deadlines[i].timescale)]++;
}

static void assert_all_seen(struct world *w)
{
    for (size_t i = 0; i < w->library->timescale_count; i++) {
        if (w->seen[i] == 0)
            fail_msg("no invented timeline has a deadline of %s", w->library->timescales[i].id);
        w->seen[i] = 0;
    }
}

// The deadlines of every timescale that does not read the event are the same.
static void assert_others_stay(struct world *w, struct arena *a, int event,
                               const struct evaluation *before, const struct evaluation *after,
                               struct date as_at)
{
    for (size_t i = 0; i < w->library->timescale_count; i++) {
        const struct timescale *t = &w->library->timescales[i];

        if (event < 0 || !*reads_event(&w->reads, i, event))
            assert_string_equal(said_of(a, before, t, as_at), said_of(a, after, t, as_at));
    }
}

static void an_unrelated_fact_changes_nothing(void **state)
{
    struct world *w = *state;
    struct dice d = new_dice();

    for (size_t round = 0; round < rounds(w); round++) {
        AUTO(arena_auto_free) struct arena *a = arena_new();
        struct timeline t = random_timeline(a, &w->reads, &d), more = copy_of(a, &t);
        struct date as_at = date_add_days(on(FIRST_DAY), (int)roll(&d, 60));
        struct fact added = random_fact(a, w->library, &d, 99);

        if (roll(&d, 8) == 0)
            added.event = -1; // something that no rule knows
        more.facts[more.count++] = added;
        struct evaluation before = ask(a, w->library, &t, as_at);
        struct evaluation after = ask(a, w->library, &more, as_at);
        assert_others_stay(w, a, added.event, &before, &after, as_at);
        note_seen(w, &before);
    }
    assert_all_seen(w);
}

static void what_a_deadline_rests_on_is_read(void **state)
{
    struct world *w = *state;
    struct dice d = new_dice();

    for (size_t round = 0; round < rounds(w); round++) {
        AUTO(arena_auto_free) struct arena *a = arena_new();
        struct timeline t = random_timeline(a, &w->reads, &d);
        struct evaluation e = ask(a, w->library, &t, date_add_days(on(FIRST_DAY), SPAN_DAYS));

        for (size_t i = 0; i < e.count; i++) {
            const struct deadline *x = &e.deadlines[i];
            const struct fact *rests_on[] = {x->trigger, x->met, x->ended};

            for (size_t k = 0; k < 3; k++)
                if (rests_on[k])
                    assert_true(*reads_event(&w->reads, index_of(w->library, x->timescale),
                                             rests_on[k]->event));
        }
    }
}

static bool counted_from(const struct deadline *x, const struct fact *f)
{
    return x->trigger && x->trigger->event == f->event && strcmp(x->trigger->ref, f->ref) == 0;
}

// Later where the trigger is later. Another clock's limit, or an earlier stay, may weigh otherwise
// on the new day.
static void assert_moved_along(const struct deadline *x, const struct deadline *y)
{
    if (x->clause->no_later_than >= 0 || x->clause->summed_over.count > 0)
        return;
    assert_true(date_cmp(x->trigger_on, y->trigger_on) < 0 ? date_cmp(x->due_on, y->due_on) <= 0
                                                           : date_cmp(x->due_on, y->due_on) >= 0);
}

// How many deadlines were counted from the fact before and after it was corrected; each is counted
// anew.
static size_t assert_moved(const struct evaluation *before, const struct evaluation *after,
                           const struct fact *was, const struct fact *is)
{
    size_t moved = 0;

    for (size_t i = 0; i < before->count; i++)
        for (size_t k = 0; k < after->count; k++) {
            const struct deadline *x = &before->deadlines[i], *y = &after->deadlines[k];

            if (x->clause != y->clause || !counted_from(x, was) || !counted_from(y, is))
                continue;
            assert_true(date_is(x->trigger_on, was->at.on));
            assert_true(date_is(y->trigger_on, is->at.on));
            assert_moved_along(x, y);
            moved++;
        }
    return moved;
}

static void a_corrected_fact_moves_what_depends_on_it(void **state)
{
    struct world *w = *state;
    struct dice d = new_dice();
    size_t moved = 0;

    for (size_t round = 0; round < rounds(w); round++) {
        AUTO(arena_auto_free) struct arena *a = arena_new();
        struct timeline t = random_timeline(a, &w->reads, &d), right = copy_of(a, &t);
        struct date as_at = date_add_days(on(FIRST_DAY), SPAN_DAYS + 7);
        struct fact *corrected = &right.facts[roll(&d, (uint32_t)right.count)];
        struct fact was = *corrected, is = was;

        move(a, &is, (int)roll(&d, 15) - 7);
        *corrected = is;
        struct evaluation before = ask(a, w->library, &t, as_at);
        struct evaluation after = ask(a, w->library, &right, as_at);
        assert_others_stay(w, a, is.event, &before, &after, as_at);
        moved += assert_moved(&before, &after, &was, &is);
        note_seen(w, &before);
    }
    assert_true(moved > rounds(w) / 10);
    assert_all_seen(w);
}

// A fact that came and was taken back, by records in any order, in memory that was used for it.
static void a_fact_added_and_removed_leaves_no_trace(void **state)
{
    AUTO(arena_auto_free) struct arena *used = arena_new(), *a = arena_new();
    struct world *w = *state;
    struct dice d = new_dice();

    for (size_t round = 0; round < rounds(w); round++) {
        arena_reset(a);
        arena_reset(used);
        struct timeline t = random_timeline(a, &w->reads, &d), more = copy_of(a, &t);
        struct date as_at = date_add_days(on(FIRST_DAY), (int)roll(&d, 60));
        const char *before = answer(a, w->library, &t, as_at);

        more.facts[more.count++] = random_fact(a, w->library, &d, 99);
        answer(used, w->library, &more, as_at);
        arena_reset(used);
        for (size_t i = 0; i < more.count; i++)
            if (strcmp(more.facts[i].ref, "r99") == 0)
                more.facts[i] = more.facts[--more.count];
        mix(&d, &more);
        assert_string_equal(before, answer(used, w->library, &more, as_at));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unrelated_fact_changes_nothing),
        cmocka_unit_test(what_a_deadline_rests_on_is_read),
        cmocka_unit_test(a_corrected_fact_moves_what_depends_on_it),
        cmocka_unit_test(a_fact_added_and_removed_leaves_no_trace),
    };

    return cmocka_run_group_tests(tests, make_world, end_world);
}
