// The watch: sees that the source, the rules or the day changed, and reconciles. A notification
// only says "look now"; what is done then is compare and act on the difference.
#include "bank_holidays.h"
#include "daemon.h"
#include "hold_notice.h"
#include "log.h"
#include "reconcile.h"

#include <stdlib.h>
#include <string.h>

// For a term: another daemon's may have been in between, so a new one begins with nothing known.
struct watch {
    struct daemon *daemon;
    long long epoch;
    struct db *source, *store;
    struct reconcile_memory *memory;
    struct backoff backoff;
    char said[1000];
    char *place; // notify mode: the snapshot up to which changes were seen; NULL: everything is to
                 // be read
    bool all_again;   // the next look reads everything
    int64_t again_at; // monotonic: then it does so, since somebody waits for a second equal
                      // reading; 0: nobody does
    unsigned long library_number;
    char dirty[60], decided[60]; // what in the store has called for a look already
};

// More changed persons than this are found faster by reading everything.
#define MAX_CHANGED 200

static bool open_both(struct watch *w, struct error *err)
{
    if (!w->store && !lead_open_store(w->daemon, w->epoch, "watch", &w->store, err))
        return false;
    if (w->source)
        return true;
    if (!daemon_open_source(w->daemon, "watch", &w->source, err))
        return false;
    // LISTEN comes before the first look, so that nothing falls between.
    if (w->daemon->config.watch == WATCH_NOTIFY &&
        !db_ask(w->source, "LISTEN timely_change", 0, NULL, NULL, err))
        return false;
    return true;
}

static void close_both(struct watch *w)
{
    db_close(w->source);
    db_close(w->store);
    w->source = w->store = NULL;
}

static void say(struct watch *w, const struct round_report *r)
{
    if (r->persons_recorded)
        log_info("watch.recorded", "persons=%zu deadlines=%zu messages=%zu", r->persons_recorded,
                 r->deadlines_changed, r->messages);
    if (strcmp(w->said, r->said) != 0) {
        if (*r->said)
            log_warning("watch.held_back", "reason=\"%s\"", r->said);
        snprintf(w->said, sizeof w->said, "%s", r->said);
    }
}

// In notify mode the source says who changed; otherwise, and for a sweep, everybody is read.
static bool whom_to_read(struct watch *w, struct arena *a, struct reconcile_input *in,
                         const char **place, struct error *err)
{
    const char **ids;
    bool all;

    if (w->daemon->config.watch != WATCH_NOTIFY)
        return true;
    if (!source_changes(a, w->source, MAX_CHANGED, place, &ids, &in->changed_count, &all, err))
        return false;
    if (!all && !w->all_again)
        in->changed = in->changed_count ? ids : NULL;
    if (!all && !w->all_again && in->changed_count == 0)
        in->source = NULL; // only the store called for a look
    return true;
}

static void keep_place(struct watch *w, const char *place)
{
    char *copy = place ? strdup(place) : NULL;

    free(w->place);
    w->place = copy;
}

// A look at some persons, or at none, says nothing of the others who wait.
static void plan_second_look(struct watch *w, bool whole, bool wait_more)
{
    if (whole)
        w->again_at = 0;
    if (wait_more && !w->again_at)
        w->again_at = clock_monotonic() + SECONDS(w->daemon->config.settle_s);
}

static bool look(struct watch *w, struct round_report *ret, struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct daemon *d = w->daemon;
    struct reconcile_input in = {.source = w->source,
                                 .store = w->store,
                                 .library = d->library,
                                 .config = &d->config,
                                 .clock = &d->clock,
                                 .memory = w->memory};
    struct directory *directory;
    const char *place = w->place;
    struct hold_notice notice;
    bool ok;

    if (!bank_holidays_in_force(d, w->store, &in.calendar_accepted, err) ||
        !directory_read(w->store, &directory, err))
        return false;
    in.directory = directory;
    ok = whom_to_read(w, a, &in, &place, err) && reconcile_round(&in, ret, err);
    directory_free(directory);
    if (!ok)
        return false;
    keep_place(w, place);
    w->all_again = false;
    say(w, ret);
    if (!hold_notice(w->source, w->store, &d->config, daemon_now(d), &notice, err))
        return false;
    plan_second_look(w, in.source && !in.changed, ret->wait_more || notice.look_again);
    if (ret->persons_recorded) {
        bell_ring(&d->agenda_bell);
        bell_ring(&d->feeds_bell);
    }
    if (ret->persons_recorded || notice.told)
        bell_ring(&d->outbox_bell);
    return true;
}

