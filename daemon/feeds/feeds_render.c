// One dirty owner, one transaction: take the mark away, read, render, write. Marks are taken away
// under a lock that waits for whoever is recording a change, so that a mark which was there already
// cannot hide one.
#include "feeds_render.h"

#include "book.h"
#include "feed_items.h"
#include "feed_links.h"
#include "feed_objects.h"
#include "log.h"
#include "sha256.h"
#include "text.h"
#include "zone.h"

#include <string.h>
#define ZLIB_CONST
#include <zlib.h>

#define ETAG_CHARS 32

struct rendering {
    struct arena *arena;
    struct db *store;
    struct library *const *library;
    const struct config *config;
    instant now;
    const char *kind, *id; // the owner
    struct feed_items shown;
    // The answer.
    const char *body, *etag;
    instant changed_at;
};

// ------------------------------------------------------------------------------------- rendering

static bool render(struct rendering *f, struct error *err)
{
    struct arena *a = f->arena;
    struct moment now = london_from_instant(f->now);
    const char *owner = arena_printf(a, "%s-%s", f->kind, f->id);
    struct feed_input in = {.library = *f->library,
                            .items = f->shown.items,
                            .count = f->shown.count,
                            .today = now.on,
                            .now = now,
                            .names = f->config->title_names,
                            .rest = f->shown.kind->rest,
                            .to_book = f->shown.kind->to_book};
    struct calendar_entry *entries;
    struct calendar_feed feed;
    char hex[65];

    sha256_hex(owner, strlen(owner), hex);
    in.owner = arena_strndup(a, hex, 16);
    feed = (struct calendar_feed){
        .name = arena_printf(a, "%s: %s", f->shown.kind->name, f->shown.owner), .id = in.owner};
    feed.count = feed_entries(a, &in, &entries, &f->changed_at);
    feed.entries = entries;
    if (!calendar_feed_render(a, &feed, &f->body, err))
        return explain(err, "feed of a %s", f->kind);
    sha256_hex(f->body, strlen(f->body), hex);
    f->etag = arena_printf(a, "\"%.*s\"", ETAG_CHARS, hex);
    return true;
}

// The same text gives the same bytes: no name, no time.
static void compress_body(struct arena *a, const char *body, unsigned char **ret,
                          size_t *ret_length)
{
    z_stream z = {0};
    uLong room;

    if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        out_of_memory();
    room = deflateBound(&z, (uLong)strlen(body));
    *ret = ARENA_ARRAY(a, unsigned char, room);
    z.next_in = (const Bytef *)body;
    z.avail_in = (uInt)strlen(body);
    z.next_out = *ret;
    z.avail_out = (uInt)room;
    if (deflate(&z, Z_FINISH) != Z_STREAM_END)
        out_of_memory(); // the bound is enough for a single call
    *ret_length = z.total_out;
    (void)deflateEnd(&z);
}

static const char *bytea(struct arena *a, const unsigned char *bytes, size_t length)
{
    static const char digits[] = "0123456789abcdef";
    char *hex = ARENA_ARRAY(a, char, 2 * length + 3), *to = hex;

    *to++ = '\\';
    *to++ = 'x';
    for (size_t i = 0; i < length; i++) {
        *to++ = digits[bytes[i] >> 4];
        *to++ = digits[bytes[i] & 15];
    }
    return hex;
}

// --------------------------------------------------------------------------------------- writing

// Last-Modified has to rise by a second with every new body, also when only the day is another one:
// there are programs that ask by it alone, and it is told in whole seconds.
static const char write_sql[] =
    "INSERT INTO timely.feed_body AS f (owner_kind, owner_id, body_gzip, etag, last_modified,"
    " rendered_at) VALUES ($1, $2, $3::bytea, $4, $5::timestamptz, now())"
    " ON CONFLICT (owner_kind, owner_id) DO UPDATE SET body_gzip = excluded.body_gzip,"
    " etag = excluded.etag, rendered_at = excluded.rendered_at,"
    " last_modified = CASE WHEN date_trunc('second', excluded.last_modified) > f.last_modified"
    " THEN excluded.last_modified ELSE greatest($6::timestamptz,"
    " f.last_modified + interval '1 second') END";

static bool is_same(struct rendering *f, bool *ret_same, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;
    const char *values[] = {f->kind, f->id, f->etag};

    if (!db_ask(f->store,
                "SELECT FROM timely.feed_body WHERE owner_kind = $1 AND owner_id = $2"
                " AND etag = $3",
                3, values, &r, err))
        return false;
    *ret_same = PQntuples(r) > 0;
    return true;
}

static bool write_body(struct rendering *f, bool *ret_changed, struct error *err)
{
    struct arena *a = f->arena;
    unsigned char *gzip;
    size_t length;
    bool same;

    if (!is_same(f, &same, err))
        return false;
    *ret_changed = !same;
    if (same)
        return true;
    compress_body(a, f->body, &gzip, &length);

    const char *changed = instant_iso(a, f->changed_at ? f->changed_at : f->now);
    const char *values[] = {f->kind, f->id,   bytea(a, gzip, length),
                            f->etag, changed, instant_iso(a, f->now)};

    return db_ask(f->store, write_sql, 6, values, NULL, err) &&
           feed_objects_write(f->store, f->kind, f->id, f->body, f->now, err) &&
           db_run(f->store, "NOTIFY timely_feed", err);
}

static bool take_mark(struct rendering *f, struct error *err)
{
    const char *values[] = {f->kind, f->id};

    return db_run(f->store, "LOCK TABLE timely.feed_dirty IN SHARE ROW EXCLUSIVE MODE", err) &&
           db_ask(f->store, "DELETE FROM timely.feed_dirty WHERE owner_kind = $1 AND owner_id = $2",
                  2, values, NULL, err);
}

