// Figures: parts, days, caseloads, groups and periods of what was counted.
#include "measure_check.h"

static void test_parts(void **state)
{
    static const struct {
        const char *measure, *children[CHILDREN], *expected; // parts of January
    } rows[] = {
        {"m-icpc",
         {"s47-started 2024-01-02 ep=E1; icpc-held 2024-01-02 ep=E1",
          "s47-started 2024-01-02 ep=E2; icpc-held 2024-01-09 ep=E2",
          "s47-started 2024-01-02 ep=E3; icpc-held 2024-01-10 ep=E3",
          "s47-started 2024-01-02 ep=E4; icpc-held 2024-01-24 ep=E4"},
         "2 1 0 1 0"},
        {"m-icpc",
         {"s47-started 2024-01-02 ep=E1; icpc-held 2024-01-16 ep=E1",
          "s47-started 2024-01-02 ep=E2; icpc-held 2024-01-23 ep=E2",
          "s47-started 2024-01-02 ep=E3; icpc-held 2024-01-30 ep=E3",
          "s47-started 2024-01-02 ep=E4; icpc-held 2024-01-31 ep=E4"},
         "0 1 1 1 1"},
        {"m-icpc-route",
         {"cin-plan-started 2023-10-02 ep=N1; s47-started 2024-01-02 ep=E1; "
          "icpc-held 2024-01-16 ep=E1; cin-plan-ended 2024-01-10 ep=N1",
          "cin-plan-started 2024-01-03 ep=N2; s47-started 2024-01-02 ep=E2; "
          "icpc-held 2024-01-16 ep=E2",
          "transfer-in-conference-held 2024-01-16 ref=C3", "icpc-held 2024-01-16 ref=C4"},
         "1 2 1"},
        {"m-cp-outcome",
         {"cp-plan-started 2023-06-01 ep=P1; cp-plan-ended 2024-01-10 ep=P1; "
          "care-started 2024-01-10 ep=K1; cin-plan-started 2024-01-10 ep=N1",
          "cp-plan-started 2023-06-01 ep=P2; cp-plan-ended 2024-01-10 ep=P2; "
          "cin-plan-started 2024-01-10 ep=N2",
          "cp-plan-started 2023-06-01 ep=P3; cp-plan-ended 2024-01-10 ep=P3; "
          "cin-plan-started 2023-01-10 ep=N3; cin-plan-ended 2024-01-10 ep=N3",
          "cp-plan-started 2023-06-01 ep=P4"},
         "1 1 1"},
        {"m-repeat-outcome",
         {"cp-plan-started 2022-03-01 ep=P1; cp-plan-ended 2022-06-01 ep=P1; "
          "cp-plan-started 2023-06-01 ep=P2; cp-plan-ended 2024-01-10 ep=P2",
          "cp-plan-started 2023-06-01 ep=P3; cp-plan-ended 2024-01-10 ep=P3"},
         "0 0 1"},
        {"m-category",
         {"cp-plan-started 2023-06-01 ep=P1 code=Neglect",
          "cp-plan-started 2023-06-01 ep=P2 code=SAB",
          "cp-plan-started 2023-06-01 ep=P3 code=sexual", "cp-plan-started 2023-06-01 ep=P4"},
         "1 0 0 2 0 1"},
        {"m-rhi",
         {"missing-found 2024-01-10 ep=M1; rhi-done-at 2024-01-11 ep=M1",
          "missing-found 2024-01-10 ep=M2; rhi-done-at 2024-01-20 ep=M2",
          "missing-found 2024-01-10 ep=M3; rhi-offered-at 2024-01-11 ep=M3",
          "missing-found 2024-01-10 ep=M4"},
         "1 1 1 1"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        AUTO(arena_auto_free) struct arena *a = arena_new();
        struct measure_question q = asked(rows[i].measure, BY_CHILD, "2024-05-01");
        const struct figures *f;
        const char *all = "";

        tally_figures(tally_of(a, *state, &q, rows[i].children), &f);
        for (size_t part = 0; q.measure->parts[part]; part++)
            all = arena_printf(a, "%s%s%d", all, part ? " " : "", f[0].parts[part]);
        if (strcmp(all, rows[i].expected) != 0)
            fail_msg("%s: expected %s, got %s", rows[i].measure, rows[i].expected, all);
    }
}

static void test_a_meeting_is_in_the_last_part_of_its_children(void **state)
{
    static const char *const children[CHILDREN] = {
        "s47-started 2024-01-02 ep=E1; icpc-held 2024-01-23 ep=E1 ref=C1 mt=M1",
        "s47-started 2024-01-01 ep=E2; icpc-held 2024-01-23 ep=E2 ref=C2 mt=M1"};
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct measure_question q = asked("m-icpc-meeting", BY_MEETING, "2024-05-01");
    const struct figures *f;

    tally_figures(tally_of(a, *state, &q, children), &f);
    assert_int_equal(f[0].held, 1);
    assert_int_equal(f[0].parts[2], 0);
    assert_int_equal(f[0].parts[3], 1);
}

static void test_days_of_disputes(void **state)
{
    static const char *const children[CHILDREN] = {
        "dispute-raised 2024-01-02 ep=D1 code=informal; dispute-resolved 2024-01-02 ep=D1",
        "dispute-raised 2024-01-02 ep=D2; dispute-resolved 2024-01-30 ep=D2; "
        "dispute-raised 2024-01-02 ep=D3; dispute-resolved 2024-01-31 ep=D3",
        "dispute-raised 2024-01-02 ep=D4; dispute-resolved 2024-01-05 ep=D4",
        "dispute-raised 2024-01-02 ep=D5; dispute-raised 2024-04-29 ep=D6"};
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct measure_question q = asked("m-dispute-days", BY_CHILD, "2024-05-01");
    const struct figures *f;
    struct figures total;
    struct tally *t = tally_of(a, *state, &q, children);

    tally_figures(t, &f);
    assert_int_equal(f[0].held, 4);
    assert_int_equal(f[0].in_time, 3);         // the 20th working day is 30 January
    assert_int_equal(f[0].median_tenths, 155); // of 0, 3, 28 and 29
    assert_int_equal(f[0].ninetieth, 29);
    assert_int_equal(f[0].longest, 29);
    assert_int_equal(f[0].left_out, 1);
    assert_int_equal(f[0].overdue, 1); // raised on 29 April there is time yet
    assert_int_equal(f[1].median_tenths, -1);
    total = tally_total(t);
    assert_int_equal(total.held, 4);
    assert_int_equal(total.left_out, 2);
}

static void test_the_ninetieth_is_the_nearest_rank(void **state)
{
    static const struct {
        int count, ninetieth, median_tenths; // of 1, 2, … count days
    } rows[] = {{1, 1, 10}, {2, 2, 15}, {9, 9, 50}, {10, 9, 55}, {11, 10, 60}, {20, 18, 105}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        AUTO(arena_auto_free) struct arena *a = arena_new();
        struct measure_question q = asked("m-dispute-days", BY_CHILD, "2024-05-01");
        const struct figures *f;
        const char *one = "";

        for (int days = 1; days <= rows[i].count; days++)
            one = arena_printf(
                a, "%sdispute-raised 2024-01-01 ep=D%d; dispute-resolved 2024-01-%02d ep=D%d;", one,
                days, days + 1, days);
        tally_figures(tally_of(a, *state, &q, (const char *const[CHILDREN]){one}), &f);
        assert_int_equal(f[0].held, rows[i].count);
        assert_int_equal(f[0].ninetieth, rows[i].ninetieth);
        assert_int_equal(f[0].median_tenths, rows[i].median_tenths);
    }
}

static void test_caseloads(void **state)
{
    static const char *const children[CHILDREN] = {
        "cp-plan-started 2023-06-01 ep=P1; involved 2023-06-01 code=chair who=7",
        "care-started 2023-06-01 ep=K1; involved 2023-06-01 code=iro who=8 ref=a; "
        "cp-plan-started 2023-06-01 ep=P2; involved 2023-06-01 code=chair who=7 ref=b",
        "care-started 2023-06-01 ep=K2; involved 2023-06-01 code=iro who=8 ref=a "
        "until=2024-02-10; involved 2024-02-10 code=iro who=7 ref=b; "
        "cp-plan-started 2023-06-01 ep=P3; involved 2023-06-01 code=chair who=7 ref=c",
        "care-started 2023-06-01 ep=K4"};
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct library few = *(const struct library *)*state;
    struct measure_question q = asked("m-caseload", BY_CHILD, "2024-05-01");
    const struct figures *f;
    size_t count;

    few.caseload = (struct caseload_range){1, 2};
    tally_figures(tally_of(a, &few, &q, children), &f);
    assert_int_equal(f[0].held, 5); // two of 8; three of 7, of which one is in care too
    assert_int_equal(f[0].chairs, 2);
    assert_int_equal(f[0].chairs_above, 1);
    assert_int_equal(f[0].left_out, 1);
    assert_int_equal(f[1].held, 4); // one person in both roles has the child once
    assert_int_equal(f[1].overdue, -1);

    q.group = GROUP_CHAIR;
    count = tally_figures(tally_of(a, &few, &q, children), &f);
    assert_int_equal(count, 12); // 7, 8 and nobody in each of four months
    assert_null(f[0].worker_id);
    assert_int_equal(f[0].left_out, 1);
    assert_string_equal(f[4].worker_id, "7");
    assert_int_equal(f[4].held, 3);
    assert_string_equal(f[8].worker_id, "8");
    assert_int_equal(f[8].held, 2);
    assert_int_equal(f[9].held, 1);
}

static void test_groups(void **state)
{
    static const char *const children[CHILDREN] = {
        PLAN "cp-review-held 2024-01-16 ep=P1 ref=V1 mt=M1; involved 2023-06-01 code=chair who=c9",
        PLAN "cp-review-held 2024-01-16 ep=P1 ref=V2 mt=M1", PLAN};
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct measure_question q = asked("m-rcpc", BY_MEETING, "2024-05-01");
    const struct figures *f;
    struct tally *t;

    q.group = GROUP_TEAM;
    t = tally_of(a, *state, &q, children);
    assert_int_equal(tally_figures(t, &f), 3);
    assert_string_equal(f[0].team_id, "1");
    assert_null(f[0].worker_id);
    assert_int_equal(f[0].held, 1);
    assert_int_equal(f[0].overdue, 0);
    assert_string_equal(f[2].team_id, "3"); // nothing held, something overdue
    assert_string_equal(f[2].period->label, "2024-04");
    assert_int_equal(f[2].held, 0);
    assert_int_equal(f[2].overdue, 1);
    assert_int_equal(tally_total(t).held, 1); // one meeting of two teams is one

    q.group = GROUP_CHAIR;
    assert_int_equal(tally_figures(tally_of(a, *state, &q, children), &f), 3);
    assert_null(f[0].worker_id);
    assert_string_equal(f[2].worker_id, "c9");
    assert_null(f[2].team_id);
}

static void test_what_cannot_be_told_is_not_none_overdue(void **state)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    const struct library *l = *state;
    struct measure_question q = asked("m-core-group", BY_CHILD, "2024-03-01");
    struct timeline timeline = facts_of(a, l, PLAN);
    bool *blind = ARENA_ARRAY(a, bool, l->timescale_count);

    for (int told = 0; told < 2; told++) {
        struct tally *t = tally_new(a, l, &q);
        struct evaluation e;

        blind[library_timescale(l, "core-group-first")] = !told;
        evaluate(a, l, &timeline, (struct sight){blind}, q.as_at, &e);
        tally_add(t, NULL, &timeline, &e);
        assert_int_equal(tally_total(t).overdue, told ? 1 : -1);
    }
}

