// The way by which a message leaves: into a Maildir, to the mail server, or through GOV.UK Notify.
// Which one is fixed before the hand-over, so that a reload during it changes nothing.
#pragma once

#include "config.h"
#include "mail_server.h"
#include "notify.h"

#include <stdatomic.h>

struct way_out {
    const char *maildir; // NULL: none
    bool by_notify;
    struct mail_server server;
    struct notify_service notify;
};

// By what kind the message is: Notify takes words alone. FAULT_INPUT when no way is configured.
// Arena-owned.
MUST_USE bool way_out_choose(struct arena *a, const struct config *c, const char *kind,
                             struct way_out *ret, struct error *err);

// Password, token or key, from its file or, for a token, from where they are given. Waits.
MUST_USE bool way_out_prove(struct arena *a, const struct config *c, struct way_out *w,
                            struct error *err);

// One message. Mail ways take `bytes`, Notify takes subject and text.
struct letter {
    const char *from, *to, *subject, *text, *message_id;
    const char *bytes;
    size_t length;
    bool may_be_there;            // a try before this one may have arrived
    const _Atomic int64_t *until; // as smtp_mail has it
};

// Hands it over. Waits.
void way_out_take(struct arena *a, const struct way_out *w, const struct letter *m,
                  struct handover_answer *ret);
