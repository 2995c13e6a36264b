// Measures: a few children in one tally, and what each month says. Two children of one meeting are
// brothers or sisters.
#include "measure_check.h"

struct row {
    const char *measure;
    const char *children[CHILDREN]; // facts of each
    const char *as_at;
    const char *by_child, *by_meeting; // "in/held" of January, February, …
    const char *why;
};

static const char *months_text(struct arena *a, const struct library *l, const struct row *r,
                               enum measure_by by)
{
    struct measure_question q = asked(r->measure, by, r->as_at);
    struct tally *t = tally_of(a, l, &q, r->children);
    const struct figures *months;
    size_t count = tally_figures(t, &months);
    const char *all = "";

    assert_int_equal(count, 4);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(months[i].period->label, arena_printf(a, "2024-%02zu", i + 1));
        all = arena_printf(a, "%s%s%d/%d", all, i ? " " : "", months[i].in_time, months[i].held);
    }
    return all;
}

static void check(const struct library *l, const struct row *r)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    const char *child = months_text(a, l, r, BY_CHILD);
    const char *meeting = months_text(a, l, r, BY_MEETING);

    if (strcmp(child, r->by_child) != 0 || strcmp(meeting, r->by_meeting) != 0)
        fail_msg("%s: expected %s and %s, got %s and %s", r->why, r->by_child, r->by_meeting, child,
                 meeting);
}

