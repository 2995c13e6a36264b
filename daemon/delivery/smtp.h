// SMTP: handing one message to a mail server through libcurl, connections reused (RFC 5321,
// STARTTLS RFC 3207).
#pragma once

#include "handover.h"
#include "mail_server.h"

// Hands one message over. `bytes` are the whole of it with CRLF line ends; addresses were validated
// (mail_address_valid) and are refused again here. Waits in the calling fiber, for timeout_s at
// most.
//
// HANDOVER_REFUSED is 5xx to MAIL, RCPT, DATA or the message; 530, 534, 535 and 538 (our own
// authentication) and everything before MAIL are HANDOVER_RETRY. A kept connection that has died is
// opened again once, as long as nothing of the message was said.
void smtp_send(const struct mail_server *s, const char *from, const char *to, const char *bytes,
               size_t length, struct handover_answer *ret);
