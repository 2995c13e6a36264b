// Ladders: who is told of a deadline and when, as lines of text.
#include "ladder.h"
#include "rules_check.h"
#include "zone.h"

static const char *tellings_text(struct arena *a, const struct library *l, const struct deadline *d)
{
    struct telling *t;
    size_t count = ladder_tellings(a, l, d, NULL, &t);
    const char *all = "";

    for (size_t i = 0; i < count; i++) {
        all = arena_printf(a, "%s%s %s%s%s\n", all, moment_iso(a, london_from_instant(t[i].at)),
                           t[i].rung, t[i].escalation ? " ^" : "", t[i].at_once ? " !" : "");
        assert_non_null(strstr(t[i].rung, t[i].role));
    }
    return all;
}

static void check(const struct library *l, const char *facts, const char *as_at,
                  const char *timescale, const char *expected)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct evaluation e = evaluation_of(a, l, facts, as_at);

    assert_string_equal(tellings_text(a, l, only(&e, timescale)), expected);
}

// E-CONF is told upwards; the two rungs before the due date are for conferences not booked in time.
static void test_conference(void **state)
{
    check(*state, "s47-started 2024-03-14 ep=E1", "2024-03-14", "icpc",
          "2024-03-14T09:00 social-worker, at the start\n"
          "2024-03-21T09:00 social-worker, 10 working days before\n"
          "2024-03-28T09:00 social-worker, 5 working days before\n"
          "2024-03-28T09:00 team-manager, 5 working days before ^\n"
          "2024-03-28T09:00 chair, 5 working days before ^\n"
          "2024-04-04T09:00 social-worker, 2 working days before\n"
          "2024-04-05T09:00 social-worker, 1 working day before\n"
          "2024-04-08T09:00 social-worker, on the day\n"
          "2024-04-08T09:00 service-manager, on the day ^\n"
          "2024-04-09T09:00 social-worker, 1 working day after\n"
          "2024-04-09T09:00 team-manager, 1 working day after ^\n"
          "2024-04-09T09:00 service-manager, 1 working day after ^\n"
          "2024-04-11T09:00 social-worker, 3 working days after\n"
          "2024-04-11T09:00 head-of-service, 3 working days after ^\n"
          "2024-04-15T09:00 social-worker, 5 working days after\n"
          "2024-04-22T09:00 director, 10 working days after ^\n");
}

static void test_booked_in_time(void **state)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct evaluation e = evaluation_of(
        a, *state,
        "s47-started 2024-03-14 ep=E1; meeting-booked 2024-03-15 mt=G code=icpc for=2024-04-04",
        "2024-03-18");
    const char *in_time = tellings_text(a, *state, only(&e, "icpc"));

    assert_null(strstr(in_time, "team-manager, 5 working days before"));
    assert_null(strstr(in_time, "service-manager, on the day"));
    // Where no record follows, nobody is passed over on the way up.
    assert_non_null(strstr(in_time, "service-manager, 1 working day after ^\n"));
    assert_non_null(strstr(in_time, "head-of-service, 3 working days after ^\n"));
    e = evaluation_of(
        a, *state,
        "s47-started 2024-03-14 ep=E1; meeting-booked 2024-03-15 mt=G code=icpc for=2024-04-09",
        "2024-03-18");
    assert_non_null(
        strstr(tellings_text(a, *state, only(&e, "icpc")), "team-manager, 5 working days before"));
}

// Booked after the due date: whoever acts is told at once, as the one who acts, since it is known;
// of facts alone since the clock started. Nobody above hears of it as the rules are shipped.
static void test_booked_late(void **state)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct evaluation e = evaluation_of(
        a, *state,
        "s47-started 2024-03-14 ep=E1; meeting-booked 2024-03-15 mt=G code=icpc for=2024-04-09",
        "2024-03-18");
    struct deadline d = *only(&e, "icpc");
    struct booking b = *d.booking;
    const char *text = tellings_text(a, *state, &d);

    assert_non_null(strstr(text, "2024-03-14T00:00 social-worker, booked late for 2024-04-09 !\n"));
    assert_null(strstr(strstr(text, "booked late") + 1, "booked late"));
    d.booking = &b;
    b.late_since = instant_from_london((struct moment){on("2024-03-16"), 3 * 60 + 20});
    assert_non_null(strstr(tellings_text(a, *state, &d),
                           "2024-03-16T03:20 social-worker, booked late for 2024-04-09 !\n"));
    b.at.on = d.due_on;
    assert_null(strstr(tellings_text(a, *state, &d), "booked late"));
}

