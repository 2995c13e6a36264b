// What counts as said about a deadline, and to whom. Pure.
#pragma once

#include "clock.h"

#include <stdbool.h>
#include <stddef.h>

// A rung that has spoken about a deadline with its present due date, since it is owed, and to whom
// (timely.said). It is said once somebody could be told: where there was nobody, only the operator
// knows, and it is still to be said to whoever comes. Sorted by deadline_id.
struct said {
    long long deadline_id;
    const char *rung, *staff_id; // staff_id "": to nobody
    instant said_at;
    bool by_mail; // else it passed in silence, or nobody was left to tell
    bool stands;  // else the mail was taken back before it left
};

// All that was said about one deadline.
struct heard {
    const struct said *said;
    size_t count;
};
struct heard heard_of(const struct said *all, size_t count, long long deadline_id);

// By a rung, to somebody; NULL: not yet.
const struct said *said_by(const struct heard *h, const char *rung);
// Whether a rung was reached while there was nobody to tell.
bool found_nobody(const struct heard *h, const char *rung);
// Whether what a rung said is in a mail that has left, or waits to.
bool said_stands(const struct heard *h, const char *rung);
// Whether somebody was told of the deadline, by whichever rung, since this one spoke.
bool said_again_to(const struct heard *h, const char *rung, const char *staff_id);
// What was said last to anybody by the rungs of a role; NULL: nothing.
const struct said *said_last_to(const struct heard *h, const char *role);

// Whether somebody was ever told of it.
bool was_told(const struct heard *h, const char *staff_id);
// The same, in a mail.
bool was_mailed(const struct heard *h, const char *staff_id);
// Whether somebody was ever told of it, and not since then that it is no longer theirs.
bool said_knows(const struct heard *h, const char *staff_id);
