// Office hours: when people can be told, counted on the authority's local calendar (register 2.11).
#pragma once

#include "workdays.h"

struct office_hours {
    struct {
        int16_t opens, closes; // minutes of the day; opens < 0: closed all day
    } day[7];                  // Monday first
};

extern const struct office_hours office_hours_default; // Monday to Friday 09:00 to 17:00

// Opening and closing minute included; an unknown minute counts as 00:00.
bool is_office_time(const struct office_hours *o, const struct workdays *w, struct moment m);
// m itself when in office hours, else the last closing time before it. MOMENT_NONE when the office
// never opens before m, or m lies outside the table of working days.
struct moment office_close_on_or_before(const struct office_hours *o, const struct workdays *w,
                                        struct moment m);
// m itself when in office hours, else the next opening time. MOMENT_NONE as above.
struct moment office_open_on_or_after(const struct office_hours *o, const struct workdays *w,
                                      struct moment m);
// Reads "09:00-17:00", or "closed" (both are then -1).
MUST_USE bool office_day_parse(const char *s, int16_t *opens, int16_t *closes);
