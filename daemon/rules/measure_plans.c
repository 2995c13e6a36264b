// Occasions that are child protection plans: how long they run, why they end, whether they are
// the first.
#include "measure_person.h"

#include <string.h>
#include <strings.h>

static bool is_plan(const struct measured *p, const struct episode *e)
{
    return e->kind == subject_kind(p->library, "protection-plan");
}

static struct occasion plan_occasion(const struct episode *e, struct date on)
{
    struct occasion o = occasion_on(on);

    o.trigger = e->start->at.on;
    o.held = e->end ? e->end->at.on : DATE_NONE;
    return o;
}

// Lasted as long as the measure asks by that day: exactly so long is long enough.
static bool lasted(const struct measured *p, const struct episode *e, struct date on)
{
    return date_cmp(date_add_months(e->start->at.on, p->question->measure->least.count), on) <= 0;
}

static void each_open_plan(struct measured *p, void (*judge)(struct measured *p, struct occasion *o,
                                                             const struct episode *e))
{
    int period = 0;
    struct date on;

    while (measured_next_snapshot(p, &period, &on))
        for (size_t i = 0; i < p->history.episode_count; i++) {
            const struct episode *e = &p->history.episodes[i];
            struct occasion o = plan_occasion(e, on);

            if (!is_plan(p, e) || !episode_runs(e, on) || !measured_is_child(p, on))
                continue;
            judge(p, &o, e);
            measured_count(p, o, e->start);
        }
}

static void judge_duration(struct measured *p, struct occasion *o, const struct episode *e)
{
    o->in_time = lasted(p, e, o->on);
}

void find_plan_durations(struct measured *p)
{
    each_open_plan(p, judge_duration);
}

// The dataset's words and the census's codes, by their first letters; the last is for any other.
static void judge_category(struct measured *p, struct occasion *o, const struct episode *e)
{
    static const char *const begins[] = {"neg", "emo", "phy", "s", "mul", NULL};

    (void)p;
    o->part = 0;
    while (begins[o->part] && (!e->start->code || strncasecmp(e->start->code, begins[o->part],
                                                              strlen(begins[o->part])) != 0))
        o->part++;
}

void find_categories(struct measured *p)
{
    each_open_plan(p, judge_category);
}

static void each_ended_plan(struct measured *p,
                            void (*judge)(struct measured *p, struct occasion *o,
                                          const struct episode *e))
{
    for (size_t i = 0; i < p->history.episode_count; i++) {
        const struct episode *e = &p->history.episodes[i];
        struct occasion o;

        if (!is_plan(p, e) || !e->end)
            continue;
        o = plan_occasion(e, e->end->at.on);
        judge(p, &o, e);
        measured_count(p, o, e->end);
    }
}

void find_plans_ended(struct measured *p)
{
    each_ended_plan(p, judge_duration);
}

// What goes on at the end of the plan's last day.
static void judge_outcome(struct measured *p, struct occasion *o, const struct episode *e)
{
    static const char *const kinds[] = {"care", "need-plan"};

    (void)e;
    for (o->part = 0; o->part < 2; o->part++)
        if (measured_has_running(p, subject_kind(p->library, kinds[o->part]), o->on))
            break;
}

void find_outcomes(struct measured *p)
{
    each_ended_plan(p, judge_outcome);
}

// An earlier plan: ever, or one that ended no longer before than the measure says.
static bool is_repeat(const struct measured *p, const struct episode *e)
{
    int months = p->question->measure->least.count;

    for (size_t i = 0; i < p->history.episode_count; i++) {
        const struct episode *before = &p->history.episodes[i];

        if (!is_plan(p, before) || date_cmp(before->start->at.on, e->start->at.on) >= 0)
            continue;
        if (months == 0)
            return true;
        if (before->end && date_cmp(before->end->at.on, e->start->at.on) <= 0 &&
            date_cmp(date_add_months(before->end->at.on, months), e->start->at.on) >= 0)
            return true;
    }
    return false;
}

void find_repeats(struct measured *p)
{
    for (size_t i = 0; i < p->history.episode_count; i++) {
        const struct episode *e = &p->history.episodes[i];
        struct occasion o = plan_occasion(e, e->start->at.on);

        if (!is_plan(p, e))
            continue;
        o.in_time = is_repeat(p, e);
        measured_count(p, o, e->start);
    }
}

static void judge_repeat_outcome(struct measured *p, struct occasion *o, const struct episode *e)
{
    judge_outcome(p, o, e);
    if (!is_repeat(p, e))
        o->left_out = "no plan had ended within 24 months before it";
}

void find_repeat_outcomes(struct measured *p)
{
    each_ended_plan(p, judge_repeat_outcome);
}
