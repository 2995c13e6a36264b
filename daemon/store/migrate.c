// Migrations: the files of sql/store in the order of their numbers, each in a transaction together
// with its row in timely.migration. What was applied is known by number and by hash, so that a
// changed file is found out. Called by every program before it touches the store.
#include "migrate.h"

#include "paths.h"
#include "sha256.h"
#include "text.h"

#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#define MIGRATION_LOCK "7449003602"
#define SOURCE_LOCK "7449003603"
#define MAX_SQL_BYTES (4u << 20)
#define HASH_LENGTH 64

struct migration {
    int number;
    const char *name; // of the file
    const char *sql;
    char hash[HASH_LENGTH + 1];
};

struct migrations {
    struct arena *arena;
    struct migration *items; // by number, which are 1, 2, 3 …
    size_t count;
};

// ----------------------------------------------------------------------------- the product's files

static int is_migration(const struct dirent *e)
{
    size_t length = strlen(e->d_name);

    return length > 9 && isdigit((unsigned char)e->d_name[0]) && e->d_name[4] == '_' &&
           strcmp(e->d_name + length - 4, ".sql") == 0;
}

static bool read_migration(struct arena *a, const char *dir, const char *name,
                           struct migration *ret, struct error *err)
{
    char *sql;
    size_t length;

    if (!read_whole_file(a, arena_printf(a, "%s/%s", dir, name), MAX_SQL_BYTES, &sql, &length, err))
        return false;
    ret->number = atoi(name);
    ret->name = arena_strdup(a, name);
    ret->sql = sql;
    sha256_hex(sql, length, ret->hash);
    return true;
}

static bool read_migrations(struct arena *a, struct migrations *ret, struct error *err)
{
    struct dirent **names = NULL;
    const char *dir;
    bool ok = true;
    int count;

    if (!data_path(a, "sql/store", &dir, err))
        return false;
    count = scandir(dir, &names, is_migration, alphasort);
    if (count <= 0)
        return fail(err, FAULT_INPUT, "%s: holds no migrations (0001_….sql)", dir);
    *ret = (struct migrations){a, ARENA_ARRAY(a, struct migration, count), (size_t)count};
    for (int i = 0; i < count; i++) {
        ok = ok && read_migration(a, dir, names[i]->d_name, &ret->items[i], err);
        if (ok && ret->items[i].number != i + 1)
            ok = fail(err, FAULT_INPUT, "%s: expected migration number %d, found %s", dir, i + 1,
                      ret->items[i].name);
        free(names[i]);
    }
    free(names);
    return ok;
}

// ------------------------------------------------------------------------------ what was applied

// How many are applied: they are the first ones. FAULT_INPUT when they are not ours.
static bool count_applied(struct db *store, const struct migrations *m, size_t *ret,
                          struct error *err)
{
    AUTO(pgresult_done) PGresult *exists = NULL;
    AUTO(pgresult_done) PGresult *rows = NULL;

    if (!db_ask(store, "SELECT to_regclass('timely.migration') IS NOT NULL", 0, NULL, &exists, err))
        return false;
    if (!db_bool(exists, 0, 0)) {
        *ret = 0;
        return true;
    }
    if (!db_ask(store, "SELECT number, name, sha256 FROM timely.migration ORDER BY number", 0, NULL,
                &rows, err))
        return false;
    for (int i = 0; i < PQntuples(rows); i++) {
        const char *name = db_text(rows, i, 1);

        if ((size_t)i >= m->count)
            return fail(err, FAULT_INPUT,
                        "the store was made by a newer timely (it has migration %s, and this "
                        "program knows %zu); use that version",
                        name, m->count);
        if (db_int(rows, i, 0) != m->items[i].number ||
            strcmp(db_text(rows, i, 2), m->items[i].hash) != 0)
            return fail(err, FAULT_INPUT,
                        "the store has migration %s, which differs from this program's %s; the "
                        "file was changed after it was applied, or the store is not ours",
                        name, m->items[i].name);
    }
    *ret = (size_t)PQntuples(rows);
    return true;
}

static bool apply(struct db *store, const struct migration *m, struct error *err)
{
    const char *values[] = {NULL, m->name, m->hash};
    AUTO(text_done) struct text number = {0};

    text_addf(&number, "%d", m->number);
    values[0] = text_str(&number);
    if (db_begin(store, "", err) && db_run(store, m->sql, err) &&
        db_ask(store, "INSERT INTO timely.migration (number, name, sha256) VALUES ($1, $2, $3)", 3,
               values, NULL, err) &&
        db_commit(store, err))
        return true;
    db_rollback(store);
    return explain(err, "migration %s", m->name);
}

