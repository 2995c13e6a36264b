// Waiting for notifications (db.h).
#include "db_wire.h"

#include <assert.h>
#include <event2/event.h>

static bool take_notifications(struct db *db)
{
    PGnotify *n;
    bool any = false;

    while ((n = PQnotifies(db->conn))) {
        PQfreemem(n);
        any = true;
    }
    return any;
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    bell_ring(arg);
}

static enum wake wait_readable_or_bell(struct db *db, int64_t timeout_us)
{
    struct event *readable =
        event_new(loop_base(fiber_loop()), PQsocket(db->conn), EV_READ, on_readable, &db->bell);
    enum wake w;

    if (!readable || event_add(readable, NULL) != 0)
        out_of_memory();
    w = bell_wait(&db->bell, timeout_us);
    event_free(readable);
    return w;
}

enum wake db_wait_notify(struct db *db, int64_t timeout_us, struct error *err)
{
    const int64_t deadline = clock_monotonic() + timeout_us;

    assert(!db->busy && !db->in_copy && "db_wait_notify: a question is in flight");
    err->fault = FAULT_NONE;
    while (true) {
        int64_t left = timeout_us < 0 ? -1 : deadline - clock_monotonic();
        enum wake w;

        if (!db->lost)
            wire_read(db);
        if (db->lost || PQstatus(db->conn) == CONNECTION_BAD) {
            wire_lose(db, err);
            return WAKE_STOPPING;
        }
        if (take_notifications(db) || db->interrupted) {
            db->interrupted = false;
            return WAKE_READY;
        }
        if (timeout_us >= 0 && left <= 0)
            return WAKE_TIMEOUT;
        w = wait_readable_or_bell(db, left);
        if (w == WAKE_STOPPING)
            return w;
    }
}

void db_interrupt(struct db *db)
{
    db->interrupted = true;
    bell_ring(&db->bell);
}
