// Who is away and who has duty, from CSV files into the store: two files, one table (timely.cover).
#include "book.h"
#include "import_local.h"
#include "zone.h"

// `tell` makes two views: pg_temp.told, the staged rows as rows of timely.cover, and
// pg_temp.doubtful, whom the rows are about that were left aside (of_id, NULL: anybody).
struct cover_file {
    instant now;
    bool may_be_empty;
    const char *covers; // the kinds of row that this file has to say, as an array
    bool (*tell)(struct import_file *f, struct error *err);
};

#define SAID "covers, of_id, stand_in_id, first_day, last_day, weekdays"

// What stands already is not told again; what is over stays, whatever later files leave out, so
// that a past day can be asked about. A slip in a row ends nothing: what was known of whom it is
// about stands until there is a row that can be read.
static const char store_sql[] =
    "WITH left_out AS (SELECT c.cover_id, EXISTS (SELECT FROM pg_temp.doubtful AS d"
    " WHERE coalesce(d.of_id, c.of_id) = c.of_id) AS doubtful FROM timely.cover AS c"
    " WHERE c.covers = ANY ($2::text[]) AND c.from_where <> 'command' AND c.withdrawn_on IS NULL"
    " AND (c.last_day IS NULL OR c.last_day >= $1::date)"
    " AND NOT EXISTS (SELECT FROM pg_temp.told AS t WHERE (t.covers, t.of_id) = (c.covers, c.of_id)"
    " AND (t.stand_in_id, t.first_day, t.last_day, t.weekdays)"
    " IS NOT DISTINCT FROM (c.stand_in_id, c.first_day, c.last_day, c.weekdays))),"
    " gone AS (UPDATE timely.cover AS c SET withdrawn_on = $1::date FROM left_out AS l"
    " WHERE l.cover_id = c.cover_id AND NOT l.doubtful RETURNING c.of_id, c.covers),"
    " came AS (INSERT INTO timely.cover (" SAID ", from_where, told_at)"
    " SELECT DISTINCT " SAID ", $3, $4::timestamptz FROM pg_temp.told AS t"
    " WHERE NOT EXISTS (SELECT FROM timely.cover AS c"
    " WHERE (t.covers, t.of_id) = (c.covers, c.of_id) AND c.withdrawn_on IS NULL"
    " AND (t.stand_in_id, t.first_day, t.last_day, t.weekdays)"
    " IS NOT DISTINCT FROM (c.stand_in_id, c.first_day, c.last_day, c.weekdays))"
    " ORDER BY first_day, covers, of_id, stand_in_id RETURNING of_id, covers),"
    " both_ways AS (SELECT * FROM gone UNION SELECT * FROM came)"
    " SELECT (SELECT count(*) FROM came), (SELECT count(*) FROM gone),"
    " (SELECT count(*) FROM left_out WHERE doubtful),"
    " timely.cover_changed(ARRAY(SELECT of_id FROM both_ways WHERE covers = 'person'),"
    " $4::timestamptz)";

static bool store_cover(struct import_file *f, const void *arg, struct error *err)
{
    const struct cover_file *c = arg;
    AUTO(pgresult_done) PGresult *r = NULL;
    const char *values[] = {date_iso(f->arena, london_from_instant(c->now).on), c->covers, f->name,
                            instant_iso(f->arena, c->now)};

    if (!c->tell(f, err))
        return false;
    if (f->rows + f->aside == 0 && !c->may_be_empty)
        return fail(err, FAULT_INPUT,
                    "%s: there is nobody in it; what was known stays as it is, unless --empty says "
                    "that this is meant",
                    f->name);
    if (!db_ask(f->db, store_sql, 4, values, &r, err))
        return false;
    text_addf(f->report, "%s: %lld of the rows are new, %lld of before hold no longer\n", f->name,
              db_int(r, 0, 0), db_int(r, 0, 1));
    if (db_int(r, 0, 2))
        text_addf(f->report,
                  "%s: %lld of before still hold, since a row left aside may mean them\n", f->name,
                  db_int(r, 0, 2));
    return true;
}

// Days that do not follow each other, or are none.
static bool check_days(struct import_file *f, struct error *err)
{
    return import_check_rows(
        f,
        "SELECT s.line, v.what, v.name FROM pg_temp.stage AS s CROSS JOIN LATERAL (VALUES"
        " ('first_day', CASE WHEN s.first_day LIKE '%infinity' THEN 'is no day' END),"
        " ('last_day', CASE WHEN s.last_day LIKE '%infinity' THEN 'is no day'"
        " WHEN s.last_day::date < s.first_day::date THEN 'is before the first day' END))"
        " AS v (name, what) WHERE v.what IS NOT NULL",
        err);
}

// ---------------------------------------------------------------------------------------- absences

