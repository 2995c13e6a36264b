// Reading persons, deadlines and calendar objects from the store; writing decisions through
// record_persons.
#include "book.h"

#include "columns.h"
#include "document.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

const char *instant_iso(struct arena *a, instant t)
{
    time_t seconds = (time_t)(t >= 0 ? t / 1000000 : -((-t + 999999) / 1000000));
    struct tm tm;

    gmtime_r(&seconds, &tm);
    return arena_printf(a, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", tm.tm_year + 1900, tm.tm_mon + 1,
                        tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
                        (int)(t - (instant)seconds * 1000000));
}

static const char *text_at(struct arena *a, const PGresult *r, int row, int column)
{
    return arena_strdup(a, db_text(r, row, column));
}

// ------------------------------------------------------------------------------------ persons

static int by_id(const void *a, const void *b)
{
    return strcmp(((const struct stored_person *)a)->person_id,
                  ((const struct stored_person *)b)->person_id);
}

static struct stored_person *person_in(struct book *b, const char *id)
{
    struct stored_person key = {.person_id = id};

    return bsearch(&key, b->persons, b->count, sizeof *b->persons, by_id);
}

static bool read_persons(struct arena *a, struct db *store, const char *ids, struct book *b,
                         struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;

    if (!db_ask(store,
                "SELECT person_id, worker_id, team_id, case_ref, initials, display_name, family, "
                "restricted, "
                "encode(seen, 'hex') FROM timely.person WHERE person_id = ANY ($1::text[])",
                1, &ids, &r, err))
        return false;
    for (int i = 0; i < PQntuples(r); i++) {
        struct stored_person *p = person_in(b, db_text(r, i, 0));

        if (!p)
            continue;
        p->known = true;
        p->worker_id = text_at(a, r, i, 1);
        p->team_id = text_at(a, r, i, 2);
        p->case_ref = text_at(a, r, i, 3);
        p->initials = text_at(a, r, i, 4);
        p->display_name = text_at(a, r, i, 5);
        p->family = text_at(a, r, i, 6);
        p->restricted = db_bool(r, i, 7);
        p->seen_hex = text_at(a, r, i, 8);
    }
    return true;
}

static struct stored_deadline deadline_at(struct arena *a, const PGresult *r, int i)
{
    struct stored_deadline d = {.key = {.deadline_id = db_int(r, i, 0),
                                        .timescale = text_at(a, r, i, 2),
                                        .subject_ref = text_at(a, r, i, 3),
                                        .trigger_on = column_date(r, i, 4),
                                        .due_on = column_date(r, i, 5)},
                                .person_id = text_at(a, r, i, 1),
                                .due_at = column_moment(r, i, 6),
                                .state = text_at(a, r, i, 7),
                                .met_on = column_date(r, i, 8),
                                .in_timescale = db_bool(r, i, 9),
                                .why = text_at(a, r, i, 10),
                                .booked = column_meeting(r, i, 11),
                                .booked_group = text_at(a, r, i, 12),
                                .uid = text_at(a, r, i, 13),
                                .sequence = (int)db_int(r, i, 14),
                                .provisional = db_bool(r, i, 15),
                                .at_first_start = db_bool(r, i, 16),
                                .object_uid = text_at(a, r, i, 17),
                                .chaired_by = text_at(a, r, i, 18)};

    return d;
}

static bool read_deadlines(struct arena *a, struct db *store, const char *ids, struct book *b,
                           struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;
    struct stored_deadline *all;
    int rows;

    if (!db_ask(store,
                "SELECT d.deadline_id, d.person_id, d.timescale, d.subject_ref, d.trigger_on, "
                "d.due_on, d.due_at, "
                "d.state, d.met_on, d.in_timescale, d.why, d.booked_at, d.booked_group, d.uid, "
                "d.sequence, "
                "d.provisional, d.at_first_start, o.uid, d.chaired_by "
                "FROM timely.deadline d LEFT JOIN timely.object_deadline od USING (deadline_id) "
                "LEFT JOIN timely.calendar_object o USING (object_id) "
                "WHERE d.person_id = ANY ($1::text[]) ORDER BY "
                "d.person_id, d.state = 'withdrawn', d.deadline_id",
                1, &ids, &r, err))
        return false;
    rows = PQntuples(r);
    all = ARENA_ARRAY(a, struct stored_deadline, rows + 1);
    for (int i = 0; i < rows; i++) {
        struct stored_person *p;

        all[i] = deadline_at(a, r, i);
        p = person_in(b, all[i].person_id);
        if (!p)
            continue;
        if (same_text(all[i].state, "withdrawn")) {
            if (p->withdrawn_count++ == 0)
                p->withdrawn = &all[i];
        } else if (p->deadline_count++ == 0) {
            p->deadlines = &all[i];
        }
    }
    return true;
}

// ------------------------------------------------------------------------------------ objects

