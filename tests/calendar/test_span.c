// Spans: reading and writing periods, laying them on the calendar, and saying which days did not
// count.
#include "calendar_check.h"

#include "span.h"

static void spans_are_read(void **state)
{
    static const struct {
        const char *text;
        int count;
        enum unit unit;
        const char *rest;
    } cases[] = {
        {"15 working days", 15, WORKING_DAYS, ""},
        {"1 working day of x", 1, WORKING_DAYS, " of x"},
        {"15  working  days, or", 15, WORKING_DAYS, ", or"},
        {"0 days", 0, DAYS, ""},
        {"1 week", 1, WEEKS, ""},
        {"10000 months after", 10000, MONTHS, " after"},
        {"18 years", 18, YEARS, ""},
        {"48 hours before", 48, HOURS, " before"},
        {"25 school days", 25, SCHOOL_DAYS, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct span s;
        const char *rest, *what;
        if (!span_parse(cases[i].text, &s, &rest, &what))
            fail_msg("\"%s\": expected %s", cases[i].text, what);
        assert_int_equal(s.count, cases[i].count);
        assert_int_equal(s.unit, cases[i].unit);
        assert_false(s.before);
        assert_string_equal(rest, cases[i].rest);
    }
}

static void what_is_no_span_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "days",
        "-1 days",
        "+1 days",
        " 1 day",
        "10001 days",
        "1.5 days",
        "15",
        "15 ",
        "15days",
        "15 fortnights",
        "15 working",
        "15 day-old",
        "15 dayss",
        "15 workingdays",
        "15 hoursé",
        "99999999999999999999 days",
        "15 Days",
        "fifteen days",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct span s = {.count = 7};
        const char *rest = NULL, *what = NULL;
        if (span_parse(bad[i], &s, &rest, &what))
            fail_msg("\"%s\" was read as a span", bad[i]);
        assert_int_equal(s.count, 7);
        assert_true(rest >= bad[i] && rest <= bad[i] + strlen(bad[i]));
        assert_non_null(what);
    }
}

static void spans_are_written(void **state)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();

    (void)state;
    assert_string_equal(span_words(a, (struct span){1, WEEKS, false}), "1 week");
    assert_string_equal(span_words(a, (struct span){2, WEEKS, true}), "2 weeks");
    assert_string_equal(span_words(a, (struct span){1, WORKING_DAYS, false}), "1 working day");
    assert_string_equal(span_words(a, (struct span){15, WORKING_DAYS, false}), "15 working days");
    assert_string_equal(span_words(a, (struct span){0, DAYS, false}), "0 days");
    assert_string_equal(span_words(a, (struct span){3, MONTHS, false}), "3 months");
    assert_string_equal(span_words(a, (struct span){1, YEARS, false}), "1 year");
    assert_string_equal(span_words(a, (struct span){48, HOURS, false}), "48 hours");
    assert_string_equal(span_words(a, (struct span){1, SCHOOL_DAYS, false}), "1 school day");
}

static void questions_are_answered(void **state)
{
    static const struct {
        const char *question, *answer;
        bool provisional;
    } cases[] = {
        {"15 working days after 2024-12-20", "2025-01-15", false},
        {"  15 working days  after  2024-12-20T23:59", "2025-01-15", false},
        {"5 working days before 2024-04-15", "2024-04-08", false},
        {"1 working day before 2024-04-02", "2024-03-28", false},
        {"0 working days after 2024-12-25", "2024-12-25", false},
        {"15 working days after 2028-12-18", "2029-01-11", true},
        {"15 working days before 2029-01-11", "2028-12-18", true},
        {"8 working days after 2028-12-15", "2028-12-29", false},
        {"0 working days after 2040-01-01", "2040-01-01", false},
        {"3 months after 2040-01-31", "2040-04-30", false},
        {"48 hours before 2024-05-15T10:00", "2024-05-13T10:00", false},
        {"48 hours before 2024-05-15", "2024-05-13T00:00", false},
        {"1 year after 2024-02-29", "2025-02-28", false},
        {"6 weeks before 2024-07-15T12:00", "2024-06-03", false},
        {"181 days after 2024-09-02", "2025-03-02", false},
        {"1 day after 0001-01-01", "0001-01-02", false},
        {"10000 days before 9999-12-31", "9972-08-14", false},
    };
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct workdays *w = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct question q;
        struct moment answer;
        bool provisional;
        struct error err;
        if (!question_parse(cases[i].question, &q, &err) ||
            !span_apply(w, q.span, q.start, &answer, &provisional, &err))
            fail_msg("%s: %s", cases[i].question, err.text);
        assert_string_equal(moment_iso(a, answer), cases[i].answer);
        assert_int_equal(provisional, cases[i].provisional);
    }
}

