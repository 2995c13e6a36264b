// Bank holidays that change after the calendar was published: proclaimed, moved, dropped, and the
// comparison of a list that was fetched with the calendar in use.
#include "calendar_check.h"
#include "holidays.h"

static struct workdays *changed(const struct holiday *changes, size_t count)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct workdays *w;
    struct error err;

    if (!workdays_load(holidays_path(a), ENGLAND_AND_WALES, changes, count, &w, &err))
        fail_msg("%s", err.text);
    return w;
}

static struct holiday proclaimed(const char *day)
{
    return (struct holiday){.on = on(day), .title = "Royal wedding"};
}

static struct holiday dropped(const char *day)
{
    return (struct holiday){.on = on(day), .title = "Early May bank holiday", .dropped = true};
}

static void after_15(const struct workdays *w, const char *start, const char *expected)
{
    struct date got;
    struct error err;

    assert_true(working_days_after(w, on(start), 15, &got, &err));
    assert_date(got, expected);
}

static void a_proclaimed_day_is_not_counted(void **state)
{
    struct holiday changes[] = {proclaimed("2026-06-15")};
    struct workdays *w = changed(changes, 1);

    after_15(*state, "2026-06-08", "2026-06-29");
    after_15(w, "2026-06-08", "2026-06-30");
    assert_string_equal(holiday_on(w, on("2026-06-15"))->title, "Royal wedding");
    assert_false(holiday_on(w, on("2026-06-15"))->closure);
    assert_date(workdays_horizon(w), "2028-12-31");
    workdays_free(w);
}

static void a_moved_day(void **state)
{
    struct holiday changes[] = {dropped("2027-05-03"), proclaimed("2027-05-07")};
    struct workdays *w = changed(changes, 2);

    (void)state;
    assert_true(is_working_day(w, on("2027-05-03")));
    assert_false(is_working_day(w, on("2027-05-07")));
    assert_null(holiday_on(w, on("2027-05-03")));
    workdays_free(w);
}

static void the_last_change_of_a_day_counts(void **state)
{
    struct holiday changes[] = {proclaimed("2026-06-15"), dropped("2026-06-15"),
                                dropped("2027-05-03"), proclaimed("2027-05-03")};
    struct workdays *w = changed(changes, 4);

    (void)state;
    assert_true(is_working_day(w, on("2026-06-15")));
    assert_string_equal(holiday_on(w, on("2027-05-03"))->title, "Royal wedding");
    workdays_free(w);
}

static void closures_stay_beside_changes(void **state)
{
    struct holiday changes[] = {closure("2026-06-15"), proclaimed("2026-06-15"),
                                closure("2027-05-03"), dropped("2027-05-03"),
                                proclaimed("2026-06-20")};
    struct workdays *w = changed(changes, 5);

    (void)state;
    assert_false(holiday_on(w, on("2026-06-15"))->closure);
    assert_true(holiday_on(w, on("2027-05-03"))->closure);
    assert_null(holiday_on(w, on("2026-06-20"))); // a Saturday
    workdays_free(w);
}

static void a_change_outside_the_table_is_refused(void **state)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct holiday changes[] = {proclaimed("1994-06-15")};
    struct workdays *w = NULL;
    struct error err;

    (void)state;
    assert_false(workdays_load(holidays_path(a), ENGLAND_AND_WALES, changes, 1, &w, &err));
    assert_non_null(strstr(err.text, "bank holiday 1994-06-15"));
    assert_null(w);
}

// ---------------------------------------------------------------------------- a list beside it

static const char *const of_2029[] = {"2029-01-01", "2029-03-30", "2029-04-02", "2029-05-07",
                                      "2029-05-28", "2029-08-27", "2029-12-25", "2029-12-26"};

static struct holiday_list published(struct arena *a)
{
    struct holiday_list list;
    struct error err;

    if (!holidays_read(a, holidays_path(a), ENGLAND_AND_WALES, &list, &err))
        fail_msg("%s", err.text);
    return list;
}

static int by_date(const void *a, const void *b)
{
    return date_cmp(((const struct holiday *)a)->on, ((const struct holiday *)b)->on);
}

static void put(struct arena *a, struct holiday_list *list, const char *day)
{
    list->items = arena_grow(a, list->items, sizeof *list->items, list->count, &list->room);
    list->items[list->count++] = proclaimed(day);
    qsort(list->items, list->count, sizeof *list->items, by_date);
}

// Without the years before `first` and after `last`, and without the day `but`.
static struct holiday_list cut(struct arena *a, int first, int last, const char *but)
{
    struct holiday_list all = published(a), kept = {0};

