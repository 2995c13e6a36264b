// Explanations: sentences made of a deadline's own facts. What happened is worded from the events'
// titles; records are named by table and key, people not at all.
#include "explain.h"

#include "due.h"

#include "span.h"

#include <string.h>

// Titles say what happened in the short form of a heading ("core group held").
static const struct {
    const char *ending;
    const char *verb; // in its place
} verbs[] = {
    {" held", " was held"},
    {" received", " was received"},
    {" authorised", " was authorised"},
    {" booked", " was booked"},
    {" rearranged", " was rearranged"},
    {" cancelled", " was cancelled"},
    {" requested", " was requested"},
    {" stood down", " was stood down"},
    {" distributed", " were distributed"},
    {" issued", " were issued"},
    {" shared with the family", " was shared with the family"},
    {" notified in writing", " was notified in writing"},
    {" placed for adoption", " was placed for adoption"},
    {" matched with adopters", " was matched with adopters"},
    {" found or returned", " was found or returned"},
    {" made or reviewed", " was made or reviewed"},
    {" went missing", " went missing"},
    {" completed", " was completed"},
    {" appointed", " was appointed"},
    {" evaluated", " was evaluated"},
    {" notified", " was notified"},
    {" referred", " was referred"},
    {" resolved", " was resolved"},
    {" reviewed", " was reviewed"},
    {" decided", " was decided"},
    {" assessed", " were assessed"},
    {" agreed", " was agreed"},
    {" raised", " was raised"},
    {" signed", " was signed"},
    {" done", " was done"},
    {" made", " was made"},
    {" sent", " was sent"},
    {" started", " started"},
    {" ended", " ended"},
    {" closed", " was closed"},
    {" looked after", " looked after"},
};

// "the core group was held" for a title that says what happened, else NULL: the title is a thing.
static const char *clause_of(struct arena *a, const char *title)
{
    size_t length = strlen(title);

    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        size_t n = strlen(verbs[i].ending);

        if (length > n && strcmp(title + length - n, verbs[i].ending) == 0)
            return arena_printf(a, "the %.*s%s", (int)(length - n), title, verbs[i].verb);
    }
    return NULL;
}

static const char *record_words(struct arena *a, const struct fact *f)
{
    if (!f->ref)
        return arena_printf(a, "record %s, without a key", f->origin ? f->origin : "unknown");
    return arena_printf(a, "record %s %s", f->origin ? f->origin : "unknown", f->ref);
}

// Whether a sentence names the record of each fact, for who looks after the data.
enum records { WITHOUT_RECORDS, WITH_RECORDS };

// "when the core group was held (record …)"; "the strategy discussion … (record …)". A meeting in
// the diary stands for all its bookings and has a number of its own.
static const char *happening(struct arena *a, const struct library *l, const struct fact *f,
                             enum records records)
{
    const struct event_kind *k = &l->events[f->event];
    const char *clause = clause_of(a, k->title);
    const char *words =
        arena_printf(a, "%s%s", clause ? "when " : "the ", clause ? clause : k->title);

    if (records == WITHOUT_RECORDS)
        return words;
    if (k->booking && f->ref)
        return arena_printf(a, "%s (meeting %s)", words, f->ref);
    return arena_printf(a, "%s (%s)", words, record_words(a, f));
}

static const char *due_words(struct arena *a, const struct deadline *d)
{
    return d->due_at.minute >= 0 ? moment_words(a, d->due_at) : date_words(a, d->due_on);
}

// Where the period is laid on: for what leads up to another due date, that date.
static struct moment start_of(const struct deadline *d)
{
    if (d->clause->basis == TO_DUE_DATE)
        return (struct moment){d->after->due_on, d->after->due_at.minute};
    if (d->clause->basis == FROM_DUE_DATE || d->clause->basis == FROM_LATENESS || !d->trigger)
        return (struct moment){d->trigger_on, -1};
    return d->trigger->at;
}

static const char *anchor_words(struct arena *a, const struct library *l, const struct deadline *d,
                                enum records records)
{
    const char *other = d->after ? d->after->timescale->title : NULL;

    switch (d->clause->basis) {
    case FROM_DUE_DATE:
    case TO_DUE_DATE:
        return arena_printf(a, "the due date of \"%s\"", other);
    case FROM_LATENESS:
        return arena_printf(a, "when it was plain that \"%s\" would be or was late", other);
    case HALF_WAY:
    case FROM_EVENT:
    case AT_SET_DATE:
        break;
    }
    // Half way to what itself leans on another due date, there is no event.
    return d->trigger ? happening(a, l, d->trigger, records) : "when its clock starts";
}

