// Conditional requests (RFC 9110 section 13): entity tags and dates.
#pragma once

#include "error.h"

#include <stdint.h>

#define HTTP_DATE_SIZE 30

// Whether an If-None-Match header names the entity tag `etag` (quoted) or is "*". Weak comparison.
// A header that is no list of entity tags names those before its first error.
bool conditional_etag_named(const char *if_none_match, const char *etag);

// Reads a date of HTTP, in any of its three forms, as seconds since 1970 UTC. False when it is
// none, or its day of the week is wrong.
bool conditional_read_date(const char *s, int64_t *ret);
// "Sun, 06 Nov 1994 08:49:37 GMT".
void conditional_write_date(int64_t seconds, char ret[HTTP_DATE_SIZE]);
