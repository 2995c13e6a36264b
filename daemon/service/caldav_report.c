// Reports are answered from the body in memory, but for one: what is gone since a client last asked
// is known to the store alone. What the store says is taken only as far as the version of the body
// in memory; what came later comes with the next question.
#include "caldav_report.h"

#include "caldav_properties.h"
#include "caldav_query.h"
#include "feed_stale.h"

#include <stdlib.h>
#include <string.h>

struct reporting {
    const struct caldav_view *v;
    const xmlNode *report;
    struct caldav_wanted wanted;
    struct db *store; // or NULL
    struct http_response *ret;
};

static void write_part(struct reporting *p, struct dav_writer *w, const struct calendar_part *part)
{
    const struct caldav_resource r = {CALDAV_OBJECT, part};

    if (!caldav_is_full(w))
        caldav_write_properties(w, p->v, r, NULL, &p->wanted);
}

// ----------------------------------------------------------------------------- multiget and query

static void multiget(struct reporting *p)
{
    struct dav_writer *w = dav_writer_new("d:multistatus");

    for (const xmlNode *n = dav_first(p->report); n && !caldav_is_full(w); n = dav_next(n)) {
        const char *href = dav_text(p->v->arena, n);
        struct caldav_resource r;

        if (!dav_is(n, DAV_NS, "href"))
            continue;
        // As the client has spelt it: some look for their own spelling.
        if (caldav_resolve_href(p->v, href, &r) && r.kind == CALDAV_OBJECT)
            caldav_write_properties(w, p->v, r, href, &p->wanted);
        else
            caldav_write_missing(w, href);
    }
    caldav_multistatus(w, p->ret);
}

static void query(struct reporting *p)
{
    struct caldav_filter filter;
    const char *failed = caldav_filter_read(dav_child(p->report, CALDAV_NS, "filter"), &filter);
    struct dav_writer *w;

    if (failed) {
        caldav_refuse(403, failed, p->ret);
        return;
    }
    w = dav_writer_new("d:multistatus");
    for (size_t i = 0; i < p->v->parts->count; i++) {
        if (caldav_filter_matches(&filter, &p->v->parts->items[i]))
            write_part(p, w, &p->v->parts->items[i]);
    }
    caldav_multistatus(w, p->ret);
}

// ---------------------------------------------------------------------------------------- changes

// $1 and $2 the owner, $3 the version that the client has, $4 ours.
static const char changes_sql[] =
    "SELECT uid FROM timely.feed_object WHERE owner_kind = $1 AND owner_id = $2"
    " AND version > $3::bigint AND version <= $4::bigint ORDER BY uid COLLATE \"C\"";

static void write_change(struct reporting *p, struct dav_writer *w, const char *uid)
{
    const struct calendar_part *part = calendar_parts_find(p->v->parts, uid);
    const struct calendar_part gone = {.uid = uid};

    if (part)
        write_part(p, w, part);
    else
        caldav_write_missing(w, caldav_href(p->v, (struct caldav_resource){CALDAV_OBJECT, &gone}));
}

// The entry that says how old the calendar is comes, moves on with the day and goes without the
// store.
static bool is_stale_changed(struct reporting *p, struct caldav_known since)
{
    return !date_is(since.stale_on, p->v->body->stale_on);
}

// Whether the client takes so many at once. Nothing is divided: it may ask for all instead.
static bool within_limit(struct reporting *p, size_t count)
{
    const xmlNode *limit = dav_child(p->report, DAV_NS, "limit");
    const xmlNode *most = limit ? dav_child(limit, DAV_NS, "nresults") : NULL;

    if (!most || count <= strtoul(dav_text(p->v->arena, most), NULL, 10))
        return true;
    caldav_refuse(403, "d:number-of-matches-within-limits", p->ret);
    return false;
}

static void finish_changes(struct reporting *p, struct dav_writer *w, struct caldav_known known)
{
    dav_element(w, "d:sync-token", caldav_sync_token(p->v->arena, known));
    caldav_multistatus(w, p->ret);
}

