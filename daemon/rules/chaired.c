// A held meeting seldom says who chaired it (the dataset's worker of a conference is the social
// worker), so that its booking is asked, and then who was involved.
#include "chaired.h"

#include "ladder.h"
#include "text.h"

#include <string.h>

// The kind of meeting of which an event says that it was held: what it meets is booked as one. NULL
// for none.
static const char *kind_held(const struct library *l, int event)
{
    for (size_t i = 0; i < l->timescale_count; i++) {
        const struct timescale *t = &l->timescales[i];

        for (size_t m = 0; t->meeting && m < t->met_count; m++)
            if (t->met_by[m].event == event)
                return t->meeting;
    }
    return NULL;
}

// The booking of a meeting that was held: by its number, else of its kind for that day.
static const char *booked_for(const struct history *h, const struct fact *held, const char *kind)
{
    const struct booking *best = NULL;

    for (size_t i = 0; i < h->booking_count; i++) {
        const struct booking *b = &h->bookings[i];

        if (b->cancelled)
            continue;
        if (same_key(b->group, held->meeting))
            return booked_chair(b->by);
        if (same_key(b->kind, kind) && date_is(b->at.on, held->at.on))
            best = b;
    }
    return best ? booked_chair(best->by) : NULL;
}

// An involvement that ended with the plan did so on the day of the meeting. Facts are in order of
// time: who came last was it.
static const char *involved_on(const struct history *h, struct date on, const char *code)
{
    const char *who = NULL;

    for (int i = h->first[library_event(h->library, "involved")]; i >= 0; i = h->next[i]) {
        const struct fact *f = h->facts[i];

        if (same_text(f->code, code) && date_cmp(f->at.on, on) <= 0 &&
            (!date_known(f->until.on) || date_cmp(f->until.on, on) >= 0))
            who = f->who;
    }
    return who;
}

static const char *chair_of_held(const struct history *h, const struct fact *held)
{
    const char *kind = kind_held(h->library, held->event), *who;

    if (!kind)
        return NULL;
    who = booked_for(h, held, kind);
    return who ? who
               : involved_on(h, held->at.on, strcmp(kind, "cla_review") == 0 ? "iro" : "chair");
}

const char *clock_chair(const struct work *w, const struct deadline *d)
{
    const struct library *l = w->history.library;

    if (d->booking)
        return booked_chair(d->booking->by);
    // What hangs on another due date is not about the meeting that started that one's clock.
    if (d->timescale->meeting || d->after || !d->trigger)
        return NULL;
    if (l->events[d->trigger->event].booking)
        return booked_chair(d->trigger);
    return ladder_is_chair(ladder_acting_role(l, d->timescale))
               ? chair_of_held(&w->history, d->trigger)
               : NULL;
}
