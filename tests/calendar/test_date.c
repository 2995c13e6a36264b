// Civil dates: the calendar itself, every day of it, and the month arithmetic of the law.
#include "calendar_check.h"

#include "date.h"

#include <stdio.h>

static int length_of_month(int year, int month)
{
    if (month == 2)
        return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28;
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

// 3,652,059 days: make, split, weekday, next day, write, read.
static void every_day_of_9999_years_makes_the_round_trip(void **state)
{
    int32_t day = date_make(1, 1, 1).day;
    int weekday = 0; // 1 January 1 was a Monday

    (void)state;
    for (int year = 1; year <= 9999; year++)
        for (int month = 1; month <= 12; month++)
            for (int of_month = 1; of_month <= length_of_month(year, month); of_month++) {
                struct date d = date_make(year, month, of_month), read;
                char text[40];
                int y, m, dd;
                date_split(d, &y, &m, &dd);
                snprintf(text, sizeof text, "%04d-%02d-%02d", year, month, of_month);
                if (d.day != day || y != year || m != month || dd != of_month ||
                    date_weekday(d) != weekday || !date_parse(text, &read) || !date_is(read, d))
                    fail_msg("%s: day %d, expected %d", text, d.day, day);
                day++;
                weekday = (weekday + 1) % 7;
            }
    assert_int_equal(day, date_make(9999, 12, 31).day + 1);
}

static void known_days(void **state)
{
    (void)state;
    assert_int_equal(date_make(1970, 1, 1).day, 0);
    assert_int_equal(date_make(2000, 3, 1).day, 11017);
    assert_int_equal(date_weekday(on("2024-03-31")), 6);
    assert_int_equal(date_weekday(on("1752-09-14")), 3);
    assert_date(date_add_days(on("2024-02-28"), 1), "2024-02-29");
    assert_date(date_add_days(on("2023-02-28"), 1), "2023-03-01");
    assert_date(date_add_days(on("1970-01-01"), -1), "1969-12-31");
    assert_int_equal(date_cmp(on("2024-01-01"), on("2024-01-02")), -1);
    assert_int_equal(date_cmp(DATE_NONE, on("0001-01-01")), -1);
    assert_false(date_known(DATE_NONE));
}

static void what_is_no_date_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "2023-02-30",
        "2023-02-29",
        "2100-02-29",
        "2023-04-31",
        "2023-00-01",
        "2023-13-01",
        "2023-01-00",
        "2023-01-32",
        "0000-01-01",
        "10000-01-01",
        "2023-1-01",
        "2023-01-1",
        "2023-01-01 ",
        "2023-01-01x",
        " 2023-01-01",
        "2023/01/01",
        "20230101",
        "-023-01-01",
        "+023-01-01",
        "2023-01-01T",
        "infinity",
        "2023-01-0\xd9\xa1",
    };
    struct date d = on("2024-01-01");

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (date_parse(bad[i], &d))
            fail_msg("\"%s\" was read as a date", bad[i]);
        assert_date(d, "2024-01-01");
    }
    assert_date(on("0001-01-01"), "0001-01-01");
    assert_date(on("9999-12-31"), "9999-12-31");
    assert_date(on("2000-02-29"), "2000-02-29");
}

static void moments_are_read_and_written(void **state)
{
    static const char *const bad[] = {
        "2024-01-01T",      "2024-01-01T10",         "2024-01-01T10:",         "2024-01-01T10:0",
        "2024-01-01T24:00", "2024-01-01T10:60",      "2024-01-01T10:00:60",    "2024-01-01T10:00:",
        "2024-01-01T1000",  "2024-01-01T10:00Z",     "2024-01-01  10:00",      "2024-01-01t10:00",
        "2024-02-30T10:00", "2024-01-01T10:00:00.5", "2024-01-01T10:00+01:00", "T10:00",
    };
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct moment m = MOMENT_NONE;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (moment_parse(bad[i], &m))
            fail_msg("\"%s\" was read as a moment", bad[i]);
    assert_false(date_known(m.on));
    assert_moment(at("2025-03-31"), "2025-03-31");
    assert_moment(at("2025-03-31T10:00"), "2025-03-31T10:00");
    assert_moment(at("2025-03-31 23:59:59"), "2025-03-31T23:59");
    assert_moment(MOMENT_NONE, "unknown");
    assert_string_equal(date_words(a, on("2025-01-15")), "Wednesday 15 January 2025");
    assert_string_equal(date_words(a, DATE_NONE), "unknown");
    assert_string_equal(moment_words(a, at("2025-01-15T00:05")),
                        "Wednesday 15 January 2025, 00:05");
    assert_string_equal(moment_words(a, at("2024-09-01")), "Sunday 1 September 2024");
}

