// What the daemon's fibers share: time, connections, patience.
#include "daemon.h"

#include "leader.h"
#include "log.h"
#include "zone.h"

instant daemon_now(const struct daemon *d)
{
    return business_now(&d->clock);
}

struct date daemon_today(const struct daemon *d)
{
    return london_from_instant(daemon_now(d)).on;
}

static bool open_database(const struct daemon *d, const char *conninfo, const char *password_file,
                          const char *fiber, bool read_only, bool pooled, struct db **ret,
                          struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    const char *password = NULL;
    struct db_options o = {
        .conninfo = conninfo,
        .role_name = arena_printf(a, "timelyd %s", fiber),
        .read_only = read_only,
        .statement_timeout_ms = read_only ? 600000 : 60000,
        // A council's reload must never wait long for us. Less than the server's
        // deadlock_timeout (1 s): where it loads all in one transaction and we wait for a
        // table of it, holding others, the one to give way is never the council.
        .lock_timeout_ms = read_only ? 500 : 30000,
        .pooled = pooled};

    (void)d;
    if (password_file && !config_secret(a, password_file, &password, err))
        return false;
    o.password = password;
    return db_open(&o, ret, err);
}

bool daemon_open_store(const struct daemon *d, const char *fiber, struct db **ret,
                       struct error *err)
{
    return open_database(d, d->config.store, d->config.store_password_file, fiber, false, false,
                         ret, err);
}

bool daemon_open_source(const struct daemon *d, const char *fiber, struct db **ret,
                        struct error *err)
{
    return open_database(d, d->config.source, d->config.source_password_file, fiber, true,
                         d->config.source_pooled, ret, err);
}

// ------------------------------------------------------------------------------- while leading

bool lead_holds(const struct daemon *d, long long epoch)
{
    return epoch && epoch == d->lead.epoch && clock_monotonic() < d->lead.until &&
           !loop_stopping(d->loop);
}

void lead_terms(struct daemon *d, struct bell *bell,
                void (*term)(struct daemon *d, long long epoch))
{
    while (!loop_stopping(d->loop)) {
        if (!lead_holds(d, d->lead.epoch)) {
            (void)bell_wait(bell, -1);
            continue;
        }
        d->lead.terms++;
        term(d, d->lead.epoch);
        if (--d->lead.terms == 0)
            bell_ring(&d->lead.ended);
    }
}

bool lead_open_store(const struct daemon *d, long long epoch, const char *fiber, struct db **ret,
                     struct error *err)
{
    AUTO(db_auto_close) struct db *store = NULL;

    if (!daemon_open_store(d, fiber, &store, err) ||
        !leader_claim(store, d->worker_name, epoch, err))
        return false;
    *ret = store;
    store = NULL;
    return true;
}
