// What the rest of a week would remind of, said with the last digest that its reader has in it: so
// three are enough, and nothing is said later than it would be. Pure.
#pragma once

#include "agenda_plan.h"

// Puts into the place of a digest's lines those that have the reminders which their reader would
// have in digests after it and before `until`. Not what those above are told: that waits for its
// moment, by which it may be met, or booked. Arena-owned.
void agenda_say_ahead(struct arena *a, const struct plan_input *in, const struct line **lines,
                      size_t count, instant until);
