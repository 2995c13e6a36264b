// What is late and of which the child's worker has read nothing for a week: it is said again, with
// everything else that is open, as a week begins. Others read of it in their week's list. Pure.
#pragma once

#include "agenda_plan.h"

// The telling by which its worker hears of it in this week; false where there is none to be. And
// the next week's beginning on which it may be late still; 0: there is nobody to remind.
// Arena-owned.
bool agenda_reminder(struct arena *a, const struct so_far *s, struct telling *ret,
                     instant *ret_look_again);
// Whether a rung is one of these.
bool agenda_is_reminder(const char *rung);