static bool apply_missing(struct db *store, const struct migrations *m, struct text *report,
                          struct error *err)
{
    size_t applied;

    if (!count_applied(store, m, &applied, err))
        return false;
    if (applied == m->count)
        text_addf(report, "The store is up to date (migration %zu).\n", applied);
    for (size_t i = applied; i < m->count; i++) {
        if (!apply(store, &m->items[i], err))
            return false;
        text_addf(report, "Applied %s.\n", m->items[i].name);
    }
    return true;
}

static void unlock(struct db *db, const char *call)
{
    struct error ignored;

    // A connection that is lost has given its locks up.
    if (!db_ask(db, call, 0, NULL, NULL, &ignored))
        return;
}

bool migrate_store(struct db *store, struct text *report, struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct migrations m;
    bool ok;

    if (!read_migrations(a, &m, err) ||
        !db_ask(store, "SELECT pg_advisory_lock(" MIGRATION_LOCK ")", 0, NULL, NULL, err))
        return false;
    ok = apply_missing(store, &m, report, err);
    unlock(store, "SELECT pg_advisory_unlock(" MIGRATION_LOCK ")");
    return ok;
}

bool migrate_check(struct db *store, struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct migrations m;
    size_t applied;

    if (!read_migrations(a, &m, err) || !count_applied(store, &m, &applied, err))
        return false;
    if (applied == m.count)
        return true;
    if (applied == 0)
        return fail(err, FAULT_INPUT, "the store is empty; run \"timely migrate\" first");
    return fail(err, FAULT_INPUT,
                "the store is at migration %zu and this program needs %zu; run \"timely migrate\"",
                applied, m.count);
}

// ----------------------------------------------------------------------------------- a test source

// Everything that makes an embedded source, as one text of statements.
static bool source_sql(struct arena *a, bool notify, struct text *ret, struct error *err)
{
    static const char *const files[] = {"sql/source/ssd-tables.sql", "sql/source/ssd.sql",
                                        "sql/source/notify.sql"};

    text_add(ret, "SET LOCAL search_path = public;\n"
                  "SET LOCAL client_min_messages = warning;\n");
    for (size_t i = 0; i < (notify ? 3 : 2); i++) {
        const char *path;
        char *sql;
        size_t length;

        if (!data_path(a, files[i], &path, err) ||
            !read_whole_file(a, path, MAX_SQL_BYTES, &sql, &length, err))
            return false;
        text_add(ret, sql);
        text_add(ret, ";\n");
    }
    if (notify)
        text_add(ret, "SELECT timely_source.install_triggers();\n");
    return true;
}

// The hash of what was last run is kept as the comment of the schema.
static bool source_is_made(struct db *source, const char *hash, bool *ret, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;
    const char *values[] = {hash};

    if (!db_ask(source,
                "SELECT obj_description(to_regnamespace('timely_source')::oid, 'pg_namespace') = $1"
                " AND to_regclass('timely_source.fact') IS NOT NULL",
                1, values, &r, err))
        return false;
    *ret = db_bool(r, 0, 0);
    return true;
}

static bool make_source(struct db *source, const struct text *sql, const char *hash, bool notify,
                        struct error *err)
{
    AUTO(text_done) struct text comment = {0};
    bool made;

    if (!source_is_made(source, hash, &made, err))
        return false;
    if (made)
        return true;
    text_addf(&comment, "COMMENT ON SCHEMA timely_source IS '%s'", hash);
    if (!notify)
        text_add(&comment, "; DO $$ BEGIN"
                           " IF to_regprocedure('timely_source.remove_triggers()') IS NOT NULL THEN"
                           " PERFORM timely_source.remove_triggers(); END IF; END $$");
    if (db_begin(source, "", err) && db_run(source, text_str(sql), err) &&
        db_run(source, text_str(&comment), err) && db_commit(source, err))
        return true;
    db_rollback(source);
    return explain(err, "making the embedded source");
}

bool migrate_embedded_source(struct db *source, bool notify, struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    AUTO(text_done) struct text sql = {0};
    char hash[HASH_LENGTH + 1];
    bool ok;

    if (!source_sql(a, notify, &sql, err))
        return false;
    sha256_hex(text_str(&sql), sql.length, hash);
    if (!db_ask(source, "SELECT pg_advisory_lock(" SOURCE_LOCK ")", 0, NULL, NULL, err))
        return false;
    ok = make_source(source, &sql, hash, notify, err);
    unlock(source, "SELECT pg_advisory_unlock(" SOURCE_LOCK ")");
    return ok;
}
