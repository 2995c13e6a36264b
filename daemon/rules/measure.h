// Measures: in-timescale percentages as the register's section 4 defines them. Pure.
#pragma once

#include "evaluate.h"

enum measure_by { BY_CHILD, BY_MEETING };

struct measure; // m-icpc, m-rcpc, m-ccr, m-distribution, m-core-group, m-assessment

const struct measure *measure_find(const char *id); // NULL when unknown
const char *measure_id(const struct measure *m);
size_t measure_ids(const char *const **ret);

// One month's count.
struct month_count {
    int year, month;
    int held, in_timescale;
};

struct tally;
// `from` and `to` are first days of months, both included.
struct tally *tally_new(struct arena *a, const struct library *l, const struct measure *m,
                        enum measure_by by, struct date from, struct date to, struct date as_at);
// Adds one person's evaluation (call once a person; the evaluation may go away afterwards).
void tally_add(struct tally *t, const struct timeline *timeline, const struct evaluation *e);
size_t tally_months(const struct tally *t, const struct month_count **ret);
