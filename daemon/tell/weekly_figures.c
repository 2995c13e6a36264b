// One look at everybody's accepted facts answers all measures. Tallies know months: of the one or
// two that the week lies in, what fell into the week is taken.
#include "weekly_figures.h"

#include "blind.h"
#include "fact_rows.h"

#include <string.h>

struct looking {
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

static void begin(struct arena *a, struct looking *l)
{
    const struct measure *all;
    size_t count = measure_list(&all);

    l->tallies = ARENA_ARRAY(a, struct tally *, count);
    l->measures = ARENA_ARRAY(a, const struct measure *, count);
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
        l->tallies[l->count++] = tally_new(a, l->library, &q);
    }
}

static bool look_at(void *arg, struct arena *a, struct timeline *t, struct error *err)
{
    struct looking *l = arg;
    struct owner nobody = {0};
    struct evaluation e;

    (void)err;
    evaluate(a, l->library, t, l->sight, l->sunday, &e);
    for (size_t i = 0; i < l->count; i++)
        tally_add(l->tallies[i], &nobody, t, &e);
    return true;
}

static bool is_in_week(const struct looking *l, const struct occasion *o)
{
    return !o->left_out && date_cmp(o->on, l->sunday) <= 0 &&
           date_cmp(o->on, date_add_days(l->sunday, -6)) >= 0;
}

static void collect(struct arena *a, const struct looking *l, struct weekly_occasion **ret,
                    size_t *ret_count)
{
    struct weekly_occasion *all = NULL;
    size_t count = 0, room = 0;

    for (size_t i = 0; i < l->count; i++) {
        const struct occasion *of;
        size_t found = tally_occasions(l->tallies[i], &of);

        for (size_t k = 0; k < found; k++) {
            if (!is_in_week(l, &of[k]))
                continue;
            all = arena_grow(a, all, sizeof *all, count, &room);
            all[count++] = (struct weekly_occasion){l->measures[i], of[k].person_id, of[k].in_time};
        }
    }
    *ret = all;
    *ret_count = count;
}

bool weekly_occasions(struct arena *a, struct db *store, const struct library *l,
                      struct date monday, struct weekly_occasion **ret, size_t *ret_count,
                      struct error *err)
{
    struct looking looking = {.library = l, .sunday = date_add_days(monday, -1)};
    struct person_rows rows = {.library = l, .each = look_at, .arg = &looking};
    bool *blind;

    if (!blind_read(a, &(struct reconcile_input){.store = store, .library = l}, &blind, err))
        return false;
    looking.sight.blind = blind;
    begin(a, &looking);
    if (!fact_rows_by_person(store, accepted_facts_select(a, ""), &rows, err))
        return false;
    collect(a, &looking, ret, ret_count);
    return true;
}
