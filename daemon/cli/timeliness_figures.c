// The figures of `timely timeliness`: a row a period, a group or a part, and what they rest on.
#include "timeliness.h"

#include "table.h"
#include "text.h"

#include <string.h>

static const struct column for_scripts[] = {{"month", NULL, CELL_TEXT, 0},
                                            {"measure", NULL, CELL_TEXT, 0},
                                            {"by", NULL, CELL_TEXT, 0},
                                            {"held", NULL, CELL_NUMBER, 0},
                                            {"in_timescale", NULL, CELL_NUMBER, 0},
                                            {"percent", NULL, CELL_NUMBER, 0},
                                            {"part", NULL, CELL_TEXT, 0},
                                            {"team_id", NULL, CELL_TEXT, 0},
                                            {"worker_id", NULL, CELL_TEXT, 0},
                                            {"from", NULL, CELL_TEXT, 0},
                                            {"to", NULL, CELL_TEXT, 0},
                                            {"left_out", NULL, CELL_NUMBER, 0},
                                            {"overdue_now", NULL, CELL_NUMBER, 0},
                                            {"target", NULL, CELL_TEXT, 0},
                                            {"target_met", NULL, CELL_YES_NO, 0},
                                            {"chairs", NULL, CELL_NUMBER, 0},
                                            {"chairs_above", NULL, CELL_NUMBER, 0},
                                            {"average", NULL, CELL_NUMBER, 0},
                                            {"median_days", NULL, CELL_NUMBER, 0},
                                            {"ninetieth_days", NULL, CELL_NUMBER, 0},
                                            {"longest_days", NULL, CELL_NUMBER, 0},
                                            {"suppressed", NULL, CELL_YES_NO, 0}};
#define FOR_SCRIPTS (sizeof for_scripts / sizeof *for_scripts)
// The first ones have always been there, and stay alone when nothing more is asked for.
#define FEW 6

// In tenths, halves upwards; "" of none.
static const char *tenths(struct arena *a, long long part, int whole, int times)
{
    long long n;

    if (whole == 0)
        return "";
    n = (2LL * times * part + whole) / (2LL * whole);
    return arena_printf(a, "%lld.%lld", n / 10, n % 10);
}

static const char *percent(struct arena *a, int part, int whole)
{
    return tenths(a, part, whole, 1000);
}

static const char *number(struct arena *a, int n)
{
    return n < 0 ? NULL : arena_printf(a, "%d", n);
}

// --------------------------------------------------------------------------------- for scripts

// part -1: the whole.
static void add_for_scripts(const struct report *r, struct table *t, const struct figures *f,
                            int part)
{
    const struct measure *m = r->question.measure;
    struct arena *a = r->session->arena;
    struct hidden h = figures_hide(r, f);
    bool unshared = part < 0 && !m->share;
    int share = part < 0 ? f->in_time : f->parts[part];
    bool hide_share = part < 0 ? h.share : h.parts;
    const char *cells[FOR_SCRIPTS] = {
        f->period->label,
        m->id,
        r->question.by == BY_CHILD ? "child" : "meeting",
        h.all ? NULL : number(a, f->held),
        hide_share || unshared ? NULL : number(a, share),
        hide_share || unshared ? NULL : percent(a, share, f->held),
        part < 0 ? NULL : m->parts[part],
        f->team_id,
        f->worker_id,
        date_iso(a, f->period->first),
        date_iso(a, f->period->last),
        h.left_out ? NULL : number(a, f->left_out),
        h.overdue ? NULL : number(a, f->overdue),
        part < 0 ? wanted_words(r) : NULL,
        part < 0 && !h.share ? wanted_met(r, f) : NULL,
        m->kind == MEASURE_LOAD ? number(a, f->chairs) : NULL,
        m->kind == MEASURE_LOAD ? number(a, f->chairs_above) : NULL,
        m->kind == MEASURE_LOAD && !h.all ? tenths(a, f->held, f->chairs, 10) : NULL,
        m->kind == MEASURE_DURATION && f->held && !h.all ? tenths(a, f->median_tenths, 1, 1) : NULL,
        m->kind == MEASURE_DURATION && !h.all ? number(a, f->ninetieth) : NULL,
        m->kind == MEASURE_DURATION && !h.all ? number(a, f->longest) : NULL,
        h.all || hide_share || h.left_out || h.overdue ? "yes" : "no"};

    table_row(t, cells);
}

static void add_report_for_scripts(const struct report *r, struct table *t)
{
    const struct figures *rows;
    size_t count = tally_figures(r->tally, &rows);

    for (size_t i = 0; i < count; i++) {
        if (!r->parts)
            add_for_scripts(r, t, &rows[i], -1);
        for (int part = 0; r->parts && parts_of(r)[part]; part++)
            add_for_scripts(r, t, &rows[i], part);
    }
}

