// Reading the source as sums (source.h).
#include "source.h"

#include "text.h"

#include <string.h>
#include <xxhash.h>

const char source_person_origin[] = "person";

static size_t slot_of(const struct reading *r, const char *id, size_t length)
{
    size_t i = XXH3_64bits(id, length) & (r->room - 1);

    while (r->persons[i] &&
           (strncmp(r->persons[i]->id, id, length) != 0 || r->persons[i]->id[length] != '\0'))
        i = (i + 1) & (r->room - 1);
    return i;
}

static void make_room(struct reading *r)
{
    struct seen_person **old = r->persons;
    size_t old_room = r->room;

    if (2 * r->count < r->room)
        return;
    r->room = old_room ? 4 * old_room : 4096;
    r->persons = ARENA_ARRAY(r->arena, struct seen_person *, r->room);
    for (size_t i = 0; i < old_room; i++)
        if (old[i])
            r->persons[slot_of(r, old[i]->id, strlen(old[i]->id))] = old[i];
}

static struct seen_person *person_of(struct reading *r, const char *id, size_t length)
{
    size_t i;

    make_room(r);
    i = slot_of(r, id, length);
    if (!r->persons[i]) {
        r->persons[i] = ARENA_NEW(r->arena, struct seen_person);
        r->persons[i]->id = arena_strndup(r->arena, id, length);
        r->count++;
    }
    return r->persons[i];
}

struct seen_person *reading_find(const struct reading *r, const char *person_id)
{
    return r->room ? r->persons[slot_of(r, person_id, strlen(person_id))] : NULL;
}

static size_t origin_of(struct reading *r, const char *name, size_t length)
{
    for (size_t i = 0; i < r->origin_count; i++)
        if (strncmp(r->origins[i].name, name, length) == 0 && r->origins[i].name[length] == '\0')
            return i;
    // More tables than fit share the last place: their changes are still seen, only not told apart.
    if (r->origin_count == MAX_ORIGINS)
        return MAX_ORIGINS - 1;
    r->origins[r->origin_count].name = arena_strndup(r->arena, name, length);
    return r->origin_count++;
}

size_t reading_origin(struct reading *r, const char *name)
{
    return origin_of(r, name, strlen(name));
}

static void note_fault(struct reading *r, const struct fact_row *row, const char *what)
{
    const char *text[3] = {NULL, NULL, NULL};
    const enum fact_column columns[3] = {COLUMN_PERSON, COLUMN_ORIGIN, COLUMN_REF};

    if (r->fault_count++ >= MAX_FAULTS)
        return;
    for (size_t i = 0; i < 3; i++)
        if (row->length[columns[i]] >= 0)
            text[i] =
                arena_strndup(r->arena, row->data[columns[i]], (size_t)row->length[columns[i]]);
    r->faults =
        arena_grow(r->arena, r->faults, sizeof *r->faults, r->fault_count - 1, &r->fault_room);
    r->faults[r->fault_count - 1] =
        (struct faulty_row){text[0], text[1] ? text[1] : "?", text[2], what};
}

static size_t origin_of_row(struct reading *r, const struct fact_row *row)
{
    if (row->length[COLUMN_ORIGIN] < 0)
        return 0;
    return origin_of(r, row->data[COLUMN_ORIGIN], (size_t)row->length[COLUMN_ORIGIN]);
}

void reading_sum_row(struct reading *r, const struct fact_row *row, uint64_t *sums)
{
    sums[origin_of_row(r, row)] += XXH3_64bits(row->whole, row->whole_length);
}

static bool sum_fact(void *arg, const struct fact_row *row, struct error *err)
{
    struct reading *r = arg;
    const char *fault = fact_row_fault(row);

    (void)err;
    r->rows++;
    if (row->length[COLUMN_ORIGIN] >= 0)
        r->origins[origin_of_row(r, row)].rows++;
    if (fault)
        note_fault(r, row, fault);
    if (row->length[COLUMN_PERSON] > 0)
        reading_sum_row(
            r, row,
            person_of(r, row->data[COLUMN_PERSON], (size_t)row->length[COLUMN_PERSON])->sums);
    return true;
}

// ------------------------------------------------------------------------------------ the persons

#define PERSON_COLUMNS 6
static const char person_select[] =
    "SELECT person_id, family, display_name, initials, case_ref, restricted "
    "FROM timely_source.person";

static bool sum_persons(void *arg, const char *chunk, size_t chunk_length, struct error *err)
{
    struct reading *r = arg;
    const char *at = chunk, *end = chunk + chunk_length, *data[PERSON_COLUMNS];
    int length[PERSON_COLUMNS], count;
    size_t origin = reading_origin(r, source_person_origin);

    while ((count = copy_tuple(&at, end, data, length, PERSON_COLUMNS)) > 0) {
        r->origins[origin].rows++;
        if (length[0] > 0)
            person_of(r, data[0], (size_t)length[0])->sums[origin] +=
                XXH3_64bits(data[0] - 6, (size_t)(at - data[0]) + 6);
    }
    return count == 0 ||
           fail(err, FAULT_INPUT, "timely_source.person has other columns than the fact contract");
}

// ---------------------------------------------------------------------------------- the file nodes

static bool note_filenodes(struct db *source, struct reading *r, bool *ret_changed,
                           struct error *err)
{
    AUTO(pgresult_done) PGresult *rows = NULL;

