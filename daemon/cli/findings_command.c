// `timely findings`: what the evaluation found in the facts, joined with the rows that the last
// reading left aside, what invites cannot use of the bookings ahead, and the addresses from which
// mail comes back.
#include "deadlines.h"
#include "people.h"
#include "table.h"

#include <stdlib.h>
#include <string.h>

#define PARTS 5 // person, code, origin, ref, text

struct found {
    const char *parts[PARTS];
};

struct findings {
    struct session *session;
    struct found *items;
    size_t count, room;
};

static void add(struct findings *f, const char *const *parts)
{
    struct arena *a = f->session->arena;
    struct found found;

    for (int i = 0; i < PARTS; i++)
        found.parts[i] = arena_strdup(a, parts[i]);
    f->items = arena_grow(a, f->items, sizeof *f->items, f->count, &f->room);
    f->items[f->count++] = found;
}

static bool take_person(void *arg, struct arena *a, const struct timeline *t,
                        const struct evaluation *e, struct error *err)
{
    struct findings *f = arg;

    (void)a;
    (void)err;
    for (size_t i = 0; i < e->finding_count; i++) {
        const struct finding *n = &e->findings[i];
        const char *parts[] = {t->person_id, n->code, n->origin, n->ref, n->text};

        add(f, parts);
    }
    return true;
}

static void add_rows(struct findings *f, const PGresult *r)
{
    for (int i = 0; i < PQntuples(r); i++) {
        const char *parts[PARTS];

        for (int k = 0; k < PARTS; k++)
            parts[k] = db_text(r, i, k);
        add(f, parts);
    }
}

static bool take_stored(struct findings *f, const char *person, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;
    const char *values[] = {person};

    if (!db_ask(f->session->store,
                "SELECT person_id, code, origin, ref, text FROM timely.finding"
                " WHERE resolved_at IS NULL AND ($1::text IS NULL OR person_id = $1)",
                1, values, &r, err))
        return false;
    add_rows(f, r);
    return true;
}

// Wherever a booking comes from, a file or the case system; of a meeting the last word. The
// directory may change without it.
static bool take_bookings(struct findings *f, const char *person, struct error *err)
{
#define BOOKING                                                                                    \
    "person_id, kind, origin, ref, meeting, at, recorded_at, scheduled_at, ends_at, url, who,"     \
    " attendees"
    AUTO(pgresult_done) PGresult *r = NULL;
    const char *values[] = {person, date_iso(f->session->arena, session_today(f->session))};

    if (!db_ask(
            f->session->store,
            "SELECT b.person_id, 'unusable-booking', b.origin, b.ref, u.name || ' ' || u.what"
            " FROM (SELECT DISTINCT ON (person_id, coalesce(meeting, ref)) * FROM (SELECT " BOOKING
            " FROM timely.fact UNION ALL SELECT " BOOKING " FROM timely.local_fact) AS f"
            " WHERE kind IN ('meeting-booked', 'meeting-rearranged', 'meeting-cancelled')"
            " ORDER BY person_id, coalesce(meeting, ref), at DESC, recorded_at DESC NULLS LAST)"
            " AS b CROSS JOIN LATERAL"
            " timely.booking_faults(scheduled_at, ends_at, url, who, attendees) AS u"
            " WHERE b.scheduled_at >= $2::date AND ($1::text IS NULL OR b.person_id = $1)",
            2, values, &r, err))
        return false;
#undef BOOKING
    add_rows(f, r);
    return true;
}

// Addresses from which mail comes back are nobody's of the children: shown unless one is asked for.
static bool take_bounced(struct findings *f, const char *person, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;
    const char *values[] = {session_now(f->session)};

    if (person)
        return true;
    if (!db_ask(f->session->store,
                "SELECT NULL, 'bounced-address', 'directory', staff_id, format('mail to this"
                " address has come back since %s (%s %s): correct it in the directory, or have the"
                " mailbox put right', since::date, status, diagnostic)"
                " FROM timely.bounced($1::timestamptz)",
                1, values, &r, err))
        return false;
    add_rows(f, r);
    return true;
}

static int in_order(const void *pa, const void *pb)
{
    const struct found *a = pa, *b = pb;
    int order = 0;

    for (int i = 0; i < PARTS && order == 0; i++)
        order = strcmp(a->parts[i] ? a->parts[i] : "", b->parts[i] ? b->parts[i] : "");
    return order;
}

// What a daemon stored is for the most part what was just found again.
static size_t drop_repeated(struct found *items, size_t count)
{
    size_t kept = 0;

    if (count)
        qsort(items, count, sizeof *items, in_order);
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || in_order(&items[kept - 1], &items[i]) != 0)
            items[kept++] = items[i];
    return kept;
}

enum status run_findings(struct session *s, const struct arguments *g, struct error *err)
{
    static const struct column columns[] = {{"person_id", "Person", CELL_TEXT, 20},
                                            {"code", "Finding", CELL_TEXT, 0},
                                            {"origin", "Record", CELL_TEXT, 0},
                                            {"ref", "", CELL_TEXT, 40},
                                            {"text", "What", CELL_TEXT, 160}};
    struct findings f = {.session = s};
    struct people_question all = {.person = argument(g, "person"), .each = take_person, .arg = &f};
    struct table *t;

    if (!people_begin(s, err))
        return status_of(err);
    all.as_at = session_today(s);
    if (!people_evaluate(s, &all, err) || !take_stored(&f, all.person, err) ||
        !take_bookings(&f, all.person, err) || !take_bounced(&f, all.person, err))
        return status_of(err);
    f.count = drop_repeated(f.items, f.count);
    t = table_begin(s, columns, PARTS);
    for (size_t i = 0; i < f.count; i++)
        table_row(t, f.items[i].parts);
    table_end(t);
    if (s->format == FORMAT_PEOPLE)
        text_addf(&s->out, f.count ? "\n%zu finding%s.\n" : "No findings.\n", f.count,
                  f.count == 1 ? "" : "s");
    return STATUS_DONE;
}
