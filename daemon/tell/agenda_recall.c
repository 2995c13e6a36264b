// What the people of a round have had and were told, read from the outbox and from what was said.
#include "agenda_recall.h"

#include "agenda_cover.h"
#include "agenda_known.h"
#include "agenda_mail.h"
#include "agenda_moved.h"
#include "agenda_office.h"
#include "zone.h"

#include <stdlib.h>
#include <string.h>

#define KEYS_EACH 14 // from the Tuesday of a week to the Sunday of the next, and a list

struct recall {
    struct arena *arena;
    struct db *store;
    const struct recall_input *in;
    struct recollection *known;
};

// The keys of what the recipients may have had since last week's list: a digest a day, and the
// list.
static const char *digest_keys(const struct recall *r, struct date today)
{
    struct date monday = week_monday(today), since = agenda_day_after_list(*r->in->library, today);
    const struct agenda_decision *d = r->in->decision;
    const char **keys = ARENA_ARRAY(r->arena, const char *, KEYS_EACH * d->digest_to_count + 1);
    size_t count = 0;

    for (size_t i = 0; i < d->digest_to_count; i++) {
        keys[count++] = agenda_weekly_key(r->arena, d->digest_to[i], monday);
        for (struct date day = since; date_cmp(day, today) <= 0; day = date_add_days(day, 1))
            keys[count++] = agenda_digest_key(r->arena, d->digest_to[i], day);
    }
    return db_text_array(r->arena, keys, count);
}

// Else every mail waits, and none of them for a mail server.
static bool is_sending(const struct recall *r)
{
    return r->in->config->delivery != DELIVERY_OFF;
}

static bool read_had(struct recall *r, struct error *err)
{
    AUTO(pgresult_done) PGresult *rows = NULL;
    struct date today = london_from_instant(r->in->now).on;
    const char *values[] = {digest_keys(r, today), date_iso(r->arena, today),
                            date_iso(r->arena, week_monday(today))};

    if (!db_ask(r->store,
                "SELECT coalesce(staff_id, ''),"
                " bool_or((put_at AT TIME ZONE 'Europe/London')::date = $2::date),"
                " count(*) FILTER (WHERE (put_at AT TIME ZONE 'Europe/London')::date >= $3::date),"
                " bool_or(kind = 'weekly' AND state = 'due' AND NOT maybe_repeat)"
                " FROM timely.outbox WHERE dedupe = ANY ($1::text[]) GROUP BY 1",
                3, values, &rows, err))
        return false;
    r->known->had_count = (size_t)PQntuples(rows);
    r->known->had = ARENA_ARRAY(r->arena, struct had, r->known->had_count + 1);
    for (int i = 0; i < PQntuples(rows); i++)
        r->known->had[i] =
            (struct had){arena_strdup(r->arena, db_text(rows, i, 0)), db_bool(rows, i, 1),
                         (size_t)db_int(rows, i, 2), is_sending(r) && db_bool(rows, i, 3)};
    return true;
}

static int by_deadline(const void *key, const void *element)
{
    long long a = *(const long long *)key, b = ((const struct owed *)element)->deadline_id;

    return (a > b) - (a < b);
}

// Lines of earlier digests whose deadlines still stand, with the rung that was said last: what the
// recipients were told, and what others were told as the worker of a child who is theirs. With
// each: who was told that, when, whether they know by now that the child is another one's, and
// whether no mail to them with it, or about it since, has left.
static const char told_sql[] =
    "WITH said AS (SELECT n.*, p.worker_id, p.worker_since FROM timely.said n"
    " JOIN timely.deadline d USING (deadline_id) JOIN timely.outbox o USING (message_id)"
    " LEFT JOIN timely.person p USING (person_id)"
    " WHERE (n.staff_id = ANY ($1::text[]) OR p.worker_id = ANY ($1::text[]))"
    " AND d.state = 'open' AND o.kind IN ('digest', 'weekly',"
    " 'alarm'))"
    " (SELECT DISTINCT ON (staff_id, deadline_id) staff_id, deadline_id, rung, staff_id,"
    " (extract(epoch FROM said_at) * 1000000)::bigint, EXISTS (SELECT FROM timely.said g"
    " WHERE g.deadline_id = s.deadline_id AND g.staff_id = s.staff_id"
    " AND g.stands"
    " AND g.rung = 'former-worker, since ' || s.worker_since),"
    " NOT EXISTS (SELECT FROM timely.message_deadline m JOIN timely.outbox l USING (message_id)"
    " WHERE m.deadline_id = s.deadline_id AND l.staff_id = s.staff_id"
    " AND l.message_id >= s.message_id"
    " AND (l.maybe_repeat OR l.state NOT IN ('due', 'superseded')))"
    " FROM said s WHERE staff_id = ANY ($1::text[]) AND rung NOT LIKE 'former-worker, %'"
    " ORDER BY staff_id, deadline_id, said_at DESC, rung) UNION ALL "
    "(SELECT DISTINCT ON (deadline_id) worker_id, deadline_id, rung, staff_id,"
    " (extract(epoch FROM said_at) * 1000000)::bigint, false, false"
    " FROM said s WHERE worker_id = ANY ($1::text[]) AND rung LIKE 'social-worker, %'"
    " AND NOT EXISTS (SELECT FROM said g WHERE g.deadline_id = s.deadline_id"
    " AND g.staff_id = s.worker_id) ORDER BY deadline_id, said_at DESC, rung)";

