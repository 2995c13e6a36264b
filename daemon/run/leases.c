// One statement for all claims of the process, every two seconds: a lease outlives two that fail.
// And one a minute, for waits that the server's clock has made too long.
// It goes on after loop_stop until the last hand-over has ended.
#include "leases.h"

#include "log.h"

#define RENEW_EVERY SECONDS(2)
#define FORGET_EVERY SECONDS(60)

bool leases_may_take_over(const struct leases *l)
{
    return l->in_touch_since && clock_monotonic() - l->in_touch_since >= SECONDS(LEASE_S);
}

void leases_store_away(struct leases *l)
{
    l->in_touch_since = 0;
}

static bool forget_ahead(struct leases *l, struct error *err)
{
    int64_t now = clock_monotonic();

    if (l->forgot_at && now - l->forgot_at < FORGET_EVERY)
        return true;
    l->forgot_at = now;
    return outbox_forget_ahead(l->store, err);
}

// After an outage on a new connection: the old one may not have noticed yet.
static bool renew(struct leases *l, struct error *err)
{
    if (!l->in_touch_since) {
        db_close(l->store);
        l->store = NULL;
    }
    if (!l->store && !daemon_open_store(l->daemon, "leases", &l->store, err))
        return false;
    if (!outbox_renew(l->store, l->claims, l->count, err) || !forget_ahead(l, err))
        return false;
    if (!l->in_touch_since)
        l->in_touch_since = clock_monotonic();
    return true;
}

static void leases_run(void *arg)
{
    struct leases *l = arg;
    bool told = false;

    while (!l->over) {
        struct error err;

        if (renew(l, &err)) {
            told = false;
        } else {
            leases_store_away(l);
            if (!told)
                log_warning("lease.not-renewed", "reason=\"%s\"", err.text);
            told = true;
        }
        (void)bell_wait_to_end(&l->asked_to_end, RENEW_EVERY);
    }
    db_close(l->store);
    bell_ring(&l->ended);
}

void leases_start(struct leases *l)
{
    l->in_touch_since = clock_monotonic() - SECONDS(LEASE_S);
    fiber_start(l->daemon->loop, "leases", leases_run, l);
}

void leases_end(struct leases *l)
{
    l->over = true;
    bell_ring(&l->asked_to_end);
    (void)bell_wait_to_end(&l->ended, -1);
}
