// Bank holidays: what the standing rules derive against what was published, Easter against the
// statute's own table of full moons, and files that must be refused, with their place.
#include "calendar_check.h"

#include "holidays.h"

#include <stdio.h>
#include <unistd.h>

// The Calendar (New Style) Act 1750's way: the Sunday after the paschal full moon of the year's
// golden number. These full moons serve 1900 to 2199.
static struct date easter_by_table(int year)
{
    static const int april[] = {14, 3,  -8, 11, 0,  18, 8,  -3, 16, 5,
                                -6, 13, 2,  -9, 10, -1, 17, 7,  -4};
    struct date moon = date_add_days(date_make(year, 3, 31), april[year % 19]);

    return date_add_days(moon, 7 - (date_weekday(moon) + 1) % 7);
}

static void easter_is_as_the_act_has_it(void **state)
{
    (void)state;
    assert_date(easter_sunday(2024), "2024-03-31");
    assert_date(easter_sunday(2038), "2038-04-25"); // as late as can be
    assert_date(easter_sunday(2076), "2076-04-19");
    for (int year = 1900; year <= 2199; year++)
        assert_int_equal(easter_sunday(year).day, easter_by_table(year).day);
}

static size_t of_year(const struct holiday_list *list, int year, const struct holiday **ret)
{
    size_t count = 0;

    for (size_t i = 0; i < list->count; i++) {
        int y, m, d;
        date_split(list->items[i].on, &y, &m, &d);
        if (y == year)
            ret[count++] = &list->items[i];
    }
    return count;
}

static bool has(const struct holiday_list *list, struct date day)
{
    for (size_t i = 0; i < list->count; i++)
        if (date_is(list->items[i].on, day))
            return true;
    return false;
}

// In a year without a royal occasion or a move the derived days are the published ones. Days are
// compared, not titles: which of Scotland's neighbouring substitutes bears which name has varied.
static void derived_years_are_as_published(void **state)
{
    static const int unusual[] = {1995, 1999, 2002, 2011, 2012, 2020, 2022, 2023};
    AUTO(arena_auto_free) struct arena *a = arena_new();
    int compared = 0;

    (void)state;
    for (int division = ENGLAND_AND_WALES; division <= NORTHERN_IRELAND; division++) {
        struct holiday_list published = {0};
        struct error err;
        if (!holidays_read(a, holidays_path(a), (enum division)division, &published, &err))
            fail_msg("%s", err.text);
        for (int year = 1995; year <= 2028; year++) {
            struct holiday_list derived = {0};
            const struct holiday *of[20];
            size_t count = of_year(&published, year, of);
            bool skip_year = count == 0 || (division == SCOTLAND && year == 2026);
            for (size_t i = 0; i < sizeof unusual / sizeof *unusual; i++)
                skip_year = skip_year || unusual[i] == year;
            if (skip_year)
                continue;
            holidays_derive(a, (enum division)division, year, &derived);
            assert_int_equal(derived.count, count);
            for (size_t i = 0; i < count; i++)
                if (!has(&derived, of[i]->on))
                    fail_msg("division %d: %s %s is not derived", division, date_iso(a, of[i]->on),
                             of[i]->title);
            compared++;
        }
    }
    assert_int_equal(compared, 26 + 12 + 13);
}

static void england_keeps_the_titles(void **state)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct holiday_list list = {0};

    (void)state;
    holidays_derive(a, ENGLAND_AND_WALES, 2033, &list); // 1 January, 25 December: weekend days
    assert_int_equal(list.count, 8);
    struct workdays *w = calendar_of(ENGLAND_AND_WALES);
    assert_string_equal(holiday_on(w, on("2033-01-03"))->title, "New Year’s Day (substitute day)");
    assert_string_equal(holiday_on(w, on("2033-12-26"))->title, "Boxing Day");
    assert_string_equal(holiday_on(w, on("2033-12-27"))->title, "Christmas Day (substitute day)");
    assert_string_equal(holiday_on(w, on("2033-04-15"))->title, "Good Friday");
    workdays_free(w);
}

static void derived_years_are_never_at_a_weekend_or_twice(void **state)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    static const size_t expected[] = {8, 9, 10};

    (void)state;
    for (int division = ENGLAND_AND_WALES; division <= NORTHERN_IRELAND; division++)
        for (int year = HOLIDAY_FIRST_YEAR; year <= HOLIDAY_LAST_YEAR; year++) {
            struct holiday_list list = {0};
            holidays_derive(a, (enum division)division, year, &list);
            assert_int_equal(list.count, expected[division]);
            for (size_t i = 0; i < list.count; i++) {
                assert_true(date_weekday(list.items[i].on) < 5);
                for (size_t j = 0; j < i; j++)
                    assert_false(date_is(list.items[i].on, list.items[j].on));
            }
        }
}

#define E(date) "{\"title\":\"x\",\"date\":\"" date "\",\"notes\":\"\",\"bunting\":true}"
// clang-format off
#define YEAR \
    E("2024-01-01") "," E("2024-03-29") "," E("2024-04-01") "," E("2024-05-06") "," \
    E("2024-05-27") "," E("2024-08-26") "," E("2024-12-25")
// clang-format on
#define FILE_WITH(events)                                                                          \
    "{\"england-and-wales\":{\"division\":\"england-and-wales\",\"events\":[" events "]}}"

static void write_file(const char *path, const char *text, size_t length)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, length, f), length);
    assert_int_equal(fclose(f), 0);
}

