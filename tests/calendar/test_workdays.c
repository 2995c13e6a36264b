// Working days, exhaustively: every start from 1995 to the last year with published holidays and
// every N from 0 to 400, against a reference that walks day by day and shares nothing with the
// product but the data file. Then the holidays that were moved, and what is provisional.
#include "calendar_check.h"

#include "holidays.h"

#include <jansson.h>
#include <stdio.h>

#define REFERENCE_DAYS 14000 // from 1 January 1995 into 2033
#define N_MAX 400

// What the standing rules give for the two years after the data, worked out by hand.
static const char *const after_the_data[] = {
    "2029-01-01", "2029-03-30", "2029-04-02", "2029-05-07", "2029-05-28", "2029-08-27",
    "2029-12-25", "2029-12-26", "2030-01-01", "2030-04-19", "2030-04-22", "2030-05-06",
    "2030-05-27", "2030-08-26", "2030-12-25", "2030-12-26",
};

struct reference {
    bool works[REFERENCE_DAYS]; // from 1 January 1995, a Sunday
    int count;                  // days to 31 December 2030
};

static void json_done(json_t **j)
{
    json_decref(*j);
}

static bool is_listed(const json_t *events, const char *day)
{
    for (size_t i = 0; i < json_array_size(events); i++)
        if (strcmp(json_string_value(json_object_get(json_array_get(events, i), "date")), day) == 0)
            return true;
    for (size_t i = 0; i < sizeof after_the_data / sizeof *after_the_data; i++)
        if (strcmp(after_the_data[i], day) == 0)
            return true;
    return false;
}

static void read_reference(struct reference *r)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    AUTO(arena_auto_free) struct arena *a = arena_new();
    AUTO(json_done) json_t *root = json_load_file(holidays_path(a), 0, NULL);
    const json_t *events = json_object_get(json_object_get(root, "england-and-wales"), "events");
    int weekday = 6;

    assert_true(json_array_size(events) > 0);
    r->count = 0;
    for (int year = 1995; year <= 2030; year++)
        for (int month = 1; month <= 12; month++)
            for (int d = 1; d <= lengths[month - 1] + (month == 2 && year % 4 == 0); d++) {
                char text[40];
                snprintf(text, sizeof text, "%04d-%02d-%02d", year, month, d);
                r->works[r->count++] = weekday < 5 && !is_listed(events, text);
                weekday = (weekday + 1) % 7;
            }
}

static void every_start_and_every_n_agree_with_a_day_by_day_walk(void **state)
{
    struct workdays *w = *state;
    struct date base = on("1995-01-01"), got;
    int starts = workdays_horizon(w).day - base.day + 1, compared = 0;
    struct reference *r = malloc(sizeof *r);
    struct error err;

    read_reference(r);
    assert_int_equal(r->count, on("2031-01-01").day - base.day);
    for (int start = 0; start < starts; start++)
        for (int n = 0, day = start; n <= N_MAX && day < r->count; n++) {
            struct date from = {base.day + start};
            if (!working_days_after(w, from, n, &got, &err) || got.day != base.day + day)
                fail_msg("day %d + %d working days: got day %d, expected %d", start, n,
                         got.day - base.day, day);
            if (working_days_between(w, from, got) != n)
                fail_msg("day %d: %d working days counted as %d", start, n,
                         working_days_between(w, from, got));
            compared++;
            do
                day++;
            while (day < r->count && !r->works[day]);
        }
    assert_true(compared > starts * N_MAX);
    free(r);
}

static void counting_back_agrees_too(void **state)
{
    struct workdays *w = *state;
    struct date base = on("1995-01-01"), got;
    struct reference *r = malloc(sizeof *r);
    struct error err;

    read_reference(r);
    for (int start = 400; start < r->count; start += 3)
        for (int n = 0, day = start; n <= 120; n++) {
            struct date from = {base.day + start};
            if (!working_days_after(w, from, -n, &got, &err) || got.day != base.day + day)
                fail_msg("day %d - %d working days: got day %d, expected %d", start, n,
                         got.day - base.day, day);
            do
                day--;
            while (!r->works[day]);
        }
    free(r);
}

