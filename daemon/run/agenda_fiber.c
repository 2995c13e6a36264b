// The fiber of the agenda: a round whenever deadlines changed, or the next thing on it is reached.
#include "agenda.h"
#include "daemon.h"
#include "log.h"

#define LOOK_EVERY SECONDS(30) // a bell can be missed, a ladder's next rung cannot

static bool do_round(const struct daemon *d, struct db *store, struct agenda_report *ret,
                     struct error *err)
{
    struct directory *directory;
    bool ok;

    if (!directory_read(store, &directory, err))
        return false;
    ok = agenda_round(store, &d->library, &d->config, directory, daemon_now(d), ret, err);
    directory_free(directory);
    return ok;
}

static int64_t until_next(const struct daemon *d, instant next_at)
{
    int64_t left = next_at - daemon_now(d);

    if (!next_at || left > LOOK_EVERY)
        return LOOK_EVERY;
    return left > SECONDS(1) ? left : SECONDS(1);
}

static void report(const struct agenda_report *r)
{
    if (r->mails || r->silent || r->nobody)
        log_info("agenda.told",
                 "deadlines=%zu lines=%zu mails=%zu silent=%zu waiting=%zu nobody=%zu",
                 r->deadlines, r->lines, r->mails, r->silent, r->waiting, r->nobody);
}

static void keep_agenda(struct daemon *d, long long epoch)
{
    struct backoff backoff = {0};
    struct db *store = NULL;

    while (lead_holds(d, epoch)) {
        struct agenda_report told = {0};
        struct error err;

        if ((store || lead_open_store(d, epoch, "agenda", &store, &err)) &&
            do_round(d, store, &told, &err)) {
            backoff_reset(&backoff);
            report(&told);
            if (told.mails)
                bell_ring(&d->outbox_bell);
            (void)bell_wait(&d->agenda_bell, until_next(d, told.next_at));
            continue;
        }
        db_close(store);
        store = NULL;
        if (!backoff_wait(&backoff, "agenda.failed", &err))
            break;
    }
    db_close(store);
}

// One agenda a store: two would put in different digests.
void agenda_run(void *daemon)
{
    struct daemon *d = daemon;

    lead_terms(d, &d->agenda_bell, keep_agenda);
}
