// Feeds as they are served: the bodies that the daemon rendered, kept in memory by the hash of
// their address and refreshed from the store; the last good body is served while the store is away.
#pragma once

#include "db.h"
#include "feed_body.h"
#include "http.h"
#include "throttle.h"

struct feeds;

// `throttle`: how often it answers. The caller's, and outlives the feeds.
struct feeds *feeds_new(struct throttle *throttle);
void feeds_free(struct feeds *f);

// Reads subscriptions and bodies that changed since the last call. Waits. On failure what is known
// stays; a body that is gone from the store, or cannot be used, does not replace the one that is
// known.
MUST_USE bool feeds_refresh(struct feeds *f, struct db *db, struct error *err);

// Answers /feed/TOKEN.ics. An address that is not a live subscription is 404, in the same time
// whatever is wrong with it (the token is hashed, then looked up by hash). ETag, Last-Modified,
// 304, gzip, HEAD, and 429 over a limit, all at `now` (monotonic, microseconds). A live
// subscription that was not rendered yet is 503: an empty calendar would empty the client's.
void feeds_answer(struct feeds *f, const struct http_request *q, int64_t now,
                  struct http_response *ret);

// A live subscription. What it points to lives until the next refresh or question; a reference
// keeps the body.
struct feed_found {
    long long feed_id;
    const char *owner_kind, *owner_id;
    struct feed_body *body; // as it is served at `now`; NULL: not rendered yet
};
// False when no live subscription has this token, in the same time whatever is wrong with it. `now`
// is monotonic.
bool feeds_find(struct feeds *f, const char *token, size_t length, int64_t now,
                struct feed_found *ret);

size_t feeds_count(const struct feeds *f); // live subscriptions
size_t feeds_size(const struct feeds *f);  // bytes of their bodies, each owner's once