static void test_rows(void **state)
{
    static const struct row rows[] = {
        {"m-icpc",
         {"s47-started 2024-01-02 ep=E1; icpc-held 2024-01-23 ep=E1 ref=C1 mt=M1",
          "s47-started 2024-01-03 ep=E2; icpc-held 2024-01-23 ep=E2 ref=C2 mt=M1",
          "s47-started 2024-01-01 ep=E3; icpc-held 2024-01-23 ep=E3 ref=C3 mt=M1"},
         "2024-05-01",
         "2/3 0/0 0/0 0/0",
         "0/1 0/0 0/0 0/0",
         "late for one child is late for the meeting"},
        {"m-icpc",
         {"s47-started 2024-01-02 ep=E1; s47-started 2024-01-15 ep=E2; icpc-held 2024-02-01 ep=E1 "
          "ref=C1 mt=M1"},
         "2024-05-01",
         "0/0 0/1 0/0 0/0",
         "0/0 0/1 0/0 0/0",
         "one conference is one, by the enquiry it is tied to"},
        {"m-icpc",
         {"s47-started 2024-01-02 ep=E1; s47-started 2024-01-15 ep=E2; icpc-held 2024-02-01 "
          "ref=C1"},
         "2024-05-01",
         "0/0 1/1 0/0 0/0",
         "0/0 1/1 0/0 0/0",
         "tied to none: by the latest begun"},
        {"m-icpc",
         {"icpc-held 2024-02-01 ref=C1 mt=M1",
          "s47-started 2024-02-02 ep=E1; icpc-held 2024-02-01 ep=E1 ref=C2 mt=M1",
          "s47-started 2024-02-02 ep=E1; transfer-in-conference-held 2024-02-09 ref=C3 mt=M3"},
         "2024-05-01",
         "0/0 0/0 0/0 0/0",
         "0/0 0/0 0/0 0/0",
         "without an enquiry, before it, or a transfer in: not counted"},
        {"m-icpc",
         {"s47-started 2024-01-02 ep=E1; s47-ended 2024-01-05 ep=E1 code=no-conference; icpc-held "
          "2024-01-08 ref=C1 mt=M1"},
         "2024-05-01",
         "0/0 0/0 0/0 0/0",
         "0/0 0/0 0/0 0/0",
         "the duty had ended by then"},
        {"m-icpc",
         {"s47-started 2024-01-02 ep=E1; icpc-held 2024-01-23 ep=E1 ref=C1 mt=M1"},
         "2024-01-22",
         "0/0 0/0 0/0 0/0",
         "0/0 0/0 0/0 0/0",
         "not yet held"},
        {"m-icpc",
         {"s47-started 2024-01-02 ep=E1; icpc-held 2024-01-23 ep=E1 ref=C1",
          "s47-started 2024-01-02 ep=E2; icpc-held 2024-01-23 ep=E2 ref=C2"},
         "2024-05-01",
         "2/2 0/0 0/0 0/0",
         "2/2 0/0 0/0 0/0",
         "without a number each record is its own meeting"},
        {"m-rcpc",
         {PLAN "cp-review-held 2024-01-16 ep=P1 ref=V1 mt=M1; cp-review-held 2024-04-17 ep=P1 "
               "ref=V2 mt=M2",
          PLAN "cp-review-held 2024-01-17 ep=P1 ref=V3 mt=M1", PLAN},
         "2024-05-01",
         "1/2 0/0 0/0 1/1",
         "0/1 0/0 0/0 1/1",
         "first and later reviews, in the month held; one not held is not counted"},
        {"m-ccr",
         {"care-started 2024-01-02 ep=K1; child-review-held 2024-01-30 ep=K1 ref=V1; "
          "child-review-held 2024-04-30 ep=K1 ref=V2",
          "care-started 2024-01-02 ep=K2; child-review-held 2024-01-31 ep=K2 ref=V3"},
         "2024-05-01",
         "1/2 0/0 0/0 1/1",
         "1/2 0/0 0/0 1/1",
         "each review is its own meeting"},
        {"m-distribution",
         {"care-started 2024-01-02 ep=K1; child-review-held 2024-01-30 ep=K1 ref=V1; "
          "minutes-distributed 2024-02-27 ep=V1 ref=D1",
          "care-started 2024-01-02 ep=K2; child-review-held 2024-01-30 ep=K2 ref=V2; "
          "minutes-distributed 2024-02-28 ep=V2 ref=D2",
          "care-started 2024-01-02 ep=K3; child-review-held 2024-01-30 ep=K3 ref=V3",
          "care-started 2024-01-02 ep=K4; child-review-held 2024-01-30 ep=K4 ref=V4; death "
          "2024-02-01 ref=1"},
         "2024-05-01",
         "0/0 1/3 0/0 0/0",
         "0/0 1/3 0/0 0/0",
         "in the month it fell due: in time, late, never; ended ones are not counted"},
        {"m-distribution",
         {"care-started 2024-01-02 ep=K1; child-review-held 2024-01-30 ep=K1 ref=V1; "
          "minutes-distributed 2024-02-05 ep=V1 ref=D1"},
         "2024-02-27",
         "0/0 0/0 0/0 0/0",
         "0/0 0/0 0/0 0/0",
         "done, but its day is not over"},
        {"m-distribution",
         {"care-started 2024-01-02 ep=K1; child-review-held 2024-01-30 ep=K1 ref=V1; "
          "minutes-distributed 2024-02-05 ep=V1 ref=D1"},
         "2024-02-28",
         "0/0 1/1 0/0 0/0",
         "0/0 1/1 0/0 0/0",
         "and now it is"},
        {"m-core-group",
         {"cp-plan-started 2024-01-02 ep=P1; cp-plan-made 2024-01-02 ep=P1 mt=M1; core-group-held "
          "2024-01-16 ref=G1 mt=G1",
          "cp-plan-started 2024-01-02 ep=P2; cp-plan-made 2024-01-02 ep=P2 mt=M1; core-group-held "
          "2024-01-17 ref=G2 mt=G1"},
         "2024-03-01",
         "1/2 0/2 0/0 0/0",
         "0/1 0/2 0/0 0/0",
         "the first of both late for one; the next due on two days"},
        {"m-assessment",
         {"referral-received 2023-11-01 ep=R1; assessment-started 2023-11-02 ep=R1 ref=A1; "
          "assessment-authorised 2024-01-09 ep=R1 ref=A1",
          "referral-received 2023-11-01 ep=R2; assessment-started 2023-11-02 ep=R2 ref=A2; "
          "assessment-authorised 2024-01-10 ep=R2 ref=A2",
          "referral-received 2023-11-01 ep=R3; assessment-authorised 2024-01-10 ep=R3 ref=A3"},
         "2024-05-01",
         "1/2 0/0 0/0 0/0",
         "1/2 0/0 0/0 0/0",
         "45 working days from its own start; without a start it cannot be judged"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check(*state, &rows[i]);
}

static void test_ids(void **state)
{
    const struct measure *all;
    size_t count = measure_list(&all);

    (void)state;
    assert_int_equal(count, 26);
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(measure_find(all[i].id), &all[i]);
        assert_true(all[i].share || all[i].kind == MEASURE_PARTS || all[i].kind == MEASURE_LOAD);
    }
    for (const struct measure_missing *m = measures_missing; m->id; m++)
        assert_null(measure_find(m->id));
    assert_null(measure_find("m-icp"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_ids),
    };

    return cmocka_run_group_tests(tests, load_rules, free_rules);
}
