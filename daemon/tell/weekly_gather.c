// Readers are found by role, as ladders find them; who has several roles for a deadline hears of it
// once.
#include "weekly_gather.h"

#include "agenda_plan.h"
#include "ladder.h"
#include "recipient.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

static const char *const roles[] = {
    "team-manager",      "service-manager", "head-of-service",     "chair",
    "reviewing-officer", "chairs-manager",  "safeguarding-manager"};
#define ROLE_COUNT (sizeof roles / sizeof *roles)

struct child {
    const char *person_id;
    struct responsible who;
    bool restricted;
};

struct children {
    struct child *items; // by person_id
    size_t count;
};

// ------------------------------------------------------------------------------- whom it concerns

static const struct staff *on_role(const struct gathering *g, const struct responsible *who,
                                   bool restricted, const char *role)
{
    const char *ignored;

    return recipient_on_rung(g->arena, g->directory, who, restricted, role, g->today, &ignored);
}

static const char *const *teams_of(const struct gathering *g, const struct responsible *who)
{
    return directory_teams(g->arena, g->directory, who);
}

bool weekly_is_chair(const char *role)
{
    return strcmp(role, "chair") == 0 || strcmp(role, "reviewing-officer") == 0;
}

// Of what is late, those whom its ladder has reached; of what is ahead, those whom it would, and
// who chairs it.
static bool concerns(const struct gathering *g, const struct concern *e, const char *role,
                     const struct telling *t, size_t count)
{
    bool late = date_cmp(e->owed->due_on, g->today) < 0;

    for (size_t i = 0; i < count; i++)
        if (strcmp(t[i].role, role) == 0 && (!late || t[i].at <= g->now))
            return true;
    return !late && weekly_is_chair(role) &&
           ladder_speaks_to(g->library, e->deadline->timescale, teams_of(g, &e->owed->who), role);
}

static bool is_told_already(const struct gathering *g, size_t from, const struct staff *to)
{
    for (size_t i = from; i < g->concern_count; i++)
        if (g->concerns[i].to == to)
            return true;
    return false;
}

static void add_deadline(struct gathering *g, const struct owed *o)
{
    struct concern e = {.owed = o, .deadline = owed_deadline(g->arena, g->library, o)};
    size_t first = g->concern_count, count;
    struct telling *t;

    if (!e.deadline)
        return;
    count = ladder_tellings(g->arena, g->library, e.deadline, teams_of(g, &o->who), &t);
    for (size_t i = 0; i < ROLE_COUNT; i++) {
        if (!concerns(g, &e, roles[i], t, count))
            continue;
        e.to = on_role(g, &o->who, o->child.restricted, roles[i]);
        if (!e.to || same_text(e.to->id, o->who.worker_id) || is_told_already(g, first, e.to))
            continue;
        g->concerns = arena_grow(g->arena, g->concerns, sizeof *g->concerns, g->concern_count,
                                 &g->concern_room);
        g->concerns[g->concern_count++] = e;
    }
}

static bool is_measured_for(const struct library *l, const struct measure *m, const char *role)
{
    if (strcmp(role, "team-manager") == 0 || strcmp(role, "service-manager") == 0 ||
        strcmp(role, "head-of-service") == 0)
        return true;
    for (const struct measured_clock *c = m->clocks; c && c->timescale; c++) {
        int t = library_timescale(l, c->timescale);

        if (t >= 0 && ladder_speaks_to(l, &l->timescales[t], NULL, role))
            return true;
    }
    return false;
}

static void add_occasion(struct gathering *g, const struct weekly_occasion *o,
                         const struct child *c)
{
    size_t first = g->share_count;

    for (size_t i = 0; i < ROLE_COUNT; i++) {
        const struct staff *to = is_measured_for(g->library, o->measure, roles[i])
                                     ? on_role(g, &c->who, c->restricted, roles[i])
                                     : NULL;
        bool again = false;

        for (size_t k = first; k < g->share_count; k++)
            again |= g->shares[k].to == to;
        if (!to || again)
            continue;
        g->shares =
            arena_grow(g->arena, g->shares, sizeof *g->shares, g->share_count, &g->share_room);
        g->shares[g->share_count++] = (struct share){to, o};
    }
}

// ------------------------------------------------------------------------------- reading

static bool read_deadlines(struct gathering *g, struct error *err)
{
    struct owed *owed;
    size_t count;

    if (!owed_read(g->arena, g->store,
                   "d.state = 'open' AND (d.due_on <= $1::date OR d.booked_at::date <= $1::date)",
                   date_iso(g->arena, date_add_days(g->monday, 13)), &owed, &count, err))
        return false;
    for (size_t i = 0; i < count; i++)
        add_deadline(g, &owed[i]);
    return true;
}

static int by_person(const void *a, const void *b)
{
    return strcmp(((const struct child *)a)->person_id, ((const struct child *)b)->person_id);
}

static bool read_children(struct gathering *g, struct children *ret, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;

    if (!db_ask(g->store,
                "SELECT person_id, worker_id, team_id, chair_id, iro_id, restricted"
                " FROM timely.person",
                0, NULL, &r, err))
        return false;
    ret->count = (size_t)PQntuples(r);
    ret->items = ARENA_ARRAY(g->arena, struct child, ret->count + 1);
    for (int i = 0; i < PQntuples(r); i++) {
#define TEXT(column) arena_strdup(g->arena, db_text(r, i, column))
        ret->items[i] =
            (struct child){TEXT(0), {TEXT(1), TEXT(2), TEXT(3), TEXT(4)}, db_bool(r, i, 5)};
#undef TEXT
    }
    if (ret->count > 1)
        qsort(ret->items, ret->count, sizeof *ret->items, by_person);
    return true;
}

static const struct child *child_of(const struct children *all, const char *person_id)
{
    struct child key = {.person_id = person_id};

    return all->count ? bsearch(&key, all->items, all->count, sizeof key, by_person) : NULL;
}

static bool read_figures(struct gathering *g, struct error *err)
{
    struct weekly_occasion *all;
    struct children children;
    size_t count;

    if (!weekly_occasions(g->arena, g->store, g->library, g->monday, &all, &count, err) ||
        !read_children(g, &children, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct child *c = child_of(&children, all[i].person_id);

        if (c)
            add_occasion(g, &all[i], c);
    }
    return true;
}

static int by_reader(const void *x, const void *y)
{
    const struct concern *a = x, *b = y;
    int by = strcmp(a->to->id, b->to->id);

    return by != 0 ? by
                   : (a->owed->deadline_id > b->owed->deadline_id) -
                         (a->owed->deadline_id < b->owed->deadline_id);
}

static int by_reader_and_measure(const void *x, const void *y)
{
    const struct share *a = x, *b = y;
    int by = strcmp(a->to->id, b->to->id);

    return by != 0 ? by : (a->of->measure > b->of->measure) - (a->of->measure < b->of->measure);
}

bool weekly_gather(struct gathering *g, struct error *err)
{
    if (!read_deadlines(g, err) || !read_figures(g, err))
        return false;
    if (g->concern_count > 1)
        qsort(g->concerns, g->concern_count, sizeof *g->concerns, by_reader);
    if (g->share_count > 1)
        qsort(g->shares, g->share_count, sizeof *g->shares, by_reader_and_measure);
    return true;
}
