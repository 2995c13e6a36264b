// The fibers that deliver: config.mails_at_once lanes, each with its own connection to the store,
// and one that waits for the outbox's bell and wakes them all, however busy any of them is.
#include "daemon.h"
#include "deliver.h"
#include "leases.h"
#include "log.h"

#include <stdlib.h>

#define LOOK_EVERY SECONDS(5)     // another process may have put a message in
#define DIRECTORY_AGE SECONDS(30) // nobody is passed over by it: before that it is read again

struct crew;

struct lane {
    struct crew *crew;
    struct bell bell;
    struct db *store;
    struct directory *directory;
    int64_t directory_at; // monotonic
    struct sender sender;
    struct backoff backoff;
};

struct crew {
    struct daemon *daemon;
    struct lane lanes[LANES_MOST];
    size_t count, ended;
    struct leases leases;
    struct bell all_ended;
};

static bool fresh_directory(struct lane *l, struct error *err)
{
    struct directory *now;

    if (l->directory && clock_monotonic() - l->directory_at < DIRECTORY_AGE)
        return true;
    if (!directory_read(l->store, &now, err))
        return false;
    directory_free(l->directory);
    l->directory = now;
    l->directory_at = clock_monotonic();
    return true;
}

static bool was_any_sent(const struct delivered *d)
{
    for (size_t i = 0; i < d->count; i++)
        if (d->of[i].outcome == OUTCOME_SENT)
            return true;
    return false;
}

// Until nothing is due, the mail server takes nothing or the daemon stops. *ret_wait is how long
// nothing will be due, in microseconds; -1 when the mail server takes nothing.
static bool empty_outbox(struct lane *l, int64_t *ret_wait, struct error *err)
{
    struct daemon *d = l->crew->daemon;
    struct delivered done = {.count = 1};
    double next_s = -1;

    while (done.count > 0 && !done.away && !loop_stopping(d->loop)) {
        l->sender.take_over = leases_may_take_over(&l->crew->leases);
        if (!fresh_directory(l, err) || !deliver_batch(l->store, &d->config, l->directory,
                                                       daemon_now(d), &l->sender, &done, err))
            return false;
        if (was_any_sent(&done))
            backoff_reset(&l->backoff); // a server that bears so much and no more is asked on
    }
    if (done.away) {
        *ret_wait = -1;
        return true;
    }
    if (d->config.delivery != DELIVERY_OFF &&
        !outbox_next_in(l->store, l->sender.take_over, &next_s, err))
        return false;
    *ret_wait = LOOK_EVERY;
    if (next_s >= 0 && next_s * 1e6 < (double)LOOK_EVERY)
        *ret_wait = (int64_t)(next_s * 1e6) + SECONDS(1) / 20;
    return true;
}

static void close_store(struct lane *l)
{
    db_close(l->store);
    l->store = NULL;
}

static enum wake wait_for_work(struct lane *l, int64_t wait)
{
    backoff_reset(&l->backoff);
    return bell_wait(&l->bell, wait);
}

// Messages that wait for a server that is not there, or busy, are not all tried against it.
static enum wake wait_for_server(struct lane *l)
{
    struct error silent;

    (void)fail(&silent, FAULT_AWAY, "the mail server gives no answer, or takes nothing now");
    return backoff_wait(&l->backoff, "deliver.waits", &silent) ? WAKE_TIMEOUT : WAKE_STOPPING;
}

static void lane_run(void *arg)
{
    struct lane *l = arg;
    struct daemon *d = l->crew->daemon;
    enum wake wake = WAKE_READY;

    while (wake != WAKE_STOPPING && !loop_stopping(d->loop)) {
        struct error err;
        int64_t wait = 0;

        if ((l->store || daemon_open_store(d, "deliver", &l->store, &err)) &&
            empty_outbox(l, &wait, &err)) {
            wake = wait >= 0 ? wait_for_work(l, wait) : wait_for_server(l);
            continue;
        }
        close_store(l);
        if (err.fault == FAULT_AWAY)
            leases_store_away(&l->crew->leases);
        if (!backoff_wait(&l->backoff, "deliver.failed", &err))
            break;
    }
    close_store(l);
    directory_free(l->directory);
    sender_done(&l->sender);
    if (++l->crew->ended == l->crew->count)
        bell_ring(&l->crew->all_ended);
}

void deliver_run(void *daemon)
{
    struct daemon *d = daemon;
    struct crew *c = must(calloc(1, sizeof *c)); // too large for a fiber's stack

    c->daemon = d;
    c->count = (size_t)d->config.mails_at_once;
    if (c->count < 1)
        c->count = 1;
    if (c->count > LANES_MOST)
        c->count = LANES_MOST;
    c->leases.daemon = d;
    for (size_t i = 0; i < c->count; i++) {
        c->lanes[i].crew = c;
        c->lanes[i].sender.name = d->worker_name;
        for (size_t k = 0; k < BATCH_MOST; k++)
            c->leases.claims[c->leases.count++] = &c->lanes[i].sender.claims[k];
    }
    leases_start(&c->leases);
    for (size_t i = 0; i < c->count; i++)
        fiber_start(d->loop, "deliver", lane_run, &c->lanes[i]);
    while (bell_wait(&d->outbox_bell, -1) != WAKE_STOPPING)
        for (size_t i = 0; i < c->count; i++)
            bell_ring(&c->lanes[i].bell);
    while (c->ended < c->count)
        (void)bell_wait_to_end(&c->all_ended, -1);
    leases_end(&c->leases);
    free(c);
}
