// The alarm: words about timely itself by another way than the outbox, so that they arrive when
// store and ordinary mail do not: a mail server of its own, a webhook, or both.
#pragma once

#include "config.h"
#include "self_audit.h"

enum alarm_kind { ALARM_RAISED, ALARM_CLEARED };
enum alarm_way { ALARM_BY_MAIL, ALARM_BY_WEBHOOK, ALARM_WAYS };

const char *alarm_way_word(enum alarm_way way); // mail, webhook
// Whether the way is configured.
bool alarm_has_way(const struct config *c, enum alarm_way way);

// Tells of the causes by one way that is configured, at real time `now`; true when it was taken.
// The words of a cause that is over are not said again, only its code. `which` tells this alarm
// from every other with these codes, and is the same when it is tried again: a receiver knows a
// repeat by the number that is made of it. When it was not taken there is a line in the log:
// FAULT_AWAY, or FAULT_INPUT of a file of the configuration that cannot be used. Waits, for a
// minute at most.
MUST_USE bool alarm_send(const struct config *c, enum alarm_way way, enum alarm_kind kind,
                         const struct unwell *causes, size_t count, const char *which, instant now,
                         struct error *err);
