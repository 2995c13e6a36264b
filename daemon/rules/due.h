// Due dates: a clause laid on the calendar.
#pragma once

#include "clockwork.h"

// Fills due_on, due_at, book_by and provisional. False when the clause gives no date: only a start
// or an answer outside the calendar does that, and such dates are findings, not deadlines.
bool due_compute(const struct work *w, const struct clock_start *s, struct deadline *d);

// The day from which a period is laid: one that begins with the day itself follows the day before
// (register 2.5).
struct moment laid_from(const struct timescale *t, struct moment from);
