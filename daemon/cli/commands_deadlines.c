// Commands about deadlines, and the first of them: `timely due`, the list. All of them evaluate the
// accepted facts afresh, so that any day can be asked about.
#include "deadlines.h"
#include "known.h"
#include "people.h"
#include "table.h"

#include <stdlib.h>
#include <string.h>

// The order of --state; "owed", the default, cannot be said.
enum wanted { WANT_OPEN, WANT_MISSED, WANT_UNKNOWN, WANT_MET, WANT_ENDED, WANT_ALL, WANT_OWED };
static const char *const states[] = {"open", "missed", "unknown", "met", "ended", "all", NULL};

static const struct column columns[] = {
    {NULL, "Due", CELL_TEXT, 0},
    {"person_id", "Person", CELL_TEXT, 20},
    {"timescale", NULL, CELL_TEXT, 0},
    {"subject_ref", NULL, CELL_TEXT, 0},
    {"trigger_on", NULL, CELL_TEXT, 0},
    {"due_on", NULL, CELL_TEXT, 0},
    {"due_at", NULL, CELL_TEXT, 0},
    {"state", NULL, CELL_TEXT, 0},
    {"met_on", NULL, CELL_TEXT, 0},
    {"in_timescale", NULL, CELL_YES_NO, 0},
    {"worker_id", "Worker", CELL_TEXT, 20},
    {"team_id", "Team", CELL_TEXT, 20},
    {"booked_at", NULL, CELL_TEXT, 0},
    {"book_by", NULL, CELL_TEXT, 0},
    {"provisional", NULL, CELL_YES_NO, 0},
    {"title", "What", CELL_TEXT, 60},
    {NULL, "How it stands", CELL_TEXT, 110},
};
#define COLUMNS (sizeof columns / sizeof *columns)

struct row {
    const char *cells[COLUMNS];
    const char *person_id, *timescale;
    struct date due_on;
};

struct due {
    struct session *session;
    struct date as_at;
    enum wanted wanted;
    const struct timescale *timescale;
    const char *worker, *team;
    struct allocations allocations;
    struct row *rows;
    size_t count, room;
    size_t missed, open;
};

// ------------------------------------------------------------------------------- in words

static const char *days_words(struct arena *a, int n)
{
    return arena_printf(a, "%d working day%s", n, n == 1 ? "" : "s");
}

static const char *late_words(struct arena *a, const struct due *q, struct date from,
                              struct date to)
{
    int n = working_days_between(q->session->library->national, from, to);

    return n > 0 ? arena_printf(a, "%s late", days_words(a, n)) : "late";
}

static const char *owed_words(struct arena *a, const struct due *q, const struct deadline *d)
{
    const struct workdays *w = q->session->library->national;
    const char *words;

    if (deadline_missed(d, q->as_at))
        words = late_words(a, q, d->due_on, q->as_at);
    else if (date_is(d->due_on, q->as_at))
        words = "due today";
    else
        words =
            arena_printf(a, "in %s", days_words(a, working_days_between(w, q->as_at, d->due_on)));
    if (d->awaiting_record)
        return arena_printf(a, "%s; awaiting record%s%s", words,
                            d->booking ? " of the meeting of " : "",
                            d->booking ? moment_words(a, d->booking->at) : "");
    if (d->booking)
        return arena_printf(a, "%s; booked for %s%s", words, moment_words(a, d->booking->at),
                            date_cmp(d->booking->at.on, d->due_on) > 0 ? ", after the due date"
                                                                       : "");
    return d->timescale->meeting ? arena_printf(a, "%s; not booked", words) : words;
}

static const char *state_words(struct arena *a, const struct due *q, const struct deadline *d)
{
    switch (d->state) {
    case STATE_OPEN:
        return owed_words(a, q, d);
    case STATE_MET:
        return arena_printf(a, "met on %s, %s", date_iso(a, d->met_on),
                            d->in_timescale ? "in timescale"
                                            : late_words(a, q, d->due_on, d->met_on));
    case STATE_ENDED:
        return arena_printf(a, "ended on %s: %s", date_iso(a, d->ended_on), d->why);
    case STATE_UNKNOWN:
        return arena_printf(a, "cannot be told: %s", d->why);
    }
    return "";
}

// ------------------------------------------------------------------------------- the rows

static bool is_wanted(const struct due *q, const struct deadline *d)
{
    if (q->timescale && d->timescale != q->timescale)
        return false;
    return q->wanted == WANT_ALL || (q->wanted == WANT_OWED && d->state == STATE_OPEN) ||
           (q->wanted < WANT_ALL && strcmp(state_word(d, q->as_at), states[q->wanted]) == 0);
}

static const char *iso_or_null(struct arena *a, struct date d)
{
    return date_known(d) ? date_iso(a, d) : NULL;
}

static void add_row(struct due *q, const char *person_id, const struct allocation *who,
                    const struct deadline *d)
{
    struct arena *a = q->session->arena;
    bool hours = d->due_at.minute >= 0;
    struct row row = {
        .cells = {hours ? moment_iso(a, d->due_at) : date_iso(a, d->due_on), person_id,
                  d->timescale->id, arena_strdup(a, d->subject_ref), date_iso(a, d->trigger_on),
                  date_iso(a, d->due_on), hours ? moment_iso(a, d->due_at) : NULL,
                  state_word(d, q->as_at), iso_or_null(a, d->met_on),
                  d->state != STATE_MET ? NULL
                  : d->in_timescale     ? "yes"
                                        : "no",
                  who ? who->worker_id : NULL, who ? who->team_id : NULL,
                  d->booking ? moment_iso(a, d->booking->at) : NULL, iso_or_null(a, d->book_by),
                  d->provisional ? "yes" : "no", d->timescale->title,
                  q->session->format == FORMAT_PEOPLE ? state_words(a, q, d) : NULL},
        .person_id = person_id,
        .timescale = d->timescale->id,
        .due_on = d->due_on,
    };

    q->rows = arena_grow(a, q->rows, sizeof *q->rows, q->count, &q->room);
    q->rows[q->count++] = row;
    q->missed += deadline_missed(d, q->as_at);
    q->open += d->state == STATE_OPEN && !deadline_missed(d, q->as_at);
}

