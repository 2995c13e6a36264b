// The beat: a heartbeat in the store that others watch, and the service manager's watchdog, fed
// only while the databases answer and the watch goes round.
#include "daemon.h"
#include "log.h"
#include "supervisor.h"

#define BEAT_EVERY SECONDS(5)
#define ROUND_AT_LEAST_EVERY SECONDS(3600)

// Of who leads alone: a daemon that stands by does none of the work.
static bool beat(const struct daemon *d, struct db *store, struct error *err)
{
    return db_ask(store,
                  "UPDATE timely.state SET heartbeat_at = now() WHERE EXISTS (SELECT FROM"
                  " timely.leader WHERE holder = $1 AND expires_at > now())",
                  1, &d->worker_name, NULL, err);
}

static bool going_round(const struct daemon *d)
{
    return d->store_ok && clock_real() - d->last_round_at < ROUND_AT_LEAST_EVERY;
}

void beat_run(void *arg)
{
    struct daemon *d = arg;
    struct backoff backoff = {0};
    struct db *store = NULL;

    while (!loop_stopping(d->loop)) {
        struct error err;

        if ((store || daemon_open_store(d, "beat", &store, &err)) && beat(d, store, &err)) {
            backoff_reset(&backoff);
            if (going_round(d))
                supervisor_watchdog();
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
