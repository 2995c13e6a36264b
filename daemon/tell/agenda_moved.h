// A child who went from one worker to another: each reads so once. What the former worker was told
// of comes to the new one as something new, by a rung of its own; that it is no longer theirs the
// former one reads in the next digest that they have anyway. Pure.
#pragma once

#include "agenda_plan.h"

// The rung of the former worker's line, for the allocation of that day; and whether a rung is one.
const char *agenda_parting_rung(struct arena *a, struct date worker_since);
bool agenda_is_parting(const char *rung);

// Whether what was said on a rung at a time was for the child's worker before the present one.
bool agenda_was_for_former(const struct owed *o, const char *staff_id, const char *rung,
                           instant said_at);

// The telling by which the present worker hears of what the worker before them was told, once an
// allocation; false where there is none to be. Whether a rung is one; and why it comes to them.
// Arena-owned.
bool agenda_arrival(struct arena *a, const struct so_far *s, struct telling *ret);
bool agenda_is_arrival(const char *rung);
const char *agenda_arrival_why(struct arena *a, const struct owed *o);

// The line for a former worker; false where there is to be none: of a restricted child, or of one
// whom nobody has.
bool agenda_part(struct arena *a, const struct plan_input *in, const struct owed *o,
                 const char *staff_id, struct line *ret);
