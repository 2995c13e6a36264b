// Due dates: a clause laid on the calendar.
#pragma once

#include "clockwork.h"

// Fills due_on, due_at, book_by and provisional. False when the clause gives no date: only a start
// or an answer outside the calendar does that, and such dates are findings, not deadlines.
bool due_compute(const struct work *w, const struct clock_start *s, struct deadline *d);
