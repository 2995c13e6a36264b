// The comparison of sums, the settling time and the holds (believe.h).
#include "believe.h"

#include <stdlib.h>
#include <string.h>

// What a person's difference was when it was first seen, and when that was.
struct waiting {
    char *id;
    uint64_t signature;
    int64_t since;
    unsigned long round;
};

struct reconcile_memory {
    struct waiting *waiting; // sorted by id
    size_t count, room;
    unsigned long round;
    struct {
        char name[64];
        long long filenode;
        int64_t changed_at; // monotonic
    } tables[MAX_ORIGINS];
    size_t table_count;
    bool read_before;
};

struct reconcile_memory *reconcile_memory_new(void)
{
    struct reconcile_memory *m = calloc(1, sizeof *m);

    if (!m)
        out_of_memory();
    return m;
}

void reconcile_memory_free(struct reconcile_memory *m)
{
    if (!m)
        return;
    for (size_t i = 0; i < m->count; i++)
        free(m->waiting[i].id);
    free(m->waiting);
    free(m);
}

// ------------------------------------------------------------------------------- waiting

static size_t waiting_place(const struct reconcile_memory *m, const char *id)
{
    size_t low = 0, high = m->count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (strcmp(m->waiting[middle].id, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// Notes the difference; returns since when it has been the same.
static int64_t same_since(struct reconcile_memory *m, const char *id, uint64_t signature,
                          int64_t now)
{
    size_t i = waiting_place(m, id);

    if (i < m->count && strcmp(m->waiting[i].id, id) == 0) {
        if (m->waiting[i].signature != signature) {
            m->waiting[i].signature = signature;
            m->waiting[i].since = now;
        }
        m->waiting[i].round = m->round;
        return m->waiting[i].since;
    }
    if (m->count == m->room) {
        m->room = m->room ? 2 * m->room : 64;
        m->waiting = realloc(m->waiting, m->room * sizeof *m->waiting);
        if (!m->waiting)
            out_of_memory();
    }
    memmove(&m->waiting[i + 1], &m->waiting[i], (m->count - i) * sizeof *m->waiting);
    m->waiting[i] = (struct waiting){strdup(id), signature, now, m->round};
    if (!m->waiting[i].id)
        out_of_memory();
    m->count++;
    return now;
}

// Forgets who did not differ in this round.
static void forget_others(struct reconcile_memory *m)
{
    size_t kept = 0;

    for (size_t i = 0; i < m->count; i++)
        if (m->waiting[i].round == m->round)
            m->waiting[kept++] = m->waiting[i];
        else
            free(m->waiting[i].id);
    m->count = kept;
}

bool believe_vanished_rows(struct reconcile_memory *m, const struct candidate *c, int64_t now,
                           int settle_s)
{
    size_t i = waiting_place(m, c->id);

    return i < m->count && strcmp(m->waiting[i].id, c->id) == 0 &&
           now - m->waiting[i].since >= SECONDS(settle_s);
}

// ------------------------------------------------------------------------------- tables

struct accepted_table {
    int number;
    long long rows, filenode;
};

// True when any table's file node changed within the settling time: a reload is going on, or just
// was. A table that is another file than the one last accepted was reloaded while nobody looked.
static bool settling(struct reconcile_memory *m, const struct reading *r,
                     const struct accepted_table *accepted, int64_t now, int settle_s)
{
    bool recent = false;

    for (size_t i = 0; i < r->origin_count; i++) {
        size_t t = 0;

        while (t < m->table_count && strcmp(m->tables[t].name, r->origins[i].name) != 0)
            t++;
        if (t == m->table_count) {
            m->table_count++;
            snprintf(m->tables[t].name, sizeof m->tables[t].name, "%s", r->origins[i].name);
            m->tables[t].filenode =
                accepted[i].filenode ? accepted[i].filenode : r->origins[i].filenode;
            m->tables[t].changed_at = INT64_MIN / 2;
        }
        if (m->tables[t].filenode != r->origins[i].filenode) {
            m->tables[t].filenode = r->origins[i].filenode;
            m->tables[t].changed_at = now;
        }
        recent |= now - m->tables[t].changed_at < SECONDS(settle_s);
    }
    return recent;
}

// The numbers and last accepted sizes of the reading's tables; new ones are added. A row that would
// only conflict takes a number all the same, at each reading, and there are not many: it is not
// put.
static bool read_accepted(struct arena *a, const struct reconcile_input *in, struct reading *r,
                          struct accepted_table *ret, struct error *err)
{
    AUTO(pgresult_done) PGresult *rows = NULL;
    const char *names[MAX_ORIGINS], *array;

    // Tables that were accepted once and that this reading does not mention are empty now.
    if (!db_ask(in->store, "SELECT origin FROM timely.source_table", 0, NULL, &rows, err))
        return false;
    for (int i = 0; i < PQntuples(rows); i++)
        (void)reading_origin(r, db_text(rows, i, 0));
    PQclear(rows);
    rows = NULL;
    for (size_t i = 0; i < r->origin_count; i++)
        names[i] = r->origins[i].name;
    array = db_text_array(a, names, r->origin_count);
    if (!db_ask(in->store,
                "INSERT INTO timely.source_table (origin, rows, changed_at) "
                "SELECT o, 0, now() FROM unnest($1::text[]) AS o "
                "WHERE NOT EXISTS (SELECT FROM timely.source_table WHERE origin = o)",
                1, &array, NULL, err) ||
        !db_ask(in->store, "SELECT origin, number, rows, filenode FROM timely.source_table", 0,
                NULL, &rows, err))
        return false;
    for (int i = 0; i < PQntuples(rows); i++)
        ret[reading_origin(r, db_text(rows, i, 0))] = (struct accepted_table){
            (int)db_int(rows, i, 1), db_int(rows, i, 2), db_int(rows, i, 3)};
    return true;
}

#define FEW_ROWS 10

static const char *shrunk(struct arena *a, const struct origin *o, const struct accepted_table *t,
                          int max_percent)
{
    long long lost = t->rows - o->rows;

    if (t->rows > 0 && o->rows == 0)
        return arena_printf(a, "%s is empty; it had %lld %s", o->name, t->rows,
                            t->rows == 1 ? "row" : "rows");
    if (lost > FEW_ROWS && lost * 100 > t->rows * max_percent)
        return arena_printf(a, "%s has %lld rows; it had %lld", o->name, o->rows, t->rows);
    return NULL;
}

// ------------------------------------------------------------------------------- holds on tables

// A rejected hold stays in force, without asking again, until the table fills.
struct hold_state {
    bool rejected, confirmed;
};

static bool read_hold(const struct reconcile_input *in, const char *table, struct hold_state *ret,
                      struct error *err)
{
    AUTO(pgresult_done) PGresult *rows = NULL;

    if (!db_ask(in->store,
                "SELECT decided = 'rejected', decided = 'confirmed' FROM timely.hold "
                "WHERE kind = 'table' AND about = $1 AND applied_at IS NULL ORDER BY hold_id DESC "
                "LIMIT 1",
                1, &table, &rows, err))
        return false;
    *ret = (struct hold_state){0};
    if (PQntuples(rows))
        *ret = (struct hold_state){db_bool(rows, 0, 0), db_bool(rows, 0, 1)};
    return true;
}

static bool hold_table(struct arena *a, const struct reconcile_input *in, struct origin *o,
                       const char *why, const char *business_now, struct belief *b,
                       struct error *err)
{
    const char *values[] = {
        o->name,
        arena_printf(a,
                     "%s. What was known before is used until it fills again, or until "
                     "you confirm that the rows are gone for good.",
                     why),
        business_now};
    struct hold_state hold;

    if (!read_hold(in, o->name, &hold, err))
        return false;
    if (hold.confirmed) {
        b->confirmed = true;
        return true;
    }
    o->held = why;
    b->held[b->held_count++] = o->name;
    if (hold.rejected)
        return true;
    return db_ask(
        in->store,
        "INSERT INTO timely.hold AS h (kind, about, text, opened_at) VALUES ('table', $1, $2, "
        "$3::timestamptz) "
        "ON CONFLICT (kind, about) WHERE decided IS NULL DO UPDATE SET text = excluded.text",
        3, values, NULL, err);
}

// Of tables that are sound: one statement, since there are dozens and this is asked at every look.
static bool resolve_holds(struct arena *a, const struct reconcile_input *in,
                          const char *const *tables, size_t count, const char *business_now,
                          struct error *err)
{
    const char *values[] = {db_text_array(a, tables, count), business_now};

    return db_ask(
        in->store,
        "UPDATE timely.hold SET decided = coalesce(decided, 'resolved'), "
        "decided_at = coalesce(decided_at, $2::timestamptz), applied_at = $2::timestamptz "
        "WHERE kind = 'table' AND about = ANY ($1::text[]) AND applied_at IS NULL",
        2, values, NULL, err);
}

// A reading of some persons cannot tell how large a table is: what is held stays held.
static bool keep_holds(const struct reconcile_input *in, struct reading *r, struct belief *b,
                       struct error *err)
{
    AUTO(pgresult_done) PGresult *rows = NULL;

    if (!db_ask(
            in->store,
            "SELECT DISTINCT about FROM timely.hold WHERE kind = 'table' AND applied_at IS NULL "
            "AND decided IS DISTINCT FROM 'confirmed'",
            0, NULL, &rows, err))
        return false;
    for (int i = 0; i < PQntuples(rows); i++) {
        struct origin *o = &r->origins[reading_origin(r, db_text(rows, i, 0))];

        o->held = "held";
        if (b->held_count < r->origin_count)
            b->held[b->held_count++] = o->name;
    }
    return true;
}

// What is found through a held table is held with it; one decision is for both.
static void hold_leaning(struct reading *r, struct belief *b)
{
    for (size_t i = 0; i < r->origin_count; i++) {
        struct origin *o = &r->origins[i];

        if (o->held || !o->leans_on || !r->origins[reading_origin(r, o->leans_on)].held)
            continue;
        o->held = "found through a table that is held";
        b->held[b->held_count++] = o->name;
    }
}

static bool hold_tables(struct arena *a, const struct reconcile_input *in, struct reading *r,
                        const struct accepted_table *t, const char *business_now, struct belief *b,
                        struct error *err)
{
    const char **sound = ARENA_ARRAY(a, const char *, MAX_ORIGINS + 1);
    size_t sound_count = 0;

    b->held = ARENA_ARRAY(a, const char *, MAX_ORIGINS + 1);
    if (r->some) {
        if (!keep_holds(in, r, b, err))
            return false;
        hold_leaning(r, b);
        return true;
    }
    for (size_t i = 0; i < r->origin_count && !in->trust; i++) {
        const char *why = shrunk(a, &r->origins[i], &t[i], in->config->max_shrink_percent);

        if (!why)
            sound[sound_count++] = r->origins[i].name;
        else if (!hold_table(a, in, &r->origins[i], why, business_now, b, err))
            return false;
    }
    hold_leaning(r, b);
    return resolve_holds(a, in, sound, sound_count, business_now, err);
}

// ------------------------------------------------------------------------------- comparing

#define SEEN_ENTRY 10

struct compare {
    struct arena *arena;
    struct reading *reading;
    const struct accepted_table *tables;
    struct candidate *list;
    size_t count, room;
    uint64_t *signatures; // beside list
    size_t signature_room;
};

static uint64_t be64(const unsigned char *p)
{
    return (uint64_t)copy_int64((const char *)p);
}

// The kept sum of a table in a stored row, 0 when it had none.
static uint64_t kept_sum(const unsigned char *seen, size_t length, int number)
{
    for (size_t i = 0; i + SEEN_ENTRY <= length; i += SEEN_ENTRY)
        if ((seen[i] << 8 | seen[i + 1]) == number)
            return be64(seen + i + 2);
    return 0;
}

static const char *seen_hex(const struct compare *c, const uint64_t *sums)
{
    char *hex = arena_alloc(c->arena, c->reading->origin_count * 2 * SEEN_ENTRY + 1), *at = hex;

    for (size_t i = 0; i < c->reading->origin_count; i++)
        if (sums[i])
            at += sprintf(at, "%04x%016llx", (unsigned)c->tables[i].number,
                          (unsigned long long)sums[i]);
    return hex;
}

static void add_candidate(struct compare *c, const char *id, bool known, bool vanished,
                          const uint64_t *sums)
{
    uint64_t signature = vanished ? 1 : 0;

    for (size_t i = 0; i < c->reading->origin_count; i++)
        signature = signature * 0x9E3779B97F4A7C15u + sums[i];
    c->list = arena_grow(c->arena, c->list, sizeof *c->list, c->count, &c->room);
    c->signatures =
        arena_grow(c->arena, c->signatures, sizeof *c->signatures, c->count, &c->signature_room);
    c->list[c->count] =
        (struct candidate){arena_strdup(c->arena, id), known, vanished, seen_hex(c, sums)};
    c->signatures[c->count++] = signature;
}

static bool compare_stored(void *arg, const char *id, const unsigned char *seen, size_t length,
                           struct error *err)
{
    struct compare *c = arg;
    struct seen_person *p = reading_find(c->reading, id);
    uint64_t sums[MAX_ORIGINS] = {0};
    bool differs = false, any = false;

    (void)err;
    if (p)
        p->accepted_before = true;
    for (size_t i = 0; i < c->reading->origin_count; i++) {
        uint64_t kept = kept_sum(seen, length, c->tables[i].number);

        sums[i] = c->reading->origins[i].held ? kept : p ? p->sums[i] : 0;
        differs |= sums[i] != kept;
        any |= sums[i] != 0;
    }
    if (differs)
        add_candidate(c, id, true, !any, sums);
    return true;
}

static void add_new_persons(struct compare *c)
{
    for (size_t i = 0; i < c->reading->room; i++) {
        const struct seen_person *p = c->reading->persons[i];
        uint64_t sums[MAX_ORIGINS] = {0};
        bool any = false;

        if (!p || p->accepted_before)
            continue;
        for (size_t o = 0; o < c->reading->origin_count; o++) {
            sums[o] = c->reading->origins[o].held ? 0 : p->sums[o];
            any |= sums[o] != 0;
        }
        if (any)
            add_candidate(c, p->id, false, false, sums);
    }
}

static void sort_out(const struct reconcile_input *in, struct compare *c, bool is_settling,
                     int64_t now, struct belief *b)
{
    bool few = c->count <= (size_t)in->config->few_persons;

    b->ready = ARENA_ARRAY(c->arena, struct candidate, c->count + 1);
    b->waiting = ARENA_ARRAY(c->arena, struct candidate, c->count + 1);
    in->memory->round++;
    for (size_t i = 0; i < c->count; i++) {
        int64_t since = same_since(in->memory, c->list[i].id, c->signatures[i], now);
        bool old_enough = now - since >= SECONDS(in->config->settle_s);
        bool take = in->trust || (!is_settling && (old_enough || (few && !c->list[i].vanished)));

        if (take)
            b->ready[b->ready_count++] = c->list[i];
        else
            b->waiting[b->waiting_count++] = c->list[i];
    }
    if (!in->changed)
        forget_others(in->memory);
}

static const char *say(struct arena *a, const struct belief *b, bool is_settling)
{
    const char *text = "";

    for (size_t i = 0; i < b->held_count; i++)
        text = arena_printf(a, "%s%s%s", text, i ? ", " : "held: ", b->held[i]);
    if (b->held_count)
        text = arena_printf(a, "%s (empty or shrunk; what was known before is used). ", text);
    if (is_settling)
        text = arena_printf(
            a, "%sA table is being reloaded; nothing is taken until it has settled. ", text);
    else if (b->waiting_count)
        text = arena_printf(a, "%s%zu persons differ and wait for a second equal reading. ", text,
                            b->waiting_count);
    return *text ? text : NULL;
}

bool believe(struct arena *a, const struct reconcile_input *in, struct reading *r,
             int64_t monotonic_now, const char *business_now, struct belief *ret, struct error *err)
{
    struct accepted_table tables[MAX_ORIGINS] = {0};
    struct compare c = {.arena = a, .reading = r, .tables = tables};
    struct belief b = {0};
    bool is_settling;

    if (!read_accepted(a, in, r, tables, err) ||
        !hold_tables(a, in, r, tables, business_now, &b, err) ||
        !book_each_seen(in->store, in->changed, in->changed_count, compare_stored, &c, err))
        return false;
    add_new_persons(&c);
    is_settling =
        settling(in->memory, r, tables, monotonic_now, in->config->settle_s) && !in->trust;
    sort_out(in, &c, is_settling, monotonic_now, &b);
    b.said = say(a, &b, is_settling);
    *ret = b;
    return true;
}

// One statement, as resolve_holds. What is as it was is not written.
static const char accept_sql[] =
    "UPDATE timely.source_table t SET rows = n.rows, filenode = n.filenode,"
    " changed_at = CASE WHEN t.filenode IS DISTINCT FROM n.filenode THEN now()"
    " ELSE t.changed_at END"
    " FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS n (origin, rows, filenode)"
    " WHERE t.origin = n.origin AND (t.rows, t.filenode) IS DISTINCT FROM (n.rows, n.filenode)";

static bool accept_tables(struct arena *a, const struct reconcile_input *in,
                          const struct reading *r, struct error *err)
{
    const char **columns[3], *values[3];
    size_t count = 0;

    for (size_t c = 0; c < 3; c++)
        columns[c] = ARENA_ARRAY(a, const char *, r->origin_count + 1);
    for (size_t i = 0; i < r->origin_count; i++) {
        if (r->origins[i].held)
            continue;
        columns[0][count] = r->origins[i].name;
        columns[1][count] = arena_printf(a, "%lld", r->origins[i].rows);
        columns[2][count++] = arena_printf(a, "%lld", r->origins[i].filenode);
    }
    for (size_t c = 0; c < 3; c++)
        values[c] = db_text_array(a, columns[c], count);
    return db_ask(in->store, accept_sql, 3, values, NULL, err);
}

bool believe_accept(struct arena *a, const struct reconcile_input *in, const struct reading *r,
                    const struct belief *b, const char *business_now, struct error *err)
{
    if (!accept_tables(a, in, r, err))
        return false;
    if (!b->confirmed)
        return true;
    return db_ask(in->store,
                  "UPDATE timely.hold SET applied_at = $1::timestamptz WHERE kind = 'table' AND "
                  "decided = 'confirmed' "
                  "AND applied_at IS NULL",
                  1, &business_now, NULL, err);
}
