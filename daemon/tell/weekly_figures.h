// Last week's figures for the Monday list: by the same functions as `timely timeliness`, but for a
// week, and for whom each child is.
#pragma once

#include "db.h"
#include "measure.h"

// A thing done in last week, or due then, that counts.
struct weekly_occasion {
    const struct measure *measure;
    const char *person_id;
    bool in_time;
};

// Of the week before a Monday, as at its Sunday: the measures that are a share of things in time.
// Evaluates everybody. Waits. Arena-owned.
MUST_USE bool weekly_occasions(struct arena *a, struct db *store, const struct library *l,
                               struct date monday, struct weekly_occasion **ret, size_t *ret_count,
                               struct error *err);
