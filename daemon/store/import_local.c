// The directory and local events from CSV files into the store.
#include "import_local.h"
#include "book.h"
#include "library.h"

#include <stdlib.h>
#include <string.h>

// The directory

// Rows that are above themselves: `kind` by `above`. Refuses the file at the first of them.
static bool refuse_circle(struct import_file *f, const char *kind, const char *above,
                          const char *what, struct error *err)
{
    AUTO(text_done) struct text sql = {0};
    AUTO(pgresult_done) PGresult *r = NULL;

    text_addf(&sql,
              "WITH RECURSIVE up (id, above) AS ("
              " SELECT id, %s FROM pg_temp.stage WHERE kind = '%s' AND %s IS NOT NULL"
              " UNION SELECT up.id, s.%s FROM up JOIN pg_temp.stage AS s"
              " ON s.kind = '%s' AND s.id = up.above WHERE s.%s IS NOT NULL)"
              " SELECT min(s.line), string_agg(s.id, ', ' ORDER BY s.line)"
              " FROM up JOIN pg_temp.stage AS s ON s.kind = '%s' AND s.id = up.id"
              " WHERE up.id = up.above HAVING count(*) > 0",
              above, kind, above, above, kind, above, kind);
    if (!db_ask(f->db, text_str(&sql), 0, NULL, &r, err))
        return false;
    if (PQntuples(r) == 0)
        return true;
    return fail(err, FAULT_INPUT, "%s:%lld: %s (%s); the file was refused", f->name,
                db_int(r, 0, 0), what, PQgetvalue(r, 0, 1));
}

static bool check_directory(struct import_file *f, struct error *err)
{
    static const char wrong_kind[] =
        "SELECT line, 'is neither person nor team', 'kind' FROM pg_temp.stage"
        " WHERE kind NOT IN ('person', 'team')";
    // The address goes into mail headers and calendars: what is not plainly one address stays out,
    // and nothing is taken that mail_address_valid would not take.
    static const char no_address[] =
        "SELECT line, 'is not one mail address and will not be used', 'email' FROM pg_temp.stage"
        " WHERE NOT pg_temp.address_ok(email)";
    static const char nobody[] =
        "SELECT s.line, 'names nobody in the directory', v.name FROM pg_temp.stage AS s"
        " CROSS JOIN LATERAL (VALUES ('manager_id', 'person', s.manager_id),"
        " ('deputy_id', 'person', s.deputy_id), ('team_id', 'team', s.team_id)) AS v (name, kind, "
        "id)"
        " LEFT JOIN pg_temp.stage AS o ON o.kind = v.kind AND o.id = v.id"
        " WHERE v.id IS NOT NULL AND o.id IS NULL";
    static const char address_ok[] =
        "CREATE OR REPLACE FUNCTION pg_temp.address_ok(t text) RETURNS boolean LANGUAGE sql "
        "IMMUTABLE AS"
        " $$ SELECT t IS NULL OR length(t) <= 254 AND length(split_part(t, '@', 1)) <= 64"
        " AND t ~ '^[A-Za-z0-9!#$%&''*+/=?^_`{|}~-]+(\\.[A-Za-z0-9!#$%&''*+/=?^_`{|}~-]+)*"
        "@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\\.)+[A-Za-z]{2,63}$' $$";

    return import_check_rows(f, wrong_kind, err) &&
           refuse_circle(f, "team", "team_id", "these teams stand above each other in a circle",
                         err) &&
           refuse_circle(f, "person", "manager_id",
                         "these people are each other's managers, in a circle", err) &&
           db_run(f->db, address_ok, err) && import_report_rows(f, no_address, err) &&
           import_report_rows(f, nobody, err);
}

