// Limits as shipped, on the mornings of an office and on clients that ask too much.
#include "throttle.h"

#include "clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

// As timely.yaml has them by default.
static const struct throttle_options shipped = {
    .per_address = 12000, .unknown_per_address = 60, .per_feed = 60};
static const struct client office = {.known = true, .key = "office"};
static const struct client guesser = {.known = true, .key = "guesser"};

static void feed_hash(unsigned n, unsigned char ret[32])
{
    memset(ret, 0, 32);
    memcpy(ret, &n, sizeof n);
}

// 2,000 workers behind one address, each with three calendars: all at once, and again every two
// minutes; 50 of them still ask for a feed that was revoked.
static void an_office_is_not_hit(void **state)
{
    struct throttle *t = throttle_new(&shipped);
    struct http_response r = {0};
    unsigned char hash[32];

    (void)state;
    for (int minute = 0; minute < 60; minute += 2) {
        const int64_t now = SECONDS(60 * minute + 1);

        for (unsigned n = 0; n < 6000; n++) {
            feed_hash(n, hash);
            assert_true(throttle_request(t, &office, now, &r));
            assert_true(throttle_feed(t, hash, now, &r));
        }
        for (int n = 0; n < 50; n++) {
            assert_true(throttle_request(t, &office, now, &r));
            assert_true(throttle_unknown(t, &office, now, &r));
        }
    }
    assert_int_equal(throttle_counts_of(t).address, 0);
    throttle_free(t);
}

static void a_client_in_a_hurry_gets_one_a_second(void **state)
{
    struct throttle *t = throttle_new(&shipped);
    struct http_response r = {0};
    unsigned char hash[32];
    int answered = 0;

    (void)state;
    feed_hash(1, hash);
    for (int tenth = 0; tenth < 6000; tenth++) // ten minutes
        answered += throttle_feed(t, hash, SECONDS(1) * tenth / 10, &r);
    assert_in_range(answered, 600, 660);
    assert_int_equal(r.status, 429);
    assert_int_equal(r.retry_after_s, 1);
    assert_int_equal(throttle_counts_of(t).feed, 6000 - answered);
    feed_hash(2, hash);
    assert_true(throttle_feed(t, hash, SECONDS(600), &r)); // another feed is none of it
    throttle_free(t);
}

static void guessing_ends_soon(void **state)
{
    struct throttle *t = throttle_new(&shipped);
    struct http_response r = {0};
    int told = 0;

    (void)state;
    for (int n = 0; n < 1000; n++)
        told += throttle_unknown(t, &guesser, SECONDS(1), &r);
    assert_int_equal(told, 60);
    assert_int_equal(r.status, 429);
    assert_true(throttle_unknown(t, &office, SECONDS(1), &r));
    throttle_free(t);
}

static void without_an_address_or_a_limit_all_are_answered(void **state)
{
    static const struct client nobody = {0};
    const struct throttle_options none = {0};
    struct throttle *limited = throttle_new(&shipped), *free_of_it = throttle_new(&none);
    struct http_response r = {0};
    unsigned char hash[32];

    (void)state;
    feed_hash(1, hash);
    for (int n = 0; n < 20000; n++) {
        assert_true(throttle_request(limited, &nobody, 0, &r));
        assert_true(throttle_unknown(limited, &nobody, 0, &r));
        assert_true(throttle_request(free_of_it, &guesser, 0, &r));
        assert_true(throttle_unknown(free_of_it, &guesser, 0, &r));
        assert_true(throttle_feed(free_of_it, hash, 0, &r));
    }
    throttle_free(limited);
    throttle_free(free_of_it);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_office_is_not_hit),
        cmocka_unit_test(a_client_in_a_hurry_gets_one_a_second),
        cmocka_unit_test(guessing_ends_soon),
        cmocka_unit_test(without_an_address_or_a_limit_all_are_answered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
