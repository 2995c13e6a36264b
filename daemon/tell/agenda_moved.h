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

// The rung of the present worker's line, for the allocation that there is now; whether a rung is
// one; and why it comes to them.
const char *agenda_arrival_rung(struct arena *a, struct date worker_since);
bool agenda_is_arrival(const char *rung);
const char *agenda_arrival_why(struct arena *a, const struct owed *o);

// The line for a former worker; false where there is to be none: of a restricted child, or of one
// whom nobody has.
bool agenda_part(struct arena *a, const struct plan_input *in, const struct owed *o,
                 const char *staff_id, struct line *ret);
