// Mail addresses: which ones can be written into commands, headers and calendars as they are.
#pragma once

#include "arena.h"

// A plain address local@domain: ASCII letters, digits and !#$%&'*+-/=?^_`{|}~ with single dots
// between them, one @, a domain of letters, digits, hyphens and dots; at most 254 bytes. UTF-8,
// blanks, angle brackets, commas, double quotes and control characters are refused.
bool mail_address_valid(const char *email);

// True when the address's domain is one of the allowed ones, or below one of them
// (case-insensitive). An address that is not valid is never allowed.
bool mail_domain_allowed(const char *email, const char *const *domains, size_t count);

// "mailto:local@domain" of a valid address, with what an URI cannot hold as it is percent-encoded
// (RFC 6068). Arena-owned.
const char *mail_address_uri(struct arena *a, const char *email);