static bool store_directory(struct import_file *f, const void *arg, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;
    const char *now = instant_iso(f->arena, *(const instant *)arg);

    if (!check_directory(f, err))
        return false;
    if (f->rows == 0)
        return fail(err, FAULT_INPUT, "%s: there is nobody in it; the directory stays as it is",
                    f->name);
    return db_run(f->db,
                  "CREATE TEMP TABLE stood ON COMMIT DROP AS SELECT team_id, parent_id FROM "
                  "timely.team;"
                  "CREATE TEMP TABLE served ON COMMIT DROP AS SELECT professional_id, active_from,"
                  " active_to FROM timely.staff;"
                  "DELETE FROM timely.staff; DELETE FROM timely.team;"
                  "INSERT INTO timely.team (team_id, name, parent_id, manager_id, deputy_id)"
                  " SELECT id, name, team_id, manager_id, deputy_id FROM pg_temp.stage"
                  " WHERE kind = 'team';"
                  "INSERT INTO timely.staff (professional_id, name, email, job_title,"
                  " team_id, manager_id, deputy_id, active_from, active_to)"
                  " SELECT id, name, CASE WHEN pg_temp.address_ok(email) THEN email END,"
                  " job_title, team_id, manager_id, deputy_id, active_from::date, active_to::date"
                  " FROM pg_temp.stage WHERE kind = 'person'",
                  err) &&
           // Somebody may be there now who was not, or be there no longer. A team under another has
           // other ladders.
           db_ask(f->db, "SELECT timely.look_again_at_unheard($1::timestamptz)", 1, &now, NULL,
                  err) &&
           db_ask(f->db,
                  "SELECT timely.cover_changed(array_agg(professional_id), $1::timestamptz) FROM"
                  " (TABLE pg_temp.served EXCEPT SELECT professional_id, active_from, active_to"
                  " FROM timely.staff) AS other",
                  1, &now, NULL, err) &&
           db_ask(f->db,
                  "SELECT timely.look_again($1::timestamptz) WHERE EXISTS ((TABLE pg_temp.stood"
                  " EXCEPT SELECT team_id, parent_id FROM timely.team) UNION ALL"
                  " (SELECT team_id, parent_id FROM timely.team EXCEPT TABLE pg_temp.stood))",
                  1, &now, &r, err);
}

bool import_directory(struct db *store, const char *file, instant now, struct text *report,
                      bool *left_aside, struct error *err)
{
    struct import_column columns[] = {
        {.name = "kind", .must = true, .key = true},
        {.name = "id", .must = true, .key = true},
        {.name = "name"},
        {.name = "email"},
        {.name = "job_title"},
        {.name = "team_id"},
        {.name = "manager_id"},
        {.name = "deputy_id"},
        {.name = "active_from", .kind = IMPORT_DATE},
        {.name = "active_to", .kind = IMPORT_DATE},
    };
    struct import_file f = {.db = store,
                            .path = file,
                            .columns = columns,
                            .count = sizeof(columns) / sizeof(columns[0])};

    return import_into_store(&f, store_directory, &now, report, left_aside, err);
}

// Events

static bool report_unknown_types(struct import_file *f, const struct library *known,
                                 struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;

    if (!known)
        return true;
    if (!db_ask(f->db,
                "SELECT replace(event_type, '_', '-'), count(*) FROM pg_temp.stage GROUP BY 1 "
                "ORDER BY 1",
                0, NULL, &r, err))
        return false;
    for (int i = 0; i < PQntuples(r); i++) {
        char *shown;

        if (library_event(known, PQgetvalue(r, i, 0)) >= 0)
            continue;
        shown = text_one_line(PQgetvalue(r, i, 0), 60);
        text_addf(f->report, "%s: no rule knows the event %s: kept (%lld)\n", f->name, shown,
                  db_int(r, i, 1));
        free(shown);
    }
    return true;
}

static bool check_events(struct import_file *f, struct error *err)
{
    static const char wrong_precision[] =
        "SELECT line, 'is neither day nor minute', 'precision' FROM pg_temp.stage"
        " WHERE precision NOT IN ('day', 'minute')";
    // Of two rows about one event that were recorded at one moment the later one holds.
    static const char said_again[] =
        "SELECT line, 'is said again, recorded at the same moment, in line ' || last, 'event_id'"
        " FROM (SELECT line, last_value(line) OVER (PARTITION BY event_id, recorded_at::timestamp"
        " ORDER BY line ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS last"
        " FROM pg_temp.stage) AS s WHERE line < last";

    // A booking stands without what cannot be used of it.
    static const char unusable[] =
        "SELECT s.line, b.what, b.name FROM pg_temp.stage AS s CROSS JOIN LATERAL"
        " timely.booking_faults(s.scheduled_for::timestamp, s.ends_at::timestamp,"
        " timely.web_address_in(s.online_url), s.professional_id, s.attendees) AS b"
        " WHERE s.event_type IN ('meeting_booked', 'meeting_rearranged')"
        " AND s.scheduled_for IS NOT NULL AND NOT s.voided::boolean";

    return import_check_rows(f, wrong_precision, err) && import_check_rows(f, said_again, err) &&
           import_report_rows(f, unusable, err);
}

