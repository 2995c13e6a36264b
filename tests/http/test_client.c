// Whom a request is from: addresses as they come in X-Forwarded-For.
#include "client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void reads_the_last_address(void **state)
{
    static const struct {
        const char *header, *same;
    } rows[] = {
        {"192.0.2.1", "192.0.2.1"},
        {"10.9.9.9, 192.0.2.1", "192.0.2.1"},
        {"unknown,192.0.2.1 ", "192.0.2.1"},
        {"192.0.2.1:40000", "192.0.2.1"},
        {"::ffff:192.0.2.1", "192.0.2.1"},
        {"2001:db8:1:2::5", "2001:db8:1:2::5"},
        {"[2001:db8:1:2::5]:443", "2001:db8:1:2::5"},
        {"2001:db8:1:2:ffff::", "2001:db8:1:2::5"}, // of the same 64 bits
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct client c = {0}, same = {0};

        if (!client_of_forwarded(rows[i].header, &c))
            fail_msg("%s", rows[i].header);
        assert_true(client_of_forwarded(rows[i].same, &same));
        assert_true(c.known);
        if (memcmp(c.key, same.key, sizeof c.key) != 0)
            fail_msg("%s is not %s", rows[i].header, rows[i].same);
    }
}

static void tells_addresses_apart(void **state)
{
    static const char *const others[] = {"192.0.2.1",       "192.0.2.2", "2001:db8:1:2::1",
                                         "2001:db8:1:3::1", "::1",       "0.0.0.1"};

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        for (size_t j = 0; j < i; j++) {
            struct client a, b;

            assert_true(client_of_forwarded(others[i], &a) && client_of_forwarded(others[j], &b));
            assert_true(memcmp(a.key, b.key, sizeof a.key) != 0);
        }
    }
}

static void leaves_what_is_no_address(void **state)
{
    static const char *const bad[] = {"",
                                      " ",
                                      ",",
                                      "192.0.2.1,",
                                      "unknown",
                                      "192.0.2",
                                      "192.0.2.1 192.0.2.2",
                                      "192.0.2.1;",
                                      "\"192.0.2.1\"",
                                      "_hidden",
                                      "example.org",
                                      "[2001:db8::1",
                                      "192.0.2.1:99999999",
                                      "11111111111111111111111111111111111111111111111111111111"
                                      "1111111111111111111111111111"};
    struct client c = {.known = false, .key = "as it was"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (client_of_forwarded(bad[i], &c))
            fail_msg("taken: %s", bad[i]);
    }
    assert_false(c.known);
    assert_string_equal((const char *)c.key, "as it was");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_last_address),
        cmocka_unit_test(tells_addresses_apart),
        cmocka_unit_test(leaves_what_is_no_address),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
