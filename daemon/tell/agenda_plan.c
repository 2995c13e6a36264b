// Which rungs have been reached, to whom they speak today, and which of them are one line.
#include "agenda_plan.h"

#include "acknowledged.h"
#include "agenda_cover.h"
#include "agenda_moved.h"
#include "agenda_office.h"
#include "agenda_reminder.h"
#include "ladder.h"
#include "recipient.h"
#include "zone.h"

#include <string.h>

#define FEED_LAG_DAYS 2
#define SETTLING_IN_WORKING_DAYS 5 // a new worker is informed, not escalated over (register 2.13)

// ----------------------------------------------------------------------------------------- lines

// What is ahead, as ladders count it: a day on which the office is closed is none to act on. What
// is late is late by the days of the statute.
static int working_days_to(const struct library *l, struct date today, struct date due)
{
    return date_cmp(due, today) >= 0 ? working_days_between(l->local, today, due)
                                     : -working_days_between(l->national, due, today);
}

struct line agenda_line(struct arena *a, const struct library *l, const struct owed *o,
                        const struct timescale *t, struct date today)
{
    return (struct line){.owed = o,
                         .date_was = DATE_NONE,
                         .title = arena_strdup(a, t->title),
                         .force = force_word(t->force),
                         .statutory = is_statutory(t->force),
                         .by_meeting = t->meeting != NULL,
                         .working_days = working_days_to(l, today, o->due_on)};
}

struct planner {
    struct arena *arena;
    const struct plan_input *in;
    struct plan *plan;
    struct date today;
    const struct owed *owed;         // the deadline in hand
    const struct deadline *deadline; // the same, as the rules know it
    struct heard heard;              // what was said about it
    size_t first_line;               // the first of its lines
    instant next;
    instant settled_at;        // when the next ones up may hear; 0: now
    bool interrupts;           // by its profile, which does not wait for the morning
    bool never_told;           // so far, nor would it be in good time before its due date
    const struct staff *asked; // for an earlier date than a booking too late; NULL: nobody
};

static void look_again_at(struct planner *p, instant at)
{
    if (at > p->in->now && (p->next == 0 || at < p->next))
        p->next = at;
}

static struct line *line_of(struct planner *p, const struct staff *to, bool silent)
{
    struct plan *plan = p->plan;

    for (size_t i = p->first_line; i < plan->count; i++)
        if (plan->lines[i].to == to && (plan->lines[i].how == SAY_SILENTLY) == silent)
            return &plan->lines[i];
    plan->lines = arena_grow(p->arena, plan->lines, sizeof *plan->lines, plan->count, &plan->room);
    plan->lines[plan->count] =
        agenda_line(p->arena, p->in->library, p->owed, p->deadline->timescale, p->today);
    plan->lines[plan->count].to = to;
    plan->lines[plan->count].is_new = true;
    plan->lines[plan->count].how = silent ? SAY_SILENTLY : SAY_IN_DIGEST;
    return &plan->lines[plan->count++];
}

static const struct staff *recipient_of(const struct planner *p, const struct telling *t,
                                        const char **ret_why)
{
    return recipient_on_rung(p->arena, p->in->directory, &p->owed->who, p->owed->child.restricted,
                             t->rung, p->today, ret_why);
}

// What was taken back before it left is to be said again, but to whom the same has come since.
static bool was_said(const struct planner *p, const struct telling *t)
{
    const struct staff *to;
    const char *ignored;

    if (!said_by(&p->heard, t->rung))
        return false;
    if (said_stands(&p->heard, t->rung))
        return true;
    to = recipient_of(p, t, &ignored);
    return to && said_again_to(&p->heard, t->rung, to->id);
}

// Why a line comes to somebody. Who was told of it before it was met, or taken back, reads that the
// same is owed again.
static const char *why_now(const struct planner *p, const struct telling *t, const struct staff *to,
                           const char *why)
{
    const char *again;

    if (!why && agenda_is_arrival(t->rung))
        why = agenda_arrival_why(p->arena, p->owed);
    if (!p->owed->again || !to || was_told(&p->heard, to->id))
        return why;
    again = arena_printf(p->arena, "it is owed again since %s",
                         date_words(p->arena, london_from_instant(p->owed->owed_since).on));
    return why ? arena_printf(p->arena, "%s; %s", again, why) : again;
}

