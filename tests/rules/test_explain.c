// Explanations, whole, as a team manager reads them.
#include "explain.h"
#include "rules_folder.h"

static const char *explained(struct arena *a, const struct library *l, const struct deadline *d,
                             const char *as_at)
{
    AUTO(text_done) struct text out = {0};

    explain_deadline(&out, l, d, on(as_at));
    return arena_strdup(a, text_str(&out));
}

static void check(const struct library *l, const char *facts, const char *as_at,
                  const char *timescale, const char *expected)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct evaluation e = evaluation_of(a, l, facts, as_at);

    assert_string_equal(explained(a, l, only(&e, timescale), as_at), expected);
}

static void check_line(const struct library *l, const char *facts, const char *as_at,
                       const char *timescale, const char *line)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct evaluation e = evaluation_of(a, l, facts, as_at);
    const char *got = explained(a, l, only(&e, timescale), as_at);

    if (!strstr(got, arena_printf(a, "  %s\n", line)))
        fail_msg("expected the line \"%s\" in \"%s\"", line, got);
}

static void test_whole(void **state)
{
    check(*state, "s47-started 2024-03-14 ep=9900009", "2024-04-11", "icpc",
          "Initial child protection conference (Guidance): due by Monday 8 April 2024. That is 15 "
          "working days after Thursday 14 March 2024, the strategy discussion that began the "
          "section 47 enquiry (record table 9900009).\n"
          "  Not counted: weekends; Good Friday 29 March, Easter Monday 1 April.\n"
          "  Source: Working Together to Safeguard Children, initial child protection conferences "
          "(rule icpc, version 1).\n"
          "  Evidence: read on secondary pages only (local procedures that print the guidance); "
          "stated in council reports (council reports).\n"
          "  Reading: Counted from the strategy discussion that began the enquiry, not the first "
          "nor the last of several.\n"
          "  State: missed, 3 working days late.\n"
          "  Booking: none in the diary.\n");
}

static void test_law(void **state)
{
    check(
        *state, "care-started 2024-05-07 ep=K1; child-review-held 2024-05-31 ep=K1 ref=V1",
        "2024-06-03", "review-child-second",
        "Second review of a child in care (Law): due by Saturday 31 August 2024. That is 3 months "
        "after Friday 31 May 2024, when the review of a child in care was held (record table V1).\n"
        "  Book by Friday 30 August 2024: Saturday 31 August 2024 is not a working day. What is "
        "held by the due date is in time.\n"
        "  Source: SI 2010/959 reg 33(2), "
        "https://www.legislation.gov.uk/uksi/2010/959/regulation/33 (rule review-child-second, "
        "version 1, in force from Friday 1 April 2011).\n"
        "  Evidence: read on the page cited.\n"
        "  State: open, 63 working days left.\n"
        "  Booking: none in the diary.\n");
}

#define ENQUIRY "s47-started 2024-03-14 ep=E1"

