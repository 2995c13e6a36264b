// Evaluation: each timescale's clauses over a history. One function a question: what starts a
// clock, what met it, what ended it, what stands in the diary. When it is due is told in due.c, for
// whom it holds in conditions.c.
#include "evaluate.h"

#include "chaired.h"
#include "clockwork.h"
#include "conditions.h"
#include "due.h"
#include "findings.h"

#include <string.h>

static const struct version *version_on(const struct timescale *t, struct date on)
{
    for (size_t i = 0; i < t->version_count; i++) {
        const struct version *v = &t->versions[i];

        if (date_cmp(v->from, on) <= 0 && (!date_known(v->until) || date_cmp(on, v->until) <= 0))
            return v;
    }
    return NULL;
}

// ------------------------------------------------------------------------------------ what met it

static bool same_record(const struct library *l, const struct fact *a, const struct fact *b)
{
    const char *ra = l->events[a->event].record, *rb = l->events[b->event].record;

    return a->event != b->event && same_key(ra, rb);
}

// A meeting of the clock's own kind must be a later one; another event may fall on the same day.
static bool late_enough(const struct clock_start *s, const struct fact *f)
{
    int order = date_cmp(f->at.on, s->trigger_on);

    if (counts_back(s->clause))
        return true;
    if (order != 0)
        return order > 0;
    if (s->from.minute >= 0 && f->at.minute >= 0 && f->at.minute < s->from.minute)
        return false;
    return s->timescale->same_day_counts && !(s->trigger && s->trigger->event == f->event);
}

bool clock_owns(const struct work *w, const struct clock_start *s, size_t i)
{
    const struct fact *f = w->history.facts[i];

    if (!s->episode)
        return same_key(f->episode, s->subject_ref);
    if (s->trigger && same_record(w->history.library, s->trigger, f))
        return same_key(s->trigger->ref, f->ref);
    return history_belongs(&w->history, i, s->episode);
}

enum reach { LINKED_BY_KEY, OWNED, ANYWHERE };

static bool within_reach(const struct work *w, const struct clock_start *s, size_t i,
                         enum reach reach)
{
    switch (reach) {
    case LINKED_BY_KEY:
        return linked_by_key(w->history.library, w->history.facts[i], s->episode);
    case OWNED:
        return clock_owns(w, s, i);
    case ANYWHERE:
        break;
    }
    return true;
}

// The first fact, by time, that meets the clock.
static const struct fact *first_that_meets(const struct work *w, const struct clock_start *s,
                                           enum reach reach)
{
    const struct timescale *t = s->timescale;
    const struct history *h = &w->history;
    int best = -1;

    for (size_t m = 0; m < t->met_count; m++)
        for (int i = h->first[t->met_by[m].event]; i >= 0 && (best < 0 || i < best);
             i = h->next[i]) {
            const struct fact *f = h->facts[i];

            if (f != s->trigger && ref_matches(&t->met_by[m], f) && late_enough(s, f) &&
                within_reach(w, s, (size_t)i, reach))
                best = i;
        }
    return best >= 0 ? h->facts[best] : NULL;
}

// The linked event if there is one; else, where the rule says so, the person's next one.
static const struct fact *find_met(const struct work *w, const struct clock_start *s,
                                   bool *ret_by_key)
{
    bool else_next = s->timescale->else_next;
    const struct fact *met = NULL;

    *ret_by_key = false;
    if (else_next && s->episode)
        met = first_that_meets(w, s, LINKED_BY_KEY);
    if (!met)
        met = first_that_meets(w, s, else_next ? ANYWHERE : OWNED);
    // What is tied to its own enquiry counts whenever it was held; anything else only until the
    // end.
    if (met && s->episode && else_next)
        *ret_by_key = linked_by_key(w->history.library, met, s->episode);
    return met;
}

// ---------------------------------------------------------------------------------- what ended it

struct ending {
    struct date on; // DATE_NONE: nothing has
    const struct fact *fact;
    const char *why;
    bool of_subject; // its own end, which a record that names the subject outweighs; a death
                     // nothing does
};