// Rungs come in order of time: the last one that is added is what the line says. What nobody can be
// told is a line once, and asked about each working morning, since somebody may come into post.
static void add_rung(struct planner *p, const struct telling *t, bool silent)
{
    const char *why;
    const struct staff *to = recipient_of(p, t, &why);
    const char **rungs;
    struct line *l;

    if (!to)
        look_again_at(p, agenda_next_opening(p->in->library, p->in->now));
    if (!to && found_nobody(&p->heard, t->rung))
        return;
    l = line_of(p, to, silent);
    rungs = ARENA_ARRAY(p->arena, const char *, l->rung_count + 1);
    if (l->rung_count)
        memcpy(rungs, l->rungs, l->rung_count * sizeof *rungs);
    rungs[l->rung_count++] = t->rung;
    l->rungs = rungs;
    l->why = why_now(p, t, to, why);
    l->escalation = t->escalation;
    l->reminder = agenda_is_reminder(t->rung);
    l->late_booking |= t->late_booking && !silent;
    l->asked = p->asked;
    if (t->at_once && !silent)
        l->how = SAY_AT_ONCE;
}

static bool interrupts(const struct planner *p)
{
    const struct ladder *profile = ladder_profile(p->in->library, p->deadline->timescale);

    return profile && profile->at_once;
}

// When the next ones up may hear of a deadline that a newly allocated worker is to act on; 0: now.
// A working day before the due date at the latest, and of what interrupts at once: its worker's
// first days keep nobody from what lapses.
static instant settled_at(const struct planner *p, const struct telling *t, size_t count)
{
    const struct library *l = p->in->library;
    struct date eve = working_day_on_or_before(l->local, date_add_days(p->owed->due_on, -1));
    bool acts = false;
    struct date settled;
    struct error ignored;

    for (size_t i = 0; i < count; i++)
        acts |= !t[i].escalation && strcmp(t[i].role, "social-worker") == 0;
    if (!acts || p->interrupts || !date_known(p->owed->worker_since) ||
        !working_days_after(l->local, p->owed->worker_since, SETTLING_IN_WORKING_DAYS, &settled,
                            &ignored))
        return 0;
    return agenda_opening_from(l, date_cmp(settled, eve) < 0 ? settled : eve);
}

// When a rung of the next ones up may speak; 0: now. One whose moment had passed before the
// deadline was known as it is now waits for the next morning: the worker, who is to act or to put a
// mistyped date right, hears of it no later.
static instant may_escalate_at(const struct planner *p, const struct telling *t)
{
    instant morning = 0;

    if (!t->escalation)
        return 0;
    if (t->at < p->owed->known_since && !t->late_booking && !t->at_once && !p->interrupts)
        morning = agenda_next_opening(p->in->library, p->owed->known_since);
    return morning > p->settled_at ? morning : p->settled_at;
}

// Who acts on a meeting that is booked too late: whoever was told so, or is now.
static const struct staff *asked_for_earlier(const struct planner *p, const struct telling *t,
                                             size_t count)
{
    const struct said *said;
    const char *ignored;

    for (size_t i = 0; i < count; i++)
        if (t[i].late_booking && !t[i].escalation)
            return (said = said_by(&p->heard, t[i].rung))
                       ? directory_staff(p->in->directory, said->staff_id)
                       : recipient_of(p, &t[i], &ignored);
    return NULL;
}

// Until when somebody's word keeps a telling back; 0: it does not. Who has it in hand is passed
// over today and told once that is over, with whatever else there is to say by then. That the
// meeting is booked too late is news to them all the same.
static instant kept_back_until(const struct planner *p, const struct telling *t)
{
    const char *ignored;
    bool may_be = p->owed->said_count && (t->escalation || !t->late_booking);
    const struct staff *to = may_be ? recipient_of(p, t, &ignored) : NULL;
    struct date last =
        to ? acknowledged_until(p->owed, to->id, t->escalation, p->today) : DATE_NONE;

    return date_known(last) ? agenda_opening_from(p->in->library, date_add_days(last, 1)) : 0;
}

// What fell due before timely began is summed up, and what will be said in good time has its turn
// to come. Between them is what is still to be done and whose last reminder has just passed:
// without a word now nobody would hear of it but by a feed, which programs may fetch no more than
// once a day.
static bool would_never_be_told(const struct planner *p, const struct telling *t, size_t count)
{
    instant start = p->in->first_started_at;
    struct date due = p->owed->due_on;

    if (!p->owed->at_first_start || date_cmp(due, london_from_instant(start).on) < 0)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!t[i].escalation && t[i].at > start &&
            date_cmp(london_from_instant(t[i].at).on, date_add_days(due, -FEED_LAG_DAYS)) <= 0)
            return false;
    return true;
}

// The same to who is on duty while the office is shut; NULL rung: nobody is, or it is no clock in
// hours (register 2.12, P-H).
static struct telling out_of_hours(const struct planner *p, const struct telling *t)
{
    struct telling to_duty = *t;
    const char *ignored;

    to_duty.role = OUT_OF_HOURS;
    to_duty.rung = arena_printf(p->arena, OUT_OF_HOURS "%s", t->rung + strcspn(t->rung, ","));
    if (p->deadline->due_at.minute < 0 || t->escalation || t->late_booking ||
        !recipient_of(p, &to_duty, &ignored))
        to_duty.rung = NULL;
    return to_duty;
}

