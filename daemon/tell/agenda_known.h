// What is news to its reader, and what a reminder. Pure.
#pragma once

#include "agenda_decide.h"

// Marks a line by what its reader has read of before. That something is out of timescale is news to
// who was not told since its due date passed, an escalation to whom no rung has told of it: that a
// list of dates named it before is neither.
void agenda_mark_known(const struct known_lines *known, struct date today, struct line *l);

// Whether the known lines have to say if a reader knows of what was told: they may not have read
// it, or when they did it was not late.
bool agenda_asks_known(const struct told *t, struct date today);