static void moments_are_ordered(void **state)
{
    (void)state;
    assert_int_equal(moment_cmp(at("2024-01-01"), at("2024-01-01T00:00")), 0);
    assert_int_equal(moment_cmp(at("2024-01-01"), at("2024-01-01T00:01")), -1);
    assert_int_equal(moment_cmp(at("2024-01-02"), at("2024-01-01T23:59")), 1);
    assert_int_equal(moment_cmp(at("2024-01-01T10:00"), at("2024-01-01T10:00")), 0);
}

// Dodds v Walker and its neighbours.
static void months_end_on_the_corresponding_date(void **state)
{
    static const struct {
        const char *from;
        int months;
        const char *to;
    } cases[] = {
        {"1978-09-30", 4, "1979-01-30"}, // the case itself: not the 31st
        {"2024-01-31", 1, "2024-02-29"},   {"2023-01-31", 1, "2023-02-28"},
        {"2023-01-28", 1, "2023-02-28"},   {"2023-02-28", 1, "2023-03-28"},
        {"2024-02-29", 12, "2025-02-28"},  {"2024-02-29", 48, "2028-02-29"},
        {"2096-02-29", 48, "2100-02-28"},  {"2024-08-31", 6, "2025-02-28"},
        {"2024-03-31", 1, "2024-04-30"},   {"2024-03-31", -1, "2024-02-29"},
        {"2024-12-31", 2, "2025-02-28"},   {"2024-01-15", -1, "2023-12-15"},
        {"2024-01-15", 0, "2024-01-15"},   {"2024-11-30", 1, "2024-12-30"},
        {"0001-01-31", 1, "0001-02-28"},   {"9999-11-30", 1, "9999-12-30"},
        {"2024-05-31", -27, "2022-02-28"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_date(date_add_months(on(cases[i].from), cases[i].months), cases[i].to);
}

// For every start of 40 years and up to 30 months either way: the month is the right one, and the
// day is the same or, only where there is none, the last.
static void month_arithmetic_holds_everywhere(void **state)
{
    struct date last = on("2035-12-31");

    (void)state;
    for (struct date d = on("1995-01-01"); date_cmp(d, last) <= 0; d.day++)
        for (int months = -30; months <= 30; months++) {
            int y, m, day, to_y, to_m, to_day;
            date_split(d, &y, &m, &day);
            date_split(date_add_months(d, months), &to_y, &to_m, &to_day);
            int length = length_of_month(to_y, to_m);
            if (to_y * 12 + to_m != y * 12 + m + months || to_day != (day < length ? day : length))
                fail_msg("%d-%d-%d %+d months gave %d-%d-%d", y, m, day, months, to_y, to_m,
                         to_day);
        }
}

// Why a period is added whole: a month at a time loses the end of the month.
static void months_do_not_add_up(void **state)
{
    struct date d = on("2024-01-31");

    (void)state;
    assert_date(date_add_months(date_add_months(d, 1), 1), "2024-03-29");
    assert_date(date_add_months(d, 2), "2024-03-31");
    assert_date(date_add_months(date_add_months(d, 1), -1), "2024-01-29");
}

static void birthdays(void **state)
{
    (void)state;
    assert_date(birthday(on("2008-02-29"), 16), "2024-02-29");
    assert_date(birthday(on("2008-02-29"), 17), "2025-03-01");
    assert_date(birthday(on("2008-02-29"), 18), "2026-03-01");
    assert_date(birthday(on("2008-02-29"), 92), "2100-03-01");
    assert_date(birthday(on("2008-02-28"), 18), "2026-02-28");
    assert_date(birthday(on("2008-03-01"), 18), "2026-03-01");
    assert_date(birthday(on("2008-11-30"), 16), "2024-11-30");
    assert_date(birthday(on("2008-12-31"), 0), "2008-12-31");
    assert_date(date_add_months(on("2008-02-29"), 18 * 12), "2026-02-28"); // not the birthday
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_day_of_9999_years_makes_the_round_trip),
        cmocka_unit_test(known_days),
        cmocka_unit_test(what_is_no_date_is_refused),
        cmocka_unit_test(moments_are_read_and_written),
        cmocka_unit_test(moments_are_ordered),
        cmocka_unit_test(months_end_on_the_corresponding_date),
        cmocka_unit_test(month_arithmetic_holds_everywhere),
        cmocka_unit_test(months_do_not_add_up),
        cmocka_unit_test(birthdays),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
