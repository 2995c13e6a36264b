// The receivers' rules for the mail around a calendar: where programs look for the part, and whom
// they take it to be from and for (RFC 6047, MS-STANOICAL, what Google and Exchange say).
#pragma once

#include "error.h"

#include <stddef.h>

// Reads composed bytes again and refuses what is not: multipart/mixed of one multipart/alternative
// { text/plain, text/html, text/calendar } and one attached copy of the same bytes; the calendar in
// base64 and UTF-8, its METHOD the part's; one sender, who is the ORGANIZER; one recipient, in To,
// who is an ATTENDEE; marked as sent by a program; and whatever calendar_invite_check asks.
// `recipient` is whom the invite is for; `redirected`: it goes to another mailbox meanwhile.
// FAULT_INPUT names the rule that is broken.
MUST_USE bool mail_check_invite(const char *bytes, size_t length, const char *recipient,
                                bool redirected, struct error *err);
