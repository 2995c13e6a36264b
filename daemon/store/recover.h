// Recovering: a store that was restored from a backup is older than what was said since.
#pragma once

#include "db.h"

// How far every SEQUENCE is lifted: an object would have to have changed as often since the backup
// for a calendar to have seen a higher one.
#define RECOVER_LIFT 1000

struct recovery {
    long long objects, deadlines; // whose SEQUENCE was lifted
    long long waiting;            // messages that may have left since the backup
};

// In one transaction: lifts the SEQUENCE of every calendar object and deadline, so that what is
// said next is newer than what calendars hold (RFC 5546 2.1.4); marks messages that wait as
// possible repeats, which go with the Message-ID that they had; has feeds rendered anew; writes the
// audit. `now` is business time as a literal, `by` who does it. FAULT_INPUT where a daemon leads on
// the store. Waits.
MUST_USE bool recover_store(struct db *store, const char *now, const char *by, struct recovery *ret,
                            struct error *err);
