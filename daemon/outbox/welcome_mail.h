// A mail with the address of a calendar. The address is made as the mail leaves, so that it is
// never stored in clear: every try has one of its own, and one that surely did not arrive ends.
#pragma once

#include "digest.h"
#include "outbox.h"

// Puts the mail into the outbox for `holder`, whose calendar it will be. `now` is business time.
// Waits.
MUST_USE bool welcome_put(struct arena *a, struct db *store, const struct config *c,
                          const struct feed_address *of, const char *holder, const char *recipient,
                          instant now, struct error *err);

// Makes the subscription and the words with its address; `reader` is the holder's name, or NULL.
// FAULT_INPUT when the calendar's owner is unknown. Waits. Words in the arena.
MUST_USE bool welcome_write(struct arena *a, struct db *store, const struct config *c,
                            const struct outgoing *o, const char *reader, instant now,
                            struct rendered *ret, long long *ret_feed_id, struct error *err);

// The mail did not leave: its address is nobody's. Waits.
MUST_USE bool welcome_take_back(struct db *store, long long feed_id, struct error *err);
