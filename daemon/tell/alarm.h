// The alarm: words about timely itself by another way than the outbox, so that they arrive when
// store and ordinary mail do not: a mail server of its own, a webhook, or both.
#pragma once

#include "config.h"
#include "self_audit.h"

enum alarm_kind { ALARM_RAISED, ALARM_CLEARED };

// Whether a way is configured.
bool alarm_has_way(const struct config *c);

// Tells of the causes by every way there is, at real time `now`; true when one of them took it. The
// words of a cause that is over are not said again, only its code. `which` tells this alarm from
// every other with these codes, and is the same when it is tried again: a receiver knows a repeat
// by the number that is made of it. FAULT_AWAY when none took it, or none is configured. Waits, for
// two minutes at most.
MUST_USE bool alarm_send(const struct config *c, enum alarm_kind kind, const struct unwell *causes,
                         size_t count, const char *which, instant now, struct error *err);
