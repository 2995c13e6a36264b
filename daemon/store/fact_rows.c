// Decoding binary COPY (PostgreSQL manual, COPY, "Binary Format") into facts.
#include "fact_rows.h"

#include "text.h"

#include <stdio.h>
#include <string.h>

const char *const fact_columns =
    "person_id, kind, ref, at, precise, until, episode, meeting, code, who, origin, recorded_at, "
    "scheduled_at, ends_at, place, url, attendees";

const char *accepted_facts_select(struct arena *a, const char *where)
{
    return arena_printf(a,
                        "SELECT %s FROM (SELECT %s FROM timely.fact UNION ALL SELECT %s"
                        " FROM timely.local_fact) AS f %s ORDER BY person_id COLLATE \"C\"",
                        fact_columns, fact_columns, fact_columns, where);
}

#define HEADER_LENGTH 19
static const char header_start[] = "PGCOPY\n\377\r\n"; // and a NUL, which sizeof counts

static int16_t be16(const char *p)
{
    const unsigned char *u = (const unsigned char *)p;

    return (int16_t)(u[0] << 8 | u[1]);
}

static int32_t be32(const char *p)
{
    const unsigned char *u = (const unsigned char *)p;

    return (int32_t)((uint32_t)u[0] << 24 | (uint32_t)u[1] << 16 | (uint32_t)u[2] << 8 | u[3]);
}

int64_t copy_int64(const char *p)
{
    return (int64_t)((uint64_t)(uint32_t)be32(p) << 32 | (uint32_t)be32(p + 4));
}

int copy_tuple(const char **at, const char *end, const char **data, int *length, int max)
{
    const char *p = *at;
    int count;

    if (end - p >= HEADER_LENGTH && memcmp(p, header_start, sizeof header_start) == 0)
        p += HEADER_LENGTH + be32(p + 15);
    if (p == end)
        return 0;
    if (end - p < 2)
        return -1;
    count = be16(p);
    p += 2;
    if (count == -1)
        return 0;
    if (count > max)
        return -1;
    for (int i = 0; i < count; i++) {
        if (end - p < 4)
            return -1;
        length[i] = be32(p);
        p += 4;
        data[i] = p;
        if (length[i] > end - p)
            return -1;
        if (length[i] > 0)
            p += length[i];
    }
    *at = p;
    return count;
}

struct copy {
    bool (*row)(void *arg, const struct fact_row *r, struct error *err);
    void *arg;
};

static bool take_chunk(void *arg, const char *data, size_t length, struct error *err)
{
    struct copy *c = arg;
    const char *at = data, *end = data + length;

    for (;;) {
        struct fact_row r;
        int count;

        r.whole = at;
        count = copy_tuple(&at, end, r.data, r.length, FACT_COLUMN_COUNT);
        if (count == 0)
            return true;
        if (count != FACT_COLUMN_COUNT)
            return fail(err, FAULT_INPUT, "the fact view has other columns than the fact contract");
        // The header of the first chunk is not part of the row.
        r.whole = r.data[0] - 6;
        r.whole_length = (size_t)(at - r.whole);
        if (!c->row(c->arg, &r, err))
            return false;
    }
}

bool fact_rows_copy(struct db *db, const char *select,
                    bool (*row)(void *arg, const struct fact_row *r, struct error *err), void *arg,
                    struct error *err)
{
    struct copy c = {row, arg};
    AUTO(text_done) struct text sql = {0};

    text_addf(&sql, "COPY (%s) TO STDOUT (FORMAT binary)", select);
    return db_copy_out(db, text_str(&sql), take_chunk, &c, err);
}

#define POSTGRES_EPOCH_DAY 10957 // 2000-01-01
#define DAY_US 86400000000LL

// Dates before 1900 or after 2200 are typing errors or stand-ins for "none"; so are days before the
// calendar begins, for everything but births.
static bool moment_of(const struct fact_row *r, enum fact_column column, struct moment *ret)
{
    int64_t us, day;

    if (r->length[column] != 8)
        return false;
    us = copy_int64(r->data[column]);
    if (us == INT64_MAX || us == INT64_MIN)
        return false;
    day = us >= 0 ? us / DAY_US : -((-us + DAY_US - 1) / DAY_US);
    if (day < -36524 || day > 73048)
        return false;
    ret->on.day = (int32_t)(day + POSTGRES_EPOCH_DAY);
    ret->minute = (int32_t)((us - day * DAY_US) / 60000000);
    return true;
}