static bool tell_absences(struct import_file *f, struct error *err)
{
    static const char nobody[] =
        "SELECT s.line, 'names nobody in the directory; the row is taken', v.name FROM "
        "pg_temp.stage AS s"
        " CROSS JOIN LATERAL (VALUES ('staff_id', s.staff_id), ('stand_in_id', s.stand_in_id))"
        " AS v (name, id) LEFT JOIN timely.staff AS o ON o.professional_id = v.id"
        " WHERE v.id IS NOT NULL AND o.professional_id IS NULL";
    static const char oneself[] =
        "SELECT line, 'is who is away: nobody is named; the row is taken', 'stand_in_id'"
        " FROM pg_temp.stage WHERE stand_in_id = staff_id";

    return check_days(f, err) && import_report_rows(f, nobody, err) &&
           import_report_rows(f, oneself, err) &&
           db_run(f->db,
                  "CREATE TEMP VIEW told AS SELECT 'person' AS covers, staff_id AS of_id,"
                  " nullif(stand_in_id, staff_id) AS stand_in_id, first_day::date AS first_day,"
                  " last_day::date AS last_day, NULL::text AS weekdays FROM pg_temp.stage;"
                  "CREATE TEMP VIEW doubtful AS SELECT nullif(staff_id, '') AS of_id"
                  " FROM pg_temp.aside",
                  err);
}

bool import_absences(struct db *store, const char *file, bool may_be_empty, instant now,
                     struct text *report, bool *left_aside, struct error *err)
{
    struct import_column columns[] = {
        {.name = "staff_id", .must = true, .key = true},
        {.name = "first_day", .must = true, .kind = IMPORT_DATE, .key = true},
        {.name = "last_day", .kind = IMPORT_DATE},
        {.name = "stand_in_id", .optional = true},
    };
    struct import_file f = {.db = store,
                            .path = file,
                            .columns = columns,
                            .keys_repeat = true,
                            .count = sizeof(columns) / sizeof(columns[0])};

    return import_into_store(&f, store_cover,
                             &(struct cover_file){now, may_be_empty, "{person}", tell_absences},
                             report, left_aside, err);
}

// -------------------------------------------------------------------------------------------- duty

#define DAY "(monday|tuesday|wednesday|thursday|friday|saturday|sunday)"

static bool tell_duty(struct import_file *f, struct error *err)
{
    static const char wrong[] =
        "SELECT s.line, v.what, v.name FROM pg_temp.stage AS s CROSS JOIN LATERAL (VALUES"
        " ('role', CASE WHEN s.role NOT IN ('worker', 'manager', 'out of hours')"
        " THEN 'is none of worker, manager and out of hours' END),"
        " ('weekdays', CASE WHEN lower(s.weekdays) !~ '^" DAY "( " DAY ")*$'"
        " THEN 'is no list of weekdays (monday tuesday)' END))"
        " AS v (name, what) WHERE v.what IS NOT NULL";
    static const char nobody[] =
        "SELECT s.line, v.what, v.name FROM pg_temp.stage AS s CROSS JOIN LATERAL (VALUES"
        " ('staff_id', 'names nobody in the directory; the row is taken', NOT EXISTS"
        " (SELECT FROM timely.staff AS o WHERE o.professional_id = s.staff_id)),"
        " ('team_id', 'names no team of the directory; the row is taken', NOT EXISTS"
        " (SELECT FROM timely.team AS o WHERE o.team_id = s.team_id)))"
        " AS v (name, what, unknown) WHERE v.unknown";

    return check_days(f, err) && import_check_rows(f, wrong, err) &&
           import_report_rows(f, nobody, err) &&
           db_run(f->db,
                  "CREATE TEMP VIEW told AS SELECT CASE role WHEN 'worker' THEN 'workers' ELSE role"
                  " END AS covers, team_id AS of_id, staff_id AS stand_in_id,"
                  " first_day::date AS first_day, last_day::date AS last_day,"
                  " lower(weekdays) AS weekdays FROM pg_temp.stage;"
                  "CREATE TEMP VIEW doubtful AS SELECT nullif(team_id, '') AS of_id"
                  " FROM pg_temp.aside",
                  err);
}

bool import_duty(struct db *store, const char *file, bool may_be_empty, instant now,
                 struct text *report, bool *left_aside, struct error *err)
{
    struct import_column columns[] = {
        {.name = "team_id", .must = true, .key = true},
        {.name = "role", .must = true, .key = true},
        {.name = "first_day", .must = true, .kind = IMPORT_DATE, .key = true},
        {.name = "last_day", .kind = IMPORT_DATE},
        {.name = "weekdays", .optional = true},
        {.name = "staff_id", .must = true},
    };
    struct import_file f = {.db = store,
                            .path = file,
                            .columns = columns,
                            .keys_repeat = true,
                            .count = sizeof(columns) / sizeof(columns[0])};

    return import_into_store(
        &f, store_cover,
        &(struct cover_file){now, may_be_empty, "{workers,manager,out of hours}", tell_duty},
        report, left_aside, err);
}
