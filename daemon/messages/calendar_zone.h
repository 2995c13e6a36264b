// The time zone of calendar objects, and instants and days as libical wants them. A part of the
// calendar objects; nobody else needs it.
#pragma once

#include "clock.h"
#include "date.h"

#include <libical/ical.h>

#define CALENDAR_TZID "Europe/London"

// The first and last day that calendar objects may name. Before 1970 the zone's rule does not hold.
bool calendar_day_in_range(struct date d);
bool calendar_instant_in_range(instant t);

// A new VTIMEZONE, owned by the caller.
icalcomponent *calendar_zone_new(void);

struct icaltimetype calendar_time_of_day(struct date d); // VALUE=DATE
// Local time; the TZID parameter is the caller's. An hour that does not exist moves forward.
struct icaltimetype calendar_time_of_moment(struct moment m);
struct icaltimetype calendar_time_of_instant(instant t); // UTC; fractions of a second are dropped
// True in the hour that comes twice in October, where readers disagree about which is meant.
bool calendar_comes_twice(struct moment m);
