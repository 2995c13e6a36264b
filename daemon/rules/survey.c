// Blindness: which timescales cannot see in this source whether they are met.
#include "evaluate.h"

#include <string.h>

struct sight_survey *sight_survey_new(struct arena *a, const struct library *l)
{
    struct sight_survey *s = ARENA_NEW(a, struct sight_survey);

    s->library = l;
    s->met = ARENA_ARRAY(a, size_t, l->timescale_count + 1);
    s->met_while_open = ARENA_ARRAY(a, size_t, l->timescale_count + 1);
    return s;
}

static bool subject_is_open(const struct library *l, const struct timeline *t,
                            const struct deadline *d)
{
    int kind = d->timescale->subject;

    for (size_t i = 0; kind >= 0 && i < t->count; i++)
        if (t->facts[i].event == l->subjects[kind].ends &&
            same_key(t->facts[i].episode, d->subject_ref))
            return false;
    return true;
}

void sight_survey_add(struct sight_survey *s, const struct timeline *t, const struct evaluation *e)
{
    for (size_t i = 0; i < e->count; i++) {
        const struct deadline *d = &e->deadlines[i];
        size_t k = (size_t)(d->timescale - s->library->timescales);

        if (d->state != STATE_MET)
            continue;
        s->met[k]++;
        if (subject_is_open(s->library, t, d))
            s->met_while_open[k]++;
    }
}

// Only what no table of the case system holds can be missing as a whole.
static bool met_by_local_events_only(const struct library *l, const struct timescale *t)
{
    for (size_t m = 0; m < t->met_count; m++)
        if (!l->events[t->met_by[m].event].local)
            return false;
    return true;
}

bool *sight_survey_blind(struct arena *a, const struct sight_survey *s)
{
    bool *blind = ARENA_ARRAY(a, bool, s->library->timescale_count + 1);

    for (size_t k = 0; k < s->library->timescale_count; k++) {
        const struct timescale *t = &s->library->timescales[k];

        blind[k] = (met_by_local_events_only(s->library, t) && s->met[k] == 0) ||
                   (t->evidence_while_open && s->met_while_open[k] == 0);
    }
    return blind;
}
