// Writing samples for Prometheus. Numbers are written so that they read back as the same number.
#include "metrics.h"

#include <math.h>
#include <string.h>

static const char *const type_names[] = {[METRIC_COUNTER] = "counter", [METRIC_GAUGE] = "gauge"};

// Backslashes and line ends are escaped everywhere, quotes in the values of labels alone.
static void add_escaped(struct text *t, const char *s, bool quotes)
{
    for (; *s; s++) {
        if (*s == '\n')
            text_add(t, "\\n");
        else if (*s == '\\' || (*s == '"' && quotes))
            text_addf(t, "\\%c", *s);
        else
            text_add_n(t, s, 1);
    }
}

static void add_value(struct text *t, double value)
{
    if (isnan(value))
        text_add(t, " NaN\n");
    else if (isinf(value))
        text_add(t, value > 0 ? " +Inf\n" : " -Inf\n");
    else
        text_addf(t, " %.17g\n", value);
}

void metrics_write(const struct metric *samples, size_t count, struct text *ret)
{
    for (const struct metric *m = samples; m < samples + count; m++) {
        if (m == samples || strcmp(m->name, m[-1].name) != 0) {
            text_addf(ret, "# HELP %s ", m->name);
            add_escaped(ret, m->help, false);
            text_addf(ret, "\n# TYPE %s %s\n", m->name, type_names[m->type]);
        }
        text_add(ret, m->name);
        if (m->label) {
            text_addf(ret, "{%s=\"", m->label);
            add_escaped(ret, m->label_value, true);
            text_add(ret, "\"}");
        }
        add_value(ret, m->value);
    }
}
