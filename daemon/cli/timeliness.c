// `timely timeliness`: the measures of the register's section 4, month by month, with the pooled
// total for people and what the figures rest on.
#include "deadlines.h"
#include "measure.h"
#include "people.h"
#include "table.h"

#include <string.h>

static const struct {
    const char *id, *title, *month, *basis;
} notes[] = {
    {"m-icpc", "initial conferences within 15 working days", "held",
     "15 working days from the strategy discussion; transfers in and conferences without an "
     "enquiry "
     "are left out"},
    {"m-rcpc", "review conferences in timescale", "held",
     "calendar months: 3 from the initial conference, then 6 from the last review held"},
    {"m-ccr", "reviews of children in care in timescale", "held",
     "20 working days for the first, then calendar months: 3 for the second, 6 for later ones"},
    {"m-distribution", "records of reviews distributed in time", "due",
     "20 working days from the review; not yet due on the as-at day is not counted"},
    {"m-core-group", "core groups in timescale", "due",
     "10 working days for the first, then 6 weeks from the last one held"},
    {"m-assessment", "assessments within 45 working days", "authorised",
     "45 working days from the start of the assessment"},
};

struct figures {
    struct session *session;
    struct tally *tally;
    const char *team;
    struct allocations allocations;
};

static bool month_argument(const struct arguments *g, const char *name, struct date *ret,
                           struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    const char *given = argument(g, name);

    if (!given)
        return fail(err, FAULT_INPUT, "--%s YYYY-MM is missing", name);
    if (strlen(given) != 7 || !date_parse(arena_printf(a, "%s-01", given), ret))
        return fail(err, FAULT_INPUT, "--%s \"%s\": expected a month such as 2024-03", name, given);
    return true;
}

static bool measure_argument(const struct arguments *g, const struct measure **ret,
                             struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    const char *given = argument(g, "measure"), *list = "", *near = NULL;
    const char *const *ids;
    size_t count = measure_ids(&ids);

    if (given && (*ret = measure_find(given)))
        return true;
    for (size_t i = 0; i < count; i++)
        list = arena_printf(a, "%s%s%s", list, i ? ", " : "", ids[i]);
    if (given)
        near = nearest_word(given, ids, count);
    if (near)
        return fail(err, FAULT_INPUT, "unknown measure \"%s\"; did you mean \"%s\"?", given, near);
    return given ? fail(err, FAULT_INPUT, "unknown measure \"%s\"; known are %s", given, list)
                 : fail(err, FAULT_INPUT, "--measure ID is missing; known are %s", list);
}

static bool take_person(void *arg, struct arena *a, const struct timeline *t,
                        const struct evaluation *e, struct error *err)
{
    struct figures *f = arg;
    const struct allocation *who = f->team ? allocation_of(&f->allocations, t->person_id) : NULL;

    (void)a;
    (void)err;
    if (!f->team || (who && who->team_id && strcmp(who->team_id, f->team) == 0))
        tally_add(f->tally, t, e);
    return true;
}

// One decimal, halves upwards; "" of none.
static const char *percent(struct arena *a, int part, int whole)
{
    int tenths;

    if (whole == 0)
        return "";
    tenths = (int)((2000LL * part + whole) / (2LL * whole));
    return arena_printf(a, "%d.%d", tenths / 10, tenths % 10);
}

static void add_month(struct table *t, struct arena *a, const char *month, const char *measure,
                      const char *by, const struct month_count *m)
{
    const char *cells[] = {month,
                           measure,
                           by,
                           arena_printf(a, "%d", m->held),
                           arena_printf(a, "%d", m->in_timescale),
                           percent(a, m->in_timescale, m->held)};

    table_row(t, cells);
}

static void print_footer(struct session *s, const char *measure, enum measure_by by)
{
    for (size_t i = 0; i < sizeof notes / sizeof *notes; i++) {
        if (strcmp(notes[i].id, measure) != 0)
            continue;
        text_addf(&s->out, "\n%s: %s. By the month in which they were %s.\n", measure,
                  notes[i].title, notes[i].month);
        text_addf(&s->out, "Unit: %s. Calendar: bank holidays of England and Wales. Basis: %s.\n",
                  by == BY_CHILD ? "child, each occasion separately"
                                 : "meeting, late if it was late for any child",
                  notes[i].basis);
        text_add(&s->out, "The total is pooled, not the mean of the months.\n");
    }
}

static void print_months(struct session *s, const struct measure *m, enum measure_by by,
                         const struct tally *tally)
{
    static const struct column columns[] = {{"month", "Month", CELL_TEXT, 0},
                                            {"measure", NULL, CELL_TEXT, 0},
                                            {"by", NULL, CELL_TEXT, 0},
                                            {"held", "Number", CELL_NUMBER, 0},
                                            {"in_timescale", "In time", CELL_NUMBER, 0},
                                            {"percent", "%", CELL_NUMBER, 0}};
    const char *id = measure_id(m), *by_word = by == BY_CHILD ? "child" : "meeting";
    const struct month_count *months;
    size_t count = tally_months(tally, &months);
    struct table *t = table_begin(s, columns, sizeof columns / sizeof *columns);
    struct month_count total = {0};

    for (size_t i = 0; i < count; i++) {
        const char *month = arena_printf(s->arena, "%04d-%02d", months[i].year, months[i].month);

        add_month(t, s->arena, month, id, by_word, &months[i]);
        total.held += months[i].held;
        total.in_timescale += months[i].in_timescale;
    }
    if (s->format == FORMAT_PEOPLE)
        add_month(t, s->arena, "Total", id, by_word, &total);
    table_end(t);
    if (s->format == FORMAT_PEOPLE)
        print_footer(s, id, by);
}

enum status run_timeliness(struct session *s, const struct arguments *g, struct error *err)
{
    static const char *const units[] = {"child", "meeting", NULL};
    struct figures f = {.session = s, .team = argument(g, "team")};
    struct people_question all = {.each = take_person, .arg = &f};
    const struct measure *m;
    struct date from, to;
    int by;

    if (!measure_argument(g, &m, err) || !month_argument(g, "from", &from, err) ||
        !month_argument(g, "to", &to, err) || !argument_word(g, "by", units, BY_CHILD, &by, err) ||
        !argument_date(g, "as-at", DATE_NONE, &all.as_at, err))
        return status_of(err);
    if (date_cmp(from, to) > 0) {
        fail(err, FAULT_INPUT, "--from %s lies after --to %s", argument(g, "from"),
             argument(g, "to"));
        return STATUS_USAGE;
    }
    if (!people_begin(s, err) || !people_allocations(s, &f.allocations, err))
        return status_of(err);
    if (!date_known(all.as_at))
        all.as_at = session_today(s);
    f.tally = tally_new(s->arena, s->library, m, (enum measure_by)by, from, to, all.as_at);
    if (!people_evaluate(s, &all, err))
        return status_of(err);
    print_months(s, m, (enum measure_by)by, f.tally);
    return STATUS_DONE;
}