static void test_states(void **state)
{
    static const struct {
        const char *facts, *as_at, *line;
    } rows[] = {
        {ENQUIRY, "2024-04-08", "State: open, due today."},
        {ENQUIRY, "2024-04-09", "State: missed, 1 working day late."},
        {ENQUIRY "; icpc-held 2024-04-05 ep=E1 ref=C1 mt=M1", "2024-04-09",
         "State: met on Friday 5 April 2024, in timescale (record table C1)."},
        {ENQUIRY "; icpc-held 2024-04-10 ep=E1 ref=C1 mt=M1", "2024-04-11",
         "State: met on Wednesday 10 April 2024, 2 working days late (record table C1)."},
        {ENQUIRY "; s47-ended 2024-03-20 ep=E1 code=no-conference", "2024-04-11",
         "State: ended on Wednesday 20 March 2024 because the section 47 enquiry ended (record "
         "table E1); it is no longer owed."},
        {ENQUIRY "; death 2024-03-20 ref=1", "2024-04-11",
         "State: ended on Wednesday 20 March 2024 because of the death (record table 1); it is no "
         "longer owed."},
        {ENQUIRY "; birth 2006-03-20 ref=1", "2024-04-11",
         "State: ended on Wednesday 20 March 2024 because the child turned 18; it is no longer "
         "owed."},
        {ENQUIRY "; meeting-booked 2024-03-18 mt=G code=icpc ref=B1 for=2024-04-04T10:00",
         "2024-03-20",
         "Booking: in the diary for Thursday 4 April 2024, 10:00 (record table B1), in time."},
        {ENQUIRY "; meeting-booked 2024-03-18 mt=G code=icpc ref=B1 for=2024-04-09T10:00",
         "2024-03-20",
         "Booking: in the diary for Tuesday 9 April 2024, 10:00 (record table B1), after the due "
         "date."},
        {ENQUIRY "; meeting-booked 2024-03-18 mt=G code=icpc ref=B1 for=2024-04-04T10:00",
         "2024-04-05",
         "State: its meeting's time has passed and nothing is recorded; open, 1 working day left."},
        {ENQUIRY "; meeting-booked 2024-03-18 mt=G code=icpc ref=B1 for=2024-04-04T10:00",
         "2024-04-09",
         "State: its meeting's time has passed and nothing is recorded; not recorded, 1 working "
         "day "
         "late."},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_line(*state, rows[i].facts, rows[i].as_at, "icpc", rows[i].line);
}

static void test_late_at_a_weekend(void **state)
{
    check_line(*state, "cp-plan-started 2024-02-10 ep=P1; cp-plan-made 2024-02-10 ep=P1",
               "2024-05-13", "review-cp-first", "State: missed, 1 working day late.");
    check_line(*state, "cp-plan-started 2024-02-11 ep=P1; cp-plan-made 2024-02-11 ep=P1",
               "2024-05-12", "review-cp-first", "State: missed, 1 day late.");
}

// What people read names no record; what who looks after the data reads does.
static void test_hours(void **state)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    static const char facts[] = "meeting-booked 2024-03-20 mt=G1 ref=B1 code=icpc "
                                "for=2024-04-02T10:00";
    struct evaluation e = evaluation_of(a, *state, facts, "2024-03-21");

    assert_string_equal(
        explain_derivation(a, *state, only(&e, "icpc-report-share")),
        "Due by Thursday 28 March 2024, 17:00: 48 hours before Tuesday 2 April 2024, 10:00, the "
        "initial conference in the diary, or the close of the office before, where that lies "
        "outside office hours.");
    assert_non_null(strstr(explained(a, *state, only(&e, "icpc-report-share"), "2024-03-21"),
                           ", the initial conference in the diary (meeting G1), or the close"));
    e = evaluation_of(a, *state, ENQUIRY, "2024-03-21");
    assert_string_equal(explain_derivation(a, *state, only(&e, "icpc")),
                        "Due by Monday 8 April 2024: 15 working days after Thursday 14 March 2024, "
                        "the strategy discussion that began the section 47 enquiry.");
}

static void test_unknown(void **state)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    const struct library *l = *state;
    struct timeline t = facts_of(a, l,
                                 "cp-plan-started 2024-01-15 ep=P1; cp-plan-made 2024-01-15 "
                                 "ep=P1");
    bool *blind = ARENA_ARRAY(a, bool, l->timescale_count);
    struct evaluation e;

    blind[library_timescale(l, "core-group-first")] = true;
    evaluate(a, l, &t, (struct sight){blind}, on("2024-01-20"), &e);
    const char *got = explained(a, l, only(&e, "core-group-first"), "2024-01-20");
    assert_non_null(strstr(got, "  State: cannot be told: the source does not show what would meet "
                                "it; nobody is reminded.\n"));
    assert_non_null(strstr(got, "  Evidence: read on secondary pages only (Wales); not verified "
                                "(England).\n"));
}

static void test_provisional(void **state)
{
    const struct library *l = *state;
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct date horizon = workdays_horizon(l->national);
    const char *day = date_iso(a, date_add_days(horizon, -5));

    check_line(l, arena_printf(a, "s47-started %s ep=E1", day), day, "icpc",
               arena_printf(a,
                            "Provisional: bank holidays are published up to %s; later ones are "
                            "those to be expected.",
                            date_words(a, horizon)));
}