// Of local practice a rung for law and guidance says nothing; one that waits for the digest may.
static void test_booked_late_upwards(void **state)
{
    static const struct rung rungs[] = {
        {.id = "profile", .role = "social-worker", .when = AT_TRIGGER},
        {.id = "booked late", .role = "team-manager", .when = BOOKED_LATE},
        {.id = "booked late", .role = "director", .when = BOOKED_LATE, .statutory_only = true}};
    static const struct ladder ladder = {.id = "E-CONF", .rungs = rungs, .count = 3};
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct library l = *(const struct library *)*state;
    struct evaluation e = evaluation_of(
        a, &l,
        "s47-started 2024-03-14 ep=E1; meeting-booked 2024-03-15 mt=G code=icpc for=2024-04-09",
        "2024-03-18");
    struct deadline d = *only(&e, "icpc");
    struct timescale local = *d.timescale;
    const char *text;

    l.ladders = (struct ladder *)&ladder;
    l.ladder_count = 1;
    text = tellings_text(a, &l, &d);
    assert_non_null(strstr(text, "team-manager, booked late for 2024-04-09 ^\n"));
    assert_non_null(strstr(text, "director, booked late for 2024-04-09 ^\n"));
    assert_null(strstr(text, "social-worker, booked late"));
    local.force = FORCE_LOCAL;
    d.timescale = &local;
    assert_null(strstr(tellings_text(a, &l, &d), "director"));
}

// Local practice stops below the head of service; what would come before the start is said once.
static void test_local_rule(void **state)
{
    check(*state, "cp-plan-started 2024-01-13 ep=P1; cp-plan-made 2024-01-13 ep=P1", "2024-01-15",
          "cp-visit",
          "2024-01-22T09:00 social-worker, 3 working days before\n"
          "2024-01-29T09:00 social-worker, 1 working day after\n"
          "2024-01-29T09:00 team-manager, 1 working day after ^\n");
}

// What is local reaches the manager above the chairs', and of health the service manager; of what
// is like a visit in a week's list. A worker's own stays with the team manager.
static void test_local_upwards(void **state)
{
    static const struct {
        const char *facts, *timescale, *profile, *last;
    } cases[] = {
        {"icpc-held 2024-03-05 ep=E1 ref=C mt=M", "conference-decisions", "P-M",
         "2024-04-11T09:00 safeguarding-manager, 5 working days after ^\n"},
        {"icpc-held 2024-03-05 ep=E1 ref=C mt=M", "conference-decisions", "P-V",
         "2024-04-15T09:00 safeguarding-manager, 5 working days after ^\n"},
        {"care-started 2024-03-04 ep=K1", "health-initial", "P-S",
         "2024-04-10T09:00 service-manager, 5 working days after ^\n"},
        {"referral-received 2024-03-04 ep=R1", "assessment", "P-S",
         "2024-05-10T09:00 team-manager, 1 working day after ^\n"},
    };
    AUTO(arena_auto_free) struct arena *a = arena_new();

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct evaluation e = evaluation_of(a, *state, cases[i].facts, "2024-03-05");
        struct deadline d = *only(&e, cases[i].timescale);
        struct timescale local = *d.timescale;
        const char *text, *found;

        local.force = FORCE_LOCAL;
        local.profile = cases[i].profile;
        d.timescale = &local;
        text = tellings_text(a, *state, &d);
        found = strstr(text, cases[i].last);
        if (!found || found[strlen(cases[i].last)])
            fail_msg("%s:\n%s", cases[i].timescale, text);
    }
}

// Visits are gathered into the week's first list: foretold no later than three working days before,
// told of and upwards no earlier than the day after. Easter Monday is no day for a list.
static void test_weekly_lists(void **state)
{
    check(*state, "cp-plan-started 2024-03-13 ep=P1; cp-plan-made 2024-03-13 ep=P1", "2024-03-13",
          "cp-visit",
          "2024-03-18T09:00 social-worker, 3 working days before\n"
          "2024-04-02T09:00 social-worker, 1 working day after\n"
          "2024-04-02T09:00 team-manager, 1 working day after ^\n");
    // Due on Tuesday 9 April: three working days before is Thursday 4 April, in Easter's own week.
    check(*state, "cp-plan-started 2024-03-22 ep=P1; cp-plan-made 2024-03-22 ep=P1", "2024-03-22",
          "cp-visit",
          "2024-04-02T09:00 social-worker, 3 working days before\n"
          "2024-04-15T09:00 social-worker, 1 working day after\n"
          "2024-04-15T09:00 team-manager, 1 working day after ^\n");
}

