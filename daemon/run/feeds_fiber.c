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
static bool wait_for_marks(struct daemon *d, struct db *store, enum wake *ret, struct error *err)
{
    int64_t until = clock_monotonic() + LOOK_EVERY;

    while (clock_monotonic() < until) {
        AUTO(pgresult_done) PGresult *r = NULL;

        *ret = bell_wait(&d->feeds_bell, GLANCE_EVERY);
        if (*ret != WAKE_TIMEOUT)
            return true;
        if (!db_ask(store, "SELECT EXISTS (SELECT FROM timely.feed_dirty)", 0, NULL, &r, err))
            return false;
        if (db_bool(r, 0, 0))
            return true;
    }
    return true;
}

void feeds_run(void *daemon)
{
    struct daemon *d = daemon;
    struct backoff backoff = {0};
    struct mood last = {.day = DATE_NONE};
    struct db *store = NULL;
    enum wake wake = WAKE_READY;

    while (wake != WAKE_STOPPING && !loop_stopping(d->loop)) {
        struct error err;

        if ((store || daemon_open_store(d, "feeds", &store, &err)) &&
            do_round(d, store, &last, &err)) {
            backoff_reset(&backoff);
            if (wait_for_marks(d, store, &wake, &err))
                continue;
        }
        db_close(store);
        store = NULL;
        if (!backoff_wait(&backoff, "feeds.failed", &err))
            break;
    }
    db_close(store);
}
