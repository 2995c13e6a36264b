// Tables of the Standard Safeguarding Dataset from CSV files. What a table looks like is read from
// the database: a test source may have a column more than the dataset.
#include "import.h"
#include "import_check.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct load {
    struct db *db;
    const char *dir;
    const char *schema; // as an identifier
    struct arena *arena;
    struct text *report;
    bool *left_aside;
    int loaded, refused;
    struct text refusals;
};

static bool find_schema(struct load *l, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;

    if (!db_ask(l->db,
                "SELECT quote_ident(n.nspname) FROM pg_catalog.pg_class AS c"
                " JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace"
                " WHERE c.relname LIKE 'ssd\\_%' AND c.relkind IN ('r', 'p')"
                " GROUP BY n.nspname ORDER BY n.nspname",
                0, NULL, &r, err))
        return false;
    if (PQntuples(r) == 0)
        return fail(err, FAULT_INPUT, "the database has no tables of the dataset (ssd_person, …)");
    if (PQntuples(r) > 1)
        return fail(err, FAULT_INPUT,
                    "the database has tables of the dataset in more than one schema (%s, %s)",
                    PQgetvalue(r, 0, 0), PQgetvalue(r, 1, 0));
    l->schema = arena_strdup(l->arena, PQgetvalue(r, 0, 0));
    return true;
}

static bool take_type(const PGresult *r, int row, struct import_column *c, struct error *err)
{
    static const struct {
        const char *type;
        enum import_kind kind;
    } types[] = {
        {"varchar", IMPORT_TEXT},   {"bpchar", IMPORT_TEXT},  {"text", IMPORT_TEXT},
        {"timestamp", IMPORT_TIME}, {"date", IMPORT_DATE},    {"int4", IMPORT_INTEGER},
        {"float8", IMPORT_NUMBER},  {"bool", IMPORT_BOOLEAN},
    };
    const char *type = db_text(r, row, 1);

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (strcmp(types[i].type, type) == 0) {
            c->kind = types[i].kind;
            return true;
        }
    }
    return fail(err, FAULT_INPUT, "column %s has a type that is not loaded: %s", c->name, type);
}

// The columns of a table; none when there is no such table.
static bool describe_table(struct load *l, const char *table, struct import_file *f,
                           struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;
    const char *values[] = {l->schema, table};

    if (!db_ask(
            l->db,
            "SELECT a.attname, t.typname, CASE WHEN t.typname IN ('varchar', 'bpchar') AND"
            " a.atttypmod > 4 THEN a.atttypmod - 4 ELSE 0 END, a.attnotnull,"
            " EXISTS (SELECT FROM pg_catalog.pg_index AS i WHERE i.indrelid = a.attrelid"
            " AND i.indisprimary AND a.attnum = ANY (i.indkey))"
            " FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid"
            " WHERE a.attrelid = to_regclass($1 || '.' || quote_ident($2)) AND a.attnum > 0"
            " AND NOT a.attisdropped ORDER BY a.attnum",
            2, values, &r, err))
        return false;
    f->count = (size_t)PQntuples(r);
    f->columns = ARENA_ARRAY(l->arena, struct import_column, f->count);
    for (int i = 0; i < PQntuples(r); i++) {
        struct import_column *c = &f->columns[i];

        c->name = arena_strdup(l->arena, PQgetvalue(r, i, 0));
        if (!take_type(r, i, c, err))
            return explain(err, "%s", table);
        c->max_chars = (int)db_int(r, i, 2);
        c->must = db_bool(r, i, 3);
        c->key = db_bool(r, i, 4);
    }
    return true;
}

static const char *cast_of(enum import_kind kind)
{
    switch (kind) {
    case IMPORT_TIME:
        return "::timestamp";
    case IMPORT_DATE:
        return "::date";
    case IMPORT_INTEGER:
        return "::integer";
    case IMPORT_NUMBER:
        return "::double precision";
    case IMPORT_BOOLEAN:
        return "::boolean";
    case IMPORT_TEXT:
        break;
    }
    return "";
}

static bool replace_rows(struct load *l, const char *table, const struct import_file *f,
                         struct error *err)
{
    AUTO(text_done) struct text names = {0};
    AUTO(text_done) struct text values = {0};
    AUTO(text_done) struct text sql = {0};

