// `timely timeliness`: the measures of the register's section 4, with what the figures rest on.
// This file reads the question and asks it; others print the answer.
#include "timeliness.h"

#include "deadlines.h"
#include "known.h"
#include "text.h"

#include <string.h>

// One look at every person answers all measures that are asked for.
struct asked {
    struct report *reports;
    size_t count;
    struct allocations allocations;
    const char *team; // only its children; NULL: everybody
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

static bool find_measure(const char *given, const struct measure **ret, struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    const char *list = "", *near;
    const struct measure *all;
    size_t count = measure_list(&all);
    const char **ids = ARENA_ARRAY(a, const char *, count);

    *ret = measure_find(given);
    if (*ret)
        return true;
    for (const struct measure_missing *m = measures_missing; m->id; m++)
        if (strcmp(m->id, given) == 0)
            return fail(err, FAULT_INPUT, "%s (%s) cannot be told: %s", m->id, m->title, m->why);
    for (size_t i = 0; i < count; i++) {
        ids[i] = all[i].id;
        list = arena_printf(a, "%s%s%s", list, i ? ", " : "", ids[i]);
    }
    near = nearest_word(given, ids, count);
    if (near)
        return fail(err, FAULT_INPUT, "unknown measure \"%s\"; did you mean \"%s\"?", given, near);
    return fail(err, FAULT_INPUT, "unknown measure \"%s\"; known are %s", given, list);
}

// "m-icpc", "m-icpc,m-rcpc" or "all": a report for each.
static bool measures_argument(struct arena *a, const struct arguments *g, struct asked *ret,
                              struct error *err)
{
    const char *given = argument(g, "measure");
    const struct measure *all;
    size_t count = measure_list(&all);

    if (!given)
        return fail(err, FAULT_INPUT,
                    "--measure is missing: \"--measure list\" explains them, \"--measure all\" "
                    "asks for all, \"--measure m-icpc,m-rcpc\" for these");
    ret->reports = ARENA_ARRAY(a, struct report, count + strlen(given));
    if (strcmp(given, "all") == 0) {
        for (size_t i = 0; i < count; i++)
            ret->reports[i].question.measure = &all[i];
        ret->count = count;
        return true;
    }
    for (const char *id = given, *end; id; id = *end ? end + 1 : NULL) {
        struct report *r = &ret->reports[ret->count++];

        end = strchrnul(id, ',');
        if (!find_measure(arena_strndup(a, id, (size_t)(end - id)), &r->question.measure, err))
            return false;
    }
    return true;
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

    if (!months_arguments(g, q, err) || !unit_argument(g, q, err) ||
        !argument_date(g, "as-at", DATE_NONE, &q->as_at, err) ||
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

// alone: the only measure that was asked for; more have their columns in common.
static bool report_arguments(const struct arguments *g, struct report *r, bool alone,
                             struct error *err)
{
    enum measure_kind kind = r->question.measure->kind;

    if (!question_arguments(g, &r->question, err))
        return false;
    r->suppressed = argument(g, "public") != NULL;
    r->parts = argument(g, "parts") != NULL || kind == MEASURE_PARTS;
    r->full = argument(g, "full") != NULL || !alone || r->suppressed || r->parts ||
              kind != MEASURE_RATE || r->question.group != GROUP_NONE;
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
    struct asked *asked = arg;
    const struct allocation *who = allocation_of(&asked->allocations, t->person_id);
    struct owner owner = {who ? who->team_id : NULL, who ? who->worker_id : NULL};

    (void)a;
    (void)err;
    if (asked->team && !same_key(owner.team_id, asked->team))
        return true;
    for (size_t i = 0; i < asked->count; i++)
        tally_add(asked->reports[i].tally, &owner, t, e);
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

static bool begin_reports(struct session *s, const struct arguments *g, struct asked *asked,
                          struct error *err)
{
    asked->team = argument(g, "team");
    if (!measures_argument(s->arena, g, asked, err))
        return false;
    for (size_t i = 0; i < asked->count; i++)
        if (!report_arguments(g, &asked->reports[i], asked->count == 1, err))
            return false;
    if (!people_begin(s, err) || !people_allocations(s, &asked->allocations, err))
        return false;
    for (size_t i = 0; i < asked->count; i++) {
        struct report *r = &asked->reports[i];

        r->session = s;
        if (!date_known(r->question.as_at))
            r->question.as_at = session_today(s);
        r->tally = tally_new(s->arena, s->library, &r->question);
    }
    return true;
}

static void print_answer(struct session *s, const struct asked *asked, bool children)
{
    if (s->format != FORMAT_PEOPLE) {
        (children ? write_children : write_figures)(asked->reports, asked->count);
        return;
    }
    for (size_t i = 0; i < asked->count; i++) {
        text_add(&s->out, i ? "\n\n" : "");
        (children ? print_children : print_figures)(&asked->reports[i]);
    }
}

enum status run_timeliness(struct session *s, const struct arguments *g, struct error *err)
{
    struct asked asked = {0};
    struct people_question all = {.each = take_person, .arg = &asked};
    bool known;

    if (same_key(argument(g, "measure"), "list")) {
        print_measures(s);
        return STATUS_DONE;
    }
    if (!begin_reports(s, g, &asked, err) || !id_is_known(s, KNOWN_TEAM, asked.team, &known, err))
        return status_of(err);
    if (!known)
        return STATUS_NO; // figures of 0 would be a claim about a team
    all.as_at = asked.reports[0].question.as_at;
    if (!people_evaluate(s, &all, err))
        return status_of(err);
    print_answer(s, &asked, argument(g, "children") != NULL);
    return STATUS_DONE;
}
