// Paths and codings of requests.
#include "http_request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void decodes_paths_once(void **state)
{
    static const struct {
        const char *target, *path;
    } rows[] = {
        {"/", "/"},
        {"/feed/a_b-c.ics", "/feed/a_b-c.ics"},
        {"/feed/%61.ics", "/feed/a.ics"},
        {"/feed/a.ics?x=%00&y=/../", "/feed/a.ics"},
        {"/%2561", "/%61"},
        {"/a%2fb", "/a/b"},
        {"//a", "//a"},
        {"/..a/b../.c./...", "/..a/b../.c./..."},
        {"/caf%c3%a9", "/caf\xc3\xa9"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char path[HTTP_PATH_MOST];

        assert_int_equal(http_path_read(rows[i].target, path), 0);
        assert_string_equal(path, rows[i].path);
    }
}

static void refuses_odd_paths(void **state)
{
    static const char *const bad[] = {
        "",
        "x",
        "http://a/feed/x.ics",
        "*",
        "/%00",
        "/a%0ab",
        "/a\tb",
        "/%7f",
        "/a/../b",
        "/..",
        "/a/..",
        "/./a",
        "/a/.",
        "/%2e%2e/a",
        "/a/%2e",
        "/%2E%2E%2Fa",
        "/%",
        "/%4",
        "/%g1",
        "/a%1",
        "/a#b",
        "/a b",
        "/?a b",
        "/?#",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char path[HTTP_PATH_MOST];

        if (http_path_read(bad[i], path) != 400)
            fail_msg("taken: %s", bad[i]);
    }
}

static void bounds_paths(void **state)
{
    char target[HTTP_PATH_MOST + 2], path[HTTP_PATH_MOST];

    (void)state;
    memset(target, 'a', sizeof target);
    target[0] = '/';
    target[HTTP_PATH_MOST - 1] = '\0';
    assert_int_equal(http_path_read(target, path), 0);
    assert_int_equal(strlen(path), HTTP_PATH_MOST - 1);
    target[HTTP_PATH_MOST - 1] = 'a';
    target[HTTP_PATH_MOST] = '\0';
    assert_int_equal(http_path_read(target, path), 414);
}

static void finds_what_is_behind_a_prefix(void **state)
{
    static const struct {
        const char *prefix, *path, *behind;
    } rows[] = {
        {"", "/caldav/", "/caldav/"},
        {"/calendars", "/calendars/caldav/", "/caldav/"},
        {"/calendars", "/caldav/", "/caldav/"},
        {"/calendars", "/calendars", "/calendars"},
        {"/calendars", "/calendarsx/y", "/calendarsx/y"},
        {"/a/b", "/a/b/c", "/c"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(http_path_behind(rows[i].prefix, rows[i].path), rows[i].behind);
}

static void reads_accepted_codings(void **state)
{
    static const struct {
        const char *header;
        bool gzip;
    } rows[] = {
        {NULL, false},          {"", false},
        {"gzip", true},         {"GZip", true},
        {"x-gzip", true},       {"deflate, gzip;q=1.0, *;q=0.5", true},
        {"gzip;q=0", false},    {"gzip; q=0.000", false},
        {"gzip;q=0.001", true}, {"*", true},
        {"*;q=0", false},       {"gzip;q=0, *", false},
        {"identity", false},    {"identity, br", false},
        {"gzipped", false},     {"br;q=1,gzip;q=0.2", true},
        {", ,gzip", true},      {";;;", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (http_accepts_gzip(rows[i].header) != rows[i].gzip)
            fail_msg("%s", rows[i].header);
    }
}

static void takes_plain_identities_only(void **state)
{
    static const char *const good[] = {"40012", "a.b-c@council.example", "COUNCIL\\jo",
                                       "host/x@REALM", "(null)"};
    static const char *const bad[] = {"",       " ",         "SW1 ",     "S W1", "SW1,SW2", "SW1\t",
                                      "SW\x7f", "J\xc3\xbc", "SW1\r\nX", ",SW1", "SW1,"};
    char longest[256];

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(http_identity_is_plain(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(http_identity_is_plain(bad[i]));
    memset(longest, 'a', sizeof longest);
    longest[255] = '\0';
    assert_false(http_identity_is_plain(longest));
    longest[254] = '\0';
    assert_true(http_identity_is_plain(longest));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes_paths_once),     cmocka_unit_test(refuses_odd_paths),
        cmocka_unit_test(bounds_paths),           cmocka_unit_test(finds_what_is_behind_a_prefix),
        cmocka_unit_test(reads_accepted_codings), cmocka_unit_test(takes_plain_identities_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