// The list of the week was over when the clock started: at the start. What is due upwards for other
// work comes on its own day.
static void test_list_before_the_start(void **state)
{
    check(*state, "care-started 2024-01-10 ep=K1; placement-started 2024-01-10 ep=K1 ref=A",
          "2024-01-10", "visit-child-standard",
          "2024-01-10T09:00 social-worker, 3 working days before\n"
          "2024-01-22T09:00 social-worker, 1 working day after\n"
          "2024-01-22T09:00 team-manager, 1 working day after ^\n"
          "2024-01-22T09:00 reviewing-officer, 1 working day after ^\n"
          "2024-01-24T09:00 service-manager, 5 working days after ^\n");
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct evaluation e =
        evaluation_of(a, *state, "referral-received 2024-03-18 ep=R1", "2024-03-18");

    assert_non_null(strstr(tellings_text(a, *state, only(&e, "assessment")),
                           "2024-05-24T09:00 team-manager, 1 working day after ^\n"));
}

// 30 working days before lies before the child came into care: not said; 20 is the first day.
static void test_before_the_start(void **state)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct evaluation e = evaluation_of(a, *state, "care-started 2024-05-04 ep=K1", "2024-05-07");
    const struct deadline *d = only(&e, "review-child-first");
    const char *text = tellings_text(a, *state, d);

    // A Saturday: 20 working days before the due date is the Friday, so it is said on Tuesday, the
    // first working day (Monday was a bank holiday).
    assert_string_equal(date_iso(a, d->due_on), "2024-06-04");
    assert_non_null(strstr(text, "2024-05-07T09:00 social-worker, 20 working days before\n"));
    assert_null(strstr(text, "30 working days"));
}

// Thirty working days before, a meeting is to be booked: no word of one that is, in time.
static void test_to_be_booked(void **state)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    static const char plan[] = "cp-plan-started 2024-01-15 ep=P1; cp-plan-made 2024-01-15 ep=P1";
    static const char rung[] = "2024-02-26T09:00 social-worker, 30 working days before\n";
    static const struct {
        const char *booked_for;
        bool said;
    } cases[] = {{NULL, true}, {"2024-04-10", false}, {"2024-04-16", true}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *booked =
            cases[i].booked_for
                ? arena_printf(a, "; meeting-booked 2024-02-05 mt=G code=rcpc for=%s",
                               cases[i].booked_for)
                : "";
        struct evaluation e =
            evaluation_of(a, *state, arena_printf(a, "%s%s", plan, booked), "2024-02-12");
        const struct deadline *d = only(&e, "review-cp-first");
        const char *text = tellings_text(a, *state, d);

        assert_string_equal(date_iso(a, d->due_on), "2024-04-15");
        assert_int_equal(strstr(text, rung) != NULL, cases[i].said);
        assert_non_null(strstr(text, "social-worker, 20 working days before\n"));
    }
}

// The due date is a Saturday: reminders go by the Friday before, the day to book by.
static void test_due_at_a_weekend(void **state)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct evaluation e = evaluation_of(
        a, *state, "cp-plan-started 2025-11-30 ep=P1; cp-plan-made 2025-11-30 ep=P1", "2025-12-01");
    const char *text = tellings_text(a, *state, only(&e, "review-cp-first"));

    assert_non_null(strstr(text, "2026-02-27T09:00 social-worker, on the day\n"));
    assert_non_null(strstr(text, "2026-02-25T09:00 social-worker, 2 working days before\n"));
    assert_non_null(strstr(text, "2026-03-02T09:00 social-worker, 1 working day after\n"));
}

static void test_half_way(void **state)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct evaluation e =
        evaluation_of(a, *state, "referral-received 2024-03-18 ep=R1", "2024-03-18");

    // 66 days from 18 March: the 33rd is a Saturday.
    assert_non_null(strstr(tellings_text(a, *state, only(&e, "assessment")),
                           "2024-04-22T09:00 social-worker, 50% elapsed\n"));
}