static void consider_end(struct ending *e, struct ending other)
{
    if (!date_known(e->on) || date_cmp(other.on, e->on) < 0)
        *e = other;
}

// Events about a kind of subject end only their own; death and the like end every clock. Where both
// minutes are known, what came first on the day of the trigger ends nothing.
static bool ends_this(const struct work *w, const struct clock_start *s, size_t i)
{
    const struct fact *f = w->history.facts[i];
    int of = w->history.library->events[f->event].of;

    if (of < 0 || !s->episode || of != s->episode->kind) {
        if (date_is(f->at.on, s->trigger_on) && s->trigger && s->trigger->at.minute >= 0 &&
            f->at.minute >= 0)
            return f->at.minute > s->trigger->at.minute;
        return date_cmp(f->at.on, s->trigger_on) >= 0;
    }
    if (f->episode)
        return same_key(f->episode, s->episode->key);
    return w->history.in[i] == s->episode;
}

static void end_of_conditions(struct work *w, const struct clock_start *s, struct ending *e)
{
    const char *why = NULL;
    struct date on = conditions_cease(w, s, &why);

    if (date_known(on))
        consider_end(e, (struct ending){on, NULL, why, false});
}

// What is to be done on the way to another due date, or because it runs late, is moot once that one
// is met or ended.
static void end_of_other(const struct clock_start *s, struct ending *e)
{
    const struct deadline *d = s->after;
    enum basis basis = s->clause->basis;

    if (basis != HALF_WAY && basis != TO_DUE_DATE && basis != FROM_LATENESS)
        return;
    if (d->state == STATE_MET)
        consider_end(e,
                     (struct ending){d->met_on, d->met, "what it was to prepare was held", false});
    else if (d->state == STATE_ENDED)
        consider_end(e, (struct ending){d->ended_on, d->ended, d->why, false});
}

static struct ending find_end(struct work *w, const struct clock_start *s)
{
    const struct timescale *t = s->timescale;
    const struct library *l = w->history.library;
    struct ending e = {.on = DATE_NONE};

    if (s->episode && s->episode->end)
        consider_end(&e, (struct ending){s->episode->end->at.on, s->episode->end,
                                         l->events[s->episode->end->event].title, true});
    if (s->trigger && l->events[s->trigger->event].booking && date_known(s->trigger->until.on))
        consider_end(&e, (struct ending){s->trigger->until.on, s->trigger,
                                         "the meeting was cancelled", true});
    for (size_t k = 0; k < t->end_count; k++)
        for (int i = w->history.first[t->ends_with[k].event]; i >= 0; i = w->history.next[i]) {
            const struct fact *f = w->history.facts[i];

            if (ref_matches(&t->ends_with[k], f) && ends_this(w, s, (size_t)i))
                consider_end(
                    &e, (struct ending){f->at.on, f, l->events[f->event].title,
                                        l->events[f->event].of == t->subject && t->subject >= 0});
        }
    end_of_conditions(w, s, &e);
    end_of_other(s, &e);
    if (t->until_age && date_known(w->history.born)) {
        struct date on = birthday(w->history.born, t->until_age);

        if (date_cmp(on, w->history.as_at) <= 0)
            consider_end(
                &e, (struct ending){on, NULL,
                                    arena_printf(w->arena, "the child turned %d", t->until_age),
                                    false});
        else
            look_again(&w->history, on);
    }
    return e;
}

// ------------------------------------------------------------------------------ one clock's answer

const struct booking *clock_booking(const struct work *w, const struct timescale *t,
                                    struct date from)
{
    const struct booking *best = NULL;

    for (size_t i = 0; i < w->history.booking_count; i++) {
        const struct booking *b = &w->history.bookings[i];
        bool ahead = date_cmp(b->at.on, w->history.as_at) >= 0;
        bool best_ahead = best && date_cmp(best->at.on, w->history.as_at) >= 0;

        if (b->cancelled || !same_key(b->kind, t->meeting) || date_cmp(b->at.on, from) <= 0)
            continue;
        if (!best || (ahead && !best_ahead) ||
            (ahead == best_ahead && (moment_cmp(b->at, best->at) < 0) == ahead))
            best = b;
    }
    return best;
}

