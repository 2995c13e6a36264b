// Matching: stored deadlines found again after keys and dates have moved.
#include "match.h"
#include "rules_check.h"

#define STORED_MAX 8

struct row {
    const char *computed; // "timescale subject trigger due; …"
    const char *stored;   // the same
    const char *expected; // for each computed: number of the stored one from 0, or "new"
    const char *ties;     // numbers of the stored ones that may not be closed
    const char *why;
};

struct words {
    const char *timescale, *subject, *trigger, *due;
};

static size_t split(struct arena *a, const char *text, struct words *ret)
{
    size_t count = 0;
    char *save = NULL, *save_word = NULL;

    for (char *line = strtok_r(arena_strdup(a, text), ";", &save); line;
         line = strtok_r(NULL, ";", &save)) {
        assert_true(count < STORED_MAX);
        ret[count].timescale = strtok_r(line, " ", &save_word);
        ret[count].subject = strtok_r(NULL, " ", &save_word);
        ret[count].trigger = strtok_r(NULL, " ", &save_word);
        ret[count].due = strtok_r(NULL, " ", &save_word);
        assert_non_null(ret[count].due);
        if (strcmp(ret[count].subject, "-") == 0)
            ret[count].subject = NULL;
        count++;
    }
    return count;
}

static size_t computed_of(struct arena *a, const struct library *l, const char *text,
                          struct deadline *ret)
{
    struct words w[STORED_MAX];
    size_t count = split(a, text, w);

    for (size_t i = 0; i < count; i++) {
        int t = library_timescale(l, w[i].timescale);

        assert_true(t >= 0);
        ret[i] = (struct deadline){.timescale = &l->timescales[t],
                                   .subject_ref = w[i].subject,
                                   .trigger_on = on(w[i].trigger),
                                   .due_on = on(w[i].due)};
    }
    return count;
}

static size_t stored_of(struct arena *a, const char *text, struct stored_key *ret)
{
    struct words w[STORED_MAX];
    size_t count = split(a, text, w);

    for (size_t i = 0; i < count; i++)
        ret[i] = (struct stored_key){(long long)i + 100, w[i].timescale, w[i].subject,
                                     on(w[i].trigger), on(w[i].due)};
    return count;
}

static void check(const struct library *l, const struct row *r)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct deadline deadlines[STORED_MAX];
    struct stored_key stored[STORED_MAX];
    struct evaluation e = {.deadlines = deadlines};
    size_t stored_count = stored_of(a, r->stored, stored);
    const char *got = "", *ties = "";
    struct pairing p;

    e.count = computed_of(a, l, r->computed, deadlines);
    match_deadlines(a, &e, stored, stored_count, &p);
    for (size_t i = 0; i < e.count; i++) {
        got = p.of_computed[i] < 0 ? arena_printf(a, "%s new", got)
                                   : arena_printf(a, "%s %d", got, p.of_computed[i]);
        if (p.of_computed[i] >= 0)
            assert_true(p.stored_taken[p.of_computed[i]]);
    }
    for (size_t j = 0; j < stored_count; j++) {
        if (p.tie[j])
            ties = arena_printf(a, "%s %zu", ties, j);
        assert_false(p.tie[j] && p.stored_taken[j]);
    }
    if (strcmp(got + (*got == ' '), r->expected) != 0 ||
        strcmp(ties + (*ties == ' '), r->ties) != 0)
        fail_msg("%s: expected %s (ties %s), got%s (ties%s)", r->why, r->expected, r->ties, got,
                 ties);
}