static void every_day_is_told_apart(void **state)
{
    struct workdays *w = *state;
    struct date base = on("1995-01-01");
    struct reference *r = malloc(sizeof *r);

    read_reference(r);
    for (int i = 10; i < r->count - 10; i++) {
        struct date d = {base.day + i};
        int before = i, after = i;
        while (!r->works[before])
            before--;
        while (!r->works[after])
            after++;
        assert_int_equal(is_working_day(w, d), r->works[i]);
        assert_int_equal(holiday_on(w, d) != NULL, !r->works[i] && date_weekday(d) < 5);
        assert_int_equal(working_day_on_or_before(w, d).day, base.day + before);
        assert_int_equal(working_day_on_or_after(w, d).day, base.day + after);
    }
    free(r);
}

static void moved_and_single_holidays(void **state)
{
    static const struct {
        const char *day;
        const char *title; // NULL: an ordinary working day
    } cases[] = {
        {"1995-05-01", NULL},
        {"1995-05-08", "Early May bank holiday (VE day)"},
        {"1999-12-31", "Millennium bank holiday"},
        {"2002-05-27", NULL},
        {"2002-06-03", "Queen’s Golden Jubilee"},
        {"2002-06-04", "Spring bank holiday"},
        {"2011-04-29", "Royal wedding bank holiday"},
        {"2012-05-28", NULL},
        {"2012-06-04", "Spring bank holiday (substitute day)"},
        {"2012-06-05", "Queen’s Diamond Jubilee"},
        {"2020-05-04", NULL},
        {"2020-05-08", "Early May bank holiday (VE day)"},
        {"2022-05-30", NULL},
        {"2022-06-02", "Spring bank holiday"},
        {"2022-06-03", "Platinum Jubilee bank holiday"},
        {"2022-09-19", "Bank Holiday for the State Funeral of Queen Elizabeth II"},
        {"2023-05-01", "Early May bank holiday"},
        {"2023-05-08", "Bank holiday for the coronation of King Charles III"},
        {"2021-12-27", "Christmas Day (substitute day)"},
        {"2021-12-28", "Boxing Day (substitute day)"},
        {"2022-12-26", "Boxing Day"},
        {"2022-12-27", "Christmas Day (substitute day)"},
        {"2024-12-27", NULL},
    };
    struct workdays *w = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct holiday *h = holiday_on(w, on(cases[i].day));
        if (!h != !cases[i].title || (h && strcmp(h->title, cases[i].title) != 0))
            fail_msg("%s: %s, expected %s", cases[i].day, h ? h->title : "no holiday",
                     cases[i].title ? cases[i].title : "no holiday");
        assert_int_equal(is_working_day(w, on(cases[i].day)), !cases[i].title);
    }
    assert_null(holiday_on(w, on("2021-12-25"))); // a Saturday
}

static void scotland_and_northern_ireland_have_their_own(void **state)
{
    struct workdays *scotland = calendar_of(SCOTLAND), *ireland = calendar_of(NORTHERN_IRELAND);

    (void)state;
    assert_false(is_working_day(scotland, on("2024-01-02")));
    assert_true(is_working_day(scotland, on("2024-04-01"))); // Easter Monday
    assert_false(is_working_day(scotland, on("2024-08-05")));
    assert_true(is_working_day(scotland, on("2024-08-26")));
    assert_false(is_working_day(scotland, on("2024-12-02"))); // for St Andrew's Day, a Saturday
    assert_false(is_working_day(scotland, on("2026-06-15")));
    assert_false(is_working_day(ireland, on("2024-03-18"))); // for St Patrick's Day, a Sunday
    assert_false(is_working_day(ireland, on("2024-07-12")));
    assert_true(is_working_day(ireland, on("2024-01-02")));
    assert_date(workdays_first(scotland), "2012-01-01");
    workdays_free(scotland);
    workdays_free(ireland);
}

