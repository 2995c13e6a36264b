// Reading what a feed shows (feed_items.h).
#include "feed_items.h"

#include "book.h"
#include "columns.h"
#include "ladder.h"
#include "text.h"
#include "zone.h"

#include <string.h>

// $1 owner's id, $2 today, $3 now, $4 timescales, $5 the first day of what is done. An object that
// was cancelled no longer serves a deadline; it is known by the UID that it took from one.
static const char items_sql[] =
    "SELECT d.deadline_id, d.state, d.timescale, d.derivation, d.uid, d.booked_group, p.person_id,"
    " p.case_ref, p.restricted, d.due_on, d.book_by, d.met_on, d.due_at, d.booked_at,"
    " d.provisional, d.in_timescale, d.sequence,"
    " (extract(epoch FROM d.changed_at) * 1000000)::bigint, coalesce(o.uid, c.uid), o.place, o.url,"
    " greatest(o.sequence, c.sequence, d.sequence),"
    " (extract(epoch FROM coalesce(o.changed_at, c.changed_at)) * 1000000)::bigint,"
    " coalesce(o.starts_at, c.starts_at), coalesce(o.ends_at, c.ends_at), p.family,"
    " p.initials, p.display_name, d.not_counted, chair.name, officer.name, d.met_ref"
    " FROM timely.person p JOIN timely.deadline d USING (person_id)"
    " LEFT JOIN timely.object_deadline s USING (deadline_id)"
    " LEFT JOIN timely.calendar_object o ON o.object_id = s.object_id AND o.status = 'live'"
    " LEFT JOIN timely.calendar_object c ON c.uid = d.uid AND c.status = 'cancelled'"
    " AND d.state IN ('ended', 'withdrawn')"
    " AND c.changed_at >= $3::timestamptz - interval '30 days'"
    " LEFT JOIN timely.staff chair ON chair.professional_id = p.chair_id"
    " LEFT JOIN timely.staff officer ON officer.professional_id = p.iro_id"
    " WHERE $1::text IS NOT NULL AND ("; // not every kind asks for its owner
static const char limits_sql[] =
    ") AND d.timescale = ANY ($4::text[])"
    " AND ((d.state = 'open' AND d.due_on <= $2::date + interval '12 months')"
    " OR (d.state = 'met' AND d.met_on >= $5::date) OR c.uid IS NOT NULL)"
    " ORDER BY d.deadline_id";

static enum feed_state state_of(const char *word)
{
    if (strcmp(word, "open") == 0)
        return FEED_OPEN;
    return strcmp(word, "met") == 0 ? FEED_MET : FEED_CANCELLED;
}

static struct feed_item item_row(struct arena *a, const struct library *l, const PGresult *r, int i)
{
    int t = library_timescale(l, db_text(r, i, 2));
    bool chairs = t >= 0 && ladder_speaks_to(l, &l->timescales[t], NULL, "chair");

#define TEXT(column) arena_strdup(a, db_text(r, i, column))
    return (struct feed_item){.deadline_id = db_int(r, i, 0),
                              .state = state_of(db_text(r, i, 1)),
                              .timescale = TEXT(2),
                              .derivation = TEXT(3),
                              .uid = TEXT(4),
                              .booked_group = TEXT(5),
                              .child = {.person_id = TEXT(6),
                                        .case_ref = TEXT(7),
                                        .initials = TEXT(26),
                                        .display_name = TEXT(27),
                                        .restricted = db_bool(r, i, 8)},
                              .due_on = column_date(r, i, 9),
                              .book_by = column_date(r, i, 10),
                              .met_on = column_date(r, i, 11),
                              .due_at = column_moment(r, i, 12),
                              .booked = column_meeting(r, i, 13),
                              .provisional = db_bool(r, i, 14),
                              .in_timescale = db_bool(r, i, 15),
                              .sequence = (int)db_int(r, i, 16),
                              .changed_at = db_int(r, i, 17),
                              .object_uid = TEXT(18),
                              .place = TEXT(19),
                              .url = TEXT(20),
                              .object_sequence = (int)db_int(r, i, 21),
                              .object_changed_at = db_int(r, i, 22),
                              .starts = column_meeting(r, i, 23),
                              .ends = column_moment(r, i, 24),
                              .family = TEXT(25),
                              .not_counted = TEXT(28),
                              .chair = chairs ? TEXT(29) : TEXT(30),
                              .met_ref = TEXT(31)};
#undef TEXT
}

static bool read_owner(struct arena *a, struct db *store, const struct library *l,
                       const struct feed_kind *k, const char *id, const char **ret,
                       struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;

    *ret = k->naming ? id : naming_type(a, l, id); // of who is in the directory no longer
    if (!k->naming)
        return true;
    if (!db_ask(store, k->naming, 1, &id, &r, err))
        return false;
    if (PQntuples(r) > 0)
        *ret = arena_strdup(a, db_text(r, 0, 0));
    return true;
}

bool feed_items_read(struct arena *a, struct db *store, const struct library *l, const char *kind,
                     const char *id, instant now, struct feed_items *ret, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;
    const struct feed_kind *k = feed_kind_named(kind);

    if (!k)
        return fail(err, FAULT_INPUT, "\"%s\": there are no such feeds", kind);

    struct date today = london_from_instant(now).on;
    const char *values[] = {id, date_iso(a, today), instant_iso(a, now),
                            feed_kind_timescales(a, k, l, id),
                            date_iso(a, date_add_days(today, -FEED_DAYS_BACK))};

    *ret = (struct feed_items){.kind = k};
    if (!read_owner(a, store, l, k, id, &ret->owner, err) ||
        !db_ask(store, arena_printf(a, "%s%s%s", items_sql, k->whose, limits_sql), 5, values, &r,
                err))
        return false;
    ret->count = (size_t)PQntuples(r);
    ret->items = ARENA_ARRAY(a, struct feed_item, ret->count + 1);
    for (size_t i = 0; i < ret->count; i++)
        ret->items[i] = item_row(a, l, r, (int)i);
    return true;
}