static bool is(const char *wanted, const char *given)
{
    return !wanted || (given && strcmp(wanted, given) == 0);
}

static bool take_person(void *arg, struct arena *a, const struct timeline *t,
                        const struct evaluation *e, struct error *err)
{
    struct due *q = arg;
    const struct allocation *who = allocation_of(&q->allocations, t->person_id);
    const char *person_id = NULL;

    (void)a;
    (void)err;
    if (!is(q->worker, who ? who->worker_id : NULL) || !is(q->team, who ? who->team_id : NULL))
        return true;
    for (size_t i = 0; i < e->count; i++) {
        if (!is_wanted(q, &e->deadlines[i]))
            continue;
        if (!person_id)
            person_id = arena_strdup(q->session->arena, t->person_id);
        add_row(q, person_id, who, &e->deadlines[i]);
    }
    return true;
}

static int worst_first(const void *pa, const void *pb)
{
    const struct row *a = pa, *b = pb;
    int order = date_cmp(a->due_on, b->due_on);

    if (order == 0)
        order = strcmp(a->person_id, b->person_id);
    return order ? order : strcmp(a->timescale, b->timescale);
}

static void print_rows(struct due *q)
{
    struct session *s = q->session;
    struct table *t = table_begin(s, columns, COLUMNS);

    if (s->format == FORMAT_PEOPLE && q->count)
        qsort(q->rows, q->count, sizeof *q->rows, worst_first);
    for (size_t i = 0; i < q->count; i++)
        table_row(t, q->rows[i].cells);
    table_end(t);
    if (s->format != FORMAT_PEOPLE)
        return;
    if (q->count == 0)
        text_addf(&s->out, "Nothing of the kind on %s.\n", date_words(s->arena, q->as_at));
    else
        text_addf(&s->out, "\n%zu deadline%s on %s: %zu missed, %zu open%s.\n", q->count,
                  q->count == 1 ? "" : "s", date_words(s->arena, q->as_at), q->missed, q->open,
                  q->missed + q->open < q->count ? ", the others not owed" : "");
}

// A list is an answer though it is empty: that nobody has such a number is said beside it, in err.
static bool remark_unknown(struct session *s, const struct arguments *g, struct error *err)
{
    static const char *const options[] = {
        [KNOWN_PERSON] = "person", [KNOWN_WORKER] = "worker", [KNOWN_TEAM] = "team"};
    bool known = true;

    for (size_t i = 0; known && i < sizeof options / sizeof *options; i++)
        if (!id_is_known(s, (enum known_kind)i, argument(g, options[i]), &known, err))
            return false;
    return true;
}

enum status run_due(struct session *s, const struct arguments *g, struct error *err)
{
    struct due q = {.session = s, .worker = argument(g, "worker"), .team = argument(g, "team")};
    struct people_question all = {.person = argument(g, "person"), .each = take_person, .arg = &q};
    int wanted;

    if (!argument_word(g, "state", states, WANT_OWED, &wanted, err) ||
        !argument_date(g, "as-at", DATE_NONE, &q.as_at, err) || !session_library(s, err) ||
        !timescale_named(s->library, argument(g, "timescale"), &q.timescale, err) ||
        !people_begin(s, err) || !people_allocations(s, &q.allocations, err))
        return status_of(err);
    q.wanted = (enum wanted)wanted;
    if (!date_known(q.as_at))
        q.as_at = session_today(s);
    all.as_at = q.as_at;
    if (!people_evaluate(s, &all, err) || !remark_unknown(s, g, err))
        return status_of(err);
    print_rows(&q);
    return STATUS_DONE;
}

const struct command commands_deadlines[] = {
    {"due", "", "lists deadlines; by default those that are owed",
     (const char *const[]){"as-at DATE", "person ID", "timescale ID", "worker ID", "team ID",
                           "state open|missed|unknown|met|ended|all", NULL},
     run_due},
    {"explain", "PERSON [TIMESCALE]", "says how each due date came about, and what was said of it",
     (const char *const[]){"as-at DATE", NULL}, run_explain},
    {"evidence", "PERSON", "says what was known, due and told on a past day",
     (const char *const[]){"as-known-at DATE[THH:MM]", NULL}, run_evidence},
    {"timeliness", "", "counts what was done in time, month by month",
     (const char *const[]){"measure ID,...|all|list", "from YYYY-MM", "to YYYY-MM", "as-at DATE",
                           "by child|meeting", "per month|quarter|year", "group team|worker|chair",
                           "team ID", "basis months|days", "due", "children", "parts", "full",
                           "public", NULL},
     run_timeliness},
    {"findings", "", "lists what is missing or contradictory in the data",
     (const char *const[]){"person ID", NULL}, run_findings},
    {"replay", "", "tells what would have been sent on past days, sending none",
     (const char *const[]){"from DATE", "to DATE", "overlay FILE", "staff ID", "mails DIR", NULL},
     run_replay},
    {0},
};