static bool text_is(const struct fact_row *r, enum fact_column column, const char *s)
{
    size_t n = strlen(s);

    return r->length[column] == (int)n && memcmp(r->data[column], s, n) == 0;
}

const char *fact_row_fault(const struct fact_row *r)
{
    bool of_a_life = text_is(r, COLUMN_KIND, "birth") || text_is(r, COLUMN_KIND, "expected-birth");
    struct moment at;

    if (r->length[COLUMN_PERSON] <= 0)
        return "the row belongs to nobody that the source knows";
    if (r->length[COLUMN_KIND] <= 0 || r->length[COLUMN_ORIGIN] <= 0)
        return "the row has no kind";
    if (r->length[COLUMN_REF] <= 0)
        return "the row has no key";
    if (r->length[COLUMN_AT] < 0)
        return "the row has no date";
    if (!moment_of(r, COLUMN_AT, &at))
        return "nobody can mean the row's date";
    if (!of_a_life && at.on.day < date_make(1995, 1, 1).day)
        return "the row is dated before 1995";
    return NULL;
}

static const char *copy_text(struct arena *a, const struct fact_row *r, enum fact_column column)
{
    if (r->length[column] < 0)
        return NULL;
    return arena_strndup(a, r->data[column], (size_t)r->length[column]);
}

static struct moment moment_or_none(const struct fact_row *r, enum fact_column column)
{
    struct moment m;

    return moment_of(r, column, &m) ? m : MOMENT_NONE;
}

struct fact fact_from_row(struct arena *a, const struct library *l, const struct fact_row *r)
{
    bool precise = r->length[COLUMN_PRECISE] == 1 && r->data[COLUMN_PRECISE][0];
    struct fact f = {.kind = copy_text(a, r, COLUMN_KIND),
                     .at = moment_or_none(r, COLUMN_AT),
                     .until = moment_or_none(r, COLUMN_UNTIL),
                     .ref = copy_text(a, r, COLUMN_REF),
                     .episode = copy_text(a, r, COLUMN_EPISODE),
                     .meeting = copy_text(a, r, COLUMN_MEETING),
                     .code = copy_text(a, r, COLUMN_CODE),
                     .who = copy_text(a, r, COLUMN_WHO),
                     .origin = copy_text(a, r, COLUMN_ORIGIN),
                     .recorded = moment_or_none(r, COLUMN_RECORDED)};

    f.event = library_event(l, f.kind);
    if (!precise)
        f.at.minute = -1;
    if (r->length[COLUMN_SCHEDULED] >= 0) {
        struct booking_details *b = ARENA_NEW(a, struct booking_details);

        *b = (struct booking_details){.scheduled = moment_or_none(r, COLUMN_SCHEDULED),
                                      .ends = moment_or_none(r, COLUMN_ENDS),
                                      .place = copy_text(a, r, COLUMN_PLACE),
                                      .url = copy_text(a, r, COLUMN_URL),
                                      .attendees = copy_text(a, r, COLUMN_ATTENDEES)};
        f.booking = b;
    }
    return f;
}

// ------------------------------------------------------------------------------------ by person

struct gather {
    const struct person_rows *to;
    struct arena *arena;
    struct timeline timeline;
    size_t room;
};

static bool finish_person(struct gather *g, struct error *err)
{
    bool ok = true;

    if (g->timeline.person_id) {
        timeline_sort(&g->timeline);
        ok = g->to->each(g->to->arg, g->arena, &g->timeline, err);
    }
    arena_reset(g->arena);
    g->timeline = (struct timeline){0};
    g->room = 0;
    return ok;
}

static bool gather_row(void *arg, const struct fact_row *r, struct error *err)
{
    struct gather *g = arg;
    const char *fault = fact_row_fault(r);

    if (fault) {
        if (g->to->fault)
            g->to->fault(g->to->arg, r, fault);
        return true;
    }
    if (g->timeline.person_id && !text_is(r, COLUMN_PERSON, g->timeline.person_id) &&
        !finish_person(g, err))
        return false;
    if (!g->timeline.person_id)
        g->timeline.person_id = copy_text(g->arena, r, COLUMN_PERSON);
    g->timeline.facts = arena_grow(g->arena, g->timeline.facts, sizeof *g->timeline.facts,
                                   g->timeline.count, &g->room);
    g->timeline.facts[g->timeline.count++] = fact_from_row(g->arena, g->to->library, r);
    return true;
}

bool fact_rows_by_person(struct db *db, const char *select, const struct person_rows *p,
                         struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct gather g = {.to = p, .arena = a};

    return fact_rows_copy(db, select, gather_row, &g, err) && finish_person(&g, err);
}
