// One dirty owner, one transaction: take the mark away, read, render, write. Marks are taken away
// under a lock that waits for whoever is recording a change, so that a mark which was there already
// cannot hide one.
#include "feeds_render.h"

#include "feed_entries.h"
#include "ladder.h"
#include "log.h"
#include "outbox.h"
#include "owed.h"
#include "text.h"
#include "zone.h"

#include <string.h>
#define ZLIB_CONST
#include <zlib.h>

#define STALE_AFTER (SECONDS(3600) * 26)
#define ETAG_CHARS 32

struct rendering {
    struct arena *arena;
    struct db *store;
    struct library *const *library;
    instant now;
    const char *kind, *id; // the owner
    struct feed_item *items;
    size_t count;
    instant data_as_of;
    const char *name; // of the owner
    // The answer.
    const char *body, *etag;
    instant changed_at;
};

// --------------------------------------------------------------------------------------- reading

// $1 owner's id, $2 kind, $3 today, $4 now. A restricted child is in nobody's feed but their
// allocated worker's. An object that was cancelled no longer serves a deadline; it is known by the
// UID that it took from one.
static const char items_sql[] =
    "SELECT d.deadline_id, d.state, d.timescale, d.derivation, d.uid, d.booked_group, p.person_id,"
    " p.case_ref, p.restricted, d.due_on, d.book_by, d.met_on, d.due_at, d.booked_at,"
    " d.provisional, d.in_timescale, d.sequence,"
    " (extract(epoch FROM d.changed_at) * 1000000)::bigint, coalesce(o.uid, c.uid), o.place, o.url,"
    " greatest(o.sequence, c.sequence, d.sequence),"
    " (extract(epoch FROM coalesce(o.changed_at, c.changed_at)) * 1000000)::bigint,"
    " coalesce(o.starts_at, c.starts_at), coalesce(o.ends_at, c.ends_at)"
    " FROM timely.person p JOIN timely.deadline d USING (person_id)"
    " LEFT JOIN timely.object_deadline s USING (deadline_id)"
    " LEFT JOIN timely.calendar_object o ON o.object_id = s.object_id AND o.status = 'live'"
    " LEFT JOIN timely.calendar_object c ON c.uid = d.uid AND c.status = 'cancelled'"
    " AND d.state IN ('ended', 'withdrawn')"
    " AND c.changed_at >= $4::timestamptz - interval '30 days'"
    " WHERE (($2 = 'worker' AND p.worker_id = $1)"
    " OR ($2 = 'team' AND p.team_id = $1 AND NOT p.restricted))"
    " AND ((d.state = 'open' AND d.due_on <= $3::date + interval '12 months')"
    " OR (d.state = 'met' AND d.met_on >= $3::date - 60) OR c.uid IS NOT NULL)"
    " ORDER BY d.deadline_id";

static enum feed_state state_of(const char *word)
{
    if (strcmp(word, "open") == 0)
        return FEED_OPEN;
    return strcmp(word, "met") == 0 ? FEED_MET : FEED_CANCELLED;
}

static struct feed_item item_row(struct arena *a, const PGresult *r, int i)
{
#define TEXT(column) arena_strdup(a, db_text(r, i, column))
    return (struct feed_item){
        .deadline_id = db_int(r, i, 0),
        .state = state_of(db_text(r, i, 1)),
        .timescale = TEXT(2),
        .derivation = TEXT(3),
        .uid = TEXT(4),
        .booked_group = TEXT(5),
        .child = {.person_id = TEXT(6), .case_ref = TEXT(7), .restricted = db_bool(r, i, 8)},
        .due_on = owed_date(r, i, 9),
        .book_by = owed_date(r, i, 10),
        .met_on = owed_date(r, i, 11),
        .due_at = owed_moment(r, i, 12),
        .booked = owed_moment(r, i, 13),
        .provisional = db_bool(r, i, 14),
        .in_timescale = db_bool(r, i, 15),
        .sequence = (int)db_int(r, i, 16),
        .changed_at = db_int(r, i, 17),
        .object_uid = TEXT(18),
        .place = TEXT(19),
        .url = TEXT(20),
        .object_sequence = (int)db_int(r, i, 21),
        .object_changed_at = db_int(r, i, 22),
        .starts = owed_moment(r, i, 23),
        .ends = owed_moment(r, i, 24)};
#undef TEXT
}

// The chair's own work (records, outcomes) is not in the calendars of social workers and their
// teams.
static bool theirs(const struct library *l, const char *timescale)
{
    int t = library_timescale(l, timescale);
    const char *role = t >= 0 ? ladder_acting_role(l, &l->timescales[t]) : NULL;

    return !role || strcmp(role, "social-worker") == 0;
}

static bool read_items(struct rendering *f, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;
    const char *today = date_iso(f->arena, london_from_instant(f->now).on);
    const char *values[] = {f->id, f->kind, today, instant_iso(f->arena, f->now)};

    if (!db_ask(f->store, items_sql, 4, values, &r, err))
        return false;
    f->items = ARENA_ARRAY(f->arena, struct feed_item, PQntuples(r) + 1);
    for (int i = 0; i < PQntuples(r); i++) {
        f->items[f->count] = item_row(f->arena, r, i);
        f->count += theirs(*f->library, f->items[f->count].timescale);
    }
    return true;
}

static bool read_owner(struct rendering *f, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;
    const char *values[] = {f->id, f->kind};

    if (!db_ask(f->store,
                "SELECT coalesce((SELECT name FROM timely.staff WHERE $2 = 'worker'"
                " AND professional_id = $1), (SELECT name FROM timely.team WHERE $2 = 'team'"
                " AND team_id = $1), $1),"
                " (extract(epoch FROM read_business_at) * 1000000)::bigint FROM timely.state",
                2, values, &r, err))
        return false;
    f->name = arena_strdup(f->arena, db_text(r, 0, 0));
    f->data_as_of = db_int(r, 0, 1);
    return true;
}