// False for what somebody else was told, but for what came in the worker's place while they were
// away. What came to the worker before them they are told by a rung (agenda_moved.h).
static bool told_row(const struct recall *r, const PGresult *rows, int i, const struct owed *o,
                     struct told *ret)
{
    const char *was_told = db_text(rows, i, 3), *rung = db_text(rows, i, 2);
    bool own = strcmp(db_text(rows, i, 0), was_told) == 0, knows = db_bool(rows, i, 5);
    instant said_at = db_int(rows, i, 4);
    bool former = agenda_was_for_former(o, was_told, rung, said_at);

    *ret = (struct told){
        .staff_id = arena_strdup(r->arena, db_text(rows, i, 0)),
        .owed = o,
        .rung = arena_strdup(r->arena, rung),
        .said_at = said_at,
        .moved = former && own && !knows,
        .unread = is_sending(r) && db_bool(rows, i, 6),
        .to_another = !own,
    };
    return own || (!former && agenda_was_away(r->in->directory, ret->staff_id, said_at));
}

static void note_told(struct recall *r, const PGresult *rows, const struct owed *owed,
                      size_t owed_count)
{
    struct told *told = ARENA_ARRAY(r->arena, struct told, PQntuples(rows) + 1);

    for (int i = 0; i < PQntuples(rows); i++) {
        long long id = db_int(rows, i, 1);
        const struct owed *o = bsearch(&id, owed, owed_count, sizeof *owed, by_deadline);

        if (o && told_row(r, rows, i, o, &told[r->known->told_count]))
            r->known->told_count++;
    }
    r->known->told = told;
}

// Of what is to be said, whether its reader knows of it.
static bool read_known_lines(struct recall *r, struct error *err)
{
    const struct plan *plan = &r->in->decision->plan;
    struct date today = london_from_instant(r->in->now).on;
    const char **ids = ARENA_ARRAY(r->arena, const char *, plan->count + r->known->told_count + 1);
    size_t count = 0;

    for (size_t i = 0; i < plan->count; i++)
        ids[count++] = arena_printf(r->arena, "%lld", plan->lines[i].owed->deadline_id);
    for (size_t i = 0; i < r->known->told_count; i++)
        if (agenda_asks_known(&r->known->told[i], today))
            ids[count++] = arena_printf(r->arena, "%lld", r->known->told[i].owed->deadline_id);
    return known_lines_read(r->arena, r->store, db_text_array(r->arena, ids, count), is_sending(r),
                            &r->known->lines, err);
}

static bool read_told(struct recall *r, struct error *err)
{
    AUTO(pgresult_done) PGresult *rows = NULL;
    const char *array =
        db_text_array(r->arena, r->in->decision->digest_to, r->in->decision->digest_to_count);
    const char **ids;
    struct owed *owed;
    size_t owed_count;

    if (!db_ask(r->store, told_sql, 1, &array, &rows, err))
        return false;
    ids = ARENA_ARRAY(r->arena, const char *, PQntuples(rows) + 1);
    for (int i = 0; i < PQntuples(rows); i++)
        ids[i] = db_text(rows, i, 1);
    if (!owed_read(r->arena, r->store, "d.deadline_id = ANY ($1::bigint[])",
                   db_text_array(r->arena, ids, (size_t)PQntuples(rows)), &owed, &owed_count, err))
        return false;
    note_told(r, rows, owed, owed_count);
    return true;
}

bool agenda_recall(struct arena *a, struct db *store, const struct recall_input *in,
                   struct recollection *known, struct error *err)
{
    struct recall r = {a, store, in, known};

    if (in->decision->digest_to_count && (!read_had(&r, err) || !read_told(&r, err)))
        return false;
    return in->decision->plan.count == 0 || read_known_lines(&r, err);
}