    for (size_t i = 0; i < f->count; i++) {
        text_add(&names, i ? ", " : "");
        text_add(&values, i ? ", " : "");
        import_add_name(&names, f->columns[i].name);
        import_add_name(&values, f->columns[i].name);
        text_add(&values, cast_of(f->columns[i].kind));
    }
    text_addf(
        &sql,
        "TRUNCATE %s.\"%s\"; INSERT INTO %s.\"%s\" (%s) SELECT %s FROM pg_temp.stage ORDER BY line",
        l->schema, table, l->schema, table, names.s, values.s);
    return db_run(l->db, text_str(&sql), err);
}

static bool load_in_transaction(struct load *l, const char *table, struct import_file *f,
                                struct error *err)
{
    AUTO(text_done) struct text analyze = {0};

    text_addf(&analyze, "ANALYZE %s.\"%s\"", l->schema, table);
    return db_begin(l->db, "", err) && import_stage(f, err) && import_check(f, err) &&
           replace_rows(l, table, f, err) && db_run(l->db, text_str(&analyze), err) &&
           db_commit(l->db, err);
}

static bool load_table(struct load *l, const char *file, const char *table, struct error *err)
{
    AUTO(text_done) struct text told = {0};
    struct import_file f = {
        .db = l->db,
        .arena = l->arena,
        .path = arena_printf(l->arena, "%s/%s", l->dir, file),
        .name = file,
        .report = &told,
    };

    if (!describe_table(l, table, &f, err))
        return false;
    if (f.count == 0) {
        text_addf(l->report, "%s: there is no table of this name; the file was left aside\n", file);
        *l->left_aside = true;
        return true;
    }
    if (!load_in_transaction(l, table, &f, err)) {
        db_rollback(l->db);
        return false;
    }
    text_add(l->report, text_str(&told));
    import_tell_rows(&f, l->report);
    *l->left_aside |= f.aside > 0;
    l->loaded++;
    return true;
}

// A file that is refused does not keep the others out; a database that is away does.
static bool load_file(struct load *l, const char *file, struct error *err)
{
    AUTO(arena_auto_free) struct arena *arena = arena_new();
    struct arena *outer = l->arena;
    const char *table = arena_strndup(arena, file, strlen(file) - strlen(".csv"));
    bool ok;

    l->arena = arena;
    ok = load_table(l, file, table, err);
    l->arena = outer;
    if (ok || err->fault == FAULT_AWAY)
        return ok;
    text_addf(&l->refusals, "%s%s", l->refused ? "\n" : "", err->text);
    l->refused++;
    return true;
}

static int is_table_file(const struct dirent *e)
{
    size_t length = strlen(e->d_name);

    return length > 8 && strncmp(e->d_name, "ssd_", 4) == 0 &&
           strcmp(e->d_name + length - 4, ".csv") == 0;
}

static void free_names(struct dirent **names, int count)
{
    for (int i = 0; i < count; i++)
        free(names[i]);
    free(names);
}

static bool load_files(struct load *l, struct error *err)
{
    struct dirent **names = NULL;
    int count = scandir(l->dir, &names, is_table_file, alphasort);
    bool ok = true;

    if (count < 0)
        return fail(err, FAULT_INPUT, "%s: cannot be read: %s", l->dir, strerror(errno));
    if (count == 0)
        ok = fail(err, FAULT_INPUT, "%s: there is no file named after a table (ssd_person.csv, …)",
                  l->dir);
    for (int i = 0; i < count && ok; i++)
        ok = load_file(l, names[i]->d_name, err);
    free_names(names, count);
    return ok;
}

bool import_ssd(struct db *source, const char *dir, struct text *report, bool *left_aside,
                struct error *err)
{
    AUTO(arena_auto_free) struct arena *arena = arena_new();
    bool aside = false;
    struct load l = {
        .db = source, .dir = dir, .arena = arena, .report = report, .left_aside = &aside};
    bool ok = find_schema(&l, err) && load_files(&l, err);

    if (ok && l.refused > 0)
        ok = fail(err, FAULT_INPUT, "%s", text_str(&l.refusals));
    text_done(&l.refusals);
    if (ok)
        *left_aside = aside;
    return ok;
}
