// Europe/London: every half hour of 1970 to 2037 against the system's zone file, which the product
// itself never reads, and the hours in which the clocks change.
#include "calendar_check.h"

#include "zone.h"

#include <time.h>
#include <unistd.h>

#define ZONE_FILE "/usr/share/zoneinfo/Europe/London"
#define HALF_HOUR 1800

static instant utc(const char *text)
{
    struct moment m = at(text);

    return ((int64_t)m.on.day * 1440 + (m.minute < 0 ? 0 : m.minute)) * SECONDS(60);
}

static bool is_as_the_system_says(time_t t)
{
    struct tm tm;
    struct moment m = london_from_instant(SECONDS((int64_t)t));
    int year, month, day;

    localtime_r(&t, &tm);
    date_split(m.on, &year, &month, &day);
    return london_offset_minutes(SECONDS((int64_t)t)) * 60 == tm.tm_gmtoff &&
           year == tm.tm_year + 1900 && month == tm.tm_mon + 1 && day == tm.tm_mday &&
           m.minute == tm.tm_hour * 60 + tm.tm_min;
}

static void every_half_hour_is_as_the_zone_file_has_it(void **state)
{
    time_t end = (time_t)(utc("2038-01-01") / SECONDS(1));

    (void)state;
    if (access(ZONE_FILE, R_OK) != 0)
        skip();
    setenv("TZ", "Europe/London", 1);
    tzset();
    for (time_t t = 0; t < end; t += HALF_HOUR)
        if (!is_as_the_system_says(t))
            fail_msg("differs from the zone file at %lld", (long long)t);
}

// Back again, but for the second of the hours that come twice: one hour a year.
static void every_half_hour_comes_back(void **state)
{
    int second_times = 0;

    (void)state;
    for (instant t = 0; t < utc("2038-01-01"); t += SECONDS(HALF_HOUR)) {
        instant back = instant_from_london(london_from_instant(t));
        if (back == t)
            continue;
        second_times++;
        if (back != t - SECONDS(3600) || london_offset_minutes(t) != 0)
            fail_msg("%lld came back as %lld", (long long)t, (long long)back);
    }
    assert_int_equal(second_times, 2 * (2037 - 1971 + 1));
}

static void the_hour_that_does_not_exist_moves_forward(void **state)
{
    (void)state;
    assert_true(instant_from_london(at("2025-03-30T00:59")) == utc("2025-03-30T00:59"));
    assert_true(instant_from_london(at("2025-03-30T01:00")) == utc("2025-03-30T01:00"));
    assert_true(instant_from_london(at("2025-03-30T01:30")) == utc("2025-03-30T01:30"));
    assert_true(instant_from_london(at("2025-03-30T02:00")) == utc("2025-03-30T01:00"));
    assert_moment(london_from_instant(instant_from_london(at("2025-03-30T01:30"))),
                  "2025-03-30T02:30");
}

static void the_hour_that_comes_twice_is_its_first(void **state)
{
    (void)state;
    assert_true(instant_from_london(at("2024-10-27T00:59")) == utc("2024-10-26T23:59"));
    assert_true(instant_from_london(at("2024-10-27T01:30")) == utc("2024-10-27T00:30"));
    assert_true(instant_from_london(at("2024-10-27T02:00")) == utc("2024-10-27T02:00"));
    assert_moment(london_from_instant(utc("2024-10-27T00:30")), "2024-10-27T01:30");
    assert_moment(london_from_instant(utc("2024-10-27T01:30")), "2024-10-27T01:30");
}

static void the_older_rules(void **state)
{
    (void)state;
    assert_int_equal(london_offset_minutes(utc("1970-01-15")), 60); // British Standard Time
    assert_int_equal(london_offset_minutes(utc("1971-10-31T01:59")), 60);
    assert_int_equal(london_offset_minutes(utc("1971-10-31T02:00")), 0);
    assert_int_equal(london_offset_minutes(utc("1972-03-19T01:59")), 0);
    assert_int_equal(london_offset_minutes(utc("1972-03-19T02:00")), 60);
    assert_int_equal(london_offset_minutes(utc("1995-10-22T00:59")), 60); // the fourth Sunday
    assert_int_equal(london_offset_minutes(utc("1995-10-22T01:00")), 0);
    assert_int_equal(london_offset_minutes(utc("1989-10-29T00:59")), 60);
    assert_int_equal(london_offset_minutes(utc("1996-10-27T00:59")), 60); // the last
    assert_int_equal(london_offset_minutes(utc("1996-10-27T01:00")), 0);
    assert_int_equal(london_offset_minutes(utc("1965-07-01")), 0);
    assert_int_equal(london_offset_minutes(utc("2079-07-01")), 60);
    assert_int_equal(london_offset_minutes(utc("9999-12-31T23:59")), 0);
}

static void seconds_are_dropped(void **state)
{
    (void)state;
    assert_moment(london_from_instant(utc("2024-01-01T10:00") + SECONDS(59)), "2024-01-01T10:00");
    assert_moment(london_from_instant(utc("1969-12-31T23:00") - 1), "1969-12-31T23:59");
    assert_true(instant_from_london(at("2024-01-01")) == utc("2024-01-01"));
}

static void hours_are_elapsed_hours(void **state)
{
    (void)state;
    assert_moment(moment_add_hours(at("2025-03-29T23:30"), 72), "2025-04-02T00:30");
    assert_moment(moment_add_hours(at("2024-10-26T18:00"), 72), "2024-10-29T17:00");
    assert_moment(moment_add_hours(at("2024-10-29T17:00"), -72), "2024-10-26T18:00");
    assert_moment(moment_add_hours(at("2025-03-30T00:30"), 1), "2025-03-30T02:30");
    assert_moment(moment_add_hours(at("2024-10-27T01:30"), 1), "2024-10-27T01:30");
    assert_moment(moment_add_hours(at("2024-05-15"), 0), "2024-05-15T00:00");
    assert_moment(moment_add_hours(at("2024-05-15"), -1), "2024-05-14T23:00");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_half_hour_is_as_the_zone_file_has_it),
        cmocka_unit_test(every_half_hour_comes_back),
        cmocka_unit_test(the_hour_that_does_not_exist_moves_forward),
        cmocka_unit_test(the_hour_that_comes_twice_is_its_first),
        cmocka_unit_test(the_older_rules),
        cmocka_unit_test(seconds_are_dropped),
        cmocka_unit_test(hours_are_elapsed_hours),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
