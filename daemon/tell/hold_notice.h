// Telling the operator of readings that are held: one mail for all that are open, each told once.
#pragma once

#include "config.h"
#include "db.h"

struct hold_notice {
    bool told;       // a mail was put into the outbox
    bool look_again; // some are too young to be told of: look again when they have settled
};

// After a round of reconciling, at business time `now`. A table that lost rows in place, and a mass
// change, are told as soon as no more of them have come for the settling time; a table that is
// another file than the accepted one is being reloaded, and is told of after two hours. Waits.
MUST_USE bool hold_notice(struct db *source, struct db *store, const struct config *config,
                          instant now, struct hold_notice *ret, struct error *err);
