// `timely timeliness --children`: the children behind a figure, and those left out and why.
#include "timeliness.h"

#include "table.h"

#include <string.h>

static const struct column columns[] = {
    {"month", "Month", CELL_TEXT, 0},       {"measure", NULL, CELL_TEXT, 0},
    {"person_id", "Person", CELL_TEXT, 20}, {"meeting", "Meeting", CELL_TEXT, 24},
    {"trigger_on", "From", CELL_TEXT, 0},   {"due_on", "Due", CELL_TEXT, 0},
    {"held_on", "Held", CELL_TEXT, 0},      {"counted", NULL, CELL_YES_NO, 0},
    {"in_timescale", NULL, CELL_YES_NO, 0}, {"working_days_late", NULL, CELL_NUMBER, 0},
    {"part", "Part", CELL_TEXT, 0},         {"days", "Days", CELL_NUMBER, 0},
    {"left_out", NULL, CELL_TEXT, 0},       {"team_id", "Team", CELL_TEXT, 20},
    {"worker_id", "Worker", CELL_TEXT, 20}, {NULL, "How it counts", CELL_TEXT, 110},
};
#define COLUMNS (sizeof columns / sizeof *columns)

static const char *iso_or_null(struct arena *a, struct date d)
{
    return date_known(d) ? date_iso(a, d) : NULL;
}

// Working days past the due date, up to the day held, the as-at day or, of a month's end, that;
// -1 where it was in time or nothing was due.
static int days_late(const struct report *r, const struct occasion *o)
{
    bool at_end = r->question.measure->when == AT_PERIOD_END && !r->question.due;
    struct date until = date_known(o->held) ? o->held : at_end ? o->on : r->question.as_at;

    if (o->left_out || !date_known(o->due) || date_cmp(until, o->due) <= 0)
        return -1;
    return working_days_between(r->session->library->national, o->due, until);
}

static const char *late_words(struct arena *a, const struct occasion *o, int late)
{
    const char *held = date_known(o->held) ? "" : "not done, ";

    return late > 0 ? arena_printf(a, "%s%d working day%s late", held, late, late == 1 ? "" : "s")
                    : arena_printf(a, "%slate", held);
}

static const char *how_words(const struct report *r, const struct occasion *o, int late)
{
    const struct measure *m = r->question.measure;
    struct arena *a = r->session->arena;

    if (o->left_out)
        return arena_printf(a, "left out: %s", o->left_out);
    if (!m->share)
        return "counted";
    if (o->in_time)
        return arena_printf(a, "counted: %s", m->share);
    return arena_printf(a, "counted: %s", late >= 0 ? late_words(a, o, late) : "no");
}

static void add_occasion(const struct report *r, struct table *t, const struct period *period,
                         const struct occasion *o)
{
    const struct measure *m = r->question.measure;
    struct arena *a = r->session->arena;
    int late = days_late(r, o);
    const char *in_time = o->left_out || !m->share ? NULL : o->in_time ? "yes" : "no";
    const char *cells[COLUMNS] = {
        period->label,
        m->id,
        o->person_id,
        o->meeting,
        iso_or_null(a, o->trigger),
        iso_or_null(a, o->due),
        iso_or_null(a, o->held),
        o->left_out ? "no" : "yes",
        in_time,
        late >= 0 ? arena_printf(a, "%d", late) : NULL,
        o->part >= 0 ? m->parts[o->part] : NULL,
        m->kind == MEASURE_DURATION && !o->left_out ? arena_printf(a, "%d", o->days) : NULL,
        o->left_out,
        o->team_id,
        o->worker_id,
        how_words(r, o, late)};

    table_row(t, cells);
}

// How many of them count.
static size_t add_occasions(const struct report *r, struct table *t)
{
    const struct occasion *occasions;
    const struct period *periods;
    size_t count = tally_occasions(r->tally, &occasions), counted = 0;

    tally_periods(r->tally, &periods);
    for (size_t i = 0; i < count; i++) {
        add_occasion(r, t, &periods[occasions[i].period], &occasions[i]);
        counted += !occasions[i].left_out;
    }
    return counted;
}

void print_children(const struct report *r)
{
    struct session *s = r->session;
    const struct occasion *occasions;
    size_t count = tally_occasions(r->tally, &occasions), counted;
    struct column shown[COLUMNS];
    struct table *t;

    memcpy(shown, columns, sizeof columns);
    shown[0].heading = month_heading(r);
    if (!r->question.measure->parts)
        shown[10].heading = NULL;
    if (r->question.measure->kind != MEASURE_DURATION)
        shown[11].heading = NULL;
    t = table_begin(s, shown, COLUMNS);
    counted = add_occasions(r, t);
    table_end(t);
    text_addf(&s->out, "%s%s: %zu counted, %zu left out, as at %s.\n", count ? "\n" : "",
              r->question.measure->id, counted, count - counted,
              date_words(s->arena, r->question.as_at));
}

void write_children(const struct report *reports, size_t count)
{
    struct table *t = table_begin(reports[0].session, columns, COLUMNS);

    for (size_t i = 0; i < count; i++)
        (void)add_occasions(&reports[i], t);
    table_end(t);
}
