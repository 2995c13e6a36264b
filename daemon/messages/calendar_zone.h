// The time zone of calendar objects, and days and times as they stand in them. A part of the
// calendar objects; nobody else needs it.
#pragma once

#include "clock.h"
#include "date.h"

#define CALENDAR_TZID "Europe/London"

// The first and last day that calendar objects may name. Before 1970 the zone's rule does not hold.
bool calendar_day_in_range(struct date d);
bool calendar_instant_in_range(instant t);

extern const char calendar_zone[]; // the lines of the VTIMEZONE

// Values of properties, in the arena: "20240424"; "20240424T100000", where an hour that does not
// exist moves forward; "20240424T090000Z", without fractions of a second.
const char *calendar_day(struct arena *a, struct date d);
const char *calendar_local_time(struct arena *a, struct moment m);
const char *calendar_utc_time(struct arena *a, instant t);
// True in the hour that comes twice in October, where readers disagree about which is meant.
bool calendar_comes_twice(struct moment m);
