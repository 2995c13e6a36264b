// Office hours: a week that ends at 16:30 on Friday, holidays and closures between.
#include "calendar_check.h"

#include "office.h"

static struct office_hours with_short_friday(void)
{
    struct office_hours o = office_hours_default;

    assert_true(office_day_parse("09:00-16:30", &o.day[4].opens, &o.day[4].closes));
    return o;
}

static void hours_are_told_from_other_times(void **state)
{
    struct office_hours o = with_short_friday();
    struct workdays *w = *state;

    assert_true(is_office_time(&o, w, at("2024-03-14T09:00")));
    assert_true(is_office_time(&o, w, at("2024-03-14T17:00")));
    assert_false(is_office_time(&o, w, at("2024-03-14T08:59")));
    assert_false(is_office_time(&o, w, at("2024-03-14T17:01")));
    assert_true(is_office_time(&o, w, at("2024-03-15T16:30")));
    assert_false(is_office_time(&o, w, at("2024-03-15T16:31")));
    assert_false(is_office_time(&o, w, at("2024-03-16T10:00")));
    assert_false(is_office_time(&o, w, at("2024-03-29T10:00"))); // Good Friday
    assert_false(is_office_time(&o, w, at("2024-03-14")));
    assert_false(is_office_time(&o, w, at("1990-03-14T10:00")));
    assert_true(is_office_time(&office_hours_default, w, at("2024-03-15T16:45")));
}

static void the_last_closing_time(void **state)
{
    static const struct {
        const char *at, *closes;
    } cases[] = {
        {"2024-03-14T10:30", "2024-03-14T10:30"}, // open
        {"2024-03-14T17:00", "2024-03-14T17:00"}, // the closing minute
        {"2024-03-14T20:00", "2024-03-14T17:00"},
        {"2024-03-14T08:59", "2024-03-13T17:00"},
        {"2024-03-15T16:31", "2024-03-15T16:30"}, // Friday
        {"2024-03-17T12:00", "2024-03-15T16:30"},
        {"2024-03-18T00:00", "2024-03-15T16:30"},
        {"2024-03-18", "2024-03-15T16:30"},
        {"2024-03-31T10:00", "2024-03-28T17:00"}, // Easter Sunday: Maundy Thursday
        {"2024-12-26T03:00", "2024-12-24T17:00"},
    };
    struct office_hours o = with_short_friday();

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_moment(office_close_on_or_before(&o, *state, at(cases[i].at)), cases[i].closes);
}

static void the_next_opening_time(void **state)
{
    static const struct {
        const char *at, *opens;
    } cases[] = {
        {"2024-03-14T10:30", "2024-03-14T10:30"}, {"2024-03-14T08:59", "2024-03-14T09:00"},
        {"2024-03-14T17:01", "2024-03-15T09:00"}, {"2024-03-15T16:30", "2024-03-15T16:30"},
        {"2024-03-15T16:31", "2024-03-18T09:00"}, {"2024-03-16", "2024-03-18T09:00"},
        {"2024-03-14", "2024-03-14T09:00"},       {"2024-03-28T17:01", "2024-04-02T09:00"},
        {"2024-12-24T18:00", "2024-12-27T09:00"},
    };
    struct office_hours o = with_short_friday();

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_moment(office_open_on_or_after(&o, *state, at(cases[i].at)), cases[i].opens);
}

static void closures_count_on_the_local_calendar(void **state)
{
    struct holiday closed[] = {closure("2024-12-27"), closure("2024-12-30"), closure("2024-12-31")};
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct workdays *w;
    struct error err;

    (void)state;
    assert_true(workdays_load(holidays_path(a), ENGLAND_AND_WALES, closed, 3, &w, &err));
    assert_moment(office_open_on_or_after(&office_hours_default, w, at("2024-12-24T18:00")),
                  "2025-01-02T09:00");
    assert_moment(office_close_on_or_before(&office_hours_default, w, at("2024-12-31T12:00")),
                  "2024-12-24T17:00");
    workdays_free(w);
}

static void an_office_that_never_opens(void **state)
{
    struct office_hours never = office_hours_default;
    struct workdays *w = *state;

    for (int i = 0; i < 7; i++)
        never.day[i].opens = never.day[i].closes = -1;
    assert_moment(office_open_on_or_after(&never, w, at("2024-03-14T10:00")), "unknown");
    assert_moment(office_close_on_or_before(&never, w, at("2024-03-14T10:00")), "unknown");
    assert_moment(office_open_on_or_after(&office_hours_default, w, at("2080-01-01")), "unknown");
    assert_moment(office_open_on_or_after(&office_hours_default, w, at("2079-12-30")), "unknown");
    assert_moment(office_close_on_or_before(&office_hours_default, w, at("1995-01-02")), "unknown");
    assert_moment(office_close_on_or_before(&office_hours_default, w, MOMENT_NONE), "unknown");
}

static void days_are_read(void **state)
{
    static const char *const bad[] = {
        "",
        "9-17",
        "09:00",
        "09:00-",
        "09:00-24:00",
        "09:60-17:00",
        "17:00-09:00",
        "09:00-09:00",
        "09:00 17:00",
        "09:00-17:00 ",
        "Closed",
        "closed ",
        "09.00-17.00",
        "09:00-17:000",
        "-9:00-17:00",
    };
    int16_t opens = 1, closes = 2;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (office_day_parse(bad[i], &opens, &closes))
            fail_msg("\"%s\" was read as hours", bad[i]);
    assert_int_equal(opens, 1);
    assert_int_equal(closes, 2);
    assert_true(office_day_parse("08:30-17:00", &opens, &closes));
    assert_int_equal(opens, 510);
    assert_int_equal(closes, 1020);
    assert_true(office_day_parse("00:00-23:59", &opens, &closes));
    assert_int_equal(closes, 1439);
    assert_true(office_day_parse("closed", &opens, &closes));
    assert_int_equal(opens, -1);
    assert_int_equal(closes, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hours_are_told_from_other_times),
        cmocka_unit_test(the_last_closing_time),
        cmocka_unit_test(the_next_opening_time),
        cmocka_unit_test(closures_count_on_the_local_calendar),
        cmocka_unit_test(an_office_that_never_opens),
        cmocka_unit_test(days_are_read),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, load_england, free_calendar);
}