// The latest row on an event at its recorded moment is compared; an equal one is not added again.
static bool add_events(struct import_file *f, long long *ret_added, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;
    const char *values[] = {f->name};

#define SAID                                                                                       \
    "event_type, person_id, occurred_at, precision, meeting_kind, scheduled_for, group_ref,"       \
    " subject_table, subject_id, outcome, professional_id, replaces_event_id, ends_at, location,"  \
    " online_url, attendees, voided, detail"
    if (!db_ask(f->db,
                "WITH told AS (SELECT line, event_id, event_type, person_id,"
                " occurred_at::timestamp, precision, meeting_kind, scheduled_for::timestamp,"
                " group_ref, subject_table, subject_id, outcome, professional_id,"
                " recorded_at::timestamp, replaces_event_id, ends_at::timestamp, location,"
                " online_url, attendees, voided::boolean, detail FROM pg_temp.stage), "
                "fresh AS (SELECT * FROM told AS t WHERE (SELECT ROW(" SAID
                ") FROM timely.local_event AS e WHERE e.event_id = t.event_id"
                " AND e.recorded_at = t.recorded_at ORDER BY e.imported DESC LIMIT 1)"
                " IS DISTINCT FROM ROW(t.event_type, t.person_id, t.occurred_at, t.precision,"
                " t.meeting_kind, t.scheduled_for, t.group_ref, t.subject_table, t.subject_id,"
                " t.outcome, t.professional_id, t.replaces_event_id, t.ends_at, t.location,"
                " t.online_url, t.attendees, t.voided, t.detail)), "
                "added AS (INSERT INTO timely.local_event (event_id, recorded_at, from_where, " SAID
                ") SELECT event_id, recorded_at, $1, " SAID
                " FROM fresh ORDER BY line RETURNING event_id, replaces_event_id, person_id), "
                // Whom a corrected event was about before is touched as well.
                "touched AS (INSERT INTO timely.dirty (person_id) SELECT person_id FROM added"
                " UNION SELECT e.person_id FROM timely.local_event AS e JOIN added AS a"
                " ON e.event_id IN (a.event_id, a.replaces_event_id)) SELECT count(*) FROM added",
                1, values, &r, err))
        return false;
#undef SAID
    *ret_added = db_int(r, 0, 0);
    return true;
}

static bool store_events(struct import_file *f, const void *arg, struct error *err)
{
    long long added;

    if (!check_events(f, err) || !report_unknown_types(f, arg, err) || !add_events(f, &added, err))
        return false;
    text_addf(f->report, "%s: %lld of the rows are new\n", f->name, added);
    return true;
}

bool import_events(struct db *store, const char *file, const struct library *known,
                   struct text *report, bool *left_aside, struct error *err)
{
    struct import_column columns[] = {
        {.name = "event_id", .must = true, .key = true},
        {.name = "event_type", .must = true},
        {.name = "person_id", .must = true},
        {.name = "occurred_at", .must = true, .kind = IMPORT_TIME},
        {.name = "precision", .must = true},
        {.name = "meeting_kind", .optional = true},
        {.name = "scheduled_for", .optional = true, .kind = IMPORT_TIME},
        {.name = "group_ref", .optional = true},
        {.name = "subject_table", .optional = true},
        {.name = "subject_id", .optional = true},
        {.name = "outcome", .optional = true},
        {.name = "professional_id", .optional = true},
        {.name = "recorded_at", .must = true, .kind = IMPORT_TIME},
        {.name = "replaces_event_id", .optional = true},
        {.name = "ends_at", .optional = true, .kind = IMPORT_TIME},
        {.name = "location", .optional = true},
        {.name = "online_url", .optional = true},
        {.name = "attendees", .optional = true},
        {.name = "voided", .must = true, .kind = IMPORT_BOOLEAN},
        {.name = "detail", .optional = true},
    };
    struct import_file f = {.db = store,
                            .path = file,
                            .columns = columns,
                            .keys_repeat = true,
                            .count = sizeof(columns) / sizeof(columns[0])};

    return import_into_store(&f, store_events, known, report, left_aside, err);
}
