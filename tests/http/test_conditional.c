// Entity tags and dates as clients send them, and as they should not.
#include "conditional.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void names_the_tag(void **state)
{
    static const struct {
        const char *header;
        bool named;
        const char *why;
    } rows[] = {
        {"\"abc\"", true, "the tag"},
        {"W/\"abc\"", true, "weak comparison"},
        {"w/\"abc\"", false, "the W is a capital"},
        {"*", true, "anything"},
        {" * ", true, "blanks"},
        {"*, \"abc\"", false, "a star stands alone"},
        {"\"x\", \"abc\"", true, "a list"},
        {"\"x\",\"abc\"", true, "without blanks"},
        {"\"x\" ,\t, W/\"abc\"", true, "empty items"},
        {"\"x,\\\", \"abc\"", true, "a comma and a backslash within a tag"},
        {"\"ab\"", false, "the beginning only"},
        {"\"abcd\"", false, "longer"},
        {"\"ABC\"", false, "tags have case"},
        {"abc", false, "without quotes"},
        {"\"abc", false, "not closed"},
        {"\"x\"\"abc\"", false, "no comma between"},
        {"\"x\" y, \"abc\"", false, "no comma between: an error ends the list"},
        {"\"a c\"", false, "a blank within"},
        {"", false, "nothing"},
        {",,,", false, "nothing but commas"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (conditional_etag_named(rows[i].header, "\"abc\"") != rows[i].named)
            fail_msg("%s: %s", rows[i].header, rows[i].why);
    }
}

static void reads_three_forms(void **state)
{
    static const char *const same[] = {
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
    };
    int64_t t;

    (void)state;
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        t = 0;
        assert_true(conditional_read_date(same[i], &t));
        assert_int_equal(t, 784111777);
    }
    assert_true(conditional_read_date("Thu, 29 Feb 2024 23:59:59 GMT", &t));
    assert_int_equal(t, 1709251199);
}

static void refuses_other_dates(void **state)
{
    static const char *const bad[] = {
        "",
        "now",
        "0",
        "-1",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 GMT ",
        "Sun, 06 Nov 1994 08:49:37 +0100",
        "Mon, 06 Nov 1994 08:49:37 GMT", // was a Sunday
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "Fri, 30 Feb 2024 00:00:00 GMT",
        "Sun, 06 Nov 1994 24:49:37 GMT",
        "sun, 06 nov 1994 08:49:37 GMT",
        "1994-11-06T08:49:37Z",
        "Sun, 06 Nov 1994 08:49:37 GMT; length=3",
    };
    int64_t t = 42;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (conditional_read_date(bad[i], &t))
            fail_msg("taken: %s", bad[i]);
    }
    assert_int_equal(t, 42);
}

static void writes_what_it_reads(void **state)
{
    (void)state;
    for (int64_t t = 0; t < INT64_C(4102444800); t += 86400 * 37 + 3661) {
        char date[HTTP_DATE_SIZE];
        int64_t again = -1;

        conditional_write_date(t, date);
        assert_true(conditional_read_date(date, &again));
        assert_true(again == t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_the_tag),
        cmocka_unit_test(reads_three_forms),
        cmocka_unit_test(refuses_other_dates),
        cmocka_unit_test(writes_what_it_reads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
