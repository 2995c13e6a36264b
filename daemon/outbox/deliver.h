// Delivering: one message from the outbox to a mail server or a Maildir, at least once, with the
// same Message-ID on every try.
#pragma once

#include "directory.h"
#include "handover.h"
#include "outbox.h"

// One who delivers. Zero to begin with, but for the name.
struct sender {
    const char *name;            // who claims
    bool take_over;              // also what another sender left in the middle
    struct claim claim;          // what it is at; others renew it meanwhile (outbox_renew)
    struct settlement unsettled; // what became of it, as long as the store could not be told
};

struct delivered {
    bool found;           // a message was claimed
    long long message_id; // which
    enum outcome outcome; // OUTCOME_NONE: the claim was lost to somebody else
    bool away; // the mail server gave no answer, or takes nothing now: better wait before the next
};

// Hands over the next message that is due, as config.delivery says (nothing at all when it is off),
// and settles it. When the store goes away after the hand-over, what became of the message is kept
// with the sender and settled by the next call, which comes as soon as the store is there: until
// then the claim is still to be renewed. `config` is looked at anew after every wait. `directory`
// may be a little old: it is read again before a message is dropped on its word. `now` is business
// time. Waits; finishes what is in flight also after loop_stop.
MUST_USE bool deliver_one(struct db *store, const struct config *config,
                          const struct directory *directory, instant now, struct sender *sender,
                          struct delivered *ret, struct error *err);
