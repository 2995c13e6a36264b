// The text of metrics, byte for byte.
#include "metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void writes_help_and_type_once(void **state)
{
    const struct metric samples[] = {
        {"a_total", "Things \\ that\nhappened.", METRIC_COUNTER, "kind", "x", 1},
        {"a_total", "Things \\ that\nhappened.", METRIC_COUNTER, "kind", "\"\\\n", 12345678901},
        {"b_seconds", "How long.", METRIC_GAUGE, NULL, NULL, -0.25},
    };
    struct text t = {0};

    (void)state;
    metrics_write(samples, sizeof samples / sizeof *samples, &t);
    assert_string_equal(text_str(&t), "# HELP a_total Things \\\\ that\\nhappened.\n"
                                      "# TYPE a_total counter\n"
                                      "a_total{kind=\"x\"} 1\n"
                                      "a_total{kind=\"\\\"\\\\\\n\"} 12345678901\n"
                                      "# HELP b_seconds How long.\n"
                                      "# TYPE b_seconds gauge\n"
                                      "b_seconds -0.25\n");
    text_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(writes_help_and_type_once)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
