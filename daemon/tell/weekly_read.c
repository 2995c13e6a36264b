// Reading a week (weekly_read.h).
#include "weekly_read.h"

#include "blind.h"
#include "columns.h"
#include "fact_rows.h"
#include "zone.h"

struct week_reading {
    struct arena *arena;
    struct db *store;
    struct week_input in;
};

static bool read_is_due(struct week_reading *r, bool *ret, struct error *err)
{
    AUTO(pgresult_done) PGresult *row = NULL;

    if (!db_ask(r->store,
                "SELECT (extract(epoch FROM first_started_at) * 1000000)::bigint, weekly_on"
                " FROM timely.state",
                0, NULL, &row, err))
        return false;
    r->in.first_started_at = db_int(row, 0, 0);
    *ret = r->in.first_started_at &&
           week_is_due(r->in.library, r->in.now, r->in.first_started_at, column_date(row, 0, 1));
    return true;
}

static bool read_deadlines(struct week_reading *r, struct date monday, struct error *err)
{
    struct owed *owed;

    if (!owed_read(r->arena, r->store,
                   "d.state = 'open' AND (d.due_on <= $1::date OR d.booked_at::date <= $1::date)",
                   date_iso(r->arena, week_last(monday)), &owed, &r->in.count, err))
        return false;
    r->in.owed = owed;
    return true;
}

static bool read_children(struct week_reading *r, struct error *err)
{
    AUTO(pgresult_done) PGresult *rows = NULL;

    if (!db_ask(r->store,
                "SELECT person_id, worker_id, team_id, chair_id, iro_id, restricted"
                " FROM timely.person",
                0, NULL, &rows, err))
        return false;
    r->in.child_count = (size_t)PQntuples(rows);
    r->in.children = ARENA_ARRAY(r->arena, struct week_child, r->in.child_count + 1);
    for (int i = 0; i < PQntuples(rows); i++) {
#define TEXT(column) arena_strdup(r->arena, db_text(rows, i, column))
        r->in.children[i] =
            (struct week_child){TEXT(0), {TEXT(1), TEXT(2), TEXT(3), TEXT(4)}, db_bool(rows, i, 5)};
#undef TEXT
    }
    return true;
}

static bool look_at(void *looking, struct arena *each, struct timeline *t, struct error *err)
{
    (void)err;
    weekly_look_at(looking, each, t);
    return true;
}

static bool read_occasions(struct week_reading *r, struct date monday, struct error *err)
{
    const struct library *l = r->in.library;
    struct person_rows rows = {.library = l, .each = look_at};
    struct weekly_occasion *all;
    bool *blind;

    if (!blind_read(r->arena, &(struct reconcile_input){.store = r->store, .library = l}, &blind,
                    err))
        return false;
    rows.arg = weekly_look(r->arena, l, (struct sight){blind}, monday);
    if (!fact_rows_by_person(r->store, accepted_facts_select(r->arena, ""), &rows, err))
        return false;
    r->in.occasion_count = weekly_seen(rows.arg, &all);
    r->in.occasions = all;
    return true;
}

static bool read_week(struct week_reading *r, struct week **ret, struct error *err)
{
    struct date monday = week_monday(london_from_instant(r->in.now).on);

    if (!read_deadlines(r, monday, err) || !read_occasions(r, monday, err) ||
        !read_children(r, err))
        return false;
    *ret = ARENA_NEW(r->arena, struct week);
    weekly_gather(r->arena, &r->in, *ret);
    return true;
}

bool weekly_read(struct arena *a, struct db *store, const struct library *l,
                 const struct directory *directory, instant now, struct week **ret,
                 struct error *err)
{
    struct week_reading r = {a, store, {.library = l, .directory = directory, .now = now}};
    bool due;

    *ret = NULL;
    return read_is_due(&r, &due, err) && (!due || read_week(&r, ret, err));
}

bool weekly_read_again(struct arena *a, struct db *store, const struct library *l,
                       const struct directory *directory, instant now, struct week **ret,
                       struct error *err)
{
    struct week_reading r = {a, store, {.library = l, .directory = directory, .now = now}};
    bool due;

    if (!read_is_due(&r, &due, err) || !read_week(&r, ret, err))
        return false;
    (*ret)->again = true;
    return true;
}