// Whatever happens to a child, the sentences have no holes.
static void test_no_holes(void **state)
{
    static const char facts[] =
        "birth 2010-02-28 ref=1; care-started 2024-01-02 ep=K1; placement-started 2024-01-02 ep=K1 "
        "ref=A; child-visit 2024-01-05T14:00 ep=K1 ref=V0 code=seen; child-review-held 2024-01-30 "
        "ep=K1 ref=R1; s47-started 2024-01-02T09:15 ep=E1; cp-plan-started 2024-01-20 ep=P1; "
        "cp-plan-made 2024-01-20 ep=P1; cp-visit 2024-01-20 ep=P1 ref=W1 code=seen; "
        "core-group-held "
        "2024-01-29 ref=G1; cp-review-held 2024-03-29 ep=P1 ref=RV1; referral-received 2023-12-12 "
        "ep=F1; assessment-started 2023-12-13 ep=F1 ref=A1; assessment-authorised 2024-01-13 ep=F1 "
        "ref=A1; assessment-started 2024-02-13 ep=F1 ref=A2; cin-plan-started 2023-12-29 ep=N1; "
        "cin-review-held 2024-03-30 ref=NR; cin-visit 2024-01-10 ref=NV code=seen; icpc-held "
        "2024-01-20 ep=E1 ref=C1; transfer-in-conference-held 2024-01-21 ref=C2; meeting-booked "
        "2024-03-01 mt=G2 ref=B2 code=rcpc for=2024-05-01T10:00; care-ended 2024-06-01 ep=K1";
    const struct library *l = *state;
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct evaluation e = evaluation_of(a, l, facts, "2024-06-15");

    assert_true(e.count > 18);
    for (size_t i = 0; i < e.count; i++) {
        const char *got = explained(a, l, &e.deadlines[i], "2024-06-15");

        for (const char *const *bad = (const char *const[]){"(null)", "unknown", "the the ",
                                                            "was was ", "  \n", ", ,", NULL};
             *bad; bad++)
            if (strstr(got, *bad))
                fail_msg("\"%s\" in \"%s\"", *bad, got);
        assert_int_equal(got[strlen(got) - 1], '\n');
    }
}

static struct library *library_of_own(const struct folder *f, const char *rules,
                                      const char *overlay)
{
    struct library *l;
    struct error err;

    folder_write(f, "own.yaml", rules, strlen(rules));
    folder_write(f, "overlay.txt", overlay, strlen(overlay));
    if (!library_load(f->path, folder_file(f, "overlay.txt"), &l, &err))
        fail_msg("%s", err.text);
    return l;
}

#define OWN(id, due)                                                                               \
    "  " id ":\n    title: " id "\n    force: local\n    source: S\n    subject: enquiry\n"        \
    "    met by: icpc-held\n    default: on\n    due: " due "\n"

// What shipped rules do not ask for, an authority's may.
static void test_own_rules(void **state)
{
    // clang-format off
    static const char rules[] =
        "chapter: Own\ntimescales:\n"
        OWN("one", "within 5 working days of s47-started\n    calendar: local")
        OWN("two", "within 6 days of the due date of one")
        OWN("three", "half way to the due date of two");
    // clang-format on
    struct folder f = folder_new();
    struct library *l =
        library_of_own(&f, rules, "authority: Anyshire\nclosure days: [2024-03-19]\n");

    (void)state;
    check_line(l, ENQUIRY, "2024-04-01", "one", "Not counted: weekends; closed 19 March.");
    check(l, ENQUIRY, "2024-04-01", "three",
          "three (Local): due by Monday 25 March 2024. That is half way between Friday 22 March "
          "2024, when its clock starts, and Thursday 28 March 2024, the due date of \"two\".\n"
          "  Source: S (rule three, version 1).\n"
          "  State: missed, 3 working days late.\n");
    library_free(l);
    folder_done(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),       cmocka_unit_test(test_law),
        cmocka_unit_test(test_states),      cmocka_unit_test(test_late_at_a_weekend),
        cmocka_unit_test(test_hours),       cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_provisional), cmocka_unit_test(test_no_holes),
        cmocka_unit_test(test_own_rules),
    };

    return cmocka_run_group_tests(tests, load_rules, free_rules);
}