static bool read_objects(struct arena *a, struct db *store, const char *ids, const char *meetings,
                         struct book *b, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;
    const char *values[] = {ids, meetings};

    if (!db_ask(store,
                "SELECT o.uid, o.kind, o.status, o.timescale, o.meeting, o.content_hash, o.place, "
                "o.url, o.sequence, "
                "o.starts_on, o.starts_at, o.ends_at FROM timely.calendar_object o WHERE "
                "o.object_id IN ("
                "SELECT od.object_id FROM timely.object_deadline od JOIN timely.deadline d USING "
                "(deadline_id) WHERE d.person_id = ANY ($1::text[]) "
                "UNION SELECT c.object_id FROM timely.deadline d, generate_series(0, 3) AS n, "
                "timely.calendar_object c WHERE d.person_id = ANY ($1::text[]) "
                "AND c.uid = repeat('" BOOK_SECOND_UID "', n) || d.uid "
                "UNION SELECT m.object_id FROM timely.calendar_object m "
                "WHERE m.meeting = ANY ($2::text[]) AND m.status = 'live') "
                "ORDER BY o.object_id",
                2, values, &r, err))
        return false;
    b->object_count = (size_t)PQntuples(r);
    b->objects = ARENA_ARRAY(a, struct stored_object, b->object_count + 1);
    for (int i = 0; i < (int)b->object_count; i++)
        b->objects[i] = (struct stored_object){.uid = text_at(a, r, i, 0),
                                               .kind = text_at(a, r, i, 1),
                                               .status = text_at(a, r, i, 2),
                                               .timescale = text_at(a, r, i, 3),
                                               .meeting = text_at(a, r, i, 4),
                                               .content_hash = text_at(a, r, i, 5),
                                               .place = text_at(a, r, i, 6),
                                               .url = text_at(a, r, i, 7),
                                               .sequence = (int)db_int(r, i, 8),
                                               .starts_on = column_date(r, i, 9),
                                               .starts = column_meeting(r, i, 10),
                                               .ends = column_moment(r, i, 11)};
    return true;
}

struct stored_object *book_object(const struct book *b, const char *uid)
{
    for (size_t i = 0; uid && i < b->object_count; i++)
        if (strcmp(b->objects[i].uid, uid) == 0)
            return &b->objects[i];
    return NULL;
}

struct stored_object *book_meeting(const struct book *b, const char *meeting)
{
    for (size_t i = 0; meeting && i < b->object_count; i++)
        if (b->objects[i].meeting && strcmp(b->objects[i].meeting, meeting) == 0 &&
            strcmp(b->objects[i].status, "live") == 0)
            return &b->objects[i];
    return NULL;
}

// Fills one list of every object from rows of (uid, …) that are ordered by uid.
static bool read_holders(struct arena *a, struct db *store, const char *uids, struct book *b,
                         struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;
    struct stored_holder *all;

    if (!db_ask(store,
                "SELECT o.uid, h.staff_id, h.email, h.children, "
                "h.sequence_said > coalesce(h.sequence_sent, -1), s.kind, s.children, s.starts_on, "
                "s.starts_at, s.ends_at FROM timely.invite_holder h JOIN timely.calendar_object o "
                "USING (object_id) CROSS JOIN jsonb_to_record(coalesce(h.shown, '{}')) AS s (kind "
                "text, children text, starts_on date, starts_at timestamp, ends_at timestamp) "
                "WHERE o.uid = ANY ($1::text[]) ORDER BY o.uid, h.staff_id",
                1, &uids, &r, err))
        return false;
    all = ARENA_ARRAY(a, struct stored_holder, PQntuples(r) + 1);
    for (int i = 0; i < PQntuples(r); i++) {
        struct stored_object *o = book_object(b, db_text(r, i, 0));

        all[i] = (struct stored_holder){
            .staff_id = text_at(a, r, i, 1),
            .email = text_at(a, r, i, 2),
            .children = text_at(a, r, i, 3),
            .waiting = db_bool(r, i, 4),
            .shown = {text_at(a, r, i, 5), text_at(a, r, i, 6), column_date(r, i, 7),
                      column_meeting(r, i, 8), column_moment(r, i, 9)},
        };
        if (o->holder_count++ == 0)
            o->holders = &all[i];
    }
    return true;
}

static bool read_served(struct arena *a, struct db *store, const char *uids, struct book *b,
                        struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;
    struct served_deadline *all;

    if (!db_ask(store,
                "SELECT o.uid, d.uid, d.person_id, p.worker_id, "
                "coalesce(nullif(p.case_ref, ''), d.person_id), "
                "CASE WHEN NOT p.restricted THEN nullif(p.initials, '') END, od.named, od.said, "
                "d.due_on, d.derivation FROM timely.object_deadline od "
                "JOIN timely.calendar_object o USING (object_id) JOIN timely.deadline d USING "
                "(deadline_id) "
                "LEFT JOIN timely.person p ON p.person_id = d.person_id "
                "WHERE o.uid = ANY ($1::text[]) AND d.state = 'open' ORDER BY o.uid, d.deadline_id",
                1, &uids, &r, err))
        return false;
    all = ARENA_ARRAY(a, struct served_deadline, PQntuples(r) + 1);
    for (int i = 0; i < PQntuples(r); i++) {
        struct stored_object *o = book_object(b, db_text(r, i, 0));

        all[i] = (struct served_deadline){
            text_at(a, r, i, 1), text_at(a, r, i, 2),  text_at(a, r, i, 3),
            text_at(a, r, i, 4), text_at(a, r, i, 5),  text_at(a, r, i, 6),
            text_at(a, r, i, 7), column_date(r, i, 8), text_at(a, r, i, 9)};
        if (o->serve_count++ == 0)
            o->serves = &all[i];
    }
    return true;
}