static void bad_questions_are_refused_with_their_place(void **state)
{
    static const struct {
        const char *question, *expected;
    } cases[] = {
        {"", "column 1: expected a whole number"},
        {"   fifteen days", "column 4: expected a whole number"},
        {"15 wroking days after 2024-12-20", "column 4: expected working days"},
        {"15days after 2024-12-20", "column 3: expected a blank and then working days"},
        {"15 working days", "column 16: expected after or before"},
        {"15 working days from 2024-12-20", "column 17: expected after or before"},
        {"15 working days afterwards 2024-12-20", "column 17: expected after or before"},
        {"15 working days after", "column 22: expected a blank and then a date"},
        {"15 working days after 2024-02-30", "column 23: expected a blank and then a date"},
        {"15 working days after 2024-12-20 x", "column 23: expected a blank and then a date"},
        {"15 working days after 0000-01-01", "column 23"},
        {"15 working days after 10000-01-01", "column 23"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct question q = {.span.count = 7};
        struct error err;
        if (question_parse(cases[i].question, &q, &err))
            fail_msg("read: %s", cases[i].question);
        assert_int_equal(err.fault, FAULT_INPUT);
        assert_int_equal(q.span.count, 7);
        if (!strstr(err.text, cases[i].expected))
            fail_msg("\"%s\" lacks \"%s\"", err.text, cases[i].expected);
    }
}

static void what_cannot_be_counted_is_refused(void **state)
{
    static const char *const questions[] = {
        "25 school days after 2024-01-01",
        "1 working day after 1994-12-31",
        "10000 working days after 2050-01-01",
        "1 day before 0001-01-01",
        "1 hour before 0001-01-01",
        "1 day after 9999-12-31",
        "1 month after 9999-12-01",
        "10000 years after 2024-01-01",
        "10000 years before 2024-01-01",
    };
    struct workdays *w = *state;
    struct moment answer = at("2024-01-01T10:00");
    struct question q;
    struct error err;
    bool provisional = true;

    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        assert_true(question_parse(questions[i], &q, &err));
        if (span_apply(w, q.span, q.start, &answer, &provisional, &err))
            fail_msg("answered: %s", questions[i]);
        assert_int_equal(err.fault, FAULT_INPUT);
    }
    assert_false(span_apply(w, q.span, MOMENT_NONE, &answer, &provisional, &err));
    q.start.on.day = INT32_MAX;
    assert_false(span_apply(w, q.span, q.start, &answer, &provisional, &err));
    assert_moment(answer, "2024-01-01T10:00");
    assert_true(provisional);
}

static void assert_skipped(const struct workdays *w, const char *question, const char *expected)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    const char *got = "";
    struct skipped *skipped;
    struct question q;
    struct error err;

    assert_true(question_parse(question, &q, &err));
    size_t count = span_skipped(a, w, q.span, q.start, &skipped);
    for (size_t i = 0; i < count; i++)
        got = arena_printf(a, "%s%s..%s %s; ", got, date_iso(a, skipped[i].from) + 5,
                           date_iso(a, skipped[i].to) + 8, skipped[i].why);
    assert_string_equal(got, expected);
}

static void skipped_days_are_named(void **state)
{
    struct workdays *w = *state;

    assert_skipped(w, "5 working days after 2024-03-27",
                   "03-29..29 Good Friday; 03-30..31 weekend; 04-01..01 Easter Monday; ");
    assert_skipped(w, "1 working day before 2024-04-02",
                   "03-29..29 Good Friday; 03-30..31 weekend; 04-01..01 Easter Monday; ");
    // The start itself is not counted, and so not skipped, whichever way.
    assert_skipped(w, "1 working day after 2024-03-23", "03-24..24 weekend; ");
    assert_skipped(w, "1 working day before 2024-03-24", "03-23..23 weekend; ");
    assert_skipped(w, "3 working days after 2021-12-24",
                   "12-25..26 weekend; 12-27..27 Christmas Day (substitute day); "
                   "12-28..28 Boxing Day (substitute day); ");
    assert_skipped(w, "4 working days after 2024-03-04", "");
    assert_skipped(w, "0 working days after 2024-12-25", "");
    assert_skipped(w, "3 weeks after 2024-12-20", "");
    assert_skipped(w, "5 working days after 1990-01-01", "");
}

// Every day between is either counted or named once.
static void counted_and_skipped_days_make_up_the_whole(void **state)
{
    struct workdays *w = *state;
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct date last = on("2024-12-31");

    for (struct date d = on("2019-01-01"); date_cmp(d, last) <= 0; d.day++)
        for (int n = 1; n <= 20; n++) {
            struct span s = {n, WORKING_DAYS, d.day % 2 == 0};
            struct moment end;
            struct skipped *skipped;
            struct error err;
            bool provisional;
            int days = 0;
            if (!span_apply(w, s, (struct moment){d, 600}, &end, &provisional, &err))
                fail_msg("%s", err.text);
            arena_reset(a);
            size_t count = span_skipped(a, w, s, (struct moment){d, 600}, &skipped);
            for (size_t i = 0; i < count; i++) {
                days += skipped[i].to.day - skipped[i].from.day + 1;
                assert_true(i == 0 || date_cmp(skipped[i - 1].to, skipped[i].from) < 0);
            }
            assert_int_equal(days + n, abs(end.on.day - d.day));
            assert_int_equal(end.minute, -1);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spans_are_read),
        cmocka_unit_test(what_is_no_span_is_refused),
        cmocka_unit_test(spans_are_written),
        cmocka_unit_test(questions_are_answered),
        cmocka_unit_test(bad_questions_are_refused_with_their_place),
        cmocka_unit_test(what_cannot_be_counted_is_refused),
        cmocka_unit_test(skipped_days_are_named),
        cmocka_unit_test(counted_and_skipped_days_make_up_the_whole),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, load_england, free_calendar);
}
