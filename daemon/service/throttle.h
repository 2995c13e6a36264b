// How often the server answers: an address, a feed, and an address that asks for feeds that are
// none. Over a limit the answer is 429 with Retry-After.
//
// A feed that is live is answered however often its neighbour behind the same address asks for one
// that is not: its address has 256 bits, so it is not this limit that keeps it from being guessed,
// and a client that asks for a revoked feed day and night must not cut its office off.
#pragma once

#include "http.h"

#include <stdint.h>

// In a minute, and as many at once; 0: no limit.
struct throttle_options {
    int per_address, unknown_per_address, per_feed;
};

struct throttle_counts { // refusals, for /metrics
    unsigned long address, unknown, feed;
};

struct throttle;

struct throttle *throttle_new(const struct throttle_options *o);
void throttle_free(struct throttle *t); // NULL is nothing

// Each counts one more, at `now` (monotonic). False: over the limit, and *ret is the answer. A
// client that is not known has no limits by address.
bool throttle_request(struct throttle *t, const struct client *c, int64_t now,
                      struct http_response *ret);
bool throttle_unknown(struct throttle *t, const struct client *c, int64_t now,
                      struct http_response *ret);
// `hash`: of the feed's address, at least RATE_KEY_SIZE bytes.
bool throttle_feed(struct throttle *t, const unsigned char *hash, int64_t now,
                   struct http_response *ret);

struct throttle_counts throttle_counts_of(const struct throttle *t);