bool book_read(struct arena *a, struct db *store, const char *const *ids, size_t count,
               const char *const *meetings, size_t meeting_count, struct book *ret,
               struct error *err)
{
    struct book b = {.count = count};
    const char *id_array = db_text_array(a, ids, count), **uids;

    b.persons = ARENA_ARRAY(a, struct stored_person, count + 1);
    for (size_t i = 0; i < count; i++)
        b.persons[i].person_id = arena_strdup(a, ids[i]);
    qsort(b.persons, count, sizeof *b.persons, by_id);
    if (!read_persons(a, store, id_array, &b, err) ||
        !read_deadlines(a, store, id_array, &b, err) ||
        !read_objects(a, store, id_array, db_text_array(a, meetings, meeting_count), &b, err))
        return false;
    uids = ARENA_ARRAY(a, const char *, b.object_count + 1);
    for (size_t i = 0; i < b.object_count; i++)
        uids[i] = b.objects[i].uid;
    if (!read_holders(a, store, db_text_array(a, uids, b.object_count), &b, err) ||
        !read_served(a, store, db_text_array(a, uids, b.object_count), &b, err))
        return false;
    *ret = b;
    return true;
}

// ------------------------------------------------------------------------------------ sums, counts

struct seen_reader {
    bool (*person)(void *arg, const char *id, const unsigned char *seen, size_t length,
                   struct error *err);
    void *arg;
};

static bool seen_chunk(void *arg, const char *chunk, size_t chunk_length, struct error *err)
{
    struct seen_reader *s = arg;
    const char *at = chunk, *end = chunk + chunk_length, *data[2];
    int length[2], count;

    while ((count = copy_tuple(&at, end, data, length, 2)) == 2) {
        char id[256];

        if (length[0] < 0 || length[0] >= (int)sizeof id)
            return fail(err, FAULT_INPUT,
                        "timely.person has a key of %d bytes; at most 255 are expected", length[0]);
        memcpy(id, data[0], (size_t)length[0]);
        id[length[0]] = '\0';
        if (!s->person(s->arg, id, (const unsigned char *)data[1], (size_t)length[1], err))
            return false;
    }
    return count == 0 || fail(err, FAULT_INPUT, "timely.person could not be read");
}

bool book_each_seen(struct db *store, const char *const *ids, size_t count,
                    bool (*person)(void *arg, const char *id, const unsigned char *seen,
                                   size_t length, struct error *err),
                    void *arg, struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct seen_reader s = {person, arg};
    const char *where = "";

    if (ids) {
        const char *array = db_text_array(a, ids, count);
        char *quoted = PQescapeLiteral(db_conn(store), array, strlen(array));

        where = arena_printf(a, "WHERE person_id = ANY (%s::text[])", quoted);
        PQfreemem(quoted);
    }
    return db_copy_out(
        store,
        arena_printf(
            a, "COPY (SELECT person_id, seen FROM timely.person %s) TO STDOUT (FORMAT binary)",
            where),
        seen_chunk, &s, err);
}

bool book_open_counts(struct arena *a, struct db *store, struct open_count **ret, size_t *ret_count,
                      struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;
    struct open_count *counts;

    if (!db_ask(store,
                "SELECT timescale, count(*) FROM timely.deadline WHERE state = 'open' GROUP BY "
                "timescale",
                0, NULL, &r, err))
        return false;
    counts = ARENA_ARRAY(a, struct open_count, PQntuples(r) + 1);
    for (int i = 0; i < PQntuples(r); i++)
        counts[i] = (struct open_count){text_at(a, r, i, 0), db_int(r, i, 1)};
    *ret = counts;
    *ret_count = (size_t)PQntuples(r);
    return true;
}

bool book_record(struct db *store, json_t *docs, struct error *err)
{
    return document_ask(store, "SELECT timely.record_persons($1::jsonb)", docs, NULL, err);
}

bool book_state_read(struct arena *a, struct db *store, struct book_state *ret, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;

    if (!db_ask(store,
                "SELECT real_anchor_us, business_anchor_us, rules_version, reconciled_on, "
                "first_started_at IS NOT NULL, "
                "(extract(epoch FROM first_started_at) * 1000000)::bigint FROM timely.state",
                0, NULL, &r, err))
        return false;
    if (PQntuples(r) != 1)
        return fail(err, FAULT_INPUT, "timely.state has no row: the store is not whole");
    *ret = (struct book_state){.clock = {db_int(r, 0, 0), db_int(r, 0, 1)},
                               .rules_version = text_at(a, r, 0, 2),
                               .reconciled_on = column_date(r, 0, 3),
                               .started = db_bool(r, 0, 4),
                               .first_started_at = db_int(r, 0, 5)};
    return true;
}
