// Checks of staged rows. A cast that fails would end the whole statement, so each kind has a test
// that cannot fail; the casts come after, on rows that passed.
#include "import_check.h"
#include "text.h"

#include <string.h>

static const struct {
    const char *test; // NULL: any text will do
    const char *what;
} kinds[] = {
    [IMPORT_TEXT] = {NULL, NULL},
    [IMPORT_TIME] = {"time_ok", "is no date that exists (YYYY-MM-DD, or YYYY-MM-DD HH:MM:SS)"},
    [IMPORT_DATE] = {"date_ok", "is no date that exists (YYYY-MM-DD)"},
    [IMPORT_INTEGER] = {"integer_ok", "is no whole number"},
    [IMPORT_NUMBER] = {"number_ok", "is no number"},
    [IMPORT_BOOLEAN] = {"boolean_ok", "is neither true nor false"},
};

// A day such as 30 February matches the pattern and fails the month's length.
static const char tests[] =
    "CREATE OR REPLACE FUNCTION pg_temp.time_ok(t text) RETURNS boolean LANGUAGE sql STABLE AS "
    "$$ SELECT CASE WHEN t IN ('infinity', '-infinity') THEN true "
    "WHEN t !~ '^(?!0000)\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])"
    "([ T]([01]\\d|2[0-3]):[0-5]\\d(:[0-5]\\d(\\.\\d{1,6})?)?)?$' THEN false "
    "ELSE substr(t, 9, 2)::integer <= extract(day FROM (substr(t, 1, 7) || '-01')::timestamp "
    "+ interval '1 month' - interval '1 day') END $$;"
    "CREATE OR REPLACE FUNCTION pg_temp.date_ok(t text) RETURNS boolean LANGUAGE sql STABLE AS "
    "$$ SELECT length(t) <= 10 AND pg_temp.time_ok(t) $$;"
    "CREATE OR REPLACE FUNCTION pg_temp.integer_ok(t text) RETURNS boolean LANGUAGE sql IMMUTABLE "
    "AS $$ SELECT CASE WHEN t ~ '^[+-]?\\d{1,10}$' "
    "THEN t::bigint BETWEEN -2147483648 AND 2147483647 ELSE false END $$;"
    "CREATE OR REPLACE FUNCTION pg_temp.number_ok(t text) RETURNS boolean LANGUAGE sql IMMUTABLE "
    "AS $$ SELECT length(t) < 60 AND t ~ '^[+-]?(\\d+(\\.\\d*)?|\\.\\d+)([eE][+-]?\\d{1,2})?$' $$;"
    "CREATE OR REPLACE FUNCTION pg_temp.boolean_ok(t text) RETURNS boolean LANGUAGE sql IMMUTABLE "
    "AS $$ SELECT lower(t) IN ('t', 'f', 'true', 'false', 'y', 'n', 'yes', 'no', '1', '0') $$";

static void add_literal(struct text *sql, const char *s)
{
    text_add(sql, "'");
    for (const char *p = s; *p; p++)
        text_add(sql, *p == '\'' ? "''" : (char[]){*p, '\0'});
    text_add(sql, "'");
}

static void add_key(struct text *sql, const struct import_file *f, const char *between)
{
    const char *comma = "";

    for (size_t i = 0; i < f->count; i++) {
        if (!f->columns[i].key)
            continue;
        text_add(sql, comma);
        text_add(sql, "s.");
        import_add_name(sql, f->columns[i].name);
        comma = between;
    }
}

static bool has_key(const struct import_file *f)
{
    for (size_t i = 0; i < f->count; i++) {
        if (f->columns[i].key)
            return true;
    }
    return false;
}

// "('name', CASE WHEN … END)": what is wrong with a column's value, or NULL.
static void add_column_test(struct text *sql, const struct import_column *c)
{
    AUTO(text_done) struct text value = {0};

    text_add(&value, "s.");
    import_add_name(&value, c->name);
    text_add(sql, "(");
    add_literal(sql, c->name);
    text_add(sql, ", CASE");
    if (c->must)
        text_addf(sql, " WHEN coalesce(%s, '') = '' THEN 'is missing'", value.s);
    text_addf(sql, " WHEN %s IS NULL THEN NULL", value.s);
    if (c->max_chars > 0)
        text_addf(sql, " WHEN length(rtrim(%s)) > %d THEN 'is longer than %d characters'", value.s,
                  c->max_chars, c->max_chars);
    if (kinds[c->kind].test)
        text_addf(sql, " WHEN NOT pg_temp.%s(%s) THEN '%s'", kinds[c->kind].test, value.s,
                  kinds[c->kind].what);
    text_add(sql, " END)");
}

