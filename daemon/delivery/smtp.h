// SMTP: handing one message to a mail server through libcurl, connections reused (RFC 5321,
// STARTTLS RFC 3207).
#pragma once

#include "handover.h"
#include "mail_server.h"

#include <stdatomic.h>
#include <stdint.h>

// One message for one recipient. The caller's, until smtp_send returns.
struct smtp_mail {
    const char *from, *to; // addresses
    const char *bytes;     // the whole of it, with CRLF line ends
    size_t length;
    // The moment of clock_monotonic until which it may be given; it may be moved meanwhile, from
    // the loop's thread. NULL: for ever.
    const _Atomic int64_t *until;
};

// Hands one message over. Addresses were validated (mail_address_valid) and are refused again here.
// Waits in the calling fiber, for timeout_s at most. The moment `until` is looked at whenever bytes
// are given; when it has passed, the dialogue ends before the message does (RFC 5321 4.1.1.4: then
// the server has none), as HANDOVER_RETRY.
//
// HANDOVER_REFUSED is 5xx to RCPT, DATA or the message, where its enhanced code says that it is
// about this recipient or message, or experience does (refusals.h); else it is HANDOVER_RETRY, for
// a relay that refuses everybody will be put right. So is what is about who sends, since it is the
// same with every message: 530, 534, 535 and 538 (our own authentication), every answer to MAIL but
// 552 (too long), and everything before MAIL. A kept connection that has died is opened again once,
// as long as nothing of the message was said.
void smtp_send(const struct mail_server *s, const struct smtp_mail *m, struct handover_answer *ret);
