// The beat: a heartbeat in the store that others watch, with what the self-audit may expect of us;
// and the service manager's watchdog, fed while no fiber is stuck. That a database is away, or that
// the source is stale, is no reason to be started again: alarm_fiber.c tells of it.
#include "daemon.h"
#include "log.h"
#include "replies.h"
#include "supervisor.h"

#define BEAT_EVERY SECONDS(5)
#define LONGEST_LOOK SECONDS(3600) // a reading of all England takes minutes

static const char beat_sql[] =
    "WITH leads AS (SELECT FROM timely.leader WHERE holder = $7 AND expires_at > now()),"
    " told AS (UPDATE timely.expected SET sends = $1::boolean, read_every_s = $2::integer,"
    " stale_after = make_interval(days => nullif($3::integer, 0)), mailbox = $4,"
    " mailbox_every_s = $5::integer, operator_email = $6"
    " WHERE (sends, read_every_s, stale_after, mailbox, mailbox_every_s, operator_email)"
    " IS DISTINCT FROM ($1::boolean, $2::integer, make_interval(days => nullif($3::integer, 0)),"
    " $4, $5::integer, $6) AND EXISTS (SELECT FROM leads))"
    " UPDATE timely.state SET heartbeat_at = now() WHERE EXISTS (SELECT FROM leads)";

// Of who leads alone: a daemon that stands by does none of the work.
static bool beat(const struct daemon *d, struct db *store, struct error *err)
{
    const struct config *c = &d->config;
    AUTO(arena_auto_free) struct arena *a = arena_new();
    int read_every_s = c->watch == WATCH_NOTIFY ? c->sweep_every_s : c->poll_every_s;
    const char *values[] = {c->delivery == DELIVERY_OFF ? "f" : "t",
                            arena_printf(a, "%d", read_every_s),
                            arena_printf(a, "%d", c->source_stale_days),
                            c->imap_url ? mail_place_key(a, c) : NULL,
                            arena_printf(a, "%d", c->mailbox_every_s),
                            c->operator_email,
                            d->worker_name};

    return db_ask(store, beat_sql, 7, values, NULL, err);
}

static bool stuck(int64_t at_work_since)
{
    return at_work_since && clock_monotonic() - at_work_since > LONGEST_LOOK;
}

void beat_run(void *arg)
{
    struct daemon *d = arg;
    struct backoff backoff = {0};
    struct db *store = NULL;

    while (!loop_stopping(d->loop)) {
        struct error err;

        if (!stuck(d->watch_at_work_since) && !stuck(d->alarm_at_work_since))
            supervisor_watchdog();
        if ((store || daemon_open_store(d, "beat", &store, &err)) && beat(d, store, &err)) {
            backoff_reset(&backoff);
            if (bell_wait(&d->beat_bell, BEAT_EVERY) == WAKE_STOPPING)
                break;
            continue;
        }
        db_close(store);
        store = NULL;
        if (!backoff_wait(&backoff, "beat.away", &err))
            break;
    }
    db_close(store);
}
