// What was taken back as it was to leave, for the agenda to say anew: the deadlines that it said
// are looked at again, and its rungs have not spoken (timely.said); a list is made again.
#pragma once

#include "db.h"

struct taken_back {
    const char *messages;     // array for the store; NULL: none was
    const char *const *lists; // whose list of this week was taken back
    size_t list_count;
};

// Reads what was, and has the agenda look at its deadlines in this round. Lists wait until the
// office is open. Arena-owned. Waits.
MUST_USE bool taken_back_read(struct arena *a, struct db *store, instant now, bool open,
                              struct taken_back *ret, struct error *err);
// It is said, or waits as anything new does. Waits.
MUST_USE bool taken_back_done(struct db *store, const struct taken_back *t, struct error *err);

bool taken_back_has_list(const struct taken_back *t, const char *staff_id);
