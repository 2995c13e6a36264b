// What people said about a deadline, as the agenda minds it (register 2.12, 2.13): in hand keeps
// reminders from the one who has it in hand, and "done, not yet recorded" keeps those above from
// being told, both to the end of a last day. A breach is told to the next one up all the same
// while somebody only has it in hand. Pure.
#pragma once

#include "owed.h"

// "Done, not yet recorded" keeps those above silent to the end of this working day after the one
// on which it was said, whatever the hour (register 2.4, 2.12).
#define DONE_WORKING_DAYS 2

// The last day on which what was said keeps a telling to a member of staff back; DATE_NONE when
// nothing does today.
struct date acknowledged_until(const struct owed *o, const char *staff_id, bool escalation,
                               struct date today);

// "In hand until Friday 12 April 2024, says Ann Lee: the family is away": what holds today, and
// that it was said to be done as long as that is not recorded; NULL for nothing. Arena-owned.
const char *acknowledged_words(struct arena *a, const struct owed *o, struct date today);
