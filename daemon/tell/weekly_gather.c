// Readers are found by role, as ladders find them; who has several roles for a deadline hears of it
// once.
#include "weekly_gather.h"

#include "agenda_office.h"
#include "ladder.h"
#include "recipient.h"
#include "text.h"
#include "zone.h"

#include <stdlib.h>
#include <string.h>

static const char *const roles[] = {
    "team-manager",      "service-manager", "head-of-service",     "chair",
    "reviewing-officer", "chairs-manager",  "safeguarding-manager"};
#define ROLE_COUNT (sizeof roles / sizeof *roles)

struct gathering {
    struct arena *arena;
    const struct week_input *in;
    struct date today, monday;
    struct concern *concerns;
    size_t concern_count, concern_room;
    struct share *shares;
    size_t share_count, share_room;
};

// ------------------------------------------------------------------------------- the week

struct date week_monday(struct date day)
{
    return date_add_days(day, -date_weekday(day));
}

struct date week_last(struct date monday)
{
    return date_add_days(monday, 13);
}

instant week_opening(const struct library *l, struct date monday)
{
    return agenda_next_list(l, instant_from_london((struct moment){date_add_days(monday, -1), 0}));
}

bool week_is_due(const struct library *l, instant now, instant first_started_at, struct date done)
{
    struct date monday = week_monday(london_from_instant(now).on);
    struct moment first =
        office_open_on_or_after(&l->office, l->local, london_from_instant(first_started_at));
    instant opening = week_opening(l, monday);

    return opening && now >= opening && agenda_office_open(l, now) &&
           date_cmp(first.on, monday) < 0 && !(date_known(done) && date_is(done, monday));
}

// ------------------------------------------------------------------------------- what it is

// The first summary has counted it. In a list it would stand before everything that can be changed.
static bool is_older(const struct gathering *g, const struct owed *o)
{
    return o->at_first_start &&
           date_cmp(o->due_on, london_from_instant(g->in->first_started_at).on) < 0;
}

// Of a meeting that is booked for the two weeks, its day; else the day on which it is due.
static void set_day(const struct gathering *g, struct concern *c)
{
    const struct owed *o = c->owed;

    c->booked = date_known(o->booked.on) && date_cmp(o->booked.on, g->today) >= 0 &&
                date_cmp(o->booked.on, week_last(g->monday)) <= 0;
    c->on = c->booked ? o->booked.on : o->due_on;
}

static enum week_part part_of(const struct gathering *g, const struct concern *c)
{
    const char *acting = ladder_acting_role(g->in->library, c->timescale);

    if (is_older(g, c->owed))
        return WEEK_OLDER;
    // What is the chairs' own a manager reads apart from what the teams owe.
    if (date_cmp(c->owed->due_on, g->today) < 0)
        return ladder_is_chair(acting) ? WEEK_RECORD : WEEK_LATE;
    return date_cmp(c->on, week_last(g->monday)) <= 0 ? WEEK_DATE : WEEK_NOTHING;
}

// ------------------------------------------------------------------------------- whom it concerns

static const struct staff *on_role(const struct gathering *g, const struct responsible *who,
                                   bool restricted, const char *role)
{
    const char *ignored;

    return recipient_on_rung(g->arena, g->in->directory, who, restricted, role, g->today, &ignored);
}

static const char *const *teams_of(const struct gathering *g, const struct owed *o)
{
    return directory_teams(g->arena, g->in->directory, &o->who);
}

static bool concerns(const struct gathering *g, const struct concern *c, const char *role,
                     const struct telling *t, size_t count)
{
    bool late = date_cmp(c->owed->due_on, g->today) < 0;

    for (size_t i = 0; i < count; i++)
        if (strcmp(t[i].role, role) == 0 && (!late || t[i].at <= g->in->now))
            return true;
    return !late && ladder_is_chair(role) &&
           ladder_speaks_to(g->in->library, c->timescale, teams_of(g, c->owed), role);
}

static bool is_told_already(const struct gathering *g, size_t from, const struct staff *to)
{
    for (size_t i = from; i < g->concern_count; i++)
        if (g->concerns[i].to == to)
            return true;
    return false;
}

static void add_concern(struct gathering *g, const struct concern *c, size_t first)
{
    if (!c->to || same_text(c->to->id, c->owed->who.worker_id) || is_told_already(g, first, c->to))
        return;
    g->concerns =
        arena_grow(g->arena, g->concerns, sizeof *g->concerns, g->concern_count, &g->concern_room);
    g->concerns[g->concern_count++] = *c;
}

