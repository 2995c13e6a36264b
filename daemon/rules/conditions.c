// One function a kind of condition.
#include "conditions.h"

#include <string.h>

static bool covers(const struct library *l, const struct fact *f, struct date on)
{
    return date_cmp(f->at.on, on) <= 0 && (!l->events[f->event].spell || !date_known(f->until.on) ||
                                           date_cmp(on, f->until.on) < 0);
}

// What is about a person as such (an allocation, a legal status) concerns all of their clocks.
static bool concerns(const struct work *w, const struct clock_start *s, size_t i)
{
    const struct event_kind *k = &w->history.library->events[w->history.facts[i]->event];

    return k->spell || !s->episode || history_belongs(&w->history, i, s->episode);
}

// The i-th fact, when it is one of these and holds on the day.
static bool holds(const struct work *w, const struct clock_start *s, const struct event_ref *ref,
                  size_t i, struct date on)
{
    const struct fact *f = w->history.facts[i];

    return ref_matches(ref, f) && covers(w->history.library, f, on) && concerns(w, s, i);
}

static bool any_holds(const struct work *w, const struct clock_start *s,
                      const struct event_ref *ref, struct date on)
{
    const struct history *h = &w->history;

    for (int i = h->first[ref->event]; i >= 0; i = h->next[i])
        if (holds(w, s, ref, (size_t)i, on))
            return true;
    return false;
}

static struct date span_from(const struct work *w, struct span span, bool before, struct date on)
{
    struct moment end;
    struct error ignored;
    bool provisional;

    span.before = before;
    if (!span_apply(w->history.library->national, span, (struct moment){on, -1}, &end, &provisional,
                    &ignored))
        return DATE_NONE;
    return end.on;
}

static bool has_lasted(const struct work *w, const struct clock_start *s, const struct condition *c,
                       struct date on)
{
    const struct history *h = &w->history;

    for (int i = h->first[c->event.event]; i >= 0; i = h->next[i])
        if (holds(w, s, &c->event, (size_t)i, on)) {
            struct date old = span_from(w, c->span, false, h->facts[i]->at.on);

            if (date_known(old) && date_cmp(old, on) <= 0)
                return true;
        }
    return false;
}

// The trigger itself is not what went before it.
static bool shortly_ago(const struct work *w, const struct clock_start *s,
                        const struct condition *c, struct date on)
{
    const struct history *h = &w->history;
    struct date since = span_from(w, c->span, true, on);

    for (int i = h->first[c->event.event]; i >= 0; i = h->next[i]) {
        const struct fact *f = h->facts[i];

        if (f != s->trigger && ref_matches(&c->event, f) && date_cmp(f->at.on, on) <= 0 &&
            date_cmp(f->at.on, since) >= 0)
            return true;
    }
    return false;
}

// The day of the next of the events from a day on; the day itself where there is none.
static struct date day_of_next(const struct work *w, const struct condition *c, struct date on)
{
    const struct history *h = &w->history;
    struct date best = DATE_NONE;

    for (size_t k = 0; k < c->at_count; k++)
        for (int i = h->first[c->at_events[k]]; i >= 0; i = h->next[i]) {
            struct date day = h->facts[i]->at.on;

            if (date_cmp(day, on) >= 0 && (!date_known(best) || date_cmp(day, best) < 0))
                best = day;
        }
    return date_known(best) ? best : on;
}

// Without a date of birth nobody's age is known, and no condition on it holds.
static bool age_is(const struct work *w, const struct condition *c, struct date on)
{
    struct date day = c->span.count ? span_from(w, c->span, false, on) : day_of_next(w, c, on);
    bool reached;

    if (!date_known(w->history.born) || !date_known(day))
        return false;
    reached = date_cmp(birthday(w->history.born, c->age), day) <= 0;
    return reached == (c->kind == CONDITION_AGE_AT_LEAST);
}

// The day of its end is no longer within.
static bool is_within(const struct episode *e, int kind, struct date on)
{
    return e->kind == kind && date_cmp(e->start->at.on, on) <= 0 &&
           (!e->end || date_cmp(on, e->end->at.on) < 0);
}

static bool is_in(const struct work *w, int kind, struct date on)
{
    for (size_t i = 0; i < w->history.episode_count; i++)
        if (is_within(&w->history.episodes[i], kind, on))
            return true;
    return false;
}