static void the_table_has_edges(void **state)
{
    struct workdays *w = *state;
    struct date got = on("2024-01-01");
    struct error err;

    assert_date(workdays_first(w), "1995-01-01");
    assert_date(workdays_horizon(w), "2028-12-31");
    assert_date(workdays_last(w), "2079-12-31");
    assert_false(is_provisional(w, on("2028-12-31")));
    assert_true(is_provisional(w, on("2029-01-01")));

    assert_false(working_days_after(w, on("1994-12-31"), 1, &got, &err));
    assert_int_equal(err.fault, FAULT_INPUT);
    assert_non_null(strstr(err.text, "1995-01-01 to 2079-12-31"));
    assert_false(working_days_after(w, on("2080-01-01"), 0, &got, &err));
    assert_false(working_days_after(w, on("2079-12-29"), 1, &got, &err));
    assert_false(working_days_after(w, on("1995-01-03"), -1, &got, &err));
    assert_false(working_days_after(w, DATE_NONE, 1, &got, &err));
    assert_false(working_days_after(w, on("2024-01-01"), INT_MAX, &got, &err));
    assert_false(working_days_after(w, on("2024-01-01"), INT_MIN, &got, &err));
    assert_date(got, "2024-01-01");
    assert_true(working_days_after(w, on("2079-12-28"), 1, &got, &err));
    assert_date(got, "2079-12-29");
    assert_true(working_days_after(w, on("1995-01-04"), -1, &got, &err));
    assert_date(got, "1995-01-03"); // 2 January stands in for New Year's Day

    assert_false(is_working_day(w, on("2080-01-01")));
    assert_null(holiday_on(w, on("1994-12-26")));
    assert_int_equal(working_days_between(w, on("1994-01-01"), on("2000-01-01")), -1);
    assert_int_equal(working_days_between(w, on("2000-01-01"), DATE_NONE), -1);
    assert_int_equal(working_days_between(w, on("2024-03-08"), on("2024-03-04")), 0);
    assert_false(date_known(working_day_on_or_before(w, on("1995-01-02"))));
    assert_false(date_known(working_day_on_or_after(w, on("2079-12-30"))));
    assert_false(date_known(working_day_on_or_after(w, DATE_NONE)));
    workdays_free(NULL);
}

static void closures_make_a_local_calendar(void **state)
{
    // A Sunday, Christmas Day and a day given twice change nothing.
    struct holiday closed[] = {closure("2024-12-27"), closure("2024-12-30"), closure("2024-12-31"),
                               closure("2024-12-29"), closure("2024-12-25"), closure("2024-12-31")};
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct workdays *w, *untouched = NULL;
    struct date got;
    struct error err;

    (void)state;
    assert_true(workdays_load(holidays_path(a), ENGLAND_AND_WALES, closed, 6, &w, &err));
    assert_true(working_days_after(w, on("2024-12-12"), 15, &got, &err));
    assert_date(got, "2025-01-10");
    assert_true(holiday_on(w, on("2024-12-30"))->closure);
    assert_string_equal(holiday_on(w, on("2024-12-30"))->title, "closed");
    assert_string_equal(holiday_on(w, on("2024-12-25"))->title, "Christmas Day");
    assert_null(holiday_on(w, on("2024-12-29")));
    workdays_free(w);

    closed[5] = closure("1994-12-30");
    assert_false(workdays_load(holidays_path(a), ENGLAND_AND_WALES, closed, 6, &untouched, &err));
    assert_non_null(strstr(err.text, "closure day 1994-12-30"));
    closed[5].on = DATE_NONE;
    assert_false(workdays_load(holidays_path(a), ENGLAND_AND_WALES, closed, 6, &untouched, &err));
    assert_null(untouched);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_start_and_every_n_agree_with_a_day_by_day_walk),
        cmocka_unit_test(counting_back_agrees_too),
        cmocka_unit_test(every_day_is_told_apart),
        cmocka_unit_test(moved_and_single_holidays),
        cmocka_unit_test(scotland_and_northern_ireland_have_their_own),
        cmocka_unit_test(the_table_has_edges),
        cmocka_unit_test(closures_make_a_local_calendar),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, load_england, free_calendar);
}
