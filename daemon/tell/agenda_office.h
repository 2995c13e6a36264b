// When people can be told: the opening hours of the office. All in London's time. Pure.
#pragma once

#include "clock.h"
#include "library.h"

// Can people be told now, and when is the next opening of the office that is later than now and, if
// it is open, not today's? 0 when there is none.
bool agenda_office_open(const struct library *l, instant now);
instant agenda_next_opening(const struct library *l, instant now);
// The first opening on a day or after it; 0 when there is none.
instant agenda_opening_from(const struct library *l, struct date day);
// The day after that of last week's list; where last week had none, this week's Monday.
struct date agenda_day_after_list(const struct library *l, struct date today);
// The opening of the office with which the next week begins, its list. 0 when there is none.
instant agenda_next_list(const struct library *l, instant now);
