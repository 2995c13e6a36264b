// The fiber of the feeds: renders what became dirty, and all of them on a new business day or when
// the data has become too old.
#include "daemon.h"
#include "feeds_render.h"
#include "log.h"

#define LOOK_EVERY SECONDS(30)
#define GLANCE_EVERY SECONDS(1) // a new subscription is marked by another process
#define OLD_AFTER_S 93600       // 26 hours

struct mood {
    struct date day;
    bool old;
    unsigned long library_number; // new rules may have new titles
};

static bool read_mood(const struct daemon *d, struct db *store, struct mood *ret, struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    AUTO(pgresult_done) PGresult *r = NULL;
    const char *values[] = {instant_iso(a, daemon_now(d)), arena_printf(a, "%d", OLD_AFTER_S)};

    if (!db_ask(store,
                "SELECT coalesce($1::timestamptz - read_business_at"
                " > make_interval(secs => $2::integer), false) FROM timely.state",
                2, values, &r, err))
        return false;
    *ret = (struct mood){daemon_today(d), db_bool(r, 0, 0), d->library_number};
    return true;
}

static bool do_round(const struct daemon *d, struct db *store, struct mood *last, struct error *err)
{
    struct feeds_report report;
    struct mood now;

    if (!read_mood(d, store, &now, err))
        return false;
    if ((!date_is(now.day, last->day) || now.old != last->old ||
         now.library_number != last->library_number) &&
        !feeds_mark_all(store, err))
        return false;
    *last = now;
    if (!feeds_render_dirty(store, &d->library, daemon_now(d), &report, err))
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