static void test_periods(void **state)
{
    static const struct {
        enum measure_per per;
        const char *from, *to, *expected;
    } rows[] = {
        {PER_MONTH, "2023-12-01", "2024-01-01",
         "2023-12 2023-12-01 2023-12-31, 2024-01 2024-01-01 2024-01-31, "},
        {PER_QUARTER, "2023-11-01", "2024-04-01",
         "2023/24-Q3 2023-11-01 2023-12-31, 2023/24-Q4 2024-01-01 2024-03-31, "
         "2024/25-Q1 2024-04-01 2024-04-30, "},
        {PER_YEAR, "2023-04-01", "2024-03-01", "2023/24 2023-04-01 2024-03-31, "},
        {PER_YEAR, "1999-03-01", "1999-05-01",
         "1998/99 1999-03-01 1999-03-31, 1999/00 1999-04-01 1999-05-31, "},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        AUTO(arena_auto_free) struct arena *a = arena_new();
        struct measure_question q = asked("m-rcpc", BY_CHILD, "2024-05-01");
        const struct period *p;
        const char *all = "";
        size_t count;

        q.per = rows[i].per;
        q.from = on(rows[i].from);
        q.to = on(rows[i].to);
        count = tally_periods(tally_new(a, *state, &q), &p);
        for (size_t k = 0; k < count; k++)
            all = arena_printf(a, "%s%s %s %s, ", all, p[k].label, date_iso(a, p[k].first),
                               date_iso(a, p[k].last));
        assert_string_equal(all, rows[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_a_meeting_is_in_the_last_part_of_its_children),
        cmocka_unit_test(test_days_of_disputes),
        cmocka_unit_test(test_the_ninetieth_is_the_nearest_rank),
        cmocka_unit_test(test_caseloads),
        cmocka_unit_test(test_groups),
        cmocka_unit_test(test_what_cannot_be_told_is_not_none_overdue),
        cmocka_unit_test(test_periods),
    };

    return cmocka_run_group_tests(tests, load_rules, free_rules);
}
