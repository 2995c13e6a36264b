// The fiber of the inbox: takes up what people press on pages, as soon as the store says that
// something is there.
#include "daemon.h"
#include "log.h"
#include "pressed.h"

#define LOOK_EVERY SECONDS(30) // a call can be missed

static bool open_store(const struct daemon *d, struct db **store, struct error *err)
{
    return *store || (daemon_open_store(d, "inbox", store, err) &&
                      db_run(*store, "LISTEN timely_inbox", err));
}

static bool is_waiting(struct db *store, bool *ret, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;

    if (!db_ask(store, "SELECT EXISTS (SELECT FROM timely.inbox WHERE taken_at IS NULL)", 0, NULL,
                &r, err))
        return false;
    *ret = db_bool(r, 0, 0);
    return true;
}

static bool take_all(const struct daemon *d, struct db *store, const struct directory *directory,
                     struct error *err)
{
    enum pressed pressed = PRESSED_TAKEN;
    size_t taken = 0, refused = 0;

    while (pressed != PRESSED_NOTHING) {
        struct judging j = {d->library, directory, daemon_now(d)};

        if (!pressed_take(store, &j, &pressed, err))
            return false;
        taken += pressed == PRESSED_TAKEN;
        refused += pressed == PRESSED_REFUSED;
    }
    if (taken || refused)
        log_info("inbox.taken", "presses=%zu refused=%zu", taken, refused);
    return true;
}

static bool look(const struct daemon *d, struct db *store, struct error *err)
{
    struct directory *directory;
    bool waiting, ok;

    if (!is_waiting(store, &waiting, err) || (waiting && !directory_read(store, &directory, err)))
        return false;
    if (!waiting)
        return true;
    ok = take_all(d, store, directory, err);
    directory_free(directory);
    return ok;
}

void inbox_run(void *daemon)
{
    struct daemon *d = daemon;
    struct backoff backoff = {0};
    struct db *store = NULL;

    while (!loop_stopping(d->loop)) {
        struct error err = {0};

        if (open_store(d, &store, &err) && look(d, store, &err)) {
            backoff_reset(&backoff);
            if (db_wait_notify(store, LOOK_EVERY, &err) != WAKE_STOPPING)
                continue;
        }
        db_close(store);
        store = NULL;
        if (loop_stopping(d->loop) || !backoff_wait(&backoff, "inbox.failed", &err))
            break;
    }
    db_close(store);
}