// ------------------------------------------------------------------------------------- rendering

static bool render(struct rendering *f, struct error *err)
{
    struct arena *a = f->arena;
    struct moment now = london_from_instant(f->now);
    const char *owner = arena_printf(a, "%s-%s", f->kind, f->id);
    struct feed_input in = {.library = *f->library,
                            .items = f->items,
                            .count = f->count,
                            .today = now.on,
                            .now = now,
                            .data_as_of = f->data_as_of,
                            .stale = f->data_as_of && f->now - f->data_as_of > STALE_AFTER};
    struct calendar_entry *entries;
    struct calendar_feed feed;
    char hex[65];

    sha256_hex(owner, strlen(owner), hex);
    in.owner = arena_strndup(a, hex, 16);
    feed =
        (struct calendar_feed){.name = arena_printf(a, "Deadlines: %s", f->name), .id = in.owner};
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
    "INSERT INTO timely.feed_body AS f (owner_kind, owner_id, body, body_gzip, etag, last_modified,"
    " rendered_at) VALUES ($1, $2, $3::bytea, $4::bytea, $5, $6::timestamptz, now())"
    " ON CONFLICT (owner_kind, owner_id) DO UPDATE SET body = excluded.body,"
    " body_gzip = excluded.body_gzip, etag = excluded.etag, rendered_at = excluded.rendered_at,"
    " last_modified = CASE WHEN date_trunc('second', excluded.last_modified) > f.last_modified"
    " THEN excluded.last_modified ELSE greatest($7::timestamptz,"
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
    const char *values[] = {f->kind,
                            f->id,
                            bytea(a, (const unsigned char *)f->body, strlen(f->body)),
                            bytea(a, gzip, length),
                            f->etag,
                            changed,
                            instant_iso(a, f->now)};

    return db_ask(f->store, write_sql, 7, values, NULL, err) &&
           db_run(f->store, "NOTIFY timely_feed", err);
}

static bool take_mark(struct rendering *f, struct error *err)
{
    const char *values[] = {f->kind, f->id};

    return db_run(f->store, "LOCK TABLE timely.feed_dirty IN SHARE ROW EXCLUSIVE MODE", err) &&
           db_ask(f->store, "DELETE FROM timely.feed_dirty WHERE owner_kind = $1 AND owner_id = $2",
                  2, values, NULL, err);
}

static bool render_owner(struct rendering *f, bool *ret_changed, struct error *err)
{
    if (!db_begin(f->store, "", err))
        return false;
    if (!take_mark(f, err) || !read_items(f, err) || !read_owner(f, err) || !render(f, err) ||
        !write_body(f, ret_changed, err)) {
        db_rollback(f->store);
        return false;
    }
    return db_commit(f->store, err);
}

// A feed that cannot be rendered keeps its last body until its next change, and holds up no other.
static bool set_aside(struct rendering *f, struct error *err)
{
    const char *values[] = {f->kind, f->id};

    if (err->fault != FAULT_INPUT)
        return false;
    log_error("feed.failed", "owner_kind=%s owner=%s error=\"%s\"", f->kind, f->id, err->text);
    return db_ask(f->store, "DELETE FROM timely.feed_dirty WHERE owner_kind = $1 AND owner_id = $2",
                  2, values, NULL, err);
}

// ----------------------------------------------------------------------------------------- rounds

bool feeds_mark_all(struct db *store, struct error *err)
{
    return db_ask(store,
                  "INSERT INTO timely.feed_dirty SELECT DISTINCT owner_kind, owner_id"
                  " FROM timely.feed WHERE revoked_at IS NULL ON CONFLICT DO NOTHING",
                  0, NULL, NULL, err);
}

// What nobody subscribes to is not kept.
static bool forget_unread(struct db *store, struct error *err)
{
    static const char *const sql[] = {
        "DELETE FROM timely.feed_dirty d WHERE NOT EXISTS (SELECT FROM timely.feed f"
        " WHERE f.owner_kind = d.owner_kind AND f.owner_id = d.owner_id AND f.revoked_at IS NULL)",
        "DELETE FROM timely.feed_body b WHERE NOT EXISTS (SELECT FROM timely.feed f"
        " WHERE f.owner_kind = b.owner_kind AND f.owner_id = b.owner_id AND f.revoked_at IS NULL)"};

    for (size_t i = 0; i < 2; i++)
        if (!db_ask(store, sql[i], 0, NULL, NULL, err))
            return false;
    return true;
}

bool feeds_render_dirty(struct db *store, struct library *const *library, instant now,
                        struct feeds_report *ret, struct error *err)
{
    AUTO(pgresult_done) PGresult *owners = NULL;
    struct feeds_report report = {0};

    if (!forget_unread(store, err) ||
        !db_ask(store,
                "SELECT DISTINCT owner_kind, owner_id FROM timely.feed_dirty"
                " JOIN timely.feed USING (owner_kind, owner_id) WHERE revoked_at IS NULL"
                " ORDER BY owner_kind, owner_id",
                0, NULL, &owners, err))
        return false;
    for (int i = 0; i < PQntuples(owners); i++) {
        AUTO(arena_auto_free) struct arena *a = arena_new();
        struct rendering f = {.arena = a,
                              .store = store,
                              .library = library,
                              .now = now,
                              .kind = db_text(owners, i, 0),
                              .id = db_text(owners, i, 1)};
        bool changed = false;

        if (!render_owner(&f, &changed, err) && !set_aside(&f, err))
            return false;
        report.rendered++;
        report.changed += changed;
    }
    *ret = report;
    return true;
}