static const char *tail_words(struct arena *a, const struct library *l, const struct clause *c)
{
    static const char *const rolled[] = {
        [STAYS] = "",
        [BACK_TO_WORKING_DAY] = ", or the working day before, where that is none",
        [ON_TO_WORKING_DAY] = ", or the next working day, where that is none",
        [BACK_TO_OFFICE_CLOSE] =
            ", or the close of the office before, where that lies outside office hours"};
    const char *words = rolled[c->rolling];

    if (c->no_later_than >= 0)
        words = arena_printf(a, "%s, and no later than the due date of \"%s\"", words,
                             l->timescales[c->no_later_than].title);
    if (c->summed_over.count)
        words = arena_printf(a, "%s, with earlier stays of the last %s counted in", words,
                             span_words(a, c->summed_over));
    return words;
}

static const char *period_words(struct arena *a, const struct deadline *d)
{
    const struct clause *c = d->clause;

    if (c->other.count)
        return arena_printf(a, "the earlier of %s and %s", span_words(a, c->span),
                            span_words(a, c->other));
    return arena_printf(a, "%s%s", span_words(a, c->span),
                        d->timescale->from_same_day ? " beginning with the day itself" : "");
}

// "15 working days after Thursday 14 March 2024, the strategy discussion …".
static const char *count_words(struct arena *a, const struct library *l, const struct deadline *d,
                               enum records records)
{
    const struct clause *c = d->clause;
    struct moment from = start_of(d);
    const char *anchor = anchor_words(a, l, d, records), *tail = tail_words(a, l, c);
    // The hour counts only where hours are counted.
    const char *when = c->span.unit == HOURS ? moment_words(a, from) : date_words(a, from.on);

    if (c->basis == HALF_WAY)
        return arena_printf(a, "half way between %s, %s, and %s, the due date of \"%s\"%s", when,
                            anchor, date_words(a, d->after->due_on), d->after->timescale->title,
                            tail);
    if (c->basis == AT_SET_DATE)
        return arena_printf(
            a, "the date set %s%s%s", anchor,
            c->span.count ? arena_printf(a, ", and at most %s after it", span_words(a, c->span))
                          : "",
            tail);
    if (c->basis == TO_DUE_DATE && c->span.count == 0)
        return arena_printf(a, "%s%s", anchor, tail);
    return arena_printf(a, "%s %s %s, %s%s", period_words(a, d),
                        c->span.before ? "before" : "after", when, anchor, tail);
}

const char *explain_derivation(struct arena *a, const struct library *l, const struct deadline *d)
{
    return arena_printf(a, "Due by %s: %s.", due_words(a, d),
                        count_words(a, l, d, WITHOUT_RECORDS));
}

// ------------------------------------------------------------------------------------- the lines

static const char *day_and_month(struct arena *a, struct date d)
{
    static const char *const months[] = {"January",   "February", "March",    "April",
                                         "May",       "June",     "July",     "August",
                                         "September", "October",  "November", "December"};
    int year, month, day;

    date_split(d, &year, &month, &day);
    return arena_printf(a, "%d %s", day, months[month - 1]);
}

const char *explain_not_counted(struct arena *a, const struct library *l, const struct deadline *d)
{
    struct skipped *skipped;
    size_t count = span_skipped(a, calendar_of(l, d->timescale), d->clause->span,
                                laid_from(d->timescale, start_of(d)), &skipped);
    AUTO(text_done) struct text out = {0};
    const char *between = "";

    for (size_t i = 0; i < count && !out.length; i++)
        if (date_weekday(skipped[i].from) >= 5)
            text_add(&out, "weekends");
    if (out.length)
        between = "; ";
    for (size_t i = 0; i < count; i++) {
        if (date_weekday(skipped[i].from) >= 5)
            continue;
        text_addf(&out, "%s%s %s", between, skipped[i].why, day_and_month(a, skipped[i].from));
        between = ", ";
    }
    return out.length ? arena_strdup(a, text_str(&out)) : NULL;
}

static void add_calendar_lines(struct text *out, struct arena *a, const struct library *l,
                               const struct deadline *d)
{
    const char *not_counted = explain_not_counted(a, l, d);

    if (not_counted)
        text_addf(out, "  Not counted: %s.\n", not_counted);
    if (date_known(d->book_by) && !date_is(d->book_by, d->due_on))
        text_addf(
            out,
            "  Book by %s: %s is not a working day. What is held by the due date is in time.\n",
            date_words(a, d->book_by), date_words(a, d->due_on));
    if (d->provisional)
        text_addf(out,
                  "  Provisional: bank holidays are published up to %s; later ones are those to be "
                  "expected.\n",
                  date_words(a, workdays_horizon(l->national)));
}

static const char *const grades[][2] = {
    {"V2", "read on secondary pages only"},
    {"V", "read on the page cited"},
    {"S", "stated in council reports"},
    {"U", "not verified"},
};

const char *explain_evidence(struct arena *a, const char *evidence)
{
    AUTO(text_done) struct text out = {0};
    int depth = 0;
    bool begins = true;

    for (const char *p = evidence; *p; p++) {
        for (size_t i = 0; begins && i < sizeof grades / sizeof *grades; i++) {
            size_t n = strlen(grades[i][0]);

            if (strncmp(p, grades[i][0], n) == 0 && (!p[n] || strchr(", (", p[n]))) {
                text_add(&out, grades[i][1]);
                p += n;
                break;
            }
        }
        if (!*p)
            break;
        depth += (*p == '(') - (*p == ')');
        begins = depth == 0 && p[0] == ',' && p[1] == ' ';
        text_add_n(&out, begins ? "; " : p, begins ? 2 : 1);
        p += begins;
    }
    return arena_strdup(a, text_str(&out));
}