static bool show(struct rendering *f, bool *ret_changed, struct error *err)
{
    return feed_items_read(f->arena, f->store, *f->library, f->kind, f->id, f->now, &f->shown,
                           err) &&
           feed_links(f->arena, f->store, f->config->public_url, f->kind, f->id, f->shown.items,
                      f->shown.count, err) &&
           render(f, err) && write_body(f, ret_changed, err);
}

// A feed that cannot be rendered keeps its last body until its next change, and holds up no other.
// Its mark goes all the same, under the lock of what was read: a change that comes now makes one.
static bool show_or_set_aside(struct rendering *f, bool *ret_changed, struct error *err)
{
    if (!db_run(f->store, "SAVEPOINT shown", err))
        return false;
    if (show(f, ret_changed, err))
        return true;
    if (err->fault != FAULT_INPUT)
        return false;
    log_error("feed.failed", "owner_kind=%s owner=%s error=\"%s\"", f->kind, f->id, err->text);
    *ret_changed = false;
    return db_run(f->store, "ROLLBACK TO SAVEPOINT shown", err);
}

static bool render_owner(struct rendering *f, bool *ret_changed, struct error *err)
{
    if (!db_begin(f->store, "", err))
        return false;
    if (!take_mark(f, err) || !show_or_set_aside(f, ret_changed, err)) {
        db_rollback(f->store);
        return false;
    }
    return db_commit(f->store, err);
}

// ----------------------------------------------------------------------------------------- rounds

bool feeds_mark_all(struct db *store, struct error *err)
{
    return db_ask(store,
                  "INSERT INTO timely.feed_dirty SELECT DISTINCT owner_kind, owner_id"
                  " FROM timely.live_feed ON CONFLICT DO NOTHING",
                  0, NULL, NULL, err);
}

// A subscription sleeps while the member of staff who has it is not in post, or is not the child's
// allocated worker; should a directory have lost half its lines, it wakes with the next one.
// $1 today, $2 now.
static const char suspend_sql[] =
    "WITH stands AS (SELECT f.feed_id, CASE"
    " WHEN NOT EXISTS (SELECT FROM timely.staff s WHERE s.professional_id = f.holder_id"
    " AND (s.active_to IS NULL OR s.active_to > $1::date)) THEN 'who has it is not in post'"
    " WHEN f.owner_kind = 'child' AND NOT EXISTS (SELECT FROM timely.person p"
    " WHERE p.person_id = f.owner_id AND p.worker_id = f.holder_id)"
    " THEN 'the child has another worker' END AS because"
    " FROM timely.feed f WHERE f.revoked_at IS NULL AND f.holder_id IS NOT NULL)"
    ", changed AS (UPDATE timely.feed f SET suspended_because = s.because FROM stands s"
    " WHERE s.feed_id = f.feed_id AND f.suspended_because IS DISTINCT FROM s.because"
    " RETURNING f.feed_id, f.owner_kind, f.owner_id, f.suspended_because)"
    ", dirty AS (INSERT INTO timely.feed_dirty SELECT DISTINCT owner_kind, owner_id FROM changed"
    " WHERE suspended_because IS NULL ON CONFLICT DO NOTHING)"
    ", told AS (INSERT INTO timely.audit (at, what, detail) SELECT $2::timestamptz,"
    " CASE WHEN suspended_because IS NULL THEN 'feed.woken' ELSE 'feed.suspended' END,"
    " concat_ws(': ', format('feed %s', feed_id), suspended_because) FROM changed)"
    " SELECT count(*) FROM changed";

static bool suspend(struct db *store, instant now, struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    AUTO(pgresult_done) PGresult *r = NULL;
    const char *values[] = {date_iso(a, london_from_instant(now).on), instant_iso(a, now)};

    if (!db_ask(store, suspend_sql, 2, values, &r, err))
        return false;
    return db_int(r, 0, 0) == 0 || db_run(store, "NOTIFY timely_feed", err);
}

// What nobody subscribes to is not kept.
static bool forget_unread(struct db *store, struct error *err)
{
    static const char *const tables[] = {"feed_dirty", "feed_body", "page_link"};

    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        AUTO(arena_auto_free) struct arena *a = arena_new();

        if (!db_ask(store,
                    arena_printf(a,
                                 "DELETE FROM timely.%s t WHERE owner_kind IS NOT NULL"
                                 " AND NOT EXISTS (SELECT FROM timely.live_feed f"
                                 " WHERE f.owner_kind = t.owner_kind AND f.owner_id = t.owner_id)",
                                 tables[i]),
                    0, NULL, NULL, err))
            return false;
    }
    return true;
}

bool feeds_render_dirty(struct db *store, struct library *const *library,
                        const struct config *config, instant now, struct feeds_report *ret,
                        struct error *err)
{
    AUTO(pgresult_done) PGresult *owners = NULL;
    struct feeds_report report = {0};

    if (!suspend(store, now, err) || !forget_unread(store, err) ||
        !db_ask(store,
                "SELECT DISTINCT owner_kind, owner_id FROM timely.feed_dirty"
                " JOIN timely.live_feed USING (owner_kind, owner_id)"
                " ORDER BY owner_kind, owner_id",
                0, NULL, &owners, err))
        return false;
    for (int i = 0; i < PQntuples(owners); i++) {
        AUTO(arena_auto_free) struct arena *a = arena_new();
        struct rendering f = {.arena = a,
                              .store = store,
                              .library = library,
                              .config = config,
                              .now = now,
                              .kind = db_text(owners, i, 0),
                              .id = db_text(owners, i, 1)};
        bool changed = false;

        if (!render_owner(&f, &changed, err))
            return false;
        report.rendered++;
        report.changed += changed;
    }
    *ret = report;
    return true;
}
