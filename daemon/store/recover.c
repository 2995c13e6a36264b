// What a restored store does not know it may have said (recover.h).
#include "recover.h"

#include "arena.h"

// Nobody works on the store meanwhile, also not one who comes now.
static bool refuse_daemons(struct db *store, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;

    if (!db_ask(store,
                "SELECT CASE WHEN expires_at > now() AND EXISTS (SELECT FROM pg_stat_activity"
                " WHERE pid = session) THEN holder END FROM timely.leader FOR UPDATE",
                0, NULL, &r, err))
        return false;
    if (PQntuples(r) == 0 || !db_text(r, 0, 0))
        return true;
    return fail(err, FAULT_INPUT,
                "a daemon (%s) works on this store: stop every timelyd, then recover it",
                db_text(r, 0, 0));
}

// A calendar that is rendered anew is fetched whole: its programs are told of no older version.
static const char recover_sql[] =
    "WITH objects AS (UPDATE timely.calendar_object SET sequence = sequence + $3::integer"
    " RETURNING 1),"
    " deadlines AS (UPDATE timely.deadline SET sequence = sequence + $3::integer RETURNING 1),"
    " waiting AS (UPDATE timely.outbox SET maybe_repeat = true"
    " WHERE settled_at IS NULL RETURNING 1),"
    " feeds AS (DELETE FROM timely.feed_body),"
    " counts AS (SELECT (SELECT count(*) FROM objects) AS objects,"
    " (SELECT count(*) FROM deadlines) AS deadlines, (SELECT count(*) FROM waiting) AS waiting),"
    " told AS (INSERT INTO timely.audit (at, what, detail) SELECT $1::timestamptz,"
    " 'store.recovered', format('by=%s lift=%s waiting=%s', $2::text, $3::text, waiting)"
    " FROM counts) SELECT objects, deadlines, waiting FROM counts";

static bool recover(struct db *store, const char *now, const char *by, struct recovery *ret,
                    struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    AUTO(pgresult_done) PGresult *r = NULL;
    const char *values[] = {now, by, arena_printf(a, "%d", RECOVER_LIFT)};

    if (!refuse_daemons(store, err) || !db_ask(store, recover_sql, 3, values, &r, err))
        return false;
    *ret = (struct recovery){db_int(r, 0, 0), db_int(r, 0, 1), db_int(r, 0, 2)};
    return true;
}

bool recover_store(struct db *store, const char *now, const char *by, struct recovery *ret,
                   struct error *err)
{
    if (!db_begin(store, "", err))
        return false;
    if (recover(store, now, by, ret, err))
        return db_commit(store, err);
    db_rollback(store);
    return false;
}