static void add_rule_lines(struct text *out, struct arena *a, const struct deadline *d)
{
    const struct timescale *t = d->timescale;
    const struct version *v = d->version;

    text_addf(out, "  Source: %s", v->source ? v->source : "not given");
    if (v->url)
        text_addf(out, ", %s", v->url);
    text_addf(out, " (rule %s, version %d", t->id, v->number);
    if (!in_force_since_ever(v))
        text_addf(out, ", in force from %s", date_words(a, v->from));
    if (date_known(v->until))
        text_addf(out, " until %s", date_words(a, v->until));
    text_add(out, ").\n");
    if (t->evidence)
        text_addf(out, "  Evidence: %s.\n", explain_evidence(a, t->evidence));
    if (t->reading)
        text_addf(out, "  Reading: %s\n", t->reading);
}

// "3 working days"; where no working day lies between, "2 days".
static const char *days_between(struct arena *a, const struct library *l, struct date from,
                                struct date to)
{
    int n = working_days_between(l->national, from, to);
    bool working = n > 0;

    return working
               ? arena_printf(a, "%d working day%s", n, n == 1 ? "" : "s")
               : arena_printf(a, "%d day%s", to.day - from.day, to.day - from.day == 1 ? "" : "s");
}

static const char *met_words(struct arena *a, const struct library *l, const struct deadline *d)
{
    const char *how = "in timescale";

    if (!d->in_timescale && date_cmp(d->met_on, d->due_on) > 0)
        how = arena_printf(a, "%s late", days_between(a, l, d->due_on, d->met_on));
    else if (!d->in_timescale)
        how = "late, on the due date but after the hour";
    return arena_printf(a, "met on %s, %s (%s)", date_words(a, d->met_on), how,
                        record_words(a, d->met));
}

static const char *ended_words(struct arena *a, const struct library *l, const struct deadline *d)
{
    const char *title = d->ended ? l->events[d->ended->event].title : NULL;
    bool by_title = title && strcmp(title, d->why) == 0; // else the reason is a clause already
    const char *clause = by_title ? clause_of(a, title) : d->why;
    const char *record = d->ended ? arena_printf(a, " (%s)", record_words(a, d->ended)) : "";

    return arena_printf(a, "ended on %s because %s%s%s; it is no longer owed",
                        date_words(a, d->ended_on), clause ? "" : "of the ",
                        clause ? clause : title, record);
}

static const char *open_words(struct arena *a, const struct library *l, const struct deadline *d,
                              struct date as_at)
{
    const char *awaited =
        d->awaiting_record ? "its meeting's time has passed and nothing is recorded; " : "";

    if (deadline_missed(d, as_at))
        return arena_printf(a, "%s%s, %s late", awaited,
                            d->awaiting_record ? "not recorded" : "missed",
                            days_between(a, l, d->due_on, as_at));
    if (date_is(d->due_on, as_at))
        return arena_printf(a, "%sopen, due today", awaited);
    return arena_printf(a, "%sopen, %s left", awaited, days_between(a, l, as_at, d->due_on));
}

static const char *state_words(struct arena *a, const struct library *l, const struct deadline *d,
                               struct date as_at)
{
    switch (d->state) {
    case STATE_MET:
        return met_words(a, l, d);
    case STATE_ENDED:
        return ended_words(a, l, d);
    case STATE_UNKNOWN:
        return arena_printf(a, "cannot be told: %s; nobody is reminded", d->why);
    case STATE_OPEN:
        break;
    }
    return open_words(a, l, d, as_at);
}

static void add_booking(struct text *out, struct arena *a, const struct deadline *d)
{
    const struct booking *b = d->booking;

    if (d->state != STATE_OPEN || !d->timescale->meeting)
        return;
    if (!b) {
        text_add(out, "  Booking: none in the diary.\n");
        return;
    }
    text_addf(out, "  Booking: in the diary for %s (%s), %s.\n", moment_words(a, b->at),
              record_words(a, b->by),
              date_cmp(b->at.on, d->due_on) > 0 ? "after the due date" : "in time");
}

void explain_deadline(struct text *out, const struct library *l, const struct deadline *d,
                      struct date as_at)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();

    text_addf(out, "%s (%s): due by %s. That is %s.\n", d->timescale->title,
              force_word(d->timescale->force), due_words(a, d), count_words(a, l, d, WITH_RECORDS));
    add_calendar_lines(out, a, l, d);
    add_rule_lines(out, a, d);
    text_addf(out, "  State: %s.\n", state_words(a, l, d, as_at));
    add_booking(out, a, d);
}
