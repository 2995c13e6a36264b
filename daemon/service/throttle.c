// Three kinds of buckets. What is refused is told in the log once a minute at most: a flood of
// requests must not become one of lines.
#include "throttle.h"

#include "clock.h"
#include "log.h"
#include "rate.h"

#include <stdlib.h>
#include <string.h>

#define TELL_EVERY SECONDS(60)

_Static_assert(CLIENT_KEY_SIZE == RATE_KEY_SIZE, "a client is a key");

struct throttle {
    struct rate *addresses, *unknown, *feeds; // NULL: no limit
    struct throttle_counts refused;
    int64_t told_at; // 0: never
};

static struct rate *rate_or_none(int per_minute)
{
    return per_minute > 0 ? rate_new(per_minute) : NULL;
}

struct throttle *throttle_new(const struct throttle_options *o)
{
    struct throttle *t = calloc(1, sizeof *t);

    if (!t)
        out_of_memory();
    t->addresses = rate_or_none(o->per_address);
    t->unknown = rate_or_none(o->unknown_per_address);
    t->feeds = rate_or_none(o->per_feed);
    return t;
}

void throttle_free(struct throttle *t)
{
    if (!t)
        return;
    rate_free(t->addresses);
    rate_free(t->unknown);
    rate_free(t->feeds);
    free(t);
}

static void tell(struct throttle *t, int64_t now)
{
    if (t->told_at && now - t->told_at < TELL_EVERY)
        return;
    t->told_at = now;
    log_warning("http.limited", "by_address=%lu by_unknown=%lu by_feed=%lu", t->refused.address,
                t->refused.unknown, t->refused.feed);
}

static bool take(struct throttle *t, struct rate *r, const unsigned char *key, int64_t now,
                 unsigned long *refused, struct http_response *ret)
{
    static const char text[] = "Too many requests. Please ask again later.\n";
    int wait_s;

    if (!r || rate_take(r, key, now, &wait_s))
        return true;
    ++*refused;
    tell(t, now);
    *ret = (struct http_response){.status = 429,
                                  .content_type = "text/plain; charset=utf-8",
                                  .body = text,
                                  .length = strlen(text),
                                  .cache_control = "no-store",
                                  .retry_after_s = wait_s};
    return false;
}

bool throttle_request(struct throttle *t, const struct client *c, int64_t now,
                      struct http_response *ret)
{
    return !c->known || take(t, t->addresses, c->key, now, &t->refused.address, ret);
}

bool throttle_unknown(struct throttle *t, const struct client *c, int64_t now,
                      struct http_response *ret)
{
    return !c->known || take(t, t->unknown, c->key, now, &t->refused.unknown, ret);
}

bool throttle_feed(struct throttle *t, const unsigned char *hash, int64_t now,
                   struct http_response *ret)
{
    return take(t, t->feeds, hash, now, &t->refused.feed, ret);
}

struct throttle_counts throttle_counts_of(const struct throttle *t)
{
    return t->refused;
}
