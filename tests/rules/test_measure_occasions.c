// Occasions: what a measure finds in children's facts, what it leaves out, and why.
#include "measure_check.h"
#include "rules_folder.h"

struct asked {
    const char *measure;
    const char *children[CHILDREN];
    const char *as_at;
    const char *expected; // "in/held" of January to April, "-n" behind for n left out
    const char *why;
    bool due, days;
};

static const char *figures_text(struct arena *a, const struct library *l, const struct asked *r)
{
    struct measure_question q = asked(r->measure, BY_CHILD, r->as_at);
    const struct figures *rows;
    const char *all = "";
    struct error err;
    size_t count;

    q.due = r->due;
    q.days = r->days;
    if (!measure_question_check(&q, &err))
        fail_msg("%s: %s", r->why, err.text);
    count = tally_figures(tally_of(a, l, &q, r->children), &rows);
    for (size_t i = 0; i < count; i++) {
        all = arena_printf(a, "%s%s%d/%d", all, i ? " " : "", rows[i].in_time, rows[i].held);
        if (rows[i].left_out)
            all = arena_printf(a, "%s-%d", all, rows[i].left_out);
    }
    return all;
}

static void check_asked(const struct library *l, const struct asked *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        AUTO(arena_auto_free) struct arena *a = arena_new();
        const char *got = figures_text(a, l, &rows[i]);

        if (strcmp(got, rows[i].expected) != 0)
            fail_msg("%s, %s: expected %s, got %s", rows[i].measure, rows[i].why, rows[i].expected,
                     got);
    }
}
#define CHECK_ASKED(l, rows) check_asked(l, rows, sizeof rows / sizeof *rows)

static void test_plans(void **state)
{
    static const struct asked rows[] = {
        {"m-cp-duration-12",
         {"cp-plan-started 2023-02-28 ep=P1"},
         "2024-05-01",
         "0/1 1/1 1/1 1/1",
         "12 months end on 28 February, also before a leap day"},
        {"m-cp-duration-12",
         {"cp-plan-started 2023-03-31 ep=P1"},
         "2024-05-01",
         "0/1 0/1 1/1 1/1",
         "exactly a year on the last day of March"},
        {"m-cp-duration-12",
         {"cp-plan-started 2023-04-01 ep=P1"},
         "2024-05-01",
         "0/1 0/1 0/1 1/1",
         "a day short of it"},
        {"m-cp-duration-12",
         {"cp-plan-started 2023-02-28 ep=P1"},
         "2024-02-27",
         "0/1 0/1 0/0 0/0",
         "the running month as at today, a coming one not at all"},
        {"m-cp-duration-12",
         {"cp-plan-started 2023-02-28 ep=P1"},
         "2024-02-28",
         "0/1 1/1 0/0 0/0",
         "and a day later"},
        {"m-cp-duration-24",
         {"cp-plan-started 2022-01-31 ep=P1"},
         "2024-05-01",
         "1/1 1/1 1/1 1/1",
         "exactly two years are two years"},
        {"m-cp-duration-24",
         {"cp-plan-started 2022-01-31 ep=P1; cp-plan-ended 2024-02-29 ep=P1"},
         "2024-05-01",
         "1/1 0/0 0/0 0/0",
         "ended on the last day is not open at its end"},
        {"m-cp-duration-24",
         {"birth 2006-03-31; cp-plan-started 2022-01-31 ep=P1",
          "cp-plan-started 2022-06-01 ep=P2; death 2024-02-29"},
         "2024-05-01",
         "1/2 1/1 0/0 0/0",
         "neither 18 nor dead"},
        {"m-cp-duration-24",
         {"cp-plan-started 2022-01-31 ep=P1; cp-plan-ended 2022-01-01 ep=P1"},
         "2024-05-01",
         "1/1 1/1 1/1 1/1",
         "an end before the start is none"},
        {"m-cp-ended-24",
         {"cp-plan-started 2022-02-28 ep=P1; cp-plan-ended 2024-02-28 ep=P1",
          "cp-plan-started 2022-02-28 ep=P2; cp-plan-ended 2024-02-27 ep=P2",
          "cp-plan-started 2022-03-01 ep=P3; cp-plan-ended 2024-02-29 ep=P3",
          "cp-plan-started 2022-03-01 ep=P4"},
         "2024-05-01",
         "0/0 1/3 0/0 0/0",
         "two years to the day; the leap day is a day before"},
        {"m-repeat",
         {"cp-plan-started 2015-01-05 ep=P1; cp-plan-ended 2015-03-05 ep=P1; "
          "cp-plan-started 2024-01-05 ep=P2",
          "cp-plan-started 2024-01-05 ep=P3"},
         "2024-05-01",
         "1/2 0/0 0/0 0/0",
         "an earlier plan, however long ago"},
        {"m-repeat-24",
         {"cp-plan-started 2021-06-01 ep=P1; cp-plan-ended 2022-02-28 ep=P1; "
          "cp-plan-started 2024-02-28 ep=P2",
          "cp-plan-started 2021-06-01 ep=P3; cp-plan-ended 2022-02-28 ep=P3; "
          "cp-plan-started 2024-02-29 ep=P4",
          "cp-plan-started 2021-06-01 ep=P5; cp-plan-started 2024-02-29 ep=P6"},
         "2024-05-01",
         "0/0 1/3 0/0 0/0",
         "24 months to the day; one that goes on has not ended"},
        {"m-conversion",
         {"icpc-held 2024-01-09 ref=C1 code=plan", "icpc-held 2024-01-09 ref=C2 code=no-plan",
          "icpc-held 2024-01-10 ref=C3", "transfer-in-conference-held 2024-01-11 ref=C4 code=plan"},
         "2024-05-01",
         "1/3-1 0/0 0/0 0/0",
         "without an outcome it led to none; no transfers in"},
    };

    CHECK_ASKED(*state, rows);
}

