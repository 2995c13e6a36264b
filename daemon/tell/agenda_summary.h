// What stood open at a first start and is said by no line of its own: to which manager it is summed
// up. Pure.
#pragma once

#include "agenda_plan.h"

struct summed {
    const struct staff *manager;
    const struct line *line;
};

// Silent lines of whom a manager can be told, by that manager and by deadline: the team's, but of
// the chairs' and the reviewing officers' own work the chairs' (register 2.13, E-CHAIR: never the
// child's team manager). Arena-owned.
size_t agenda_sum_up(struct arena *a, const struct plan_input *in, const struct line *const *silent,
                     size_t count, struct summed **ret);
