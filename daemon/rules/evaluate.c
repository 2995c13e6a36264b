// Evaluation: each timescale's clauses over a history. One function a question: what starts a
// clock, when it ends, what met it, what ended it, what stands in the diary.
#include "evaluate.h"

#include "findings.h"
#include "history.h"

#include <string.h>

struct work {
    struct arena *arena;
    struct history history;
    struct sight sight;
    struct deadline **deadlines;
    size_t count, room;
    bool *done; // timescales evaluated, by index
};

// One clock that has started.
struct clock_start {
    const struct timescale *timescale;
    const struct version *version;
    const struct clause *clause;
    const struct episode *episode; // NULL where each record is its own subject
    const struct fact *trigger;    // NULL when another deadline's due date starts it
    const struct deadline *after;
    struct moment from;
    const char *subject_ref;
};

static const struct version *version_on(const struct timescale *t, struct date on)
{
    for (size_t i = 0; i < t->version_count; i++) {
        const struct version *v = &t->versions[i];

        if (date_cmp(v->from, on) <= 0 && (!date_known(v->until) || date_cmp(on, v->until) <= 0))
            return v;
    }
    return NULL;
}

static bool same_text(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

// ------------------------------------------------------------------------------------ what met it

static bool same_record(const struct library *l, const struct fact *a, const struct fact *b)
{
    const char *ra = l->events[a->event].record, *rb = l->events[b->event].record;

    return a->event != b->event && same_text(ra, rb);
}

// A meeting of the clock's own kind must be a later one; another event may fall on the same day.
static bool late_enough(const struct clock_start *s, const struct fact *f)
{
    int order = date_cmp(f->at.on, s->from.on);

    if (s->clause->span.before)
        return true;
    if (order != 0)
        return order > 0;
    return s->timescale->same_day_counts && !(s->trigger && s->trigger->event == f->event);
}

static bool belongs(const struct work *w, const struct clock_start *s, size_t i)
{
    const struct fact *f = w->history.facts[i];

    if (!s->episode)
        return same_text(f->episode, s->subject_ref);
    if (s->trigger && same_record(w->history.library, s->trigger, f))
        return same_text(s->trigger->ref, f->ref);
    return w->history.in[i] == s->episode;
}

static bool meets(const struct timescale *t, const struct fact *f)
{
    for (size_t m = 0; m < t->met_count; m++)
        if (ref_matches(&t->met_by[m], f))
            return true;
    return false;
}

static const struct fact *first_that_meets(const struct work *w, const struct clock_start *s,
                                           bool anywhere)
{
    for (size_t i = 0; i < w->history.count; i++) {
        const struct fact *f = w->history.facts[i];

        if (f != s->trigger && meets(s->timescale, f) && late_enough(s, f) &&
            (anywhere || belongs(w, s, i)))
            return f;
    }
    return NULL;
}

// The linked event if there is one; else, where the rule says so, the person's next one.
static const struct fact *find_met(const struct work *w, const struct clock_start *s,
                                   bool *ret_by_key)
{
    const struct fact *met = NULL;

    *ret_by_key = false;
    if (!any_happened(&w->history, s->timescale->met_by, s->timescale->met_count))
        return NULL;
    if (s->timescale->else_next && s->episode)
        for (size_t i = 0; i < w->history.count && !met; i++) {
            const struct fact *f = w->history.facts[i];

            if (meets(s->timescale, f) && late_enough(s, f) &&
                linked_by_key(w->history.library, f, s->episode))
                met = f;
        }
    if (!met)
        met = first_that_meets(w, s, s->timescale->else_next);
    // What is tied to its own enquiry counts whenever it was held; anything else only until the
    // end.
    if (met && s->episode && s->timescale->else_next)
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

// Events about a kind of subject end only their own; death and the like end every clock.
static bool ends_this(const struct work *w, const struct clock_start *s, size_t i)
{
    const struct fact *f = w->history.facts[i];
    int of = w->history.library->events[f->event].of;

    if (of < 0 || !s->episode || of != s->episode->kind)
        return date_cmp(f->at.on, s->from.on) >= 0;
    if (f->episode)
        return same_text(f->episode, s->episode->key);
    return w->history.in[i] == s->episode;
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
    bool may_end = any_happened(&w->history, t->ends_with, t->end_count);
    for (size_t i = 0; may_end && i < w->history.count; i++)
        for (size_t k = 0; k < t->end_count; k++) {
            const struct fact *f = w->history.facts[i];

            if (ref_matches(&t->ends_with[k], f) && ends_this(w, s, i))
                consider_end(
                    &e, (struct ending){f->at.on, f, l->events[f->event].title,
                                        l->events[f->event].of == t->subject && t->subject >= 0});
        }
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

// ------------------------------------------------------------------------------- one clock's
// answer

// The meeting in the diary that is to meet an owed deadline: the next one, else the last one
// passed.
static const struct booking *find_booking(const struct work *w, const struct clock_start *s)
{
    const struct booking *best = NULL;

    for (size_t i = 0; i < w->history.booking_count; i++) {
        const struct booking *b = &w->history.bookings[i];
        bool ahead = date_cmp(b->at.on, w->history.as_at) >= 0;
        bool best_ahead = best && date_cmp(best->at.on, w->history.as_at) >= 0;

        if (b->cancelled || !same_text(b->kind, s->timescale->meeting) ||
            date_cmp(b->at.on, s->from.on) <= 0)
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
        d->booking = s->timescale->meeting ? find_booking(w, s) : NULL;
        d->awaiting_record = d->booking && date_cmp(d->booking->at.on, w->history.as_at) < 0;
    }
}

static bool compute_due(const struct work *w, const struct clock_start *s, struct deadline *d)
{
    const struct library *l = w->history.library;
    struct error ignored;
    struct moment due;

    // Only a start outside the calendar fails: such dates are findings, not deadlines.
    if (!span_apply(l->national, s->clause->span, s->from, &due, &d->provisional, &ignored))
        return false;
    if (s->clause->by_office_close)
        due = office_close_on_or_before(&l->office, l->national, due);
    if (!date_known(due.on)) // no office hours are known so far away
        return false;
    d->due_at = due;
    d->due_on = due.on;
    d->book_by = working_day_on_or_before(l->national, due.on);
    return true;
}

// A clock that would start when its subject is already over owes nothing: the review that ends a
// plan starts no further review. Only a subject that begins and ends on one day still shows that it
// was owed.
static bool over_before_it_starts(const struct clock_start *s, const struct ending *end)
{
    bool begins = s->episode && s->trigger == s->episode->start;
    int order;

    if (!date_known(end->on) || s->clause->span.before)
        return false;
    order = date_cmp(end->on, s->from.on);
    return order < 0 || (order == 0 && !begins);
}

static void start_clock(struct work *w, const struct clock_start *s)
{
    struct ending end = find_end(w, s);
    struct deadline *d;

    if (over_before_it_starts(s, &end))
        return;
    d = ARENA_NEW(w->arena, struct deadline);
    *d = (struct deadline){.timescale = s->timescale,
                           .version = s->version,
                           .clause = s->clause,
                           .subject_ref = s->subject_ref,
                           .trigger = s->trigger,
                           .after = s->after,
                           .trigger_on = s->from.on,
                           .met_on = DATE_NONE,
                           .ended_on = DATE_NONE};
    if (!compute_due(w, s, d))
        return;
    settle(w, s, &end, d);
    w->deadlines = arena_grow(w->arena, w->deadlines, sizeof *w->deadlines, w->count, &w->room);
    w->deadlines[w->count++] = d;
}

// --------------------------------------------------------------------------------- what starts it

static bool only_for_holds(const struct work *w, const struct timescale *t, struct date on)
{
    for (size_t k = 0; k < t->only_for_count; k++) {
        bool holds = false;

        for (size_t i = 0; i < w->history.count && !holds; i++) {
            const struct fact *f = w->history.facts[i];

            holds = ref_matches(&t->only_for[k], f) && date_cmp(f->at.on, on) <= 0 &&
                    (!date_known(f->until.on) || date_cmp(on, f->until.on) < 0);
        }
        if (!holds)
            return false;
    }
    return true;
}

static void start_if_in_force(struct work *w, struct clock_start *s)
{
    if (version_on(s->timescale, s->from.on) == s->version &&
        only_for_holds(w, s->timescale, s->from.on))
        start_clock(w, s);
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
    struct date last = DATE_NONE;
    size_t index = 0;

    if (!any_happened(&w->history, &c->trigger, 1))
        return;
    s.episode = e;
    s.subject_ref = e->key;
    for (size_t i = 0; i < w->history.count; i++) {
        const struct fact *f = w->history.facts[i];

        if (w->history.in[i] != e || !ref_matches(&c->trigger, f) || date_is(last, f->at.on))
            continue;
        last = f->at.on;
        if (!ordinal_takes(c->ordinal, index++))
            continue;
        s.trigger = f;
        s.from = f->at;
        start_if_in_force(w, &s);
    }
}

static void start_by_record(struct work *w, struct clock_start s)
{
    if (!any_happened(&w->history, &s.clause->trigger, 1))
        return;
    for (size_t i = 0; i < w->history.count; i++) {
        const struct fact *f = w->history.facts[i];

        if (!ref_matches(&s.clause->trigger, f))
            continue;
        s.trigger = f;
        s.from = f->at;
        s.subject_ref = record_key(w->history.library, f);
        start_if_in_force(w, &s);
    }
}

static const struct episode *episode_of(const struct work *w, int kind, const char *key)
{
    for (size_t i = 0; i < w->history.episode_count; i++)
        if (w->history.episodes[i].kind == kind && same_text(w->history.episodes[i].key, key))
            return &w->history.episodes[i];
    return NULL;
}

static void start_from_due_dates(struct work *w, struct clock_start s, const struct timescale *of)
{
    size_t known = w->count;

    for (size_t i = 0; i < known; i++) {
        const struct deadline *d = w->deadlines[i];

        if (d->timescale != of || date_cmp(d->due_on, w->history.as_at) > 0)
            continue;
        s.after = d;
        s.from = (struct moment){d->due_on, -1};
        s.subject_ref = d->subject_ref;
        s.episode =
            s.timescale->subject >= 0 ? episode_of(w, s.timescale->subject, d->subject_ref) : NULL;
        start_if_in_force(w, &s);
    }
}

static void evaluate_timescale(struct work *w, size_t index);

static void evaluate_clause(struct work *w, struct clock_start s)
{
    const struct library *l = w->history.library;

    if (s.clause->due_of >= 0) {
        evaluate_timescale(w, (size_t)s.clause->due_of);
        start_from_due_dates(w, s, &l->timescales[s.clause->due_of]);
        return;
    }
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
    int order = (a->timescale > b->timescale) - (a->timescale < b->timescale); // sorted by id

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

// -------------------------------------------------------------------------------------- blindness

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
            same_text(t->facts[i].episode, d->subject_ref))
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