static void test_reviews_of_the_year(void **state)
{
    static const struct asked rows[] = {
        {"m-cpp-reviewed",
         {PLAN "cp-review-held 2024-01-16 ep=P1 ref=V1"},
         "2024-05-01",
         "1/1 1/1 1/1 1/1",
         "in time"},
        {"m-cpp-reviewed",
         {PLAN "cp-review-held 2024-01-17 ep=P1 ref=V1"},
         "2024-05-01",
         "0/1 0/1 0/1 1/1",
         "a late review fails the year it was held in"},
        {"m-cpp-reviewed", {PLAN}, "2024-05-01", "0/1 0/1 0/1 0/1", "overdue"},
        {"m-cpp-reviewed",
         {"cp-plan-started 2024-01-31 ep=P1; cp-plan-made 2024-01-31 ep=P1",
          "cp-plan-started 2024-02-01 ep=P2; cp-plan-made 2024-02-01 ep=P2"},
         "2024-05-01",
         "0/0-1 0/0-2 0/0-2 1/1-1",
         "three months to the last of April; due that day is not overdue"},
        {"m-ccr-child",
         {"care-started 2024-01-02 ep=K1; child-review-held 2024-01-30 ep=K1 ref=V1",
          "care-started 2024-01-02 ep=K2; child-review-held 2024-01-31 ep=K2 ref=V2",
          "care-started 2024-01-04 ep=K3"},
         "2024-04-01",
         "1/2-1 1/3 1/3 2/3",
         "in care for 20 working days; what was late last year is past"},
        {"m-cp-visit",
         {"cp-plan-started 2024-01-02 ep=P1; cp-plan-made 2024-01-02 ep=P1; "
          "cp-visit 2024-01-17 ep=P1 ref=V1 code=seen; "
          "cp-visit 2024-02-20 ep=P1 ref=V2 code=not-seen"},
         "2024-05-01",
         "1/1 0/1 0/1 0/1",
         "due on the last day is up to date; not seen is no visit"},
        {"m-cp-visit",
         {"cp-plan-started 2024-01-02 ep=P1; cp-plan-made 2024-01-02 ep=P1; "
          "cp-visit 2024-01-17 ep=P1 ref=V1 code=seen; "
          "cp-visit 2024-02-20 ep=P1 ref=V2 code=seen"},
         "2024-05-01",
         "0/2 0/0 0/1 0/0",
         "by the day due: every interval",
         .due = true},
        {"m-cla-visit",
         {"care-started 2024-01-02 ep=K1; placement-started 2024-01-02 ep=K1; "
          "child-visit 2024-01-10 ep=K1 ref=V1 code=seen",
          "care-started 2024-01-02 ep=K2"},
         "2024-05-01",
         "1/1-1 0/1-1 0/1-1 0/1-1",
         "six weeks; nothing runs without a placement"},
    };

    CHECK_ASKED(*state, rows);
}

