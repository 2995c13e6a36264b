// Four statements on timely.feed_object, in the order in which they stand here.
#include "feed_objects.h"

#include "book.h"
#include "calendar_parts.h"

struct writing {
    struct arena *arena;
    struct db *store;
    const char *kind, *id; // the owner
    struct calendar_parts parts;
    const char *uids; // as an array of SQL
    const char *version, *now;
};

// Of a new body nothing older is known.
static bool raise_version(struct writing *w, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;
    const char *values[] = {w->kind, w->id};

    if (!db_ask(w->store,
                "UPDATE timely.feed_body b SET version = n.next,"
                " oldest_version = CASE WHEN b.version = 0 THEN n.next ELSE b.oldest_version END"
                " FROM (SELECT greatest(version + 1,"
                " (extract(epoch FROM clock_timestamp()) * 1000000)::bigint) AS next"
                " FROM timely.feed_body WHERE owner_kind = $1 AND owner_id = $2) n"
                " WHERE owner_kind = $1 AND owner_id = $2 RETURNING b.version",
                2, values, &r, err))
        return false;
    if (PQntuples(r) != 1)
        return fail(err, FAULT_INPUT, "objects of a feed without a body");
    w->version = arena_strdup(w->arena, db_text(r, 0, 0));
    return true;
}

// What is as it was is left alone: a conflict would lock and write each row of it.
static bool put_objects(struct writing *w, struct error *err)
{
    const char **texts = ARENA_ARRAY(w->arena, const char *, w->parts.count + 1);

    for (size_t i = 0; i < w->parts.count; i++)
        texts[i] = w->parts.items[i].uid;
    w->uids = db_text_array(w->arena, texts, w->parts.count);
    for (size_t i = 0; i < w->parts.count; i++)
        texts[i] = w->parts.items[i].tag;

    const char *tags = db_text_array(w->arena, texts, w->parts.count);
    const char *values[] = {w->kind, w->id, w->uids, tags, w->version};

    return db_ask(w->store,
                  "INSERT INTO timely.feed_object (owner_kind, owner_id, uid, tag, version)"
                  " SELECT $1, $2, n.uid, n.tag, $5::bigint"
                  " FROM unnest($3::text[], $4::text[]) AS n (uid, tag)"
                  " WHERE NOT EXISTS (SELECT FROM timely.feed_object WHERE owner_kind = $1"
                  " AND owner_id = $2 AND uid = n.uid AND tag = n.tag AND gone_at IS NULL)"
                  " ON CONFLICT (owner_kind, owner_id, uid) DO UPDATE"
                  " SET tag = excluded.tag, version = excluded.version, gone_at = NULL",
                  5, values, NULL, err);
}

static bool mark_gone(struct writing *w, struct error *err)
{
    const char *values[] = {w->kind, w->id, w->uids, w->version, w->now};

    return db_ask(w->store,
                  "UPDATE timely.feed_object SET version = $4::bigint, gone_at = $5::timestamptz"
                  " WHERE owner_kind = $1 AND owner_id = $2 AND gone_at IS NULL"
                  " AND uid <> ALL ($3::text[])",
                  5, values, NULL, err);
}

static bool forget_gone(struct writing *w, struct error *err)
{
    const char *values[] = {w->kind, w->id, w->now};

    return db_ask(w->store,
                  "WITH forgotten AS (DELETE FROM timely.feed_object WHERE owner_kind = $1"
                  " AND owner_id = $2 AND gone_at < $3::timestamptz - interval '90 days'"
                  " RETURNING version)"
                  " UPDATE timely.feed_body b SET oldest_version = f.version"
                  " FROM (SELECT max(version) AS version FROM forgotten) f"
                  " WHERE owner_kind = $1 AND owner_id = $2 AND f.version > b.oldest_version",
                  3, values, NULL, err);
}

bool feed_objects_write(struct db *store, const char *owner_kind, const char *owner_id,
                        const char *body, instant now, struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct writing w = {
        .arena = a, .store = store, .kind = owner_kind, .id = owner_id, .now = instant_iso(a, now)};

    return calendar_parts_read(a, body, &w.parts, err) && raise_version(&w, err) &&
           put_objects(&w, err) && mark_gone(&w, err) && forget_gone(&w, err);
}