static bool held_in_time(const struct deadline *d)
{
    if (d->due_at.minute >= 0 && d->met->at.minute >= 0)
        return moment_cmp(d->met->at, d->due_at) <= 0;
    return date_cmp(d->met->at.on, d->due_on) <= 0;
}

static void settle(struct work *w, const struct clock_start *s, const struct ending *end,
                   struct deadline *d)
{
    bool by_key;

    d->met = find_met(w, s, &by_key);
    if (d->met && date_known(end->on) && date_cmp(d->met->at.on, end->on) > 0 &&
        !(by_key && end->of_subject))
        d->met = NULL;
    if (d->met) {
        d->state = STATE_MET;
        d->met_on = d->met->at.on;
        d->in_timescale = held_in_time(d);
    } else if (date_known(end->on)) {
        d->state = STATE_ENDED;
        d->ended = end->fact;
        d->ended_on = end->on;
        d->why = end->why;
    } else {
        size_t index = (size_t)(s->timescale - w->history.library->timescales);
        bool blind = w->sight.blind && w->sight.blind[index];

        d->state = blind ? STATE_UNKNOWN : STATE_OPEN;
        d->why = blind ? "the source does not show what would meet it" : NULL;
        d->booking = s->timescale->meeting ? clock_booking(w, s->timescale, s->trigger_on) : NULL;
        d->awaiting_record = d->booking && date_cmp(d->booking->at.on, w->history.as_at) < 0;
        d->chaired_by = clock_chair(w, d);
    }
}

// A clock that would start when its subject is already over owes nothing: the review that ends a
// plan starts no further review. Only a subject that begins and ends on one day still shows that it
// was owed.
static bool over_before_it_starts(const struct clock_start *s, const struct ending *end)
{
    bool begins = s->episode && s->trigger == s->episode->start;
    int order;

    if (!date_known(end->on) || counts_back(s->clause))
        return false;
    order = date_cmp(end->on, s->trigger_on);
    return order < 0 || (order == 0 && !begins);
}

static void start_clock(struct work *w, const struct clock_start *s)
{
    struct deadline *d;
    struct ending end;

    if (!conditions_hold(w, s))
        return;
    end = find_end(w, s);
    if (over_before_it_starts(s, &end))
        return;
    d = ARENA_NEW(w->arena, struct deadline);
    *d = (struct deadline){.timescale = s->timescale,
                           .version = s->version,
                           .clause = s->clause,
                           .subject_ref = s->subject_ref,
                           .trigger = s->trigger,
                           .after = s->after,
                           .trigger_on = s->trigger_on,
                           .met_on = DATE_NONE,
                           .ended_on = DATE_NONE};
    if (!due_compute(w, s, d))
        return;
    settle(w, s, &end, d);
    w->deadlines = arena_grow(w->arena, w->deadlines, sizeof *w->deadlines, w->count, &w->room);
    w->deadlines[w->count++] = d;
}

// --------------------------------------------------------------------------------- what starts it

static void start_if_in_force(struct work *w, struct clock_start *s)
{
    if (version_on(s->timescale, s->trigger_on) == s->version)
        start_clock(w, s);
}

static void start_from(struct work *w, struct clock_start s, const struct fact *f)
{
    s.trigger = f;
    s.from = f->at;
    s.trigger_on = f->at.on;
    start_if_in_force(w, &s);
}

static bool ordinal_takes(enum ordinal o, size_t index)
{
    switch (o) {
    case FIRST:
        return index == 0;
    case SECOND:
        return index == 1;
    case EVERY_LATER:
        return index >= 1;
    case EVERY:
        return true;
    }
    return false;
}