// A clock that counts back from a meeting starts when the meeting was put into the diary.
static void test_before_a_meeting(void **state)
{
    // Sharing a report is not booked: nobody above is told before the date that it is not.
    check(*state,
          "meeting-booked 2024-04-22 mt=G1 code=icpc for=2024-05-15T10:00 rec=2024-04-22T11:30",
          "2024-04-23", "icpc-report-share",
          "2024-04-22T09:00 social-worker, at the start\n"
          "2024-04-26T09:00 social-worker, 10 working days before\n"
          "2024-05-03T09:00 social-worker, 5 working days before\n"
          "2024-05-09T09:00 social-worker, 2 working days before\n"
          "2024-05-10T09:00 social-worker, 1 working day before\n"
          "2024-05-13T09:00 social-worker, on the day\n"
          "2024-05-14T09:00 social-worker, 1 working day after\n"
          "2024-05-14T09:00 team-manager, 1 working day after ^\n"
          "2024-05-14T09:00 service-manager, 1 working day after ^\n"
          "2024-05-16T09:00 social-worker, 3 working days after\n"
          "2024-05-20T09:00 social-worker, 5 working days after\n");
}

// Due before the office opens: the morning before.
static void test_due_before_opening(void **state)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct library *l = *state;
    struct office_hours kept = l->office;
    struct evaluation e = evaluation_of(
        a, l, "meeting-booked 2024-04-22 mt=G1 code=icpc for=2024-05-15T09:30", "2024-04-23");
    const struct deadline *d = only(&e, "icpc-report-share");

    assert_string_equal(moment_iso(a, d->due_at), "2024-05-13T09:30");
    l->office.day[0].opens = 10 * 60;
    const char *text = tellings_text(a, l, d);
    l->office = kept;
    assert_non_null(strstr(text, "2024-05-10T09:00 social-worker, on the day\n"));
}

static void test_nobody_is_told(void **state)
{
    check(*state, "s47-started 2024-03-14 ep=E1; icpc-held 2024-03-28 ep=E1 ref=C mt=M",
          "2024-04-01", "icpc", "");
    check(*state, "s47-started 2024-03-14 ep=E1; icpc-stood-down 2024-03-28 ep=E1 ref=C",
          "2024-04-01", "icpc", "");
}

static void test_unknown_tells_nobody(void **state)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    const struct library *l = *state;
    struct timeline t = facts_of(a, l, "s47-started 2024-03-14 ep=E1");
    bool *blind = ARENA_ARRAY(a, bool, l->timescale_count);
    struct evaluation e;

    blind[library_timescale(l, "icpc")] = true;
    evaluate(a, l, &t, (struct sight){blind}, on("2024-03-14"), &e);
    assert_int_equal(only(&e, "icpc")->state, STATE_UNKNOWN);
    assert_string_equal(tellings_text(a, l, only(&e, "icpc")), "");
}

static void test_next(void **state)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct evaluation e = evaluation_of(a, *state, "s47-started 2024-03-14 ep=E1", "2024-03-14");
    const struct deadline *d = only(&e, "icpc");
    instant start = instant_from_london(at("2024-03-14T09:00"));

    assert_true(ladder_next_at(a, *state, d, NULL, start - 1) == start);
    assert_true(ladder_next_at(a, *state, d, NULL, start) ==
                instant_from_london(at("2024-03-21T09:00")));
    assert_true(ladder_next_at(a, *state, d, NULL, instant_from_london(at("2024-04-22T08:59"))) ==
                instant_from_london(at("2024-04-22T09:00")));
    assert_true(ladder_next_at(a, *state, d, NULL, instant_from_london(at("2024-04-22T09:00"))) ==
                0);
}

// Of a conference somebody is told even when it is booked in time and nobody knows its start; a
// timescale without a ladder says nothing.
static void test_always_speaks(void **state)
{
    const struct library *l = *state;
    struct timescale icpc = l->timescales[library_timescale(l, "icpc")];

    assert_true(ladder_always_speaks(l, &icpc));
    icpc.ladder = NULL;
    assert_false(ladder_always_speaks(l, &icpc));
}

