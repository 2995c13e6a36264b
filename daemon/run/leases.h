// The leases of what this process' senders hold: renewed together, every few seconds, for as long
// as they hold it.
#pragma once

#include "daemon.h"
#include "outbox.h"

#define LANES_MOST 50 // as many senders as can be configured

struct leases {
    struct daemon *daemon;
    struct claim *claims[LANES_MOST * BATCH_MOST]; // the senders', all of each
    size_t count;
    struct db *store;
    int64_t forgot_at;      // of clock_monotonic: what waits for too long was looked for
    int64_t in_touch_since; // of clock_monotonic; 0: the store is away
    bool over;
    struct bell asked_to_end, ended;
};

// Starts the fiber. `l` has the daemon and the claims, and lives until leases_end has returned.
void leases_start(struct leases *l);
// After the last sender has let go. Waits.
void leases_end(struct leases *l);

// A sender found the store away.
void leases_store_away(struct leases *l);

// Whether an expired lease may be doubted, and one that was doubted be taken for a death. Not when
// the store was away for us a moment ago: others could not renew theirs either, and have a lease's
// time to do so. A process that has just started has seen nothing of that kind.
bool leases_may_take_over(const struct leases *l);
