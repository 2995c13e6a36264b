// Which manager reads what in the summary of a first start (agenda_summary.h).
#include "agenda_summary.h"

#include "ladder.h"
#include "recipient.h"
#include "zone.h"

#include <stdlib.h>
#include <string.h>

static const char *summed_up_to(const struct library *l, const struct owed *o)
{
    int t = library_timescale(l, o->timescale);
    const char *acts = t < 0 ? NULL : ladder_acting_role(l, &l->timescales[t]);

    return ladder_is_chair(acts) ? "chairs-manager" : "team-manager";
}

static int by_manager(const void *x, const void *y)
{
    const struct summed *a = x, *b = y;
    int by = strcmp(a->manager->id, b->manager->id);

    return by != 0 ? by : owed_cmp(a->line->owed, b->line->owed);
}

size_t agenda_sum_up(struct arena *a, const struct plan_input *in, const struct line *const *silent,
                     size_t count, struct summed **ret)
{
    struct summed *all = ARENA_ARRAY(a, struct summed, count + 1);
    struct date today = london_from_instant(in->now).on;
    size_t found = 0;

    for (size_t i = 0; i < count; i++) {
        const struct owed *o = silent[i]->owed;
        const char *ignored;
        const struct staff *manager =
            recipient_on_rung(a, in->directory, &o->who, o->child.restricted,
                              summed_up_to(in->library, o), today, &ignored);

        if (manager)
            all[found++] = (struct summed){manager, silent[i]};
    }
    if (found > 1)
        qsort(all, found, sizeof *all, by_manager);
    *ret = all;
    return found;
}