static void test_otherwise(void **state)
{
    static const struct asked rows[] = {
        {"m-rcpc",
         {PLAN "cp-review-held 2024-01-16 ep=P1 ref=V1"},
         "2024-05-01",
         "1/1 0/0 0/0 0/0",
         "three months"},
        {"m-rcpc",
         {PLAN "cp-review-held 2024-01-16 ep=P1 ref=V1"},
         "2024-05-01",
         "0/1 0/0 0/0 0/0",
         "91 days are a day less",
         .days = true},
        {"m-rcpc",
         {"cp-plan-started 2023-07-03 ep=P1; cp-plan-made 2023-07-03 ep=P1; "
          "cp-review-held 2023-09-30 ep=P1 ref=V1; cp-review-held 2024-03-31 ep=P1 ref=V2"},
         "2024-05-01",
         "0/0 0/0 0/1 0/0",
         "six months"},
        {"m-rcpc",
         {"cp-plan-started 2023-07-03 ep=P1; cp-plan-made 2023-07-03 ep=P1; "
          "cp-review-held 2023-09-30 ep=P1 ref=V1; cp-review-held 2024-03-31 ep=P1 ref=V2"},
         "2024-05-01",
         "0/0 0/0 1/1 0/0",
         "183 days are a day more",
         .days = true},
        {"m-rcpc",
         {PLAN "cp-review-held 2024-02-20 ep=P1 ref=V1", PLAN,
          PLAN "cp-plan-ended 2024-01-10 ep=P1"},
         "2024-05-01",
         "0/2-1 0/0 0/0 0/0",
         "by the day due: what is late or owed is in it",
         .due = true},
        {"m-rcpc",
         {PLAN},
         "2024-01-16",
         "0/0-1 0/0 0/0 0/0",
         "not while the day lasts",
         .due = true},
        {"m-rcpc",
         {PLAN "cp-review-held 2024-01-16 ep=P1 ref=V1; cp-review-held 2024-01-16 ep=P1 ref=V2"},
         "2024-05-01",
         "1/1-1 0/0 0/0 0/0",
         "two records of one day are one review"},
        {"m-icpc",
         {"s47-started 2024-01-02 ep=E1",
          "s47-started 2024-01-02 ep=E2; icpc-held 2024-01-23 ep=E2",
          "s47-started 2024-01-02 ep=E3; s47-ended 2024-01-05 ep=E3 code=no-conference"},
         "2024-01-24",
         "1/2-1 0/0 0/0 0/0",
         "by the day due",
         .due = true},
        {"m-assessment-referral",
         {"referral-received 2023-11-01 ep=R1; assessment-authorised 2024-01-08 ep=R1 ref=A1",
          "referral-received 2023-11-01 ep=R2; assessment-authorised 2024-01-09 ep=R2 ref=A2"},
         "2024-05-01",
         "1/2 0/0 0/0 0/0",
         "45 working days from the referral"},
        {"m-rhi",
         {"missing-found 2024-03-29T23:30 ep=M1; rhi-done-at 2024-04-02T00:30 ep=M1",
          "missing-found 2024-03-29T23:30 ep=M2; rhi-done-at 2024-04-02T00:31 ep=M2",
          "missing-found 2024-03-29T23:30 ep=M3 ref=a; missing-found 2024-03-29T23:30 ep=M3 ref=b"},
         "2024-05-01",
         "0/0 0/0 1/3 0/0",
         "72 hours across the change of the clocks"},
        {"m-rhi",
         {"missing-found 2024-01-10 ep=M1; rhi-done-at 2024-01-13T23:00 ep=M1",
          "missing-found 2024-01-10 ep=M2; rhi-done-at 2024-01-14 ep=M2",
          "missing-found 2024-01-10 ep=M3; rhi-done-at 2024-01-11 ep=M4"},
         "2024-05-01",
         "1/3 0/0 0/0 0/0",
         "by the day where no hour is known; another's is not its"},
        {"m-rhi",
         {"missing-found 2024-01-10 ep=M1"},
         "2024-01-13",
         "0/0-1 0/0 0/0 0/0",
         "still to come"},
        {"m-placement-moves",
         {"care-started 2023-01-02 ep=K1; placement 2023-01-02 ep=K1 ref=a until=2023-04-01; "
          "placement 2023-04-01 ep=K1 ref=b until=2024-02-10; placement 2024-02-10 ep=K1 ref=c",
          "care-started 2023-01-02 ep=K2; placement 2023-01-02 ep=K2 ref=d until=2023-03-31; "
          "placement 2023-03-31 ep=K2 ref=e until=2024-02-10; placement 2024-02-10 ep=K2 ref=f; "
          "placement 2024-02-12 ep=K2 ref=g code=T1 until=2024-02-13"},
         "2024-05-01",
         "0/2 1/2 1/2 0/2",
         "three in the year, with that of 1 April; a temporary one is none"},
        {"m-placement-moves",
         {"care-started 2024-01-02 ep=K1; placement 2024-01-02 ep=K1; care-ended 2024-02-29 ep=K1"},
         "2024-05-01",
         "0/1 0/0 0/0 0/0",
         "in care at the end of the month"},
    };

    CHECK_ASKED(*state, rows);
}

