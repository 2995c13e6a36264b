// One function a kind of fault. Findings say which record to correct; they never change a deadline.
#include "findings.h"

#include <string.h>

struct list {
    struct arena *arena;
    struct evaluation *evaluation;
    size_t room;
};

static void found(struct list *l, const char *code, const struct fact *f, const char *text)
{
    struct evaluation *e = l->evaluation;

    e->findings =
        arena_grow(l->arena, e->findings, sizeof *e->findings, e->finding_count, &l->room);
    e->findings[e->finding_count++] = (struct finding){code, f->origin, f->ref, text};
}

static bool is(const struct history *h, const struct fact *f, const char *event)
{
    return strcmp(h->library->events[f->event].name, event) == 0;
}

// A pregnancy may be conferenced; nothing else comes before a birth. 300 days leave room for error.
static void before_birth(struct list *l, const struct history *h, const struct fact *f)
{
    bool of_the_unborn = is(h, f, "expected-birth") || is(h, f, "involved");

    if (date_known(h->born) && !of_the_unborn && f->at.on.day < h->born.day - 300)
        found(l, "before-birth", f,
              arena_printf(l->arena,
                           "%s on %s is long before the child's birth on %s; check both dates",
                           h->library->events[f->event].title, date_iso(l->arena, f->at.on),
                           date_iso(l->arena, h->born)));
}

static void in_the_future(struct list *l, const struct history *h, const struct fact *f)
{
    bool may_lie_ahead = is(h, f, "expected-birth") || is(h, f, "birth");

    if (!may_lie_ahead && f->at.on.day > h->as_at.day + 366)
        found(l, "date-in-future", f,
              arena_printf(l->arena,
                           "%s is dated %s, more than a year ahead; it is not counted until then",
                           h->library->events[f->event].title, date_iso(l->arena, f->at.on)));
}

static void unknown_code(struct list *l, const struct history *h, const struct fact *f)
{
    const struct event_kind *k = &h->library->events[f->event];

    if (f->code && k->code_count && !code_in(f->code, k->codes, k->code_count, false))
        found(l, "unknown-code", f,
              arena_printf(l->arena,
                           "%s: the code is not one of those known, and counts as not given",
                           k->title));
}

static void without_outcome(struct list *l, const struct history *h, const struct fact *f)
{
    if (is(h, f, "s47-ended") && !f->code)
        found(l, "no-outcome", f,
              "the enquiry ended without a readable outcome; a conference stays owed until one is "
              "recorded");
}

static void without_episode(struct list *l, const struct history *h, size_t i)
{
    const struct fact *f = h->facts[i];

    if (!h->in[i] && (is(h, f, "cp-review-held") || is(h, f, "child-review-held")))
        found(
            l, "review-without-plan", f,
            arena_printf(l->arena, "%s on %s lies in no %s", h->library->events[f->event].title,
                         date_iso(l->arena, f->at.on),
                         is(h, f, "cp-review-held") ? "child protection plan" : "period of care"));
}

static void ended_but_open(struct list *l, const struct history *h, size_t i)
{
    const struct fact *f = h->facts[i];

    if (is(h, f, "cp-review-held") && f->code && strcmp(f->code, "end") == 0 && h->in[i] &&
        !h->in[i]->end)
        found(l, "plan-not-closed", f,
              "the review ended the plan, but the plan is open; the next review stays owed");
}

static void end_before_start(struct list *l, const struct history *h, const struct fact *f)
{
    for (size_t i = 0; i < h->episode_count; i++) {
        const struct episode *e = &h->episodes[i];
        int ends = h->library->subjects[e->kind].ends;

        if (f->event == ends && f->episode && e->key && strcmp(f->episode, e->key) == 0 &&
            date_cmp(f->at.on, e->start->at.on) < 0)
            found(l, "end-before-start", f,
                  arena_printf(l->arena,
                               "the %s ends on %s, before it starts on %s; the end is not counted",
                               h->library->subjects[e->kind].title, date_iso(l->arena, f->at.on),
                               date_iso(l->arena, e->start->at.on)));
    }
}

static void two_open(struct list *l, const struct history *h)
{
    for (size_t i = 0; i < h->episode_count; i++)
        for (size_t j = 0; j < i; j++) {
            const struct episode *a = &h->episodes[i], *b = &h->episodes[j];
            bool only_one = h->library->subjects[a->kind].only_one;

            if (a->kind == b->kind && only_one && !a->end && !b->end)
                found(l, "two-open", a->start,
                      arena_printf(l->arena, "open beside another %s of the same child (%s)",
                                   h->library->subjects[a->kind].title,
                                   b->key ? b->key : "without a key"));
        }
}

