// A clock: one start of a timescale's clause, and what evaluation knows while it works. Private to
// evaluation.
#pragma once

#include "history.h"

struct work {
    struct arena *arena;
    struct history history;
    struct sight sight;
    struct deadline **deadlines;
    size_t count, room;
    bool *done; // timescales evaluated, by index
};

// One clock that has started.
struct clock_start {
    const struct timescale *timescale;
    const struct version *version;
    const struct clause *clause;
    const struct episode *episode; // NULL where each record is its own subject
    const struct fact *trigger;    // NULL when another deadline's due date starts it
    const struct deadline *after;  // the deadline of the other timescale that the clause names
    struct moment from;            // where the period is laid on
    struct date trigger_on;        // the day that starts the clock
    const char *subject_ref;
};

// Does the i-th fact of the history belong to the clock's subject? Without an episode: does it name
// the clock's record?
bool clock_owns(const struct work *w, const struct clock_start *s, size_t i);
// The meeting in the diary that is to meet a clock of the timescale started on that day: the next
// one, else the last one passed; NULL for none.
const struct booking *clock_booking(const struct work *w, const struct timescale *t,
                                    struct date from);