static void test_rows(void **state)
{
    static const struct row rows[] = {
        {"", "", "", "", "nothing at all"},
        {"icpc E1 2024-03-14 2024-04-08", "", "new", "", "the first"},
        {"", "icpc E1 2024-03-14 2024-04-08", "", "", "gone"},
        {"icpc E1 2024-03-14 2024-04-08", "icpc E1 2024-03-14 2024-04-08", "0", "", "the same"},
        {"icpc E1 2024-03-14 2024-04-09", "icpc E1 2024-03-14 2024-04-08", "0", "", "due moved"},
        {"icpc E1 2024-03-13 2024-04-05", "icpc E1 2024-03-14 2024-04-08", "0", "",
         "trigger moved"},
        {"icpc X1 2024-03-14 2024-04-08", "icpc E1 2024-03-14 2024-04-08", "0", "", "key renamed"},
        {"icpc - 2024-03-14 2024-04-08", "icpc E1 2024-03-14 2024-04-08", "0", "", "key lost"},
        {"icpc X1 2024-03-11 2024-04-03", "icpc E1 2024-03-14 2024-04-08", "0", "",
         "only one left"},
        {"assessment X1 2024-03-11 2024-04-03", "icpc E1 2024-03-14 2024-04-08", "new", "",
         "never across timescales"},
        {"icpc X1 2024-03-11 2024-04-03; icpc X2 2024-03-12 2024-04-04",
         "icpc E1 2024-03-14 2024-04-08", "new new", "",
         "only one is left, but it might be either and shares nothing with them"},
        {"icpc E1 2024-03-14 2024-04-08; icpc E2 2024-04-15 2024-05-07",
         "icpc E2 2024-04-12 2024-05-03; icpc E1 2024-03-14 2024-04-08", "1 0", "",
         "the order of the stored ones does not matter"},
        {"cp-visit P1 2024-01-10 2024-01-24; cp-visit P1 2024-01-19 2024-02-02",
         "cp-visit P1 2024-01-10 2024-01-24; cp-visit P1 2024-01-18 2024-02-01", "0 1", "",
         "one of a chain moved"},
        {"cp-visit P1 2024-01-10 2024-01-24; cp-visit P1 2024-01-30 2024-02-13",
         "cp-visit P1 2024-01-10 2024-01-24; cp-visit P1 2024-01-18 2024-02-01; cp-visit P1 "
         "2024-01-30 2024-02-13",
         "0 2", "", "one of a chain deleted"},
        {"cp-visit P1 2024-01-19 2024-02-02",
         "cp-visit P1 2024-01-10 2024-01-24; cp-visit P1 2024-01-18 2024-02-01", "new", "0 1",
         "either may be meant: a tie"},
        {"cp-visit P1 2024-01-11 2024-01-25; cp-visit P1 2024-01-19 2024-02-02",
         "cp-visit P1 2024-01-10 2024-01-24; cp-visit P1 2024-01-18 2024-02-01", "new new", "0 1",
         "two moved at once: a tie"},
        {"cp-visit P1 2024-01-19 2024-02-02; cp-visit P1 2024-02-05 2024-02-19",
         "cp-visit P1 2024-01-18 2024-02-01", "0 new", "",
         "one moved and one new: the nearer is the old one"},
        {"cp-visit P1 2024-01-02 2024-01-16; cp-visit P1 2024-01-19 2024-02-02",
         "cp-visit P1 2024-01-18 2024-02-01", "new 0", "", "the same the other way round"},
        {"icpc X1 2024-03-14 2024-04-08",
         "icpc E1 2024-03-14 2024-04-08; icpc E2 2024-03-14 2024-04-08", "new", "0 1",
         "two of one day, one left under a new key: a tie"},
        {"icpc E1 2024-03-14 2024-04-08; icpc X2 2024-03-14 2024-04-08",
         "icpc E1 2024-03-14 2024-04-08; icpc E2 2024-03-14 2024-04-08", "0 1", "",
         "one of two of a day renamed"},
        {"review-child-first Y1 2024-01-02 2024-01-30; review-child-first Y2 2024-02-05 2024-03-04",
         "review-child-first K1 2024-01-02 2024-01-30; review-child-first K2 2024-02-05 2024-03-04",
         "0 1", "", "all keys renamed: by trigger date"},
        {"visit-child-standard K1 2023-12-20 2023-12-27; visit-child-standard K1 2023-12-20 "
         "2024-01-31",
         "visit-child-standard K1 2023-12-20 2024-01-31; visit-child-standard K1 2023-12-20 "
         "2023-12-27",
         "1 0", "", "two clocks of one day: by due date"},
        {"visit-child-standard K1 2023-12-20 2023-12-26; visit-child-standard K1 2023-12-20 "
         "2024-01-30",
         "visit-child-standard K1 2023-12-20 2024-01-31; visit-child-standard K1 2023-12-20 "
         "2023-12-27",
         "1 0", "", "two clocks of one day, both moved: in order"},
        {"cp-visit P1 2024-01-15 2024-01-29; cp-visit P1 2024-01-15 2024-01-29",
         "cp-visit P1 2024-01-15 2024-01-29; cp-visit P1 2024-01-15 2024-01-29", "0 1", "",
         "alike in everything: in order"},
        {"cp-visit P1 2024-01-15 2024-01-29; cp-visit P1 2024-01-15 2024-01-29",
         "cp-visit P1 2024-01-15 2024-01-29", "0 new", "", "the second of them is new"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check(*state, &rows[i]);
}

// What was stored from an answer is found again, all of it, whatever the order of its rows.
static void test_round_trip(void **state)
{
    static const char facts[] =
        "care-started 2024-01-02 ep=K1; placement-started 2024-01-02 ep=K1 ref=A; child-visit "
        "2024-01-02 ep=K1 ref=V0 code=seen; child-visit 2024-02-06 ep=K1 ref=V1 code=seen; "
        "child-review-held 2024-01-30 ep=K1 ref=R1; child-review-held 2024-04-22 ep=K1 ref=R2; "
        "s47-started 2024-01-02 ep=E1; s47-started 2024-01-02 ep=E2; cp-plan-started 2024-01-20 "
        "ep=P1; cp-plan-made 2024-01-20 ep=P1; cp-visit 2024-01-20 ep=P1 ref=W1 code=seen";
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct evaluation e = evaluation_of(a, *state, facts, "2024-06-01");
    struct stored_key *stored = ARENA_ARRAY(a, struct stored_key, e.count);
    struct pairing p;

    assert_true(e.count > 12);
    for (size_t turn = 0; turn < e.count; turn++) {
        for (size_t i = 0; i < e.count; i++) {
            const struct deadline *d = &e.deadlines[i];

            stored[(2 * e.count - 1 - i + turn) % e.count] = (struct stored_key){
                (long long)i, d->timescale->id, d->subject_ref, d->trigger_on, d->due_on};
        }
        match_deadlines(a, &e, stored, e.count, &p);
        assert_int_equal(p.ties, 0);
        for (size_t i = 0; i < e.count; i++) {
            assert_true(p.of_computed[i] >= 0);
            assert_int_equal(stored[p.of_computed[i]].deadline_id, i);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_round_trip),
    };

    return cmocka_run_group_tests(tests, load_rules, free_rules);
}
