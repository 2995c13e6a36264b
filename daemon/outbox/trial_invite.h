// An invite by which an administrator sees whether invites arrive as they are meant: about no
// child, to one address, and by the way that all invites go.
#pragma once

#include "config.h"
#include "date.h"
#include "db.h"

struct trial {
    const char *email;   // whom it goes to
    struct date on;      // of the meeting; from 10:00 to 10:30
    const char *said_by; // who asked for it, for the audit
};

// Puts it into the outbox. FAULT_INPUT where the receivers' rules refuse it, as for the service's
// own mailbox; whether the address is allowed is the caller's to see to. Waits.
MUST_USE bool trial_invite_put(struct arena *a, struct db *store, const struct config *c,
                               const struct trial *t, instant now, struct error *err);
