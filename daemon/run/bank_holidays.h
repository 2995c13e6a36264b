// Bank holidays that change after timely was released: a published list is fetched once a business
// day, and where it says other than the calendar a person is asked. What a person accepted is in
// force from the watch's next round on.
#pragma once

#include "daemon.h"

// Puts the daemon's rules on the calendar that was accepted. Waits.
MUST_USE bool bank_holidays_apply(struct daemon *d, struct db *store, struct error *err);

// For the watch, before a round: takes what a person has confirmed and applies it. *ret_expected:
// what the next round changes was shown to that person, so that the mass-change guard need not ask
// again. Waits.
MUST_USE bool bank_holidays_in_force(struct daemon *d, struct db *store, bool *ret_expected,
                                     struct error *err);

// What follows from a list that was fetched: a proposal in timely.hold, with its effect, for what
// is new in it; nothing where it says what the calendar says. FAULT_INPUT for a list that cannot be
// right. Waits.
MUST_USE bool bank_holidays_propose(const struct daemon *d, struct db *store, const char *name,
                                    const char *bytes, size_t length, struct error *err);

// Fetches the list, at most 1 MB of it. Bytes in the arena. FAULT_AWAY when it cannot be had.
// Waits.
MUST_USE bool bank_holidays_fetch(struct arena *a, const char *url, const char **ret,
                                  size_t *ret_length, struct error *err);
