// Europe/London: where instants become civil time and back (register 2.1, 2.8). The rule is the
// statutory one (last Sunday of March and of October, 01:00 UTC; autumn before 1996 by its own
// dates), not the machine's zone file, so every machine gives the same answer.
#pragma once

#include "clock.h"
#include "date.h"

struct moment london_from_instant(instant t); // minute always known; seconds are dropped
// The instant of a civil time. In the hour that does not exist (March) the time moves forward by
// an hour; in the hour that comes twice (October) the first is meant. minute -1 counts as 00:00.
instant instant_from_london(struct moment m);
int london_offset_minutes(instant t); // 0 or 60

// N elapsed hours after (or, negative, before) a civil time, counted in UTC: clock changes neither
// add nor lose an hour.
struct moment moment_add_hours(struct moment m, int hours);

// When a meeting is, of how its time was recorded: midnight says that only the day is known.
struct moment meeting_start(struct moment recorded);
// The end of a meeting: `ends` where it is known and after the start, else an hour later, or two
// where the clock shows the same again an hour later. MOMENT_NONE where the hour of the start is
// not known.
struct moment meeting_end(struct moment starts, struct moment ends);
// From when on a meeting's record is awaited: its start, or the end of its day where that is all
// that is known.
struct moment meeting_awaited_from(struct moment starts);