static void report_row(struct import_file *f, const PGresult *r, int row)
{
    const char *column = db_text(r, row, 2);
    const char *key = db_text(r, row, 3);
    AUTO(string_done) char *shown = text_one_line(key ? key : "", 60);
    AUTO(string_done) char *what = text_one_line(db_text(r, row, 1), 200);
    int position = 0;

    for (size_t i = 0; column && i < f->count; i++) {
        if (strcmp(f->columns[i].name, column) == 0)
            position = f->columns[i].position;
    }
    text_addf(f->report, "%s:%lld", f->name, db_int(r, row, 0));
    if (position)
        text_addf(f->report, ":%d", position);
    text_addf(f->report, "%s%s%s: ", shown[0] ? " (" : "", shown, shown[0] ? ")" : "");
    text_addf(f->report, "%s%s%s\n", column ? column : "", column ? " " : "", what);
}

// Fills pg_temp.problem (line, what, name, key) and reports it; *ret_rows (or NULL): how many
// lines.
static bool tell(struct import_file *f, const char *select, long long *ret_rows, struct error *err)
{
    AUTO(text_done) struct text sql = {0};
    AUTO(pgresult_done) PGresult *told = NULL;
    AUTO(pgresult_done) PGresult *count = NULL;

    text_add(&sql, "CREATE TEMP TABLE problem ON COMMIT DROP AS SELECT p.line, p.what, p.name, ");
    text_add(&sql, has_key(f) ? "concat_ws('/', " : "NULL::text");
    add_key(&sql, f, ", ");
    text_addf(&sql,
              "%s AS key FROM (%s) AS p (line, what, name) JOIN pg_temp.stage AS s USING (line)",
              has_key(f) ? ")" : "", select);
    if (!db_run(f->db, text_str(&sql), err) ||
        !db_ask(f->db, "SELECT count(DISTINCT line), count(*) FROM pg_temp.problem", 0, NULL,
                &count, err) ||
        !db_ask(f->db,
                "SELECT line, what, name, key FROM pg_temp.problem ORDER BY line, name LIMIT 200",
                0, NULL, &told, err))
        return false;
    for (int i = 0; i < PQntuples(told); i++)
        report_row(f, told, i);
    if (db_int(count, 0, 1) > PQntuples(told))
        text_addf(f->report, "%s: and %lld more of this kind\n", f->name,
                  db_int(count, 0, 1) - PQntuples(told));
    if (ret_rows)
        *ret_rows = db_int(count, 0, 0);
    return true;
}

bool import_report_rows(struct import_file *f, const char *select, struct error *err)
{
    return tell(f, select, NULL, err) && db_run(f->db, "DROP TABLE pg_temp.problem", err);
}

bool import_check_rows(struct import_file *f, const char *select, struct error *err)
{
    long long rows;

    if (!tell(f, select, &rows, err))
        return false;
    if (rows > 0) {
        f->aside += (long)rows;
        f->rows -= (long)rows;
        if (!db_run(f->db,
                    "WITH gone AS (DELETE FROM pg_temp.stage"
                    " WHERE line IN (SELECT line FROM pg_temp.problem) RETURNING *)"
                    " INSERT INTO pg_temp.aside SELECT * FROM gone",
                    err))
            return false;
    }
    return db_run(f->db, "DROP TABLE pg_temp.problem", err);
}

static bool check_values(struct import_file *f, struct error *err)
{
    AUTO(text_done) struct text sql = {0};

    text_add(&sql,
             "SELECT s.line, v.what, v.name FROM pg_temp.stage AS s CROSS JOIN LATERAL (VALUES ");
    for (size_t i = 0; i < f->count; i++) {
        text_add(&sql, i ? ", " : "");
        add_column_test(&sql, &f->columns[i]);
    }
    text_add(&sql, ") AS v (name, what) WHERE v.what IS NOT NULL");
    return db_run(f->db, tests, err) && import_check_rows(f, text_str(&sql), err);
}

static bool check_keys(struct import_file *f, struct error *err)
{
    AUTO(text_done) struct text sql = {0};

    if (f->keys_repeat || !has_key(f))
        return true;
    text_add(&sql, "SELECT line, 'repeats the key of line ' || first, NULL FROM (SELECT s.line, "
                   "first_value(s.line) OVER w AS first FROM pg_temp.stage AS s "
                   "WINDOW w AS (PARTITION BY ");
    add_key(&sql, f, ", ");
    text_add(&sql, " ORDER BY s.line)) AS k WHERE line > first");
    return import_check_rows(f, text_str(&sql), err);
}

bool import_check(struct import_file *f, struct error *err)
{
    return check_values(f, err) && check_keys(f, err);
}

void import_tell_rows(const struct import_file *f, struct text *report)
{
    text_addf(report, "%s: %ld rows", f->name, f->rows);
    if (f->aside > 0)
        text_addf(report, ", %ld left aside", f->aside);
    text_add(report, "\n");
}