void write_figures(const struct report *reports, size_t count)
{
    struct table *t =
        table_begin(reports[0].session, for_scripts, reports[0].full ? FOR_SCRIPTS : FEW);

    for (size_t i = 0; i < count; i++)
        add_report_for_scripts(&reports[i], t);
    table_end(t);
}

// ---------------------------------------------------------------------------------- for people

enum shown {
    TEAM,
    WORKER,
    MONTH,
    NUMBER,
    SHARE,
    PERCENT,
    TARGET,
    MET,
    CHAIRS,
    AVERAGE,
    ABOVE,
    MEDIAN,
    NINETIETH,
    LONGEST,
    FIRST_PART,
    LEFT_OUT = FIRST_PART + MEASURE_PARTS_MOST,
    OVERDUE,
    SHOWN
};

static void set(struct column *c, const char *heading)
{
    c->heading = heading;
}

// Only the columns that this measure and this question fill.
static void choose_columns(const struct report *r, struct column *c)
{
    const struct measure *m = r->question.measure;
    const char *const *parts = parts_of(r);
    enum measure_group group = r->question.group;

    for (size_t i = 0; i < SHOWN; i++)
        c[i] = (struct column){.kind = i <= MONTH ? CELL_TEXT : CELL_NUMBER};
    set(&c[TEAM], group == GROUP_TEAM || group == GROUP_WORKER ? "Team" : NULL);
    set(&c[WORKER], group == GROUP_WORKER ? "Worker" : group == GROUP_CHAIR ? "Chair" : NULL);
    set(&c[MONTH], month_heading(r));
    set(&c[NUMBER], m->kind == MEASURE_LOAD ? "Children" : "Number");
    set(&c[SHARE], m->share);
    set(&c[PERCENT], m->share ? "%" : NULL);
    set(&c[TARGET], wanted_words(r) ? m->kind == MEASURE_LOAD ? "Range" : "Target" : NULL);
    set(&c[MET], wanted_words(r) ? "Met" : NULL);
    set(&c[LEFT_OUT], "Left out");
    set(&c[OVERDUE], m->owes ? "Overdue now" : NULL);
    if (m->kind == MEASURE_LOAD && group == GROUP_NONE) {
        set(&c[CHAIRS], "Chairs");
        set(&c[AVERAGE], "Average");
        set(&c[ABOVE], wanted_words(r) ? "Above" : NULL);
    }
    if (m->kind == MEASURE_DURATION) {
        set(&c[MEDIAN], "Median");
        set(&c[NINETIETH], "9 in 10");
        set(&c[LONGEST], "Longest");
    }
    for (size_t i = 0; parts && parts[i]; i++)
        set(&c[FIRST_PART + i], parts[i]);
}

static const char *part_words(const struct report *r, const struct figures *f, size_t part)
{
    struct arena *a = r->session->arena;

    if (r->question.measure->kind != MEASURE_PARTS || f->held == 0)
        return number(a, f->parts[part]);
    return arena_printf(a, "%d (%s%%)", f->parts[part], percent(a, f->parts[part], f->held));
}

static const char *or_hidden(bool hidden, const char *text)
{
    return hidden ? "c" : text;
}

// overdue: the figure belongs to the whole, so it stands in one row of it.
static void add_for_people(const struct report *r, struct table *t, const struct figures *f,
                           struct hidden h, bool overdue)
{
    const char *const *parts = parts_of(r);
    struct arena *a = r->session->arena;
    bool days = f->median_tenths >= 0;
    const char *cells[SHOWN] = {
        [TEAM] = f->team_id  ? f->team_id
                 : f->period ? "none"
                             : NULL,
        [WORKER] = f->worker_id ? f->worker_id
                   : f->period  ? "none"
                                : NULL,
        [MONTH] = f->period ? f->period->label : "Total",
        [NUMBER] = or_hidden(h.all, number(a, f->held)),
        [SHARE] = or_hidden(h.share, number(a, f->in_time)),
        [PERCENT] = or_hidden(h.share, percent(a, f->in_time, f->held)),
        [TARGET] = wanted_words(r),
        [MET] = h.share ? NULL : wanted_met(r, f),
        [CHAIRS] = number(a, f->chairs),
        [AVERAGE] = or_hidden(h.all, tenths(a, f->held, f->chairs, 10)),
        [ABOVE] = number(a, f->chairs_above),
        [MEDIAN] = days ? or_hidden(h.all, tenths(a, f->median_tenths, 1, 1)) : NULL,
        [NINETIETH] = days ? or_hidden(h.all, number(a, f->ninetieth)) : NULL,
        [LONGEST] = days ? or_hidden(h.all, number(a, f->longest)) : NULL,
        [LEFT_OUT] = or_hidden(h.left_out, number(a, f->left_out)),
        [OVERDUE] =
            overdue && f->overdue >= 0 ? or_hidden(h.overdue, number(a, f->overdue)) : NULL};

