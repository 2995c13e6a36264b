// Invented timelines: any facts of the library's events, close together so that they have to do
// with one another, and some of long ago, so that there are ages and old spells. The seed is fixed
// and can be set: TIMELY_SEED=7.
#pragma once

#include "reads.h"

#define FACTS_MAX 24
#define THEMES 3

// Between 26 August and 25 December there is no bank holiday, and until 27 October the clocks stay.
// Facts stay well inside, so that due dates shift with them for up to three weeks.
#define FIRST_DAY "2024-09-02"
#define SPAN_DAYS 28
#define BOOKED_DAYS 7 // ahead

// A group's state: the library with everything on.
struct world {
    struct library *library;
    struct arena *kept;
    struct reads reads;
    size_t *seen; // deadlines by timescale: a property of none would prove nothing
};

static inline int make_world(void **state)
{
    struct arena *kept = arena_new();
    struct world *w = ARENA_NEW(kept, struct world);
    void *library;

    load_everything(&library);
    *w = (struct world){.library = library, .kept = kept};
    w->reads = reads_of(kept, w->library);
    w->seen = ARENA_ARRAY(kept, size_t, w->library->timescale_count);
    *state = w;
    return 0;
}

static inline int end_world(void **state)
{
    struct world *w = *state;

    library_free(w->library);
    arena_free(w->kept);
    return 0;
}

struct dice {
    uint64_t state;
};

static inline uint32_t roll(struct dice *d, uint32_t sides)
{
    d->state = d->state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(d->state >> 33) % sides;
}

static inline struct dice new_dice(void)
{
    const char *set = getenv("TIMELY_SEED");

    return (struct dice){set ? strtoull(set, NULL, 10) : 20240331};
}

static inline const char *pick(struct dice *d, const char *const *of, uint32_t count)
{
    return of[roll(d, count)];
}

// Said of the diary: a meeting of some kind in the next days.
static inline void book(struct arena *a, const struct library *l, struct dice *d, struct fact *f)
{
    struct booking_details *b = ARENA_NEW(a, struct booking_details);
    size_t kind = roll(d, (uint32_t)l->event_count);

    while (!l->events[kind].booking)
        kind = (kind + 1) % l->event_count;
    f->code = l->events[kind].booking;
    *b = (struct booking_details){
        {date_add_days(f->at.on, (int)roll(d, BOOKED_DAYS)), 600}, MOMENT_NONE, NULL, NULL, NULL};
    f->booking = b;
}

// The clauses and conditions of the library that name the event, one after the other.
static inline void visit_clause(const struct clause *c, int event,
                                void (*visit)(const struct event_ref *, void *), void *arg)
{
    if ((c->basis == FROM_EVENT || c->basis == AT_SET_DATE) && c->trigger.event == event)
        visit(&c->trigger, arg);
    for (size_t i = 0; i < c->condition_count; i++)
        if (c->conditions[i].kind <= CONDITION_SHORTLY_AGO && c->conditions[i].event.event == event)
            visit(&c->conditions[i].event, arg);
}

static inline void visit_refs(const struct library *l, int event,
                              void (*visit)(const struct event_ref *, void *), void *arg)
{
    for (size_t i = 0; i < l->timescale_count; i++) {
        const struct timescale *t = &l->timescales[i];

        for (size_t v = 0; v < t->version_count; v++)
            for (size_t c = 0; c < t->versions[v].clause_count; c++)
                visit_clause(&t->versions[v].clauses[c], event, visit, arg);
        for (size_t k = 0; k < t->only_while_count; k++)
            if (t->only_while[k].kind == CONDITION_HOLDS && t->only_while[k].event.event == event)
                visit(&t->only_while[k].event, arg);
        for (size_t k = 0; k < t->only_for_count; k++)
            if (t->only_for[k].kind == CONDITION_HOLDS && t->only_for[k].event.event == event)
                visit(&t->only_for[k].event, arg);
    }
}

// One of the codes that rules ask for, each as likely as the next.
struct chosen_code {
    struct dice *dice;
    const char *code;
    uint32_t seen;
};

static inline void consider_codes(const struct event_ref *r, void *arg)
{
    struct chosen_code *c = arg;

    for (size_t i = 0; i < r->code_count; i++)
        if (roll(c->dice, ++c->seen) == 0)
            c->code = r->codes[i];
    if (r->at_least && roll(c->dice, ++c->seen) == 0)
        c->code = "99";
}

static inline bool sets_a_date(const struct library *l, int event)
{
    for (size_t i = 0; i < l->timescale_count; i++)
        for (size_t v = 0; v < l->timescales[i].version_count; v++)
            for (size_t c = 0; c < l->timescales[i].versions[v].clause_count; c++) {
                const struct clause *clause = &l->timescales[i].versions[v].clauses[c];

                if (clause->basis == AT_SET_DATE && clause->trigger.event == event)
                    return true;
            }
    return false;
}

static inline void set_date(struct arena *a, struct dice *d, struct fact *f)
{
    struct booking_details *b = ARENA_NEW(a, struct booking_details);

    *b = (struct booking_details){
        {date_add_days(f->at.on, (int)roll(d, 60)), -1}, MOMENT_NONE, NULL, NULL, NULL};
    f->booking = b;
}

