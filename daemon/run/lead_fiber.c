// The fiber of the lead: takes it where nobody holds it, renews it, and gives it up when the daemon
// stops. The other fibers ask lead_holds, and are woken by their bells when a term begins or ends.
#include "bank_holidays.h"
#include "leader.h"
#include "log.h"

#define LOOK_EVERY SECONDS(1)  // of who stands by: one statement that changes nothing
#define RENEW_EVERY SECONDS(3) // two may fail
#define SEEN_EVERY SECONDS(5)
#define MARGIN SECONDS(1)  // monotonic clocks run at slightly different speeds
#define GOODBYE SECONDS(5) // what is in flight when the daemon stops

struct keeper {
    struct daemon *daemon;
    struct db *store;
    struct backoff backoff;
    long long began;  // the epoch of the last term that was begun
    int64_t asked_at; // monotonic: the last look
    int64_t seen_at;  // monotonic: while standing by
    bool stands_by;   // and has said so
};

static void wake_all(struct daemon *d)
{
    struct bell *const bells[] = {&d->watch_bell,    &d->agenda_bell,  &d->feeds_bell,
                                  &d->holidays_bell, &d->mailbox_bell, &d->beat_bell};

    for (size_t i = 0; i < sizeof bells / sizeof *bells; i++)
        bell_ring(bells[i]);
}

static void lose(struct daemon *d)
{
    log_warning("lead.lost", "epoch=%lld", d->lead.epoch);
    d->lead.epoch = 0;
    wake_all(d);
}

static void stand_by(struct keeper *k)
{
    if (!k->stands_by)
        log_info("lead.standing_by", "name=%s", k->daemon->worker_name);
    k->stands_by = true;
}

// Once an epoch: a lead that is there again after it could not be renewed in time goes on.
static bool begin(struct keeper *k, struct error *err)
{
    // Another daemon may have put bank holidays in force while this one stood by.
    if (!bank_holidays_apply(k->daemon, k->store, err))
        return false;
    log_info("lead.taken", "epoch=%lld name=%s", k->daemon->lead.epoch, k->daemon->worker_name);
    k->stands_by = false;
    k->began = k->daemon->lead.epoch;
    return true;
}

static bool renew_or_take(struct keeper *k, struct error *err)
{
    struct daemon *d = k->daemon;
    bool ours = false;

    if (d->lead.epoch && !leader_renew(k->store, d->worker_name, d->lead.epoch, &ours, err))
        return false;
    if (ours)
        return true;
    if (d->lead.epoch)
        lose(d);
    return leader_take(k->store, d->worker_name, &d->lead.epoch, err);
}

static bool note_seen(struct keeper *k, struct error *err)
{
    int64_t now = clock_monotonic();

    if (k->seen_at && now - k->seen_at < SEEN_EVERY)
        return true;
    k->seen_at = now;
    return leader_seen(k->store, k->daemon->worker_name, err);
}

static bool look(struct keeper *k, struct error *err)
{
    struct daemon *d = k->daemon;
    bool led = lead_holds(d, d->lead.epoch);

    k->asked_at = clock_monotonic();
    if (!renew_or_take(k, err))
        return false;
    if (!d->lead.epoch) {
        stand_by(k);
        return note_seen(k, err);
    }
    if (k->began != d->lead.epoch && !begin(k, err))
        return false;
    d->lead.until = k->asked_at + LEADER_LEASE - MARGIN;
    if (!led)
        wake_all(d);
    return true;
}

// Counted from the last question: a store that is slow to answer is asked again the sooner.
static void nap(const struct keeper *k)
{
    int64_t every = k->daemon->lead.epoch ? RENEW_EVERY : LOOK_EVERY;
    int64_t left = k->asked_at + every - clock_monotonic();

    if (left > 0)
        (void)fiber_sleep(left);
}

static void resign(struct keeper *k)
{
    struct daemon *d = k->daemon;
    struct error ignored;

    while (d->lead.terms && bell_wait_to_end(&d->lead.ended, GOODBYE) == WAKE_READY)
        ;
    if (k->store)
        (void)!leader_resign(k->store, d->worker_name, &ignored);
}

void lead_run(void *daemon)
{
    struct daemon *d = daemon;
    // Never patient: who leads stops others, who does not may have to.
    struct keeper k = {.daemon = d, .backoff = {.most_s = 1}};

    while (!loop_stopping(d->loop)) {
        struct error err;

        if ((k.store || daemon_open_store(d, "lead", &k.store, &err)) && look(&k, &err)) {
            backoff_reset(&k.backoff);
            nap(&k);
            continue;
        }
        db_close(k.store);
        k.store = NULL;
        (void)backoff_wait(&k.backoff, "lead.away", &err);
    }
    resign(&k);
    db_close(k.store);
}