// The clocks of one clause in one episode. Two records of one event on one day are one event.
static void start_in_episode(struct work *w, struct clock_start s, const struct episode *e)
{
    const struct clause *c = s.clause;
    const struct history *h = &w->history;
    struct date last = DATE_NONE;
    size_t index = 0;

    s.episode = e;
    s.subject_ref = e->key;
    for (int i = h->first[c->trigger.event]; i >= 0; i = h->next[i]) {
        const struct fact *f = h->facts[i];

        if (!ref_matches(&c->trigger, f) || date_is(last, f->at.on) ||
            !history_belongs(h, (size_t)i, e))
            continue;
        last = f->at.on;
        if (ordinal_takes(c->ordinal, index++))
            start_from(w, s, f);
    }
}

static void start_by_record(struct work *w, struct clock_start s)
{
    const struct history *h = &w->history;

    for (int i = h->first[s.clause->trigger.event]; i >= 0; i = h->next[i]) {
        const struct fact *f = h->facts[i];

        if (!ref_matches(&s.clause->trigger, f))
            continue;
        s.subject_ref = record_key(h->library, f);
        start_from(w, s, f);
    }
}

// ------------------------------------------------------------------- clocks that lean on another

static const struct episode *episode_of(const struct work *w, int kind, const struct deadline *d)
{
    for (size_t i = 0; kind >= 0 && i < w->history.episode_count; i++)
        if (w->history.episodes[i].kind == kind &&
            (kind == w->history.library->person ||
             same_key(w->history.episodes[i].key, d->subject_ref)))
            return &w->history.episodes[i];
    return NULL;
}

// The first day on which a meeting was booked for a day after the due date, unless the one that is
// in the diary now is in time.
static struct date booked_late_on(const struct work *w, const struct deadline *d)
{
    const struct history *h = &w->history;
    const struct booking *now = clock_booking(w, d->timescale, d->trigger_on);

    if (d->state == STATE_OPEN && now && date_cmp(now->at.on, d->due_on) <= 0)
        return DATE_NONE;
    for (size_t i = 0; i < h->count; i++) {
        const struct fact *f = h->facts[i];

        if (f->booking && !h->library->events[f->event].booking &&
            same_key(f->code, d->timescale->meeting) &&
            date_cmp(f->booking->scheduled.on, d->due_on) > 0 &&
            date_cmp(f->at.on, d->trigger_on) >= 0 && date_cmp(f->at.on, d->due_on) <= 0)
            return f->at.on;
    }
    return DATE_NONE;
}

// The first day on which it was plain that the deadline would be, or was, missed.
static struct date late_from(struct work *w, const struct deadline *d)
{
    bool settled_in_time = (d->state == STATE_MET && d->in_timescale) ||
                           (d->state == STATE_ENDED && date_cmp(d->ended_on, d->due_on) <= 0);
    struct date booked = booked_late_on(w, d);

    if (settled_in_time || d->state == STATE_UNKNOWN)
        return DATE_NONE;
    if (date_known(booked))
        return booked;
    if (date_cmp(d->due_on, w->history.as_at) < 0)
        return d->due_on;
    look_again(&w->history, date_add_days(d->due_on, 1));
    return DATE_NONE;
}

static bool has_come(struct history *h, struct date on)
{
    if (date_cmp(on, h->as_at) <= 0)
        return true;
    look_again(h, on);
    return false;
}

// Where a clause that leans on another deadline begins; false when it does not, or not yet.
static bool lean_on(struct work *w, const struct deadline *d, struct clock_start *s)
{
    s->after = d;
    s->trigger = NULL;
    s->from = (struct moment){d->due_on, -1};
    s->trigger_on = d->due_on;
    switch (s->clause->basis) {
    case FROM_DUE_DATE:
        return has_come(&w->history, d->due_on);
    case FROM_LATENESS:
        s->trigger_on = late_from(w, d);
        s->from = (struct moment){s->trigger_on, -1};
        return date_known(s->trigger_on);
    case TO_DUE_DATE:
    case HALF_WAY:
        s->trigger = d->trigger;
        s->trigger_on = d->trigger_on;
        return true;
    case FROM_EVENT:
    case AT_SET_DATE:
        break;
    }
    return false;
}