    for (size_t i = 0; i < all.count; i++) {
        int year, month, day;

        date_split(all.items[i].on, &year, &month, &day);
        if (year < first || year > last || (but && date_is(all.items[i].on, on(but))))
            continue;
        kept.items = arena_grow(a, kept.items, sizeof *kept.items, kept.count, &kept.room);
        kept.items[kept.count++] = all.items[i];
    }
    return kept;
}

static size_t differences(struct arena *a, const struct workdays *w, struct holiday_list list,
                          const char *today, struct holiday_list *ret)
{
    holidays_compare(a, w, &list, on(today), ret);
    return ret->count;
}

static void a_shorter_list_is_no_change(void **state)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct holiday_list got;

    assert_int_equal(differences(a, *state, published(a), "1990-01-01", &got), 0);
    assert_int_equal(differences(a, *state, cut(a, 2024, 2025, NULL), "2024-03-01", &got), 0);
    assert_int_equal(differences(a, *state, cut(a, 2026, 2028, NULL), "2024-03-01", &got), 0);
}

static void only_days_to_come_are_changes(void **state)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct holiday_list list = cut(a, 2024, 2028, "2026-05-04"), got;

    put(a, &list, "2026-06-15");
    assert_int_equal(differences(a, *state, list, "2026-05-03", &got), 2);
    assert_true(got.items[0].dropped);
    assert_date(got.items[0].on, "2026-05-04");
    assert_false(got.items[1].dropped);
    assert_date(got.items[1].on, "2026-06-15");
    assert_int_equal(differences(a, *state, list, "2026-05-04", &got), 1);
    assert_int_equal(differences(a, *state, list, "2026-06-15", &got), 0);
}

static void what_was_accepted_is_no_difference_any_more(void **state)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct holiday_list list = cut(a, 2024, 2028, "2026-05-04"), got;

    (void)state;
    put(a, &list, "2026-06-15");
    holidays_compare(a, *state, &list, on("2026-01-01"), &got);

    struct workdays *w = changed(got.items, got.count);

    assert_int_equal(differences(a, w, list, "2026-01-01", &got), 0);
    assert_int_equal(differences(a, w, published(a), "2026-01-01", &got), 2); // and back
    workdays_free(w);
}

static void a_year_that_is_published_for_the_first_time_comes_whole(void **state)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct holiday_list list = cut(a, 2027, 2028, NULL), got, none;

    for (size_t i = 0; i < sizeof of_2029 / sizeof *of_2029; i++)
        put(a, &list, of_2029[i]);
    assert_true(is_provisional(*state, on("2029-03-01")));
    assert_int_equal(differences(a, *state, list, "2027-03-01", &got), 8);

    struct workdays *w = changed(got.items, got.count);

    assert_date(workdays_horizon(w), "2029-12-31");
    assert_false(is_provisional(w, on("2029-03-01")));
    assert_true(is_provisional(w, on("2030-01-01")));
    assert_string_equal(holiday_on(w, on("2029-12-26"))->title, "Royal wedding");
    assert_string_equal(holiday_on(w, on("2030-12-26"))->title, "Boxing Day");
    assert_int_equal(differences(a, w, list, "2027-03-01", &none), 0);
    workdays_free(w);

    // Half a year is no year.
    w = changed(got.items, 4);
    assert_date(workdays_horizon(w), "2028-12-31");
    workdays_free(w);
}

static void bytes_are_read_as_strictly_as_a_file(void **state)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    static const char bad[] = "{\"england-and-wales\": []}";
    struct holiday_list list;
    struct error err;

    (void)state;
    assert_false(
        holidays_parse(a, "https://feed", bad, sizeof bad - 1, ENGLAND_AND_WALES, &list, &err));
    assert_non_null(strstr(err.text, "https://feed"));
    assert_int_equal(err.fault, FAULT_INPUT);
    assert_false(holidays_parse(a, "f", "", 0, ENGLAND_AND_WALES, &list, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_proclaimed_day_is_not_counted),
        cmocka_unit_test(a_moved_day),
        cmocka_unit_test(the_last_change_of_a_day_counts),
        cmocka_unit_test(closures_stay_beside_changes),
        cmocka_unit_test(a_change_outside_the_table_is_refused),
        cmocka_unit_test(a_shorter_list_is_no_change),
        cmocka_unit_test(only_days_to_come_are_changes),
        cmocka_unit_test(what_was_accepted_is_no_difference_any_more),
        cmocka_unit_test(a_year_that_is_published_for_the_first_time_comes_whole),
        cmocka_unit_test(bytes_are_read_as_strictly_as_a_file),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, load_england, free_calendar);
}