// Only what is counted in hours is said at night (register 2.12): to who is on duty, where somebody
// is; then the one who acts hears in the morning. False for what does not wait.
static bool wait_for_the_office(struct planner *p, const struct telling *t)
{
    struct telling to_duty;

    if (!t->at_once || agenda_office_open(p->in->library, p->in->now))
        return false;
    to_duty = out_of_hours(p, t);
    if (p->deadline->due_at.minute >= 0 && !to_duty.rung)
        return false;
    if (to_duty.rung && !was_said(p, &to_duty))
        add_rung(p, &to_duty, false);
    look_again_at(p, agenda_next_opening(p->in->library, p->in->now));
    return true;
}

// Nobody can ask for an earlier date of a meeting whose day has passed.
static bool is_over(const struct planner *p, const struct telling *t)
{
    return t->late_booking && date_cmp(p->owed->booked.on, p->today) < 0;
}

// A summary of the first start says it to a manager. Where there was none, nobody has heard of it;
// nor of a meeting that was booked then and has been cancelled since.
static bool is_summed_up(const struct planner *p, const struct telling *t)
{
    return p->owed->at_first_start && t->at <= p->in->first_started_at &&
           (t->escalation || t->late_booking || !p->never_told) &&
           !(t->unbooked && p->heard.count > 0) && !found_nobody(&p->heard, t->rung);
}

static void plan_telling(struct planner *p, const struct telling *t)
{
    instant wait;

    if (t->at > p->in->now) {
        look_again_at(p, t->at);
        return;
    }
    if (was_said(p, t) || is_over(p, t))
        return;
    if (is_summed_up(p, t))
        add_rung(p, t, true);
    else if ((wait = may_escalate_at(p, t)) > p->in->now || (wait = kept_back_until(p, t)) > 0)
        look_again_at(p, wait);
    else if (!wait_for_the_office(p, t))
        add_rung(p, t, false);
}

// What no ladder has: what was told to one who cannot act on it is another's.
static void plan_passed_on(struct planner *p, const struct so_far *so_far)
{
    struct telling *others;
    struct telling arrival;
    instant look;
    size_t found = agenda_handovers(p->arena, so_far, &others, &look);

    look_again_at(p, look);
    for (size_t i = 0; i < found; i++)
        plan_telling(p, &others[i]);
    if (agenda_arrival(p->arena, so_far, &arrival))
        plan_telling(p, &arrival);
}

static bool is_told_now(const struct planner *p, const char *staff_id)
{
    for (size_t i = p->first_line; i < p->plan->count; i++)
        if (p->plan->lines[i].to && strcmp(p->plan->lines[i].to->id, staff_id) == 0)
            return true;
    return false;
}

// After the ladder: what a rung says to them today is no reminder.
static void plan_reminder(struct planner *p, const struct so_far *so_far)
{
    struct telling reminder;
    instant look;
    bool is_due = agenda_reminder(p->arena, so_far, &reminder, &look);

    look_again_at(p, look);
    if (is_due && !is_told_now(p, p->owed->who.worker_id))
        plan_telling(p, &reminder);
}

static instant plan_deadline(struct planner *p)
{
    struct telling *tellings;
    struct so_far so_far;
    size_t count;

    p->next = 0;
    p->first_line = p->plan->count;
    p->heard = heard_of(p->in->said, p->in->said_count, p->owed->deadline_id);
    p->deadline = owed_deadline(p->arena, p->in->library, p->owed);
    if (!p->deadline)
        return 0;
    count = ladder_tellings(p->arena, p->in->library, p->deadline,
                            directory_teams(p->arena, p->in->directory, &p->owed->who), &tellings);
    p->interrupts = interrupts(p);
    p->settled_at = settled_at(p, tellings, count);
    p->never_told = would_never_be_told(p, tellings, count);
    p->asked = asked_for_earlier(p, tellings, count);
    for (size_t i = 0; i < count; i++)
        plan_telling(p, &tellings[i]);
    so_far = (struct so_far){p->in, p->owed, &p->heard, tellings, count};
    plan_passed_on(p, &so_far);
    plan_reminder(p, &so_far);
    return p->next;
}

void agenda_plan(struct arena *a, const struct plan_input *in, struct plan *ret)
{
    struct plan plan = {.next = ARENA_ARRAY(a, instant, in->count + 1)};
    struct planner p = {
        .arena = a, .in = in, .plan = &plan, .today = london_from_instant(in->now).on};

    for (size_t i = 0; i < in->count; i++) {
        p.owed = &in->owed[i];
        plan.next[i] = plan_deadline(&p);
    }
    *ret = plan;
}
