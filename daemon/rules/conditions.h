// Conditions: whether a clock may start, and when what it needs ceases.
#pragma once

#include "clockwork.h"

// All the timescale's and the clause's conditions, on the day that starts the clock.
bool conditions_hold(const struct work *w, const struct clock_start *s);
// The day on which one of the "only while" conditions ceases; DATE_NONE while all go on. A day that
// lies ahead is noted as one to look again. *ret_why says what ceased.
struct date conditions_cease(struct work *w, const struct clock_start *s, const char **ret_why);