static void start_from_another(struct work *w, struct clock_start s, const struct timescale *of)
{
    size_t known = w->count;

    for (size_t i = 0; i < known; i++) {
        const struct deadline *d = w->deadlines[i];

        if (d->timescale != of || !lean_on(w, d, &s))
            continue;
        s.episode = episode_of(w, s.timescale->subject, d);
        s.subject_ref =
            s.timescale->subject == w->history.library->person ? s.episode->key : d->subject_ref;
        start_if_in_force(w, &s);
    }
}

static void evaluate_timescale(struct work *w, size_t index);

static void evaluate_clause(struct work *w, struct clock_start s)
{
    const struct library *l = w->history.library;

    if (s.clause->no_later_than >= 0)
        evaluate_timescale(w, (size_t)s.clause->no_later_than);
    if (s.clause->of >= 0) {
        evaluate_timescale(w, (size_t)s.clause->of);
        start_from_another(w, s, &l->timescales[s.clause->of]);
        return;
    }
    if (w->history.first[s.clause->trigger.event] < 0)
        return; // most rules are about what never happened to this person
    if (s.timescale->subject < 0) {
        start_by_record(w, s);
        return;
    }
    for (size_t i = 0; i < w->history.episode_count; i++)
        if (w->history.episodes[i].kind == s.timescale->subject)
            start_in_episode(w, s, &w->history.episodes[i]);
}

static void evaluate_timescale(struct work *w, size_t index)
{
    const struct timescale *t = &w->history.library->timescales[index];

    if (w->done[index])
        return;
    w->done[index] = true;
    for (size_t v = 0; t->on && v < t->version_count; v++)
        for (size_t c = 0; c < t->versions[v].clause_count; c++)
            evaluate_clause(w, (struct clock_start){.timescale = t,
                                                    .version = &t->versions[v],
                                                    .clause = &t->versions[v].clauses[c]});
}

// --------------------------------------------------------------------------------------- the whole

static int in_order(const void *pa, const void *pb)
{
    const struct deadline *a = *(struct deadline *const *)pa, *b = *(struct deadline *const *)pb;
    int order = strcmp(a->timescale->id, b->timescale->id);

    if (order == 0)
        order = strcmp(a->subject_ref ? a->subject_ref : "", b->subject_ref ? b->subject_ref : "");
    if (order == 0)
        order = date_cmp(a->trigger_on, b->trigger_on);
    if (order == 0)
        order = moment_cmp(a->due_at, b->due_at);
    if (order == 0)
        order = (a->clause > b->clause) - (a->clause < b->clause);
    return order;
}

void evaluate(struct arena *a, const struct library *l, const struct timeline *t,
              struct sight sight, struct date as_at, struct evaluation *ret)
{
    struct work w = {.arena = a, .sight = sight};
    struct evaluation e = {0};

    history_make(a, l, t, as_at, &w.history);
    w.done = ARENA_ARRAY(a, bool, l->timescale_count + 1);
    for (size_t i = 0; i < l->timescale_count; i++)
        evaluate_timescale(&w, i);
    arena_sort(a, (void *)w.deadlines, w.count, sizeof *w.deadlines, in_order);
    e.deadlines = ARENA_ARRAY(a, struct deadline, w.count + 1);
    for (size_t i = 0; i < w.count; i++)
        e.deadlines[i] = *w.deadlines[i];
    e.count = w.count;
    e.look_again_on = w.history.look_again_on;
    findings_of(a, &w.history, t, &e);
    *ret = e;
}

const char *state_word(const struct deadline *d, struct date as_at)
{
    switch (d->state) {
    case STATE_MET:
        return "met";
    case STATE_ENDED:
        return "ended";
    case STATE_UNKNOWN:
        return "unknown";
    case STATE_OPEN:
        break;
    }
    return deadline_missed(d, as_at) ? "missed" : "open";
}