static inline struct fact fact_of_event(struct arena *a, const struct library *l, struct dice *d,
                                        int event, int number)
{
    static const char *const keys[] = {"1", "2", "3", NULL};
    const struct event_kind *k = &l->events[event];
    struct fact f = {
        .event = event, .until = MOMENT_NONE, .recorded = MOMENT_NONE, .origin = "table"};

    f.at = (struct moment){date_add_days(on(FIRST_DAY), (int)roll(d, SPAN_DAYS)), -1};
    f.episode = pick(d, keys, 4);
    f.meeting = pick(d, keys, 4);
    f.ref = arena_printf(a, "r%d", number); // never the key of an episode or of a meeting
    if (roll(d, event == l->birth ? 2 : 6) == 0)
        f.at.on.day -= 400 + (int)roll(d, 6900);
    if (k->code_count && roll(d, 3)) {
        f.code = k->codes[roll(d, (uint32_t)k->code_count)];
    } else if (roll(d, 4)) {
        struct chosen_code c = {.dice = d};

        visit_refs(l, event, consider_codes, &c);
        f.code = c.code;
    }
    if (sets_a_date(l, event))
        set_date(a, d, &f);
    if (strncmp(k->name, "meeting-", 8) == 0)
        book(a, l, d, &f);
    return f;
}

static inline struct fact random_fact(struct arena *a, const struct library *l, struct dice *d,
                                      int number)
{
    return fact_of_event(a, l, d, (int)roll(d, (uint32_t)l->event_count), number);
}

// An event that a timescale reads.
static inline int event_read_by(const struct reads *r, struct dice *d, size_t timescale)
{
    for (;;) {
        int event = (int)roll(d, (uint32_t)r->library->event_count);

        if (*reads_event(r, timescale, event))
            return event;
    }
}

// An example of a rule, laid into the span, so that rare clocks start too.
static inline void add_example(struct arena *a, struct timeline *t, struct dice *d,
                               const struct timescale *of)
{
    const struct example *x =
        of->example_count ? &of->examples[roll(d, (uint32_t)of->example_count)] : NULL;
    int32_t last = 0, shift;

    if (!x || t->count + x->count > FACTS_MAX)
        return;
    for (size_t i = 0; i < x->count; i++)
        last = x->facts[i].at.on.day > last ? x->facts[i].at.on.day : last;
    shift = on(FIRST_DAY).day + (int)roll(d, SPAN_DAYS) - last;
    for (size_t i = 0; i < x->count; i++) {
        t->facts[t->count] = x->facts[i];
        t->facts[t->count].at.on.day += shift;
        t->facts[t->count].ref = arena_printf(a, "e%zu", i);
        t->count++;
    }
}

// Mostly what a few timescales read, so that clocks start, meet and end, among other things.
static inline struct timeline random_timeline(struct arena *a, const struct reads *r,
                                              struct dice *d)
{
    struct timeline t = {.person_id = "1", .facts = ARENA_ARRAY(a, struct fact, FACTS_MAX + 1)};
    const struct library *l = r->library;
    size_t themes[THEMES];

    for (size_t i = 0; i < THEMES; i++)
        themes[i] = roll(d, (uint32_t)l->timescale_count);
    t.count = 1 + roll(d, FACTS_MAX);
    for (size_t i = 0; i < t.count; i++)
        t.facts[i] =
            roll(d, 4)
                ? fact_of_event(a, l, d, event_read_by(r, d, themes[roll(d, THEMES)]), (int)i)
                : random_fact(a, l, d, (int)i);
    if (roll(d, 3) == 0)
        add_example(a, &t, d, &l->timescales[themes[0]]);
    return t;
}

static inline struct timeline copy_of(struct arena *a, const struct timeline *t)
{
    struct timeline copy = {.person_id = "1", .facts = ARENA_ARRAY(a, struct fact, t->count + 1)};

    copy.count = t->count;
    memcpy(copy.facts, t->facts, t->count * sizeof *t->facts);
    return copy;
}

// The same some days later, meetings in the diary too.
static inline void move(struct arena *a, struct fact *f, int days)
{
    f->at.on.day += days;
    if (f->booking) {
        struct booking_details *b = ARENA_NEW(a, struct booking_details);

        *b = *f->booking;
        b->scheduled.on.day += days;
        f->booking = b;
    }
}

static inline void mix(struct dice *d, struct timeline *t)
{
    for (size_t i = t->count; i > 1; i--) {
        size_t j = roll(d, (uint32_t)i);
        struct fact kept = t->facts[i - 1];

        t->facts[i - 1] = t->facts[j];
        t->facts[j] = kept;
    }
}

// Everything that is said about a deadline, days counted from `zero`.
static inline const char *said(struct arena *a, const struct deadline *d, struct date as_at,
                               int zero)
{
    return arena_printf(a, "%s %s %d %d.%d %s %d %d %s %d\n", d->timescale->id,
                        d->subject_ref ? d->subject_ref : "-", d->trigger_on.day - zero,
                        d->due_on.day - zero, d->due_at.minute, state_word(d, as_at),
                        d->met ? d->met_on.day - zero : -1,
                        date_known(d->ended_on) ? d->ended_on.day - zero : -1,
                        d->why ? d->why : "-", d->in_timescale);
}

// Sorts the timeline and evaluates it.
static inline struct evaluation ask(struct arena *a, const struct library *l, struct timeline *t,
                                    struct date as_at)
{
    struct evaluation e;

    timeline_sort(t);
    evaluate(a, l, t, (struct sight){NULL}, as_at, &e);
    return e;
}

// What is said of one timescale, or with NULL of all.
static inline const char *said_of(struct arena *a, const struct evaluation *e,
                                  const struct timescale *t, struct date as_at)
{
    const char *all = "";

    for (size_t i = 0; i < e->count; i++)
        if (!t || e->deadlines[i].timescale == t)
            all = arena_printf(a, "%s%s", all, said(a, &e->deadlines[i], as_at, 0));
    return all;
}

static inline const char *answer(struct arena *a, const struct library *l, struct timeline *t,
                                 struct date as_at)
{
    struct evaluation e = ask(a, l, t, as_at);

    return said_of(a, &e, NULL, as_at);
}