    for (size_t i = 0; parts && parts[i]; i++)
        cells[FIRST_PART + i] = or_hidden(h.parts, part_words(r, f, i));
    table_row(t, cells);
}

static bool same_group(const struct figures *a, const struct figures *b)
{
    return text_cmp(a->team_id, b->team_id) == 0 && text_cmp(a->worker_id, b->worker_id) == 0;
}

// What is counted at the end of each period is mostly the same children again.
static bool pooled(const struct report *r)
{
    return r->question.measure->when != AT_PERIOD_END || r->question.due;
}

static const char *unit_words(const struct report *r)
{
    if (r->question.by == BY_MEETING)
        return "meeting, late if it was late for any child";
    if (r->question.measure->kind == MEASURE_DURATION)
        return "dispute";
    return pooled(r) ? "child, each occasion separately" : "child";
}

static const char *period_words(const struct report *r)
{
    static const char *const words[] = {"month", "quarter", "year"};
    struct arena *a = r->session->arena;
    const char *period = words[r->question.per];

    if (r->question.due)
        return arena_printf(a, "by the %s in which they fell due", period);
    return r->question.measure->when == AT_PERIOD_END
               ? arena_printf(a, "at the end of each %s", period)
               : arena_printf(a, "by %s", period);
}

// Some authorities publish the mean of the months: it is said, so that both can be found again.
static void print_pooling(const struct report *r, const struct figures *rows, size_t count)
{
    static const char *const words[] = {"months", "quarters", "years"};
    struct text *out = &r->session->out;
    double sum = 0;
    int n = 0;

    for (size_t i = 0; i < count; i++)
        if (rows[i].held > 0) {
            sum += 100.0 * rows[i].in_time / rows[i].held;
            n++;
        }
    if (n > 1 && r->question.measure->share && r->question.group == GROUP_NONE && !r->suppressed)
        text_addf(out, "The total is pooled; the mean of the %s would be %.1f%%.\n",
                  words[r->question.per], sum / n);
    else
        text_addf(out, "The total is pooled, not the mean of the %s.\n", words[r->question.per]);
}

static void print_footer(const struct report *r, const struct figures *rows, size_t row_count)
{
    const struct measure_question *q = &r->question;
    const struct measure *m = q->measure;
    struct session *s = r->session;
    const struct period *periods;
    size_t count = tally_periods(r->tally, &periods);

    text_addf(&s->out, "\n%s: %s.\n", m->id, m->title);
    text_addf(&s->out, "Number: %s, %s, from %s to %s, as at %s.\n",
              q->due ? "what was due" : m->counted, period_words(r),
              date_words(s->arena, periods[0].first), date_words(s->arena, periods[count - 1].last),
              date_words(s->arena, q->as_at));
    text_addf(&s->out, "Unit: %s. Calendar: bank holidays of England and Wales. Basis: %s%s.\n",
              unit_words(r), m->basis,
              q->days ? "; 91 days in place of 3 months, 183 days in place of 6" : "");
    if (pooled(r))
        print_pooling(r, rows, row_count);
    if (q->per != PER_MONTH)
        text_add(&s->out, "Years run from 1 April to 31 March.\n");
    if (r->suppressed)
        text_add(&s->out,
                 "c: a count from 1 to 5, or one from which such a count could be told.\n");
}

void print_figures(const struct report *r)
{
    const struct figures *rows;
    size_t count = tally_figures(r->tally, &rows);
    bool grouped = r->question.group != GROUP_NONE;
    struct column columns[SHOWN];
    struct figures total;
    struct table *t;

    choose_columns(r, columns);
    t = table_begin(r->session, columns, SHOWN);
    for (size_t i = 0; i < count; i++) {
        bool last = i + 1 == count || (grouped && !same_group(&rows[i], &rows[i + 1]));

        add_for_people(r, t, &rows[i], figures_hide(r, &rows[i]), last && (grouped || !pooled(r)));
    }
    total = tally_total(r->tally);
    if (pooled(r))
        add_for_people(r, t, &total, figures_hide_total(r, &total, rows, count), true);
    table_end(t);
    print_footer(r, rows, count);
}
