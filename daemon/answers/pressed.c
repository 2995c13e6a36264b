// Presses (pressed.h).
#include "pressed.h"

#include "book.h"
#include "columns.h"
#include "text.h"

static const char next_sql[] =
    "SELECT inbox_id, body->>'deadline_id', body->>'staff_id', body->>'kind' = 'done',"
    " (body->>'last_day')::date, body->>'reason', (body->>'signed_in')::boolean"
    " FROM timely.inbox WHERE taken_at IS NULL ORDER BY inbox_id LIMIT 1 FOR UPDATE SKIP LOCKED";

// A refusal is for who pressed, on the page; the audit says that there was one.
static const char settle_sql[] =
    "WITH taken AS (UPDATE timely.inbox SET taken_at = $2::timestamptz, refused_because = $3"
    " WHERE inbox_id = $1::bigint RETURNING *)"
    " INSERT INTO timely.audit (at, what, deadline_id, staff_id, detail)"
    " SELECT $2::timestamptz, 'press.refused', (body->>'deadline_id')::bigint, body->>'staff_id',"
    " format('press %s: %s', inbox_id, refused_because) FROM taken"
    " WHERE refused_because IS NOT NULL";

static bool say(struct arena *a, struct db *store, const struct judging *j, const char *deadline_id,
                struct word *w, const char **ret_refused, struct error *err)
{
    struct owed *owed;
    size_t count;

    if (!owed_read(a, store, "d.deadline_id = $1::bigint", deadline_id, &owed, &count, err))
        return false;
    *ret_refused = WORD_TOO_LATE;
    return count == 0 || word_say(a, store, j, owed, w, ret_refused, err);
}

static bool take(struct arena *a, struct db *store, const struct judging *j, enum pressed *ret,
                 struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;
    const char *refused, *how;
    struct word w;

    *ret = PRESSED_NOTHING;
    if (!db_ask(store, next_sql, 0, NULL, &r, err))
        return false;
    if (PQntuples(r) == 0)
        return true;
    how = db_bool(r, 0, 6) ? "signed in as" : "by link to";
    w = (struct word){.done = db_bool(r, 0, 3),
                      .staff_id = db_text(r, 0, 2),
                      .last_day = column_date(r, 0, 4),
                      .reason = db_text(r, 0, 5),
                      .said_by = arena_printf(a, "%s %s", how, db_text(r, 0, 2))};
    if (!say(a, store, j, db_text(r, 0, 1), &w, &refused, err))
        return false;
    *ret = refused ? PRESSED_REFUSED : PRESSED_TAKEN;

    const char *values[] = {db_text(r, 0, 0), instant_iso(a, j->now), refused};

    return db_ask(store, settle_sql, 3, values, NULL, err);
}

bool pressed_take(struct db *store, const struct judging *j, enum pressed *ret, struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();

    if (!db_begin(store, "", err))
        return false;
    if (!take(a, store, j, ret, err)) {
        db_rollback(store);
        return false;
    }
    return db_commit(store, err);
}
