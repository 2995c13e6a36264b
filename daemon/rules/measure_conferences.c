// Occasions that are initial conferences, and assessments: counted from records, since the
// published definitions count what no duty of the rules met.
#include "measure_person.h"

#include <string.h>

#define ICPC_WORKING_DAYS 15       // the published definition, whatever an overlay asks for
#define ASSESSMENT_WORKING_DAYS 45 // from the assessment's own start, as the Department counts

// Rows of a joined extract repeat a record that has no key.
static bool repeated(const struct timeline *timeline, size_t index)
{
    const struct fact *f = &timeline->facts[index];

    for (size_t i = 0; !f->ref && i < index; i++) {
        const struct fact *g = &timeline->facts[i];

        if (g->event == f->event && !g->ref && date_is(g->at.on, f->at.on) &&
            same_text(g->meeting, f->meeting) && same_text(g->episode, f->episode))
            return true;
    }
    return false;
}

// The next record of this event from *at on, each once; NULL when there are no more.
static const struct fact *next_record(const struct measured *p, const char *event, size_t *at)
{
    int index = library_event(p->library, event);

    while (*at < p->timeline->count) {
        size_t i = (*at)++;

        if (measured_knows(p, &p->timeline->facts[i], index) && !repeated(p->timeline, i))
            return &p->timeline->facts[i];
    }
    return NULL;
}

// ------------------------------------------------------------------------------- within 15 days

// The start of the enquiry that a conference is tied to; DATE_NONE when there is none before it.
static struct date linked_start(const struct measured *p, const struct fact *conference,
                                bool *ret_before)
{
    int started = library_event(p->library, "s47-started");

    for (size_t i = 0; i < p->timeline->count; i++) {
        const struct fact *f = &p->timeline->facts[i];

        if (!measured_knows(p, f, started) ||
            !same_key(f->episode ? f->episode : f->ref, conference->episode))
            continue;
        if (date_cmp(f->at.on, conference->at.on) <= 0)
            return f->at.on;
        *ret_before = true;
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

// Which of 0 to 5, 6 to 10, 11 to 15, 16 to 20 working days, or more.
static int band(const struct library *l, struct date start, struct date held)
{
    int part = 0;

    while (part < 4 && !within_working_days(l, start, 5 * (part + 1), held))
        part++;
    return part;
}

static void leave_out(struct measured *p, const struct fact *f, const char *why)
{
    struct occasion o = occasion_on(f->at.on);

    o.held = f->at.on;
    o.left_out = why;
    measured_count(p, o, f);
}

static void count_conference(struct measured *p, const struct fact *f)
{
    struct occasion o = occasion_on(f->at.on);
    struct error ignored;
    bool before = false;

    o.trigger = linked_start(p, f, &before);
    if (!date_known(o.trigger))
        o.trigger = latest_start_met(p->evaluation, f->at.on);
    o.held = f->at.on;
    if (!date_known(o.trigger)) {
        o.left_out = before ? "held before its enquiry began" : "no enquiry that led to it";
    } else {
        o.in_time = within_working_days(p->library, o.trigger, ICPC_WORKING_DAYS, o.held);
        o.part = band(p->library, o.trigger, o.held);
        if (!working_days_after(p->library->national, o.trigger, ICPC_WORKING_DAYS, &o.due,
                                &ignored))
            o.due = DATE_NONE;
    }
    measured_count(p, o, f);
}

void find_conferences(struct measured *p)
{
    const struct fact *f;

    for (size_t at = 0; (f = next_record(p, "icpc-held", &at));)
        count_conference(p, f);
    for (size_t at = 0; (f = next_record(p, "transfer-in-conference-held", &at));)
        leave_out(p, f, "transfer in");
}

// -------------------------------------------------------------------- what they led to, and whence

void find_conversions(struct measured *p)
{
    const struct fact *f;

    for (size_t at = 0; (f = next_record(p, "icpc-held", &at));) {
        struct occasion o = occasion_on(f->at.on);

        o.held = f->at.on;
        o.in_time = same_key(f->code, "plan");
        measured_count(p, o, f);
    }
    for (size_t at = 0; (f = next_record(p, "transfer-in-conference-held", &at));)
        leave_out(p, f, "transfer in");
}

enum route { FROM_NEED, FROM_FRONT_DOOR, FROM_TRANSFER };

static void count_route(struct measured *p, const struct fact *f, enum route route)
{
    struct occasion o = occasion_on(f->at.on);

    o.held = f->at.on;
    o.part = (int)route;
    measured_count(p, o, f);
}

// In need: a child in need plan ran on the day the enquiry began, or of the conference where there
// is no enquiry.
void find_routes(struct measured *p)
{
    int need = subject_kind(p->library, "need-plan");
    const struct fact *f;

    for (size_t at = 0; (f = next_record(p, "icpc-held", &at));) {
        bool before = false;
        struct date start = linked_start(p, f, &before);

        if (!date_known(start))
            start = latest_start_met(p->evaluation, f->at.on);
        count_route(p, f,
                    measured_has_running(p, need, date_known(start) ? start : f->at.on)
                        ? FROM_NEED
                        : FROM_FRONT_DOOR);
    }
    for (size_t at = 0; (f = next_record(p, "transfer-in-conference-held", &at));)
        count_route(p, f, FROM_TRANSFER);
}

// -------------------------------------------------------------------------------- assessments

static struct date assessment_start(const struct measured *p, const struct fact *authorised)
{
    int started = library_event(p->library, "assessment-started");

    for (size_t i = 0; i < p->timeline->count; i++) {
        const struct fact *f = &p->timeline->facts[i];

        if (measured_knows(p, f, started) && same_key(f->ref, authorised->ref))
            return f->at.on;
    }
    return DATE_NONE;
}

// An assessment without a start, or authorised before it, cannot be judged.
void find_assessments(struct measured *p)
{
    int authorised = library_event(p->library, "assessment-authorised");

    for (size_t i = 0; i < p->timeline->count; i++) {
        const struct fact *f = &p->timeline->facts[i];
        struct occasion o = occasion_on(f->at.on);
        struct error ignored;

        if (!measured_knows(p, f, authorised))
            continue;
        o.trigger = assessment_start(p, f);
        o.held = f->at.on;
        if (!date_known(o.trigger))
            o.left_out = "no start is recorded";
        else if (date_cmp(o.trigger, o.held) > 0)
            o.left_out = "authorised before it began";
        else if (working_days_after(p->library->national, o.trigger, ASSESSMENT_WORKING_DAYS,
                                    &o.due, &ignored))
            o.in_time = date_cmp(o.held, o.due) <= 0;
        measured_count(p, o, f);
    }
}
