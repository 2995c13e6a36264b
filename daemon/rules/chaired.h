// Who chairs the meeting that a deadline is about, as far as the records name anybody. Pure.
#pragma once

#include "clockwork.h"

// Of what a meeting is booked for, or of what counts back from one in the diary, whom the booking
// names. Of the chairs' own work on a meeting that was held (its record, its decisions) whom the
// booking named, else who was the child's chair, or reviewing officer, on that day. NULL where it
// is nobody but the child's of today. A staff number of the source; points into the history.
const char *clock_chair(const struct work *w, const struct deadline *d);
