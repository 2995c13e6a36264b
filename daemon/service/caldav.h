// Calendars by CalDAV, to be read only (RFC 4918, 4791, 6578, 6764, 5397): the same objects as in
// the feeds, for programs that ask what changed.
//
//   /.well-known/caldav             redirects to /caldav/
//   /caldav/                        where a client begins
//   /caldav/N/                      the principal: the feed with this number, not a person
//   /caldav/N/home/                 its calendars
//   /caldav/N/home/deadlines/       the one calendar
//   /caldav/N/home/deadlines/X.ics  an object; X is its UID, percent-encoded
//
// Who asks shows the secret of a feed's address as the password of Basic authentication, with any
// user name. What writes is refused.
#pragma once

#include "feeds.h"
#include "store_pool.h"

struct caldav;

// `prefix`: the path of the public address before /caldav/, as clients know it; "" for none. What
// is given must outlive it.
struct caldav *caldav_new(struct feeds *feeds, struct store_pool *pool, const char *prefix);
void caldav_free(struct caldav *c); // NULL is nothing

// Whether a path (without the prefix) is one of those above.
bool caldav_takes(const char *path);

// Answers from memory, or, when a client asks what changed since it last asked, later: only the
// store knows that. While the store is away that is 503, and all else is answered.
void caldav_answer(struct caldav *c, const struct http_request *q, struct http_response *ret);