static const char *ladder_id(const struct library *l, const char *timescale,
                             const char *const *teams)
{
    return ladder_for(l, &l->timescales[library_timescale(l, timescale)], teams, NULL)->id;
}

// The nearest team that has a ladder of its own decides; there the timescale before the ladder.
static void test_ladders_of_teams(void **state)
{
    static const struct team_ladder own[] = {{"SVC", NULL, "E-CONF", "E-SW"},
                                             {"T1", NULL, "E-CONF", "E-VISIT"},
                                             {"T1", "icpc", NULL, "E-LEGAL"}};
    static const char *const t1[] = {"T1", "SVC", NULL}, *const t2[] = {"T2", "SVC", NULL},
                             *const other[] = {"T9", NULL};
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct library l = *(const struct library *)*state;
    struct evaluation e = evaluation_of(a, &l, "s47-started 2024-03-14 ep=E1", "2024-03-14");
    struct telling *t;
    size_t count;

    l.team_ladders = own;
    l.team_ladder_count = sizeof own / sizeof *own;
    assert_string_equal(ladder_id(&l, "icpc", t1), "E-LEGAL");
    assert_string_equal(ladder_id(&l, "review-cp-first", t1), "E-VISIT");
    assert_string_equal(ladder_id(&l, "icpc", t2), "E-SW");
    assert_string_equal(ladder_id(&l, "icpc", other), "E-CONF");
    assert_string_equal(ladder_id(&l, "icpc", NULL), "E-CONF");
    assert_string_equal(ladder_id(&l, "cp-visit", t1), "E-SW");
    count = ladder_tellings(a, &l, only(&e, "icpc"), t1, &t);
    assert_string_equal(t[count - 1].rung, "team-manager, 5 working days after");
    assert_true(ladder_speaks_to(&l, only(&e, "icpc")->timescale, NULL, "chair"));
    assert_false(ladder_speaks_to(&l, only(&e, "icpc")->timescale, t2, "chair"));
    assert_true(ladder_always_speaks(&l, only(&e, "icpc")->timescale));
}

// Every telling of many deadlines falls on a working morning of the office.
static void test_always_a_working_morning(void **state)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    const struct library *l = *state;

    for (int day = 0; day < 400; day++) {
        struct date start = date_add_days(on("2023-11-01"), day);
        const char *d = date_iso(a, start);
        struct evaluation e = evaluation_of(
            a, l,
            arena_printf(a,
                         "s47-started %s ep=E1; care-started %s ep=K1; cp-plan-started %s ep=P1; "
                         "cp-plan-made %s ep=P1; referral-received %s ep=R1; placement-started %s "
                         "ep=K1 ref=A",
                         d, d, d, d, d, d),
            d);
        for (size_t i = 0; i < e.count; i++) {
            struct telling *t;
            size_t count = ladder_tellings(a, l, &e.deadlines[i], NULL, &t);

            assert_true(count > 0);
            for (size_t k = 0; k < count; k++) {
                struct moment m = london_from_instant(t[k].at);

                assert_true(is_working_day(l->local, m.on));
                assert_int_equal(m.minute, 9 * 60);
                assert_true(date_cmp(m.on, start) >= 0);
                assert_true(k == 0 || t[k].at >= t[k - 1].at);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conference),
        cmocka_unit_test(test_booked_in_time),
        cmocka_unit_test(test_booked_late),
        cmocka_unit_test(test_booked_late_upwards),
        cmocka_unit_test(test_local_rule),
        cmocka_unit_test(test_local_upwards),
        cmocka_unit_test(test_weekly_lists),
        cmocka_unit_test(test_list_before_the_start),
        cmocka_unit_test(test_before_the_start),
        cmocka_unit_test(test_to_be_booked),
        cmocka_unit_test(test_due_at_a_weekend),
        cmocka_unit_test(test_half_way),
        cmocka_unit_test(test_before_a_meeting),
        cmocka_unit_test(test_due_before_opening),
        cmocka_unit_test(test_nobody_is_told),
        cmocka_unit_test(test_unknown_tells_nobody),
        cmocka_unit_test(test_next),
        cmocka_unit_test(test_always_speaks),
        cmocka_unit_test(test_ladders_of_teams),
        cmocka_unit_test(test_always_a_working_morning),
    };

    return cmocka_run_group_tests(tests, load_rules, free_rules);
}
