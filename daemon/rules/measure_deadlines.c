// Occasions that are deadlines: reviews held, records owed, visits that are current at a day.
#include "measure_person.h"

#include <string.h>

static const struct measured_clock *clock_of(const struct measured *p, const struct deadline *d)
{
    const struct measured_clock *c = p->question->measure->clocks;

    for (; c && c->timescale; c++)
        if (strcmp(c->timescale, d->timescale->id) == 0)
            return c;
    return NULL;
}

// The published definition's due date, which no overlay moves; else the rule's own.
static struct date due_of(const struct measured *p, const struct measured_clock *c,
                          const struct deadline *d)
{
    struct span span = p->question->days && c->in_days.count ? c->in_days : c->span;
    struct moment due, start = {d->trigger_on, -1};
    struct error ignored;
    bool provisional;

    if (span.count && span_apply(p->library->national, span, start, &due, &provisional, &ignored))
        return due.on;
    return d->due_on;
}

void count_overdue_deadlines(struct measured *p)
{
    for (size_t i = 0; i < p->evaluation->count; i++) {
        const struct deadline *d = &p->evaluation->deadlines[i];
        const struct measured_clock *c = clock_of(p, d);

        if (!c || date_cmp(due_of(p, c, d), p->question->as_at) >= 0)
            continue;
        if (d->state == STATE_OPEN)
            measured_overdue(p);
        else if (d->state == STATE_UNKNOWN)
            p->tally->overdue_untold = true;
    }
}

// ------------------------------------------------------------------------------- by the day held

static bool meets_a_clock(const struct measured *p, const struct fact *f, const char **ret_why)
{
    *ret_why = "no duty was running that it could meet";
    for (size_t i = 0; i < p->evaluation->count; i++) {
        const struct deadline *d = &p->evaluation->deadlines[i];

        if (!clock_of(p, d) || d->state != STATE_MET)
            continue;
        if (d->met == f)
            return true;
        if (date_is(d->met_on, f->at.on))
            *ret_why = "another record of the same day is counted";
    }
    return false;
}

static bool could_meet(const struct measured *p, const struct fact *f)
{
    for (const struct measured_clock *c = p->question->measure->clocks; c->timescale; c++) {
        int index = library_timescale(p->library, c->timescale);

        for (size_t m = 0; index >= 0 && m < p->library->timescales[index].met_count; m++)
            if (ref_matches(&p->library->timescales[index].met_by[m], f))
                return true;
    }
    return false;
}

static void note_idle_records(struct measured *p)
{
    for (size_t i = 0; i < p->history.count; i++) {
        const struct fact *f = p->history.facts[i];
        struct occasion o = occasion_on(f->at.on);

        if (!could_meet(p, f) || meets_a_clock(p, f, &o.left_out))
            continue;
        o.held = f->at.on;
        measured_count(p, o, f);
    }
}

void find_held_deadlines(struct measured *p)
{
    for (size_t i = 0; i < p->evaluation->count; i++) {
        const struct deadline *d = &p->evaluation->deadlines[i];
        const struct measured_clock *c = clock_of(p, d);
        struct occasion o = occasion_on(d->met_on);

        if (!c || d->state != STATE_MET)
            continue;
        o.trigger = d->trigger_on;
        o.due = due_of(p, c, d);
        o.held = d->met_on;
        o.in_time = date_cmp(o.held, o.due) <= 0;
        measured_count(p, o, d->met);
    }
    note_idle_records(p);
}

// -------------------------------------------------------------------------------- by the day due

static const char *why_not_owed(struct measured *p, const struct deadline *d, struct date due)
{
    if (d->state == STATE_UNKNOWN)
        return d->why;
    if (d->state == STATE_ENDED)
        return arena_printf(p->tally->arena, "no longer owed: %s", d->why);
    // What is due on the day itself can still be done: it counts only when the day is over, done
    // or not.
    return date_cmp(due, p->question->as_at) < 0 ? NULL : "not yet due";
}

