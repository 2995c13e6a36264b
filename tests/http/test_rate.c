// Token buckets: how much at once, how fast they fill, and that they take no more room than they
// have.
#include "rate.h"

#include "clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const unsigned char somebody[RATE_KEY_SIZE] = "somebody";
static const unsigned char another[RATE_KEY_SIZE] = "another";

static int taken(struct rate *r, const unsigned char *key, int64_t now, int tries)
{
    int n = 0, wait_s;

    for (int i = 0; i < tries; i++)
        n += rate_take(r, key, now, &wait_s);
    return n;
}

static void gives_a_minutes_worth_at_once(void **state)
{
    struct rate *r = rate_new(60);

    (void)state;
    assert_int_equal(taken(r, somebody, SECONDS(1000), 200), 60);
    assert_int_equal(taken(r, another, SECONDS(1000), 200), 60);
    rate_free(r);
}

static void fills_at_an_even_pace(void **state)
{
    struct rate *r = rate_new(120);

    (void)state;
    assert_int_equal(taken(r, somebody, SECONDS(1000), 200), 120);
    for (int s = 1; s <= 300; s++)
        assert_int_equal(taken(r, somebody, SECONDS(1000 + s), 10), 2);
    assert_int_equal(taken(r, somebody, SECONDS(1300 + 30), 200), 60);
    assert_int_equal(taken(r, somebody, SECONDS(9999), 200), 120); // never more than full
    rate_free(r);
}

static void says_how_long_to_wait(void **state)
{
    struct rate *r = rate_new(2);
    int wait_s = 0;

    (void)state;
    assert_int_equal(taken(r, somebody, 0, 2), 2);
    assert_false(rate_take(r, somebody, 1, &wait_s));
    assert_int_equal(wait_s, 30);
    assert_false(rate_take(r, somebody, SECONDS(30) - 1, &wait_s));
    assert_int_equal(wait_s, 1);
    assert_true(rate_take(r, somebody, SECONDS(30), &wait_s)); // as it said
    rate_free(r);
}

// Who has spent most is remembered, however many others come once.
static void forgets_the_fullest_first(void **state)
{
    struct rate *r = rate_new(60);
    int wait_s;

    (void)state;
    assert_int_equal(taken(r, somebody, SECONDS(1), 60), 60);
    for (uint32_t i = 1; i < 1000000; i++) {
        unsigned char key[RATE_KEY_SIZE] = {0};

        memcpy(key + 8, &i, sizeof i);
        assert_true(rate_take(r, key, SECONDS(1), &wait_s));
    }
    assert_false(rate_take(r, somebody, SECONDS(1), &wait_s));
    rate_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_a_minutes_worth_at_once),
        cmocka_unit_test(fills_at_an_even_pace),
        cmocka_unit_test(says_how_long_to_wait),
        cmocka_unit_test(forgets_the_fullest_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
