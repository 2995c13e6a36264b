// `timely timeliness`: the measures of the register's section 4, with what the figures rest on.
// This file reads the question and asks it; others print the answer.
#include "timeliness.h"

#include "deadlines.h"

#include <string.h>

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

static bool months_arguments(const struct arguments *g, struct measure_question *q,
                             struct error *err)
{
    if (!month_argument(g, "from", &q->from, err) || !month_argument(g, "to", &q->to, err))
        return false;
    if (date_cmp(q->from, q->to) > 0)
        return fail(err, FAULT_INPUT, "--from %s lies after --to %s", argument(g, "from"),
                    argument(g, "to"));
    return true;
}

static bool measure_argument(const struct arguments *g, const struct measure **ret,
                             struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    const char *given = argument(g, "measure"), *list = "", *near = NULL;
    const struct measure *all;
    size_t count = measure_list(&all);
    const char **ids = ARENA_ARRAY(a, const char *, count);

    if (given && (*ret = measure_find(given)))
        return true;
    for (const struct measure_missing *m = measures_missing; given && m->id; m++)
        if (strcmp(m->id, given) == 0)
            return fail(err, FAULT_INPUT, "%s (%s) cannot be told: %s", m->id, m->title, m->why);
    for (size_t i = 0; i < count; i++) {
        ids[i] = all[i].id;
        list = arena_printf(a, "%s%s%s", list, i ? ", " : "", ids[i]);
    }
    if (given)
        near = nearest_word(given, ids, count);
    if (near)
        return fail(err, FAULT_INPUT, "unknown measure \"%s\"; did you mean \"%s\"?", given, near);
    return given ? fail(err, FAULT_INPUT, "unknown measure \"%s\"; known are %s", given, list)
                 : fail(err, FAULT_INPUT,
                        "--measure ID is missing; known are %s; \"--measure list\" explains them",
                        list);
}

// By meeting where the measure knows nothing else, else by child.
static bool unit_argument(const struct arguments *g, struct measure_question *q, struct error *err)
{
    static const char *const units[] = {"child", "meeting", NULL};
    bool meetings_only = q->measure->meetings_only;
    int by;

    if (!argument_word(g, "by", units, meetings_only ? BY_MEETING : BY_CHILD, &by, err))
        return false;
    q->by = (enum measure_by)by;
    if (meetings_only && q->by == BY_CHILD)
        return fail(err, FAULT_INPUT, "%s counts meetings; it cannot be counted by child",
                    q->measure->id);
    return true;
}

static bool question_arguments(const struct arguments *g, struct measure_question *q,
                               struct error *err)
{
    static const char *const periods[] = {"month", "quarter", "year", NULL};
    static const char *const groups[] = {"team", "worker", "chair", NULL};
    static const char *const bases[] = {"months", "days", NULL};
    int per, group, days;

    if (!measure_argument(g, &q->measure, err) || !months_arguments(g, q, err) ||
        !unit_argument(g, q, err) || !argument_date(g, "as-at", DATE_NONE, &q->as_at, err) ||
        !argument_word(g, "per", periods, PER_MONTH, &per, err) ||
        !argument_word(g, "group", groups, -1, &group, err) ||
        !argument_word(g, "basis", bases, 0, &days, err))
        return false;
    q->per = (enum measure_per)per;
    q->group = group < 0 ? GROUP_NONE : (enum measure_group)(GROUP_TEAM + group);
    q->days = days;
    q->due = argument(g, "due") != NULL;
    return measure_question_check(q, err);
}

static bool report_arguments(const struct arguments *g, struct report *r, struct error *err)
{
    enum measure_kind kind;

    if (!question_arguments(g, &r->question, err))
        return false;
    kind = r->question.measure->kind;
    r->team = argument(g, "team");
    r->suppressed = argument(g, "public") != NULL;
    r->parts = argument(g, "parts") != NULL || kind == MEASURE_PARTS;
    r->full = argument(g, "full") != NULL || r->suppressed || r->parts || kind != MEASURE_RATE ||
              r->question.group != GROUP_NONE;
    if (argument(g, "parts") && !parts_of(r))
        return fail(err, FAULT_INPUT, "%s has no parts%s", r->question.measure->id,
                    r->question.due ? " by the day due" : "");
    if (r->suppressed && argument(g, "children"))
        return fail(err, FAULT_INPUT, "--children names children: it cannot be --public");
    return true;
}

static bool take_person(void *arg, struct arena *a, const struct timeline *t,
                        const struct evaluation *e, struct error *err)
{
    struct report *r = arg;
    const struct allocation *who = allocation_of(&r->allocations, t->person_id);
    struct owner owner = {who ? who->team_id : NULL, who ? who->worker_id : NULL};

    (void)a;
    (void)err;
    if (!r->team || (owner.team_id && strcmp(owner.team_id, r->team) == 0))
        tally_add(r->tally, &owner, t, e);
    return true;
}

const char *const *parts_of(const struct report *r)
{
    return r->question.due ? NULL : r->question.measure->parts;
}

const char *month_heading(const struct report *r)
{
    static const char *const headings[] = {"Month", "Quarter", "Year"};

    return headings[r->question.per];
}

enum status run_timeliness(struct session *s, const struct arguments *g, struct error *err)
{
    struct report r = {.session = s};
    struct people_question all = {.each = take_person, .arg = &r};
    const char *measure = argument(g, "measure");

    if (measure && strcmp(measure, "list") == 0) {
        print_measures(s);
        return STATUS_DONE;
    }
    if (!report_arguments(g, &r, err) || !people_begin(s, err) ||
        !people_allocations(s, &r.allocations, err))
        return status_of(err);
    if (!date_known(r.question.as_at))
        r.question.as_at = session_today(s);
    all.as_at = r.question.as_at;
    r.tally = tally_new(s->arena, s->library, &r.question);
    if (!people_evaluate(s, &all, err))
        return status_of(err);
    if (argument(g, "children"))
        print_children(&r);
    else
        print_figures(&r);
    return STATUS_DONE;
}
