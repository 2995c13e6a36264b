// Occasions that local events tell: interviews after a return, disputes.
#include "measure_person.h"

#include <string.h>

#define INTERVIEW_HOURS 72
#define DISPUTE_WORKING_DAYS 20 // from the first concern to the end of the local process

// Events of one thing share its key; without one, the first event on or after the beginning's day.
static const struct fact *follow_up(const struct measured *p, const struct fact *begin,
                                    const char *event)
{
    int index = library_event(p->library, event);

    for (size_t i = 0; i < p->timeline->count; i++) {
        const struct fact *f = &p->timeline->facts[i];

        if (measured_knows(p, f, index) && date_cmp(f->at.on, begin->at.on) >= 0 &&
            same_text(f->episode, begin->episode))
            return f;
    }
    return NULL;
}

// Another record of the same thing came before.
static bool told_before(const struct measured *p, size_t index)
{
    const struct fact *f = &p->timeline->facts[index];

    for (size_t i = 0; f->episode && i < index; i++)
        if (p->timeline->facts[i].event == f->event &&
            same_key(p->timeline->facts[i].episode, f->episode))
            return true;
    return false;
}

// The next beginning from *at on, each thing once; NULL when there are no more.
static const struct fact *next_beginning(const struct measured *p, const char *event, size_t *at)
{
    int index = library_event(p->library, event);

    while (*at < p->timeline->count) {
        size_t i = (*at)++;

        if (measured_knows(p, &p->timeline->facts[i], index) && !told_before(p, i))
            return &p->timeline->facts[i];
    }
    return NULL;
}

// -------------------------------------------------------------------------- return interviews

enum interview { DONE_IN_TIME, DONE_LATE, ONLY_OFFERED, NOT_OFFERED };

// By the hour where both are known to the minute, else by the day.
static bool in_time(struct moment due, struct moment done)
{
    if (due.minute >= 0 && done.minute >= 0)
        return moment_cmp(done, due) <= 0;
    return date_cmp(done.on, due.on) <= 0;
}

static struct moment interview_due(const struct library *l, struct moment found)
{
    struct span span = {INTERVIEW_HOURS, HOURS, false};
    struct moment due;
    struct error ignored;
    bool provisional;

    if (found.minute < 0)
        return (struct moment){date_add_days(found.on, INTERVIEW_HOURS / 24), -1};
    if (!span_apply(l->national, span, found, &due, &provisional, &ignored))
        return MOMENT_NONE;
    return due;
}

static void count_interview(struct measured *p, const struct fact *found)
{
    const struct fact *done = follow_up(p, found, "rhi-done-at");
    struct moment due = interview_due(p->library, found->at);
    struct occasion o = occasion_on(found->at.on);

    o.trigger = found->at.on;
    o.due = due.on;
    o.held = done ? done->at.on : DATE_NONE;
    o.in_time = done && in_time(due, done->at);
    if (done)
        o.part = o.in_time ? DONE_IN_TIME : DONE_LATE;
    else
        o.part = follow_up(p, found, "rhi-offered-at") ? ONLY_OFFERED : NOT_OFFERED;
    if (!done && date_cmp(due.on, p->question->as_at) >= 0)
        o.left_out = "not yet due";
    measured_count(p, o, found);
}

void find_return_interviews(struct measured *p)
{
    const struct fact *f;

    for (size_t at = 0; (f = next_beginning(p, "missing-found", &at));)
        count_interview(p, f);
}

// --------------------------------------------------------------------------------- disputes

static void count_dispute(struct measured *p, const struct fact *raised)
{
    const struct fact *resolved = follow_up(p, raised, "dispute-resolved");
    struct occasion o = occasion_on(resolved ? resolved->at.on : raised->at.on);
    struct error ignored;

    o.trigger = raised->at.on;
    if (!working_days_after(p->library->national, o.trigger, DISPUTE_WORKING_DAYS, &o.due,
                            &ignored))
        return;
    o.part = same_key(raised->code, "informal") ? 0 : 1;
    if (resolved) {
        o.held = resolved->at.on;
        o.days = o.held.day - o.trigger.day;
        o.in_time = date_cmp(o.held, o.due) <= 0;
    } else {
        o.left_out = "still open";
        if (date_cmp(o.due, p->question->as_at) < 0)
            measured_overdue(p);
    }
    measured_count(p, o, raised);
}

void find_disputes(struct measured *p)
{
    const struct fact *f;

    for (size_t at = 0; (f = next_beginning(p, "dispute-raised", &at));)
        count_dispute(p, f);
}
