// What people press on pages: taken up out of the inbox, judged against who is responsible by now,
// and written down as their word, each in one transaction.
#pragma once

#include "acknowledge.h"

enum pressed { PRESSED_NOTHING, PRESSED_TAKEN, PRESSED_REFUSED };

// Takes the oldest press that nobody else is taking. Waits. FAULT_AWAY leaves it as it was.
MUST_USE bool pressed_take(struct db *store, const struct judging *j, enum pressed *ret,
                           struct error *err);