static void add_deadline(struct gathering *g, const struct owed *o)
{
    const struct deadline *d = owed_deadline(g->arena, g->in->library, o);
    size_t first = g->concern_count, count;
    struct concern c = {.owed = o};
    struct telling *t;

    if (!d)
        return;
    c.timescale = d->timescale;
    set_day(g, &c);
    c.part = part_of(g, &c);
    if (c.part == WEEK_NOTHING)
        return;
    count = ladder_tellings(g->arena, g->in->library, d, teams_of(g, o), &t);
    for (size_t i = 0; i < ROLE_COUNT; i++) {
        if (!concerns(g, &c, roles[i], t, count))
            continue;
        c.role = roles[i];
        c.to = on_role(g, &o->who, o->child.restricted, c.role);
        add_concern(g, &c, first);
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
                         const struct week_child *c)
{
    size_t first = g->share_count;

    for (size_t i = 0; i < ROLE_COUNT; i++) {
        const struct staff *to = is_measured_for(g->in->library, o->measure, roles[i])
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

static int by_person(const void *a, const void *b)
{
    return strcmp(((const struct week_child *)a)->person_id,
                  ((const struct week_child *)b)->person_id);
}

static void add_occasions(struct gathering *g)
{
    const struct week_input *in = g->in;

    if (in->child_count > 1)
        qsort(in->children, in->child_count, sizeof *in->children, by_person);
    for (size_t i = 0; i < in->occasion_count; i++) {
        struct week_child key = {.person_id = in->occasions[i].person_id};
        const struct week_child *c =
            in->child_count ? bsearch(&key, in->children, in->child_count, sizeof key, by_person)
                            : NULL;

        if (c)
            add_occasion(g, &in->occasions[i], c);
    }
}

// ------------------------------------------------------------------------------- reader by reader

static int by_reader(const void *x, const void *y)
{
    const struct concern *a = x, *b = y;
    int by = strcmp(a->to->id, b->to->id);

    return by != 0 ? by : owed_cmp(a->owed, b->owed);
}

static int by_reader_and_measure(const void *x, const void *y)
{
    const struct share *a = x, *b = y;
    int by = strcmp(a->to->id, b->to->id);

    return by != 0 ? by : (a->of->measure > b->of->measure) - (a->of->measure < b->of->measure);
}

static bool has_something(const struct week_reader *r)
{
    for (size_t i = 0; i < r->concern_count; i++)
        if (r->concerns[i].part != WEEK_OLDER)
            return true;
    return r->share_count > 0;
}

// Both lists are sorted by reader: the next one of either, with all that is theirs.
static bool next_reader(const struct gathering *g, struct week_reader *r)
{
    const struct concern *e = r->concerns + r->concern_count,
                         *last = g->concerns + g->concern_count;
    const struct share *s = r->shares + r->share_count, *end = g->shares + g->share_count;
    const struct staff *to = NULL;

    if (e < last)
        to = e->to;
    if (s < end && (!to || strcmp(s->to->id, to->id) < 0))
        to = s->to;
    *r = (struct week_reader){r->week, to, e, 0, s, 0};
    while (e + r->concern_count < last && e[r->concern_count].to == to)
        r->concern_count++;
    while (s + r->share_count < end && s[r->share_count].to == to)
        r->share_count++;
    return to != NULL;
}

static void by_readers(const struct gathering *g, struct week *w)
{
    struct week_reader r = {w, NULL, g->concerns, 0, g->shares, 0};

    w->readers = ARENA_ARRAY(g->arena, struct week_reader, g->concern_count + g->share_count + 1);
    while (next_reader(g, &r))
        if (has_something(&r))
            w->readers[w->count++] = r;
}

void weekly_gather(struct arena *a, const struct week_input *in, struct week *ret)
{
    struct date today = london_from_instant(in->now).on;
    struct gathering g = {.arena = a, .in = in, .today = today, .monday = week_monday(today)};

    for (size_t i = 0; i < in->count; i++)
        add_deadline(&g, &in->owed[i]);
    add_occasions(&g);
    if (g.concern_count > 1)
        qsort(g.concerns, g.concern_count, sizeof *g.concerns, by_reader);
    if (g.share_count > 1)
        qsort(g.shares, g.share_count, sizeof *g.shares, by_reader_and_measure);
    *ret = (struct week){.monday = g.monday, .library = in->library};
    by_readers(&g, ret);
}

static int by_staff(const void *key, const void *reader)
{
    return strcmp(key, ((const struct week_reader *)reader)->to->id);
}

const struct week_reader *week_reader_of(const struct week *w, const char *staff_id)
{
    return w->count ? bsearch(staff_id, w->readers, w->count, sizeof *w->readers, by_staff) : NULL;
}