void find_owed_deadlines(struct measured *p)
{
    for (size_t i = 0; i < p->evaluation->count; i++) {
        const struct deadline *d = &p->evaluation->deadlines[i];
        const struct measured_clock *c = clock_of(p, d);
        struct occasion o;

        if (!c || !d->trigger)
            continue;
        o = occasion_on(due_of(p, c, d));
        o.trigger = d->trigger_on;
        o.due = o.on;
        o.held = d->met_on;
        o.in_time = d->state == STATE_MET && date_cmp(o.held, o.due) <= 0;
        o.left_out = why_not_owed(p, d, o.due);
        measured_count(p, o, d->trigger);
    }
}

// -------------------------------------------------------------------------------- at a day's end

// Had begun by then, and was neither met nor ended.
static bool ran_on(const struct deadline *d, struct date on)
{
    return date_cmp(d->trigger_on, on) <= 0 &&
           (!date_known(d->met_on) || date_cmp(d->met_on, on) > 0) &&
           (!date_known(d->ended_on) || date_cmp(d->ended_on, on) > 0);
}

// Calls count() for every plan or period of care that runs at the end of each period.
static void each_running(struct measured *p,
                         void (*count)(struct measured *p, const struct episode *e, struct date on))
{
    int index = library_timescale(p->library, p->question->measure->clocks[0].timescale);
    int period = 0;
    struct date on;

    while (index >= 0 && measured_next_snapshot(p, &period, &on))
        for (size_t i = 0; i < p->history.episode_count; i++) {
            const struct episode *e = &p->history.episodes[i];

            if (e->kind == p->library->timescales[index].subject && episode_runs(e, on) &&
                measured_is_child(p, on))
                count(p, e, on);
        }
}

// Up to date when the clock that falls due first has not.
static void count_current(struct measured *p, const struct episode *e, struct date on)
{
    struct occasion o = occasion_on(on);

    o.left_out = "no clock of a visit was running";
    for (size_t i = 0; i < p->evaluation->count; i++) {
        const struct deadline *d = &p->evaluation->deadlines[i];
        const struct measured_clock *c = clock_of(p, d);

        if (!c || !same_key(d->subject_ref, e->key) || !ran_on(d, on))
            continue;
        o.left_out = d->state == STATE_UNKNOWN ? d->why : NULL;
        if (!date_known(o.due) || date_cmp(due_of(p, c, d), o.due) < 0) {
            o.trigger = d->trigger_on;
            o.due = due_of(p, c, d);
        }
    }
    o.in_time = !o.left_out && date_cmp(on, o.due) <= 0;
    measured_count(p, o, e->start);
}

void find_current_deadlines(struct measured *p)
{
    each_running(p, count_current);
}

// Held late since the start of the year, or overdue at the end of the day.
static bool failed_by(const struct deadline *d, struct date due, struct date on)
{
    if (d->state == STATE_MET && date_cmp(d->met_on, on) <= 0)
        return date_cmp(year_start(on), d->met_on) <= 0 && date_cmp(d->met_on, due) > 0;
    return ran_on(d, on) && d->state != STATE_UNKNOWN && date_cmp(due, on) < 0;
}

static void count_reviewed(struct measured *p, const struct episode *e, struct date on)
{
    struct occasion o = occasion_on(on);
    struct span least = p->question->measure->least;
    struct moment counted_from, start = {e->start->at.on, -1};
    struct error ignored;
    bool provisional;

    if (!span_apply(p->library->national, least, start, &counted_from, &provisional, &ignored))
        return;
    o.in_time = true;
    if (date_cmp(counted_from.on, on) > 0)
        o.left_out = arena_printf(p->tally->arena, "begun less than %s before",
                                  span_words(p->tally->arena, least));
    o.trigger = e->start->at.on;
    for (size_t i = 0; i < p->evaluation->count; i++) {
        const struct deadline *d = &p->evaluation->deadlines[i];
        const struct measured_clock *c = clock_of(p, d);

        if (c && same_key(d->subject_ref, e->key) && failed_by(d, due_of(p, c, d), on)) {
            o.in_time = false;
            o.due = due_of(p, c, d);
            o.held = d->met_on;
        }
    }
    measured_count(p, o, e->start);
}

void find_reviewed(struct measured *p)
{
    each_running(p, count_reviewed);
}
