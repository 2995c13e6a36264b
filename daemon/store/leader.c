// The statements on timely.leader and timely.daemon.
#include "leader.h"

#include <sys/random.h>
#include <unistd.h>

const char *leader_name(struct arena *a)
{
    char host[64] = "localhost";
    unsigned random = 0;

    gethostname(host, sizeof host - 1);
    if (getrandom(&random, sizeof random, 0) != sizeof random)
        random = (unsigned)clock_real();
    return arena_printf(a, "%s/%ld.%08x", host, (long)getpid(), random);
}

static const char *number(struct arena *a, long long n)
{
    return arena_printf(a, "%lld", n);
}

bool leader_take(struct db *store, const char *name, long long *ret_epoch, struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    AUTO(pgresult_done) PGresult *r = NULL;
    const char *values[] = {name, number(a, LEADER_LEASE / SECONDS(1))};

    if (!db_ask(store,
                "UPDATE timely.leader SET epoch = epoch + 1, holder = $1,"
                " session = pg_backend_pid(), since = now(),"
                " expires_at = now() + make_interval(secs => $2::integer)"
                " WHERE expires_at <= now() OR expires_at > now() + make_interval(secs => 2 * "
                "$2::integer)"
                " OR NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = session)"
                " RETURNING epoch",
                2, values, &r, err))
        return false;
    *ret_epoch = PQntuples(r) ? db_int(r, 0, 0) : 0;
    return true;
}

// Forgets who was not there for a day.
#define SEEN                                                                                       \
    "WITH gone AS (DELETE FROM timely.daemon WHERE seen_at < now() - interval '1 day'),"           \
    " seen AS (INSERT INTO timely.daemon VALUES ($1, now())"                                       \
    " ON CONFLICT (name) DO UPDATE SET seen_at = excluded.seen_at)"

bool leader_renew(struct db *store, const char *name, long long epoch, bool *ret_leads,
                  struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    AUTO(pgresult_done) PGresult *r = NULL;
    const char *values[] = {name, number(a, epoch), number(a, LEADER_LEASE / SECONDS(1))};

    // No columns of a key: no wait for the writes that hold on to the row.
    if (!db_ask(store,
                SEEN " UPDATE timely.leader SET session = pg_backend_pid(),"
                     " expires_at = now() + make_interval(secs => $3::integer)"
                     " WHERE holder = $1 AND epoch = $2::bigint RETURNING epoch",
                3, values, &r, err))
        return false;
    *ret_leads = PQntuples(r) > 0;
    return true;
}

bool leader_resign(struct db *store, const char *name, struct error *err)
{
    return db_ask(store,
                  "WITH gone AS (DELETE FROM timely.daemon WHERE name = $1)"
                  " UPDATE timely.leader SET expires_at = '-infinity' WHERE holder = $1",
                  1, &name, NULL, err);
}

bool leader_claim(struct db *store, const char *name, long long epoch, struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    const char *values[] = {name, number(a, epoch)};

    return db_ask(store,
                  "SELECT set_config('timely.lead',"
                  " CASE WHEN $2 = '0' THEN '' ELSE $2 || ' ' || $1 END, false),"
                  " set_config('idle_in_transaction_session_timeout',"
                  " CASE WHEN $2 = '0' THEN '0' ELSE '5s' END, false)",
                  2, values, NULL, err);
}

bool leader_seen(struct db *store, const char *name, struct error *err)
{
    return db_ask(store, SEEN " SELECT", 1, &name, NULL, err);
}
