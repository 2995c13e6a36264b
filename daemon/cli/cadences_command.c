// `timely cadences`: what the service itself does again and again, and when. Each date is the first
// one and so many whole periods, never the last one and a period: months do not drift.
#include "cadences_command.h"

#include "rules_words.h"
#include "table.h"

#define MANY 100000 // more than any cadence has in the years that a calendar covers

struct dates {
    struct session *session;
    struct table *table;
    struct date from, to;
};

// The n-th date of a cadence, from 0; false beyond the calendar.
static bool nth(const struct library *l, const struct cadence *c, int n, struct date *ret)
{
    struct span span = c->every;
    struct moment at;
    struct error ignored;
    bool provisional;

    if (n > 10000 / c->every.count)
        return false;
    span.count = c->every.count * n;
    if (!span_apply(l->local, span, (struct moment){c->from, -1}, &at, &provisional, &ignored))
        return false;
    *ret = at.on;
    return true;
}

static void add_dates(struct dates *d, const struct cadence *c)
{
    struct arena *a = d->session->arena;
    const struct library *l = d->session->library;
    struct date on;

    for (int n = 0; n < MANY && nth(l, c, n, &on) && date_cmp(on, d->to) <= 0; n++) {
        const char *cells[] = {date_iso(a, on), c->id,
                               c->title,        date_iso(a, working_day_on_or_before(l->local, on)),
                               c->role,         c->source};

        if (date_cmp(on, d->from) >= 0)
            table_row(d->table, cells);
    }
}

static void add_off(struct session *s)
{
    const struct library *l = s->library;
    size_t off = 0;

    for (size_t i = 0; i < l->cadence_count; i++)
        off += !l->cadences[i].on;
    if (off)
        text_addf(&s->out,
                  "\n%zu more are off: an overlay gives them a first date and switches "
                  "them on.\n",
                  off);
}

enum status run_cadences(struct session *s, const struct arguments *g, struct error *err)
{
    static const struct column columns[] = {
        {"on", "On", CELL_TEXT, 0},       {"cadence", "Cadence", CELL_TEXT, 0},
        {"title", "What", CELL_TEXT, 60}, {"book_by", NULL, CELL_TEXT, 0},
        {"who", "Who", CELL_TEXT, 0},     {"source", NULL, CELL_TEXT, 0}};
    struct dates d = {.session = s};

    if (!argument_date(g, "from", DATE_NONE, &d.from, err) ||
        !argument_date(g, "to", DATE_NONE, &d.to, err) || !session_library(s, err))
        return status_of(err);
    if (!date_known(d.from))
        d.from = session_today(s);
    if (!date_known(d.to))
        d.to = date_add_days(date_add_months(d.from, 1), -1);
    if (date_cmp(d.to, d.from) < 0) {
        fail(err, FAULT_INPUT, "--to is before --from");
        return STATUS_USAGE;
    }
    d.table = table_begin(s, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < s->library->cadence_count; i++)
        if (s->library->cadences[i].on)
            add_dates(&d, &s->library->cadences[i]);
    table_end(d.table);
    if (s->format == FORMAT_PEOPLE)
        add_off(s);
    return STATUS_DONE;
}