static bool condition_holds(const struct work *w, const struct clock_start *s,
                            const struct condition *c)
{
    struct date on = s->trigger_on;

    switch (c->kind) {
    case CONDITION_HOLDS:
        return any_holds(w, s, &c->event, on) != c->negated;
    case CONDITION_HAS_LASTED:
        return has_lasted(w, s, c, on) != c->negated;
    case CONDITION_SHORTLY_AGO:
        return shortly_ago(w, s, c, on) != c->negated;
    case CONDITION_IN_SUBJECT:
        return is_in(w, c->subject, on) != c->negated;
    case CONDITION_AGE_AT_LEAST:
    case CONDITION_AGE_UNDER:
        return age_is(w, c, on);
    }
    return false;
}

static bool all_hold(const struct work *w, const struct clock_start *s, const struct condition *all,
                     size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!condition_holds(w, s, &all[i]))
            return false;
    return true;
}

bool conditions_hold(const struct work *w, const struct clock_start *s)
{
    const struct timescale *t = s->timescale;

    return all_hold(w, s, t->only_for, t->only_for_count) &&
           all_hold(w, s, t->only_while, t->only_while_count) &&
           all_hold(w, s, s->clause->conditions, s->clause->condition_count);
}

// ------------------------------------------------------------------------------------- only while

// The day on which no spell of the kind goes on any more: one that begins on the day another ends
// carries it on.
static struct date end_of_run(const struct work *w, const struct clock_start *s,
                              const struct event_ref *ref)
{
    const struct history *h = &w->history;
    struct date on = s->trigger_on;

    for (bool further = true; further;) {
        further = false;
        for (int i = h->first[ref->event]; i >= 0; i = h->next[i]) {
            const struct fact *f = h->facts[i];

            if (!holds(w, s, ref, (size_t)i, on))
                continue;
            if (!h->library->events[f->event].spell || !date_known(f->until.on))
                return DATE_NONE;
            on = f->until.on;
            further = true;
        }
    }
    return on;
}

static struct date first_after(const struct work *w, const struct clock_start *s,
                               const struct event_ref *ref)
{
    const struct history *h = &w->history;

    for (int i = h->first[ref->event]; i >= 0; i = h->next[i])
        if (ref_matches(ref, h->facts[i]) && concerns(w, s, (size_t)i) &&
            date_cmp(h->facts[i]->at.on, s->trigger_on) > 0)
            return h->facts[i]->at.on;
    return DATE_NONE;
}

// The day on which the stay in a kind of subject ends or, negated, begins.
static struct date stay_changes(const struct work *w, const struct clock_start *s,
                                const struct condition *c)
{
    for (size_t i = 0; i < w->history.episode_count; i++) {
        const struct episode *e = &w->history.episodes[i];

        if (!c->negated && is_within(e, c->subject, s->trigger_on))
            return e->end ? e->end->at.on : DATE_NONE;
        if (c->negated && e->kind == c->subject && date_cmp(e->start->at.on, s->trigger_on) > 0)
            return e->start->at.on;
    }
    return DATE_NONE;
}

static struct date condition_ceases(const struct work *w, const struct clock_start *s,
                                    const struct condition *c)
{
    if (c->kind == CONDITION_IN_SUBJECT)
        return stay_changes(w, s, c);
    return c->negated ? first_after(w, s, &c->event) : end_of_run(w, s, &c->event);
}

static const char *title_of(const struct library *l, const struct condition *c)
{
    return c->kind == CONDITION_IN_SUBJECT ? l->subjects[c->subject].title
                                           : l->events[c->event.event].title;
}

struct date conditions_cease(struct work *w, const struct clock_start *s, const char **ret_why)
{
    const struct timescale *t = s->timescale;
    struct date best = DATE_NONE;

    for (size_t i = 0; i < t->only_while_count; i++) {
        const struct condition *c = &t->only_while[i];
        const char *title = title_of(w->history.library, c);
        struct date on = condition_ceases(w, s, c);

        if (!date_known(on) || (date_known(best) && date_cmp(on, best) >= 0))
            continue;
        best = on;
        *ret_why = arena_printf(w->arena,
                                c->negated ? "%s: another rule applies"
                                           : "%s changed: the rule no longer applies",
                                title);
    }
    if (date_known(best) && date_cmp(best, w->history.as_at) > 0) {
        look_again(&w->history, best);
        return DATE_NONE;
    }
    return best;
}
