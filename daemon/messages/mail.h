// Mail: composing a message's bytes with GMime. Pure: the date is an argument and boundaries derive
// from the Message-ID, so the same argument gives the same bytes.
#pragma once

#include "arena.h"
#include "clock.h"
#include "mail_address.h"

// A picture within a mail: HTML shows it as "cid:ID".
struct mail_picture {
    const char *id;
    const char *png;
    size_t length;
};

struct mail {
    const char *from_name, *from_email; // the service's mailbox
    const char *to_name, *to_email;     // exactly one recipient; to_name may be NULL
    const char *subject;                // UTF-8; line breaks are refused
    const char *message_id;             // without angle brackets
    const char *in_reply_to;            // the first mail about the same; or NULL
    const char *reply_to; // where people's answers go, where not to the sender; or NULL
    instant sent_at;      // Date header, written in Europe/London
    const char *text;     // stands alone
    const char *html;     // or NULL
    const struct mail_picture *picture; // that the HTML shows; or NULL
    const char *calendar;               // text/calendar, or NULL
    const char *calendar_method;        // "REQUEST" or "CANCEL" with a calendar
};

// "0123…@domain": made of what the message is about alone, so the same on every try, in the domain
// of the service's mailbox. Arena-owned.
const char *mail_message_id(struct arena *a, const char *from_email, const char *dedupe);

// Without a calendar: text/plain, or multipart/alternative with the HTML. With one: multipart/mixed
// { multipart/alternative { text, html, text/calendar; method=…; charset=UTF-8, base64 }, attached
// invite.ics with the same bytes }. Headers: Auto-Submitted: auto-generated; RFC 2047 words where
// needed. CRLF line ends. FAULT_INPUT when an address is not a plain one (mail_address_valid).
MUST_USE bool mail_compose(struct arena *a, const struct mail *m, const char **ret_bytes,
                           size_t *ret_length, struct error *err);
