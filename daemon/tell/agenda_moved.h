// A child who went from one worker to another: each reads so once, in the next digest that they
// have anyway. The new worker is told of what the former one was told of; the former one, that it
// is no longer theirs. Pure.
#pragma once

#include "agenda_plan.h"

// The rung of the former worker's line, for the allocation of that day; and whether a rung is one.
const char *agenda_parting_rung(struct arena *a, struct date worker_since);
bool agenda_is_parting(const char *rung);

// Whether what was said on a rung at a time was for the child's worker before the present one.
bool agenda_was_for_former(const struct owed *o, const char *staff_id, const char *rung,
                           instant said_at);

// The line for the present worker, made of one that stands (agenda_standing).
void agenda_arrive(struct arena *a, const char *rung, struct line *l);
// The line for a former worker; false where there is to be none: of a restricted child, or of one
// whom nobody has.
bool agenda_part(struct arena *a, const struct plan_input *in, const struct owed *o,
                 const char *staff_id, struct line *ret);
