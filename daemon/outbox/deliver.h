// Delivering: from the outbox to a mail server or a Maildir, at least once, with the same
// Message-ID on every try.
#pragma once

#include "directory.h"
#include "handover.h"
#include "outbox.h"

// One who delivers. Zero to begin with, but for the name; sender_done at the end.
struct sender {
    const char *name;                // who claims
    bool take_over;                  // also what another sender left in the middle
    size_t most;                     // so many at a time; 0: one, and more as they go out
    struct claim claims[BATCH_MOST]; // what it is at; others renew them meanwhile (outbox_renew)
    // What became of them, as long as the store could still forget it or could not be told.
    struct settlement *unsettled;
    size_t unsettled_count;
    struct arena *arena; // of the next to last
};
void sender_done(struct sender *s);

struct delivered {
    size_t count; // messages that were claimed; 0: none was due
    struct {
        long long message_id;
        enum outcome outcome; // OUTCOME_NONE: lost to somebody else, or let go
    } of[BATCH_MOST];
    bool away; // the mail server gave no answer, or takes nothing now: better wait before the next
};

// Hands over the next messages that are due, as config.delivery says (nothing at all when it is
// off), one after the other, and settles each: as many as go out in a moment, and what then has to
// wait for longer is let go. When the store goes away after a hand-over, what became of the message
// is kept with the sender and settled by the next call, which comes as soon as the store is there:
// until then the claims are still to be renewed. `*config` may become another one at every wait,
// its old texts live on: what was claimed under the one before goes out under none. `directory` may
// be a little old: it is read again before a message is dropped on its word. `now` is business
// time. Waits; finishes what is in flight also after loop_stop.
MUST_USE bool deliver_batch(struct db *store, const struct config *config,
                            const struct directory *directory, instant now, struct sender *sender,
                            struct delivered *ret, struct error *err);