static void sync_all(struct reporting *p)
{
    struct dav_writer *w;

    if (!within_limit(p, p->v->parts->count))
        return;
    w = dav_writer_new("d:multistatus");
    for (size_t i = 0; i < p->v->parts->count; i++)
        write_part(p, w, &p->v->parts->items[i]);
    finish_changes(p, w, caldav_known(p->v->body));
}

// What changed, where `rows` (NULL: none) are what the store knows of it.
static void write_changes(struct reporting *p, struct caldav_known since, const PGresult *rows)
{
    const int count = rows ? PQntuples(rows) : 0;
    const bool stale_changed = is_stale_changed(p, since);
    struct dav_writer *w;

    if (!within_limit(p, (size_t)count + stale_changed))
        return;
    w = dav_writer_new("d:multistatus");
    for (int i = 0; i < count; i++)
        write_change(p, w, db_text(rows, i, 0));
    if (stale_changed)
        write_change(p, w, FEED_STALE_UID);
    finish_changes(p, w, caldav_known(p->v->body));
}

static bool sync_since(struct reporting *p, struct caldav_known since, struct error *err)
{
    const struct caldav_view *v = p->v;
    const char *values[] = {v->owner_kind, v->owner_id,
                            arena_printf(v->arena, "%lld", (long long)since.version),
                            arena_printf(v->arena, "%lld", (long long)v->body->version)};
    AUTO(pgresult_done) PGresult *rows = NULL;

    if (!db_ask(p->store, changes_sql, 4, values, &rows, err))
        return false;
    write_changes(p, since, rows);
    return true;
}

static void refuse_token(struct reporting *p)
{
    caldav_refuse(403, "d:valid-sync-token", p->ret);
}

// The client has been told more by another process than this one knows yet: for now nothing is new.
static bool sync_ahead(struct reporting *p, struct caldav_known since, struct error *err)
{
    const struct caldav_view *v = p->v;
    const char *values[] = {v->owner_kind, v->owner_id,
                            arena_printf(v->arena, "%lld", (long long)since.version)};
    AUTO(pgresult_done) PGresult *rows = NULL;

    if (!db_ask(p->store,
                "SELECT FROM timely.feed_body WHERE owner_kind = $1 AND owner_id = $2"
                " AND $3::bigint BETWEEN oldest_version AND version",
                3, values, &rows, err))
        return false;
    if (PQntuples(rows) > 0)
        finish_changes(p, dav_writer_new("d:multistatus"), since);
    else
        refuse_token(p);
    return true;
}

static enum caldav_reported sync(struct reporting *p, struct error *err)
{
    const xmlNode *element = dav_child(p->report, DAV_NS, "sync-token");
    const char *token = element ? dav_text(p->v->arena, element) : "";
    const struct feed_body *body = p->v->body;
    struct caldav_known since;
    bool ok = true;

    if (!*token)
        sync_all(p);
    else if (!caldav_sync_read(token, &since) || since.version < body->oldest_version)
        refuse_token(p);
    else if (since.version == body->version)
        write_changes(p, since, NULL);
    else if (!p->store)
        return CALDAV_NEEDS_STORE;
    else
        ok = since.version < body->version ? sync_since(p, since, err) : sync_ahead(p, since, err);
    return ok ? CALDAV_REPORTED : CALDAV_STORE_FAILED;
}

enum caldav_reported caldav_report(const struct caldav_view *v, struct caldav_resource r,
                                   const xmlNode *report, struct db *store,
                                   struct http_response *ret, struct error *err)
{
    struct reporting p = {.v = v, .report = report, .store = store, .ret = ret};

    if (!caldav_wanted_read(v->arena, report, &p.wanted)) {
        caldav_refuse(403, "", ret);
        return CALDAV_REPORTED;
    }
    p.wanted.report = true;
    if (r.kind == CALDAV_CALENDAR && dav_is(report, CALDAV_NS, "calendar-multiget"))
        multiget(&p);
    else if (r.kind == CALDAV_CALENDAR && dav_is(report, CALDAV_NS, "calendar-query"))
        query(&p);
    else if (r.kind == CALDAV_CALENDAR && dav_is(report, DAV_NS, "sync-collection"))
        return sync(&p, err);
    else
        caldav_refuse(403, "d:supported-report", ret);
    return CALDAV_REPORTED;
}
