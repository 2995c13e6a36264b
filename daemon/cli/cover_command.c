// `timely cover`: who is away or on duty, and who stands in. Files bring most of it (timely import
// absences, timely import duty); by hand comes what a file will not say in time, such as who is ill
// this morning.
#include "operator.h"
#include "table.h"

// ------------------------------------------------------------------------------------------- list

enum status run_cover_list(struct session *s, const struct arguments *g, struct error *err)
{
    static const struct column columns[] = {
        {"cover_id", "Cover", CELL_NUMBER, 0},   {"covers", "For", CELL_TEXT, 0},
        {"of_id", "Of", CELL_TEXT, 20},          {"of_name", NULL, CELL_TEXT, 0},
        {"first_day", "From", CELL_TEXT, 0},     {"last_day", "Until", CELL_TEXT, 0},
        {"weekdays", "On", CELL_TEXT, 60},       {"stand_in_id", "Stands in", CELL_TEXT, 20},
        {"stand_in_name", NULL, CELL_TEXT, 0},   {"withdrawn_on", "Not from", CELL_TEXT, 0},
        {"from_where", "Said by", CELL_TEXT, 40}};
    enum { COLUMNS = sizeof columns / sizeof *columns };
    AUTO(pgresult_done) PGresult *r = NULL;
    struct date on;
    const char *values[2];
    struct table *t;

    if (!argument_date(g, "as-at", DATE_NONE, &on, err) || !session_store(s, err))
        return status_of(err);
    values[0] = date_known(on) ? "yes" : NULL;
    values[1] = date_iso(s->arena, date_known(on) ? on : session_today(s));
    if (!db_ask(
            s->store,
            "SELECT c.cover_id, c.covers, c.of_id, coalesce(a.name, t.name), c.first_day,"
            " c.last_day, c.weekdays, c.stand_in_id, i.name, c.withdrawn_on, c.from_where"
            " FROM timely.cover AS c"
            " LEFT JOIN timely.staff AS a ON c.covers = 'person' AND a.professional_id = c.of_id"
            " LEFT JOIN timely.team AS t ON c.covers <> 'person' AND t.team_id = c.of_id"
            " LEFT JOIN timely.staff AS i ON i.professional_id = c.stand_in_id"
            " WHERE coalesce(c.last_day >= $2::date, true)"
            " AND coalesce(c.withdrawn_on > $2::date, true)"
            " AND ($1::text IS NULL OR (c.first_day <= $2::date"
            " AND coalesce(strpos(c.weekdays, to_char($2::date, 'FMday')) > 0, true)))"
            " ORDER BY c.first_day, c.covers, c.of_id, c.cover_id",
            2, values, &r, err))
        return status_of(err);
    t = table_begin(s, columns, COLUMNS);
    for (int i = 0; i < PQntuples(r); i++) {
        const char *cells[COLUMNS];

        for (int c = 0; c < COLUMNS; c++)
            cells[c] = db_text(r, i, c);
        table_row(t, cells);
    }
    table_end(t);
    if (s->format == FORMAT_PEOPLE && PQntuples(r) == 0)
        text_add(&s->out, "Nobody is known to be away or on duty.\n");
    return STATUS_DONE;
}

// ------------------------------------------------------------------------------------ add and end

static bool is_in_directory(struct session *s, const char *staff_id, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;

    if (!db_ask(s->store, "SELECT FROM timely.staff WHERE professional_id = $1", 1, &staff_id, &r,
                err))
        return false;
    return PQntuples(r) > 0 || fail(err, FAULT_INPUT, "%s is not in the directory", staff_id);
}

// Each change is one statement, with its line in the audit and the agenda's look at what it
// concerns.
static const char add_sql[] =
    "WITH added AS (INSERT INTO timely.cover (covers, of_id, stand_in_id, first_day, last_day,"
    " from_where, told_at) VALUES ('person', $1, $2, $3::date, $4::date, 'command',"
    " $5::timestamptz) RETURNING cover_id), told AS (INSERT INTO timely.audit (at, what, staff_id,"
    " detail) SELECT $5::timestamptz, 'cover.added', $1, format('cover %s by %s', cover_id,"
    " $6::text) FROM added) SELECT cover_id, timely.cover_changed(ARRAY[$1], $5::timestamptz)"
    " FROM added";

enum status run_cover_add(struct session *s, const struct arguments *g, struct error *err)
{
    const char *staff_id = g->words[0], *stand_in = argument(g, "stand-in");
    AUTO(pgresult_done) PGresult *r = NULL;
    struct date from, until;

    if (!session_store(s, err) || !argument_date(g, "from", session_today(s), &from, err) ||
        !argument_date(g, "until", DATE_NONE, &until, err) || !is_in_directory(s, staff_id, err) ||
        (stand_in && !is_in_directory(s, stand_in, err)))
        return status_of(err);
    if (stand_in && text_cmp(stand_in, staff_id) == 0)
        fail(err, FAULT_INPUT, "%s cannot stand in for themselves", staff_id);
    else if (date_known(until) && date_cmp(until, from) < 0)
        fail(err, FAULT_INPUT, "the last day, %s, is before the first, %s",
             date_iso(s->arena, until), date_iso(s->arena, from));
    else if (db_ask(s->store, add_sql, 6,
                    (const char *[]){staff_id, stand_in, date_iso(s->arena, from),
                                     date_known(until) ? date_iso(s->arena, until) : NULL,
                                     session_now(s), session_user(s)},
                    &r, err)) {
        text_addf(&s->out, "Cover %s: %s is away from %s %s.\n", db_text(r, 0, 0), staff_id,
                  date_words(s->arena, from),
                  date_known(until) ? arena_printf(s->arena, "until %s, that day included",
                                                   date_words(s->arena, until))
                                    : "on");
        return STATUS_DONE;
    }
    return status_of(err);
}

static const char end_sql[] =
    "WITH ended AS (UPDATE timely.cover SET withdrawn_on = $2::date WHERE cover_id = $1::bigint"
    " AND withdrawn_on IS NULL AND (last_day IS NULL OR last_day >= $2::date)"
    " RETURNING cover_id, covers, of_id), told AS (INSERT INTO timely.audit (at, what, staff_id,"
    " detail) SELECT $3::timestamptz, 'cover.ended', CASE covers WHEN 'person' THEN of_id END,"
    " format('cover %s by %s', cover_id, $4::text) FROM ended)"
    " SELECT timely.cover_changed(ARRAY[of_id], $3::timestamptz) FROM ended";

enum status run_cover_end(struct session *s, const struct arguments *g, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;

    if (!operator_number("row of cover", g->words[0], err) || !session_store(s, err) ||
        !db_ask(s->store, end_sql, 4,
                (const char *[]){g->words[0], date_iso(s->arena, session_today(s)), session_now(s),
                                 session_user(s)},
                &r, err))
        return status_of(err);
    if (PQntuples(r) == 0) {
        fail(err, FAULT_INPUT,
             "cover %s is none that holds today or later; \"timely cover list\" has those",
             g->words[0]);
        return STATUS_NO;
    }
    text_addf(&s->out, "Cover %s holds no longer from today on.\n", g->words[0]);
    return STATUS_DONE;
}
