// Last week's figures for the Monday list: by the same functions as `timely timeliness`, but for a
// week, and for whom each child is. Pure: the daemon looks at everybody's accepted facts, a replay
// at what was known.
#pragma once

#include "measure.h"

// A thing done in last week, or due then, that counts.
struct weekly_occasion {
    const struct measure *measure;
    const char *person_id;
    bool in_time;
};

// A look at the week before a Monday, as at its Sunday: the measures that are a share of things in
// time. In the arena.
struct weekly_looking;
struct weekly_looking *weekly_look(struct arena *a, const struct library *l, struct sight sight,
                                   struct date monday);
// Looks at one person, once each. `each` is needed only for the call.
void weekly_look_at(struct weekly_looking *l, struct arena *each, const struct timeline *t);
// What was seen. Arena-owned.
size_t weekly_seen(const struct weekly_looking *l, struct weekly_occasion **ret);