static void plan_date_differs(struct list *l, const struct history *h, size_t i)
{
    const struct fact *f = h->facts[i];

    if (is(h, f, "cp-plan-made") && h->in[i] && !date_is(f->at.on, h->in[i]->start->at.on))
        found(l, "plan-date-differs", f,
              arena_printf(l->arena, "the plan starts on %s but its conference was on %s",
                           date_iso(l->arena, h->in[i]->start->at.on),
                           date_iso(l->arena, f->at.on)));
}

// A meeting ahead on a day that the authority keeps free, or a first conference at a weekend (CIN
// census, rule 8875). The statute outweighs it: it is told, and nothing is moved.
static void kept_free_day(struct list *l, const struct history *h, const struct booking *b)
{
    static const char *const names[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                        "Friday", "Saturday", "Sunday"};
    int day = date_weekday(b->at.on);
    bool kept = same_key(b->kind, "icpc") && day >= 5;

    for (size_t i = 0; i < h->library->kept_free_count; i++)
        kept |= same_key(b->kind, h->library->kept_free[i].meeting) &&
                h->library->kept_free[i].day[day];
    if (kept && !b->cancelled && date_cmp(b->at.on, h->as_at) >= 0)
        found(l, "booked-on-free-day", b->by,
              arena_printf(l->arena,
                           "a meeting is booked for %s, and none are to be on a %s; move it, "
                           "unless no other day is in time",
                           date_words(l->arena, b->at.on), names[day]));
}

// Reviews are what care ends by; some exits (adoption, death) need none.
static void care_ended_unreviewed(struct list *l, const struct history *h, size_t i)
{
    static const char *const no_review[] = {"E11", "E12", "E2"};
    const struct fact *f = h->facts[i];
    int held = library_event(h->library, "child-review-held");
    struct date first_due;
    struct error ignored;

    if (!is(h, f, "care-ended") || !h->in[i] || held < 0 ||
        code_in(f->code, no_review, sizeof no_review / sizeof *no_review, false) ||
        !working_days_after(h->library->national, h->in[i]->start->at.on, 20, &first_due,
                            &ignored) ||
        date_cmp(f->at.on, first_due) <= 0)
        return;
    for (int k = h->first[held]; k >= 0; k = h->next[k])
        if (history_belongs(h, (size_t)k, h->in[i]))
            return;
    found(l, "care-ended-unreviewed", f,
          "care ended and no review of it is recorded; record the review, or why there was none");
}

// Owed work with nobody to do it.
static void ownerless(struct list *l, const struct history *h)
{
    const struct deadline *owed = NULL;

    for (size_t i = 0; i < l->evaluation->count && !owed; i++)
        if (l->evaluation->deadlines[i].state == STATE_OPEN && l->evaluation->deadlines[i].trigger)
            owed = &l->evaluation->deadlines[i];
    if (!owed)
        return;
    for (size_t i = 0; i < h->count; i++) {
        const struct fact *f = h->facts[i];

        if (is(h, f, "involved") && f->code && strcmp(f->code, "social-worker") == 0 &&
            (!date_known(f->until.on) || date_cmp(f->until.on, h->as_at) > 0))
            return;
    }
    found(l, "no-worker", owed->trigger,
          "work is owed but no social worker is allocated to the child");
}

void findings_of(struct arena *a, const struct history *h, const struct timeline *t,
                 struct evaluation *e)
{
    struct list l = {a, e, 0};

    for (size_t i = 0; i < t->count; i++) {
        if (t->facts[i].event < 0) {
            found(&l, "unknown-event", &t->facts[i],
                  arena_printf(a,
                               "no rule knows the event \"%s\"; it is kept but counts for nothing",
                               t->facts[i].kind));
            continue;
        }
        before_birth(&l, h, &t->facts[i]);
        in_the_future(&l, h, &t->facts[i]);
        unknown_code(&l, h, &t->facts[i]);
    }
    for (size_t i = 0; i < h->count; i++) {
        without_outcome(&l, h, h->facts[i]);
        without_episode(&l, h, i);
        ended_but_open(&l, h, i);
        end_before_start(&l, h, h->facts[i]);
        plan_date_differs(&l, h, i);
        care_ended_unreviewed(&l, h, i);
    }
    for (size_t i = 0; i < h->booking_count; i++)
        if (date_known(h->bookings[i].at.on))
            kept_free_day(&l, h, &h->bookings[i]);
    two_open(&l, h);
    ownerless(&l, h);
}
