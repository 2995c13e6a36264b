// Measures: each is a way to find occasions in one person's evaluation; an occasion has a day,
// which gives the month, a meeting, and was in time or not. Meetings are told apart when the tally
// is read.
#include "measure.h"

#include <stdlib.h>
#include <string.h>

#define ICPC_WORKING_DAYS 15       // the published definition, whatever an overlay asks for
#define ASSESSMENT_WORKING_DAYS 45 // from the assessment's own start, as the Department counts

struct occasion {
    int month;       // from the tally's first
    const char *key; // of the meeting
    struct date due; // where occasions are told apart by it too; DATE_NONE else
    bool in_time;
};

struct tally {
    struct arena *arena;
    const struct library *library;
    const struct measure *measure;
    enum measure_by by;
    int first_month, months; // first_month counts from year 0
    struct date as_at;
    struct month_count *counts;
    struct occasion *occasions; // only by meeting
    size_t occasion_count, occasion_room;
    size_t alone; // keys given out to meetings without one
};

struct measure {
    const char *id;
    void (*add)(struct tally *t, const struct timeline *timeline, const struct evaluation *e);
    const char *timescales[3];
};

// ------------------------------------------------------------------------------------- occasions

static void add_occasion(struct tally *t, struct date on, const struct fact *meeting,
                         struct date due, bool in_time)
{
    const char *key = meeting->meeting && *meeting->meeting ? meeting->meeting : meeting->ref;
    int year, month, day;

    date_split(on, &year, &month, &day);
    month += year * 12 - 1 - t->first_month;
    if (month < 0 || month >= t->months)
        return;
    if (t->by == BY_CHILD) {
        t->counts[month].held++;
        t->counts[month].in_timescale += in_time;
        return;
    }
    t->occasions = arena_grow(t->arena, t->occasions, sizeof *t->occasions, t->occasion_count,
                              &t->occasion_room);
    t->occasions[t->occasion_count++] = (struct occasion){
        month, key ? arena_strdup(t->arena, key) : arena_printf(t->arena, "\n%zu", t->alone++), due,
        in_time};
}

static bool within(const struct tally *t, struct date from, int working_days, struct date on)
{
    struct error ignored;
    struct date last;

    return working_days_after(t->library->national, from, working_days, &last, &ignored) &&
           date_cmp(on, last) <= 0;
}

static bool is_measured(const struct tally *t, const struct deadline *d)
{
    for (size_t i = 0; i < 3; i++)
        if (same_text(t->measure->timescales[i], d->timescale->id))
            return true;
    return false;
}

// Counted in the month in which the review was held.
static void add_held(struct tally *t, const struct timeline *timeline, const struct evaluation *e)
{
    (void)timeline;
    for (size_t i = 0; i < e->count; i++) {
        const struct deadline *d = &e->deadlines[i];

        if (d->state == STATE_MET && is_measured(t, d))
            add_occasion(t, d->met_on, d->met, DATE_NONE, d->in_timescale);
    }
}

// Counted in the month in which it fell due. What is due on the day itself can still be done, so
// it counts only when the day is over, done or not (register 4: one not yet due is not in N).
static void add_owed(struct tally *t, const struct timeline *timeline, const struct evaluation *e)
{
    (void)timeline;
    for (size_t i = 0; i < e->count; i++) {
        const struct deadline *d = &e->deadlines[i];

        if (is_measured(t, d) && (d->state == STATE_MET || d->state == STATE_OPEN) && d->trigger &&
            date_cmp(d->due_on, t->as_at) < 0)
            add_occasion(t, d->due_on, d->trigger, d->due_on,
                         d->state == STATE_MET && d->in_timescale);
    }
}

// ------------------------------------------------------------------------- conferences,
// assessments

// Rows of a joined extract repeat a record that has no key.
static bool repeated(const struct timeline *timeline, size_t index)
{
    const struct fact *f = &timeline->facts[index];

    for (size_t i = 0; !f->ref && i < index; i++) {
        const struct fact *g = &timeline->facts[i];

        if (g->event == f->event && !g->ref && date_is(g->at.on, f->at.on) &&
            same_text(g->meeting ? g->meeting : "", f->meeting ? f->meeting : "") &&
            same_text(g->episode ? g->episode : "", f->episode ? f->episode : ""))
            return true;
    }
    return false;
}

static bool is_known(const struct tally *t, const struct fact *f, int event)
{
    return f->event >= 0 && f->event == event && date_cmp(f->at.on, t->as_at) <= 0;
}

// The start of the enquiry that a conference is tied to; DATE_NONE when there is none before it.
static struct date linked_start(const struct tally *t, const struct timeline *timeline,
                                const struct fact *conference)
{
    int started = library_event(t->library, "s47-started");

    for (size_t i = 0; i < timeline->count; i++) {
        const struct fact *f = &timeline->facts[i];

        if (is_known(t, f, started) && date_cmp(f->at.on, conference->at.on) <= 0 &&
            same_text(f->episode ? f->episode : f->ref, conference->episode))
            return f->at.on;
    }
    return DATE_NONE;
}

// The start of the latest enquiry whose duty a conference on that day met.
static struct date latest_start_met(const struct evaluation *e, struct date on)
{
    struct date start = DATE_NONE;

