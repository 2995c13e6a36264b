// One look at everybody answers all measures. Tallies know months: of the one or two that the week
// lies in, what fell into the week is taken.
#include "weekly_figures.h"

#include <string.h>

struct weekly_looking {
    struct arena *arena;
    const struct library *library;
    struct sight sight;
    struct date sunday;
    struct tally **tallies;
    const struct measure **measures;
    size_t count;
};

static bool is_of_a_week(const struct measure *m)
{
    return m->kind == MEASURE_RATE && m->when != AT_PERIOD_END && !m->meetings_only && m->share &&
           strcmp(m->share, "In time") == 0;
}

static struct date month_of(struct date d)
{
    int year, month, day;

    date_split(d, &year, &month, &day);
    return date_make(year, month, 1);
}

struct weekly_looking *weekly_look(struct arena *a, const struct library *library,
                                   struct sight sight, struct date monday)
{
    struct weekly_looking *l = ARENA_NEW(a, struct weekly_looking);
    const struct measure *all;
    size_t count = measure_list(&all);

    *l = (struct weekly_looking){.arena = a,
                                 .library = library,
                                 .sight = sight,
                                 .sunday = date_add_days(monday, -1),
                                 .tallies = ARENA_ARRAY(a, struct tally *, count),
                                 .measures = ARENA_ARRAY(a, const struct measure *, count)};
    for (size_t i = 0; i < count; i++) {
        struct measure_question q = {.measure = &all[i],
                                     .from = month_of(date_add_days(l->sunday, -6)),
                                     .to = month_of(l->sunday),
                                     .as_at = l->sunday};

        // Of one duty that is counted in two ways the first is enough.
        if (!is_of_a_week(&all[i]) ||
            (l->count && l->measures[l->count - 1]->clocks == all[i].clocks))
            continue;
        l->measures[l->count] = &all[i];
        l->tallies[l->count++] = tally_new(a, library, &q);
    }
    return l;
}

static bool is_in_week(const struct weekly_looking *l, struct date day)
{
    return date_cmp(day, l->sunday) <= 0 && date_cmp(day, date_add_days(l->sunday, -6)) >= 0;
}

static bool anything_happened(const struct weekly_looking *l, const struct timeline *t)
{
    for (size_t i = 0; i < t->count; i++)
        if (is_in_week(l, t->facts[i].at.on))
            return true;
    return false;
}

static bool anything_measured(const struct measure *m, const struct evaluation *e)
{
    for (size_t i = 0; i < e->count; i++)
        for (const struct measured_clock *c = m->clocks; c && c->timescale; c++)
            if (strcmp(c->timescale, e->deadlines[i].timescale->id) == 0)
                return true;
    return false;
}

// Most weeks nothing happens to most people, and tallies are not for nothing.
void weekly_look_at(struct weekly_looking *l, struct arena *each, const struct timeline *t)
{
    bool happened = anything_happened(l, t);
    struct owner nobody = {0};
    struct evaluation e;

    evaluate(each, l->library, t, l->sight, l->sunday, &e);
    for (size_t i = 0; i < l->count; i++)
        if (l->measures[i]->when == WHEN_DUE ? anything_measured(l->measures[i], &e) : happened)
            tally_add(l->tallies[i], &nobody, t, &e);
}

size_t weekly_seen(const struct weekly_looking *l, struct weekly_occasion **ret)
{
    struct weekly_occasion *all = NULL;
    size_t count = 0, room = 0;

    for (size_t i = 0; i < l->count; i++) {
        const struct occasion *of;
        size_t found = tally_occasions(l->tallies[i], &of);

        for (size_t k = 0; k < found; k++) {
            if (of[k].left_out || !is_in_week(l, of[k].on))
                continue;
            all = arena_grow(l->arena, all, sizeof *all, count, &room);
            all[count++] = (struct weekly_occasion){l->measures[i], of[k].person_id, of[k].in_time};
        }
    }
    *ret = all;
    return count;
}