    if (!db_ask(source, "SELECT table_name, filenode, leans_on FROM timely_source.watched", 0, NULL,
                &rows, err))
        return false;
    *ret_changed = false;
    for (int i = 0; i < PQntuples(rows); i++) {
        struct origin *o = &r->origins[reading_origin(r, db_text(rows, i, 0))];
        long long node = db_int(rows, i, 1);

        if (!o->leans_on && db_text(rows, i, 2))
            o->leans_on = arena_strdup(r->arena, db_text(rows, i, 2));
        *ret_changed |= o->filenode != node;
        o->filenode = node;
    }
    return true;
}

static const char *literal_array(struct arena *a, struct db *db, const char *const *ids,
                                 size_t count)
{
    const char *array = db_text_array(a, ids, count);
    char *quoted = PQescapeLiteral(db_conn(db), array, strlen(array));
    const char *copy = arena_strdup(a, quoted ? quoted : "'{}'");

    PQfreemem(quoted);
    return copy;
}

static bool read_all(struct db *source, const char *where, struct reading *r, struct error *err)
{
    AUTO(text_done) struct text facts = {0}, persons = {0};
    bool changed;

    text_addf(&facts, "SELECT %s FROM timely_source.fact %s", fact_columns, where);
    text_addf(&persons, "COPY (%s %s) TO STDOUT (FORMAT binary)", person_select, where);
    if (!note_filenodes(source, r, &changed, err) ||
        !fact_rows_copy(source, text_str(&facts), sum_fact, r, err) ||
        !db_copy_out(source, text_str(&persons), sum_persons, r, err) ||
        !note_filenodes(source, r, &r->torn, err))
        return false;
    return true;
}

bool source_read(struct db *source, const char *const *ids, size_t count, struct reading **ret,
                 struct error *err)
{
    struct arena *a = arena_new();
    struct reading *r = ARENA_NEW(a, struct reading);
    const char *where = "";
    bool ok;

    r->arena = a;
    r->some = ids != NULL;
    if (ids)
        where = arena_printf(a, "WHERE person_id = ANY (%s::text[])",
                             literal_array(a, source, ids, count));
    // The snapshot is one state but for TRUNCATE, which it does not hide: the file nodes before and
    // after tell whether a table was emptied between.
    ok = db_begin(source, "REPEATABLE READ READ ONLY", err) && read_all(source, where, r, err) &&
         db_commit(source, err);
    if (!ok) {
        db_rollback(source);
        reading_free(r);
        return explain(err, "reading the case database");
    }
    *ret = r;
    return true;
}

void reading_free(struct reading *r)
{
    if (r)
        arena_free(r->arena);
}

// ------------------------------------------------------------------------------------ some persons

bool source_changes(struct arena *a, struct db *source, size_t max, const char **place,
                    const char ***ret_ids, size_t *ret_count, bool *ret_all, struct error *err)
{
    AUTO(pgresult_done) PGresult *now = NULL, *rows = NULL;
    const char *values[3] = {*place, NULL, arena_printf(a, "%zu", max + 1)};
    const char **ids = NULL;

    if (!db_ask(source, "SELECT pg_catalog.pg_current_snapshot()::text", 0, NULL, &now, err))
        return false;
    values[1] = db_text(now, 0, 0);
    *ret_all = !*place;
    *ret_count = 0;
    if (*place && !db_ask(source,
                          "SELECT DISTINCT person_id FROM timely_source.change WHERE xid >= "
                          "pg_snapshot_xmin($1::pg_snapshot) "
                          "AND NOT pg_visible_in_snapshot(xid, $1::pg_snapshot) AND "
                          "pg_visible_in_snapshot(xid, $2::pg_snapshot) "
                          "LIMIT $3::bigint",
                          3, values, &rows, err))
        return false;
    if (rows) {
        *ret_all = PQntuples(rows) > (int)max;
        ids = ARENA_ARRAY(a, const char *, PQntuples(rows) + 1);
        for (int i = 0; i < PQntuples(rows); i++) {
            *ret_all |= !db_text(rows, i, 0);
            ids[(*ret_count)++] = arena_strdup(a, db_text(rows, i, 0));
        }
    }
    *ret_ids = ids;
    *place = arena_strdup(a, values[1]);
    return true;
}

const char *source_facts_select(struct arena *a, struct db *source, const char *const *ids,
                                size_t count)
{
    return arena_printf(a, "SELECT %s FROM timely_source.fact WHERE person_id = ANY (%s::text[])",
                        fact_columns, literal_array(a, source, ids, count));
}

bool source_persons(struct arena *a, struct db *source, const char *const *ids, size_t count,
                    struct person_info **ret, size_t *ret_count, struct error *err)
{
    const char *values[] = {db_text_array(a, ids, count)};
    const char *sql = arena_printf(a, "%s WHERE person_id = ANY ($1::text[])", person_select);
    AUTO(pgresult_done) PGresult *rows = NULL;
    struct person_info *infos;

    if (!db_ask(source, sql, 1, values, &rows, err))
        return false;
    infos = ARENA_ARRAY(a, struct person_info, PQntuples(rows) + 1);
    for (int i = 0; i < PQntuples(rows); i++)
        infos[i] = (struct person_info){.person_id = arena_strdup(a, db_text(rows, i, 0)),
                                        .family = arena_strdup(a, db_text(rows, i, 1)),
                                        .display_name = arena_strdup(a, db_text(rows, i, 2)),
                                        .initials = arena_strdup(a, db_text(rows, i, 3)),
                                        .case_ref = arena_strdup(a, db_text(rows, i, 4)),
                                        .restricted = db_bool(rows, i, 5)};
    *ret = infos;
    *ret_count = (size_t)PQntuples(rows);
    return true;
}