// Whether the text differs from the last one, which it becomes; "0/" is nothing.
static bool is_news(char *last, size_t room, const char *text)
{
    bool news = strcmp(text, last) != 0 && strcmp(text, "0/") != 0;

    snprintf(last, room, "%s", text);
    return news;
}

// In notify mode the source wakes us; what the store's own tables call for is asked every second
// (cheap), since whoever wrote there did not speak to the source. What was looked at and could not
// be settled (a guard holds it) waits for the next regular look. A decision about a hold calls for
// a reading of everything.
static bool something_dirty(struct watch *w, bool *ret, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;

    if (!db_ask(w->store,
                "SELECT (SELECT format('%s/%s', count(*), max(dirty_id)) FROM timely.dirty), "
                "(SELECT format('%s/%s', count(*), max(decided_at)) FROM timely.hold "
                "WHERE decided IN ('confirmed', 'rejected') AND applied_at IS NULL)",
                0, NULL, &r, err))
        return false;
    *ret = is_news(w->dirty, sizeof w->dirty, db_text(r, 0, 0));
    if (is_news(w->decided, sizeof w->decided, db_text(r, 0, 1)))
        w->all_again = *ret = true;
    return true;
}

// Rules or configuration were reloaded since the last look.
static bool reloaded(struct watch *w)
{
    bool is_new = w->library_number != w->daemon->library_number;

    w->library_number = w->daemon->library_number;
    return is_new;
}

// When everything is read again, whatever happens; monotonic.
static int64_t next_look(const struct watch *w)
{
    const struct config *c = &w->daemon->config;
    int every = c->watch == WATCH_NOTIFY ? c->sweep_every_s : c->poll_every_s;
    int64_t regular = clock_monotonic() + SECONDS(every > 0 ? every : 1);

    return w->again_at && w->again_at < regular ? w->again_at : regular;
}

// Waits for a reason to look again, or the end of the term. False: a connection was lost, as err
// says.
static bool wait_for_reason(struct watch *w, struct error *err)
{
    int64_t until = next_look(w);
    struct date today = daemon_today(w->daemon);

    while (lead_holds(w->daemon, w->epoch)) {
        int64_t left = until - clock_monotonic();
        int64_t nap = left < SECONDS(1) ? left : SECONDS(1);
        bool dirty;

        if (left <= 0 || reloaded(w) || !date_is(today, daemon_today(w->daemon))) {
            w->all_again = true;
            return true;
        }
        if (w->daemon->config.watch == WATCH_NOTIFY) {
            switch (db_wait_notify(w->source, nap, err)) {
            case WAKE_READY:
                return true;
            case WAKE_STOPPING:
                return err->fault == FAULT_NONE;
            case WAKE_TIMEOUT:
                break;
            }
        } else if (bell_wait(&w->daemon->watch_bell, nap) != WAKE_TIMEOUT) {
            return true;
        }
        if (!something_dirty(w, &dirty, err))
            return false;
        if (dirty)
            return true;
    }
    return true;
}

static void watch_source(struct daemon *d, long long epoch)
{
    struct watch w = {.daemon = d, .epoch = epoch, .memory = reconcile_memory_new()};

    (void)reloaded(&w);

    while (lead_holds(d, epoch)) {
        struct round_report report = {0};
        struct error err = {0};
        bool looked;

        w.daemon->watch_at_work_since = clock_monotonic();
        looked = open_both(&w, &err) && look(&w, &report, &err);
        w.daemon->watch_at_work_since = 0;
        if (looked) {
            backoff_reset(&w.backoff);
            if (wait_for_reason(&w, &err))
                continue;
        }
        if (loop_stopping(d->loop))
            break;
        close_both(&w);
        keep_place(&w, NULL);
        if (!backoff_wait(&w.backoff, "watch.away", &err))
            break;
    }
    close_both(&w);
    keep_place(&w, NULL);
    reconcile_memory_free(w.memory);
}

void watch_run(void *arg)
{
    struct daemon *d = arg;

    lead_terms(d, &d->watch_bell, watch_source);
}
