// What somebody was told before, as it stands today. Pure.
#pragma once

#include "agenda_plan.h"

// The line of an earlier mail as it stands now: false when it is no longer this recipient's, or
// the rung no longer speaks.
bool agenda_standing(struct arena *a, const struct plan_input *in, const struct owed *o,
                     const char *staff_id, const char *rung, struct line *ret);
