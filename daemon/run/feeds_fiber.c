// The fiber of the feeds: renders what became dirty, and all of them on a new business day or with
// new rules.
#include "daemon.h"
#include "feeds_render.h"
#include "log.h"
#include "timescales.h"

#define LOOK_EVERY SECONDS(30)
#define GLANCE_EVERY SECONDS(1) // a new subscription is marked by another process

// What all feeds hang on: "due" becomes "overdue" on another day, and new rules have other titles.
struct mood {
    struct date day;
    unsigned long library_number;
};

static bool do_round(const struct daemon *d, struct db *store, struct mood *last, struct error *err)
{
    struct feeds_report report;
    struct mood now = {daemon_today(d), d->library_number};

    if ((!date_is(now.day, last->day) || now.library_number != last->library_number) &&
        !(feeds_mark_all(store, err) && timescales_publish(store, d->library, err)))
        return false;
    *last = now;
    if (!feeds_render_dirty(store, &d->library, &d->config, daemon_now(d), &report, err))
        return false;
    if (report.changed)
        log_info("feeds.rendered", "feeds=%zu changed=%zu", report.rendered, report.changed);
    return true;
}

// Until feeds are marked, or it is time for a look at everything.
static bool wait_for_marks(struct daemon *d, struct db *store, struct error *err)
{
    int64_t until = clock_monotonic() + LOOK_EVERY;

    while (clock_monotonic() < until) {
        AUTO(pgresult_done) PGresult *r = NULL;

        if (bell_wait(&d->feeds_bell, GLANCE_EVERY) != WAKE_TIMEOUT)
            return true;
        if (!db_ask(store, "SELECT EXISTS (SELECT FROM timely.feed_dirty)", 0, NULL, &r, err))
            return false;
        if (db_bool(r, 0, 0))
            return true;
    }
    return true;
}

static void render_feeds(struct daemon *d, long long epoch)
{
    struct backoff backoff = {0};
    struct mood last = {.day = DATE_NONE};
    struct db *store = NULL;

    while (lead_holds(d, epoch)) {
        struct error err;

        if ((store || lead_open_store(d, epoch, "feeds", &store, &err)) &&
            do_round(d, store, &last, &err)) {
            backoff_reset(&backoff);
            if (wait_for_marks(d, store, &err))
                continue;
        }
        db_close(store);
        store = NULL;
        if (!backoff_wait(&backoff, "feeds.failed", &err))
            break;
    }
    db_close(store);
}

// Rendered by who leads: two daemons with different rules would take turns with different titles.
void feeds_run(void *daemon)
{
    struct daemon *d = daemon;

    lead_terms(d, &d->feeds_bell, render_feeds);
}