static bool load_text(const char *text, size_t length, struct error *err)
{
    char path[] = "/tmp/holidays-XXXXXX";
    int fd = mkstemp(path);
    struct workdays *w = NULL;

    assert_true(fd >= 0);
    close(fd);
    write_file(path, text, length);
    bool ok = workdays_load(path, ENGLAND_AND_WALES, NULL, 0, &w, err);
    if (!ok) {
        assert_int_equal(err->fault, FAULT_INPUT);
        assert_null(w);
        if (strncmp(err->text, path, strlen(path)) != 0)
            fail_msg("no file in: %s", err->text);
    }
    workdays_free(w);
    unlink(path);
    return ok;
}

static void bad_files_are_refused_with_their_place(void **state)
{
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"", "not JSON"},
        {"[]", "unknown shape"},
        {"{}", "unknown shape"},
        {"{\"wales\":{}}", "unknown shape"},
        {"{\"england-and-wales\":[]}", ": england-and-wales: unknown shape"},
        {"{\"england-and-wales\":{\"division\":\"scotland\",\"events\":[]}}", "unknown shape"},
        {"{\"england-and-wales\":{\"division\":\"england-and-wales\",\"events\":[],\"x\":1}}",
         "unknown shape"},
        {FILE_WITH(""), ": england-and-wales: no bank holidays"},
        {"{\"wales\":{},\"england-and-wales\":{\"division\":\"england-and-wales\",\"events\":[" YEAR
         "," E("2024-12-26") "]}}",
         "unknown shape: expected england-and-wales, scotland and northern-ireland"},
        {FILE_WITH(YEAR), "2024 has 7 bank holidays, expected at least 8"},
        {FILE_WITH(YEAR ",1"), "england-and-wales: entry 8: unknown shape"},
        {FILE_WITH(YEAR "," E("2024-02-30")), "england-and-wales: entry 8: bad date"},
        {FILE_WITH(YEAR "," E("26/12/2024")), "entry 8: bad date"},
        {FILE_WITH(YEAR "," E("2024-12-28")), "entry 8: 2024-12-28 is a weekend day"},
        {FILE_WITH(YEAR "," E("2024-12-25")), "entry 8: 2024-12-25 is given twice"},
        {FILE_WITH(YEAR "," E("1899-12-26")), "entry 8: 1899-12-26: expected a year from 1900"},
        {FILE_WITH(YEAR "," E("2080-12-26")), "entry 8: 2080-12-26: expected a year from 1900"},
        {FILE_WITH(YEAR "," E("2024-12-26") "," E("2026-12-28")), "2025 has 0 bank holidays"},
        {FILE_WITH("{\"date\":\"2024-01-01\"}"), "entry 1: bad title"},
        {FILE_WITH("{\"title\":\"\",\"date\":\"2024-01-01\"}"), "entry 1: bad title"},
        {FILE_WITH("{\"title\":\"a\\nb\",\"date\":\"2024-01-01\"}"), "entry 1: bad title"},
        {FILE_WITH("{\"title\":\"x\"}"), "entry 1: bad date"},
        {FILE_WITH("{\"title\":\"x\",\"date\":20240101}"), "entry 1: unknown shape"},
        {FILE_WITH("{\"title\":\"x\",\"date\":\"2024-01-01\",\"day\":1}"),
         "entry 1: unknown shape"},
        {FILE_WITH("{\"title\":\"x\",\"title\":\"y\",\"date\":\"2024-01-01\"}"), "not JSON"},
        {FILE_WITH("{\"title\":\"\xff\",\"date\":\"2024-01-01\"}"), "not JSON"},
    };
    struct error err;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (load_text(cases[i].text, strlen(cases[i].text), &err))
            fail_msg("accepted: %s", cases[i].text);
        if (!strstr(err.text, cases[i].expected))
            fail_msg("case %zu: \"%s\" lacks \"%s\"", i, err.text, cases[i].expected);
    }
}

static void a_file_in_any_order_is_read(void **state)
{
    static const char text[] = FILE_WITH(E("2024-12-26") "," YEAR);
    struct error err;

    (void)state;
    if (!load_text(text, strlen(text), &err))
        fail_msg("%s", err.text);
}

static void a_missing_division_or_file_is_refused(void **state)
{
    static const char text[] = FILE_WITH(E("2024-12-26") "," YEAR);
    char path[] = "/tmp/holidays-XXXXXX";
    int fd = mkstemp(path);
    struct workdays *w = NULL;
    struct error err;

    (void)state;
    assert_true(fd >= 0);
    close(fd);
    write_file(path, text, strlen(text));
    assert_false(workdays_load(path, SCOTLAND, NULL, 0, &w, &err));
    assert_non_null(strstr(err.text, "scotland: no bank holidays"));
    unlink(path);
    assert_false(workdays_load(path, SCOTLAND, NULL, 0, &w, &err));
    assert_int_equal(err.fault, FAULT_INPUT);
    assert_null(w);
}

// Cut anywhere, the product's file is refused, not read as a shorter one.
static void a_file_cut_short_is_never_believed(void **state)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct error err;
    char *text;
    size_t length;

    (void)state;
    assert_true(read_whole_file(a, holidays_path(a), 1u << 20, &text, &length, &err));
    for (size_t cut = 0; cut < length - 2; cut += cut < length - 200 ? 577 : 1)
        if (load_text(text, cut, &err))
            fail_msg("cut at byte %zu: accepted", cut);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(easter_is_as_the_act_has_it),
        cmocka_unit_test(derived_years_are_as_published),
        cmocka_unit_test(england_keeps_the_titles),
        cmocka_unit_test(derived_years_are_never_at_a_weekend_or_twice),
        cmocka_unit_test(bad_files_are_refused_with_their_place),
        cmocka_unit_test(a_file_in_any_order_is_read),
        cmocka_unit_test(a_missing_division_or_file_is_refused),
        cmocka_unit_test(a_file_cut_short_is_never_believed),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
