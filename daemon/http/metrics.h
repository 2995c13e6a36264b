// Metrics in the text format of Prometheus (version 0.0.4).
#pragma once

#include "text.h"

#define METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

enum metric_type { METRIC_COUNTER, METRIC_GAUGE };

// One sample. Samples of one name stand together, and the first of them gives the help and the
// type.
struct metric {
    const char *name; // [a-z_]+; counters end in _total
    const char *help; // one sentence
    enum metric_type type;
    const char *label, *label_value; // or NULL; the value may be any text
    double value;
};

void metrics_write(const struct metric *samples, size_t count, struct text *ret);