    for (size_t i = 0; i < e->count; i++) {
        const struct deadline *d = &e->deadlines[i];

        if (strcmp(d->timescale->id, "icpc") == 0 && d->state == STATE_MET &&
            date_is(d->met_on, on) && date_cmp(d->trigger_on, start) > 0)
            start = d->trigger_on;
    }
    return start;
}

static void add_conferences(struct tally *t, const struct timeline *timeline,
                            const struct evaluation *e)
{
    int held = library_event(t->library, "icpc-held");

    for (size_t i = 0; i < timeline->count; i++) {
        const struct fact *f = &timeline->facts[i];
        struct date start;

        if (!is_known(t, f, held) || repeated(timeline, i))
            continue;
        start = linked_start(t, timeline, f);
        if (!date_known(start))
            start = latest_start_met(e, f->at.on);
        if (date_known(start))
            add_occasion(t, f->at.on, f, DATE_NONE, within(t, start, ICPC_WORKING_DAYS, f->at.on));
    }
}

// An assessment without a start, or authorised before it, cannot be judged and is left out.
static void add_assessments(struct tally *t, const struct timeline *timeline,
                            const struct evaluation *e)
{
    int started = library_event(t->library, "assessment-started");
    int authorised = library_event(t->library, "assessment-authorised");

    (void)e;
    for (size_t i = 0; i < timeline->count; i++) {
        const struct fact *f = &timeline->facts[i];

        if (!is_known(t, f, authorised))
            continue;
        for (size_t k = 0; k < timeline->count; k++) {
            const struct fact *s = &timeline->facts[k];

            if (is_known(t, s, started) && same_text(s->ref, f->ref) &&
                date_cmp(s->at.on, f->at.on) <= 0) {
                add_occasion(t, f->at.on, f, DATE_NONE,
                             within(t, s->at.on, ASSESSMENT_WORKING_DAYS, f->at.on));
                break;
            }
        }
    }
}

// -------------------------------------------------------------------------------------- the tally

static const struct measure measures[] = {
    {"m-icpc", add_conferences, {NULL}},
    {"m-rcpc", add_held, {"review-cp-first", "review-cp-subsequent"}},
    {"m-ccr", add_held, {"review-child-first", "review-child-second", "review-child-subsequent"}},
    {"m-distribution", add_owed, {"review-distribution"}},
    {"m-core-group", add_owed, {"core-group-first", "core-group-next"}},
    {"m-assessment", add_assessments, {NULL}},
};
#define MEASURES (sizeof measures / sizeof *measures)

const struct measure *measure_find(const char *id)
{
    for (size_t i = 0; i < MEASURES; i++)
        if (strcmp(measures[i].id, id) == 0)
            return &measures[i];
    return NULL;
}

const char *measure_id(const struct measure *m)
{
    return m->id;
}

size_t measure_ids(const char *const **ret)
{
    static const char *const ids[MEASURES] = {"m-icpc",         "m-rcpc",       "m-ccr",
                                              "m-distribution", "m-core-group", "m-assessment"};

    *ret = ids;
    return MEASURES;
}

static int month_number(struct date d)
{
    int year, month, day;

    date_split(d, &year, &month, &day);
    return year * 12 + month - 1;
}

struct tally *tally_new(struct arena *a, const struct library *l, const struct measure *m,
                        enum measure_by by, struct date from, struct date to, struct date as_at)
{
    struct tally *t = ARENA_NEW(a, struct tally);
    int months = month_number(to) - month_number(from) + 1;

    *t = (struct tally){.arena = a, .library = l, .measure = m, .by = by, .as_at = as_at};
    t->first_month = month_number(from);
    t->months = months > 0 ? months : 0;
    t->counts = ARENA_ARRAY(a, struct month_count, t->months + 1);
    for (int i = 0; i < t->months; i++) {
        t->counts[i].year = (t->first_month + i) / 12;
        t->counts[i].month = (t->first_month + i) % 12 + 1;
    }
    return t;
}

void tally_add(struct tally *t, const struct timeline *timeline, const struct evaluation *e)
{
    t->measure->add(t, timeline, e);
}

static int by_meeting(const void *pa, const void *pb)
{
    const struct occasion *a = pa, *b = pb;
    int order = a->month - b->month;

    if (order == 0)
        order = date_cmp(a->due, b->due);
    return order ? order : strcmp(a->key, b->key);
}

// A meeting is late if any child's is.
static void count_meetings(const struct tally *t, struct month_count *counts)
{
    struct occasion *sorted = ARENA_ARRAY(t->arena, struct occasion, t->occasion_count + 1);
    bool in_time = true;

    for (size_t i = 0; i < t->occasion_count; i++)
        sorted[i] = t->occasions[i];
    qsort(sorted, t->occasion_count, sizeof *sorted, by_meeting);
    for (size_t i = 0; i < t->occasion_count; i++) {
        in_time = in_time && sorted[i].in_time;
        if (i + 1 < t->occasion_count && by_meeting(&sorted[i], &sorted[i + 1]) == 0)
            continue;
        counts[sorted[i].month].held++;
        counts[sorted[i].month].in_timescale += in_time;
        in_time = true;
    }
}

size_t tally_months(const struct tally *t, const struct month_count **ret)
{
    struct month_count *counts = ARENA_ARRAY(t->arena, struct month_count, t->months + 1);

    for (int i = 0; i < t->months; i++)
        counts[i] = t->counts[i];
    if (t->by == BY_MEETING)
        count_meetings(t, counts);
    *ret = counts;
    return (size_t)t->months;
}