static void test_occasions_say_why_they_are_left_out(void **state)
{
    static const struct {
        const char *measure, *child, *why;
    } rows[] = {
        {"m-icpc", "icpc-held 2024-02-01 ref=C1", "no enquiry that led to it"},
        {"m-icpc", "s47-started 2024-02-02 ep=E1; icpc-held 2024-02-01 ep=E1 ref=C1",
         "held before its enquiry began"},
        {"m-icpc", "transfer-in-conference-held 2024-02-01 ref=C1", "transfer in"},
        {"m-rcpc", "cp-review-held 2024-02-01 ref=V1", "no duty was running that it could meet"},
        {"m-distribution",
         "child-review-held 2024-01-30 ep=K1 ref=V1; death 2024-02-01 ref=1; "
         "care-started 2024-01-02 ep=K1",
         "no longer owed: death"},
        {"m-assessment", "assessment-authorised 2024-01-10 ref=A1", "no start is recorded"},
        {"m-assessment",
         "assessment-started 2024-01-11 ref=A1; assessment-authorised 2024-01-10 ref=A1",
         "authorised before it began"},
        {"m-dispute-days", "dispute-raised 2024-01-10 ep=D1", "still open"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        AUTO(arena_auto_free) struct arena *a = arena_new();
        struct measure_question q = asked(rows[i].measure, BY_CHILD, "2024-05-01");
        const char *const children[CHILDREN] = {rows[i].child};
        const struct occasion *o;

        assert_int_equal(tally_occasions(tally_of(a, *state, &q, children), &o), 1);
        assert_string_equal(o->person_id, "1");
        assert_non_null(o->left_out);
        assert_string_equal(o->left_out, rows[i].why);
    }
}

// -------------------------------------------------------------------------------- overlays

static struct library *library_of(struct folder *f, const char *overlay)
{
    struct library *l;
    struct error err;

    *f = folder_new();
    folder_link(f, "child-protection.yaml");
    folder_link(f, "section-47.yaml");
    folder_write(f, "own.txt", overlay, strlen(overlay));
    if (!library_load(f->path, folder_file(f, "own.txt"), &l, &err))
        fail_msg("%s", err.text);
    return l;
}

static void test_a_tighter_rule_moves_no_published_figure(void **state)
{
    static const struct asked rows[] = {
        {"m-rcpc",
         {PLAN "cp-review-held 2024-01-16 ep=P1 ref=V1"},
         "2024-05-01",
         "1/1 0/0 0/0 0/0",
         "three months, not two"},
        {"m-icpc",
         {"s47-started 2024-01-02 ep=E1; icpc-held 2024-01-23 ep=E1 ref=C1"},
         "2024-05-01",
         "1/1 0/0 0/0 0/0",
         "15 days, not 12"},
    };
    struct folder f;
    struct library *l = library_of(&f, "authority: A\n"
                                       "timescales:\n"
                                       "  review-cp-first: {due: within 2 months of cp-plan-made}\n"
                                       "  icpc: {due: within 12 working days of s47-started}\n");

    (void)state;
    CHECK_ASKED(l, rows);
    library_free(l);
    folder_done(&f);
}

static void test_targets_are_read(void **state)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct folder f;
    struct library *l = library_of(&f, "authority: A\n"
                                       "targets: {m-icpc: 90-95%, m-ccr: 79.2%}\n"
                                       "thresholds: {caseload: 55-70}\n");
    const struct target *t = target_of(l, measure_find("m-icpc"));

    assert_int_equal(t->low, 900);
    assert_int_equal(t->high, 950);
    assert_string_equal(target_words(a, t), "90-95%");
    assert_string_equal(target_words(a, target_of(l, measure_find("m-ccr"))), "79.2%");
    assert_null(target_of(l, measure_find("m-rcpc")));
    assert_string_equal(caseload_words(a, &l->caseload), "55-70");
    assert_null(caseload_words(a, &((const struct library *)*state)->caseload));
    library_free(l);
    folder_done(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plans),
        cmocka_unit_test(test_reviews_of_the_year),
        cmocka_unit_test(test_otherwise),
        cmocka_unit_test(test_occasions_say_why_they_are_left_out),
        cmocka_unit_test(test_a_tighter_rule_moves_no_published_figure),
        cmocka_unit_test(test_targets_are_read),
    };

    return cmocka_run_group_tests(tests, load_rules, free_rules);
}
