// The measures themselves, in the register's order.
#include "measure.h"

#include "measure_person.h"

#include <string.h>

static const struct measured_clock initial_conference[] = {{"icpc", {15, WORKING_DAYS}}, {0}};
static const struct measured_clock plan_reviews[] = {
    {"review-cp-first", {3, MONTHS}, {91, DAYS}},
    {"review-cp-subsequent", {6, MONTHS}, {183, DAYS}},
    {0}};
static const struct measured_clock care_reviews[] = {
    {"review-child-first", {20, WORKING_DAYS}},
    {"review-child-second", {3, MONTHS}, {91, DAYS}},
    {"review-child-subsequent", {6, MONTHS}, {183, DAYS}},
    {0}};
static const struct measured_clock care_visits[] = {
    {"visit-child-standard"},          {"visit-child-permanent"},   {"visit-child-longterm"},
    {"visit-child-parents-immediate"}, {"visit-child-parents-ico"}, {"visit-child-temp-approved"},
    {"visit-child-parents-order"},     {"visit-child-other"},       {0}};
static const struct measured_clock assessments[] = {{"assessment", {45, WORKING_DAYS}}, {0}};
static const struct measured_clock distribution[] = {{"review-distribution", {20, WORKING_DAYS}},
                                                     {0}};
static const struct measured_clock core_groups[] = {{"core-group-first"}, {"core-group-next"}, {0}};
static const struct measured_clock plan_visits[] = {{"cp-visit"}, {0}};

static const char *const bands[] = {"0-5", "6-10", "11-15", "16-20", "21 and over", NULL};
static const char *const routes[] = {"in need", "front door", "transfer", NULL};
static const char *const outcomes[] = {"in care", "in need", "elsewhere", NULL};
static const char *const categories[] = {"neglect",  "emotional", "physical", "sexual",
                                         "multiple", "not known", NULL};
static const char *const interviews[] = {"done in time", "done late", "only offered", "not offered",
                                         NULL};
static const char *const dispute_kinds[] = {"informal", "formal", NULL};

static const struct measure measures[] = {
    {.id = "m-icpc",
     .title = "initial conferences within 15 working days",
     .counted = "conferences held",
     .share = "In time",
     .basis = "15 working days from the strategy discussion; transfers in and conferences without "
              "an enquiry are left out",
     .meetings = true,
     .owes = true,
     .by_due = true,
     .parts = bands,
     .clocks = initial_conference,
     .find = find_conferences},
    {.id = "m-icpc-meeting",
     .title = "initial conferences within 15 working days, by meeting",
     .counted = "conferences held",
     .share = "In time",
     .basis = "15 working days from the strategy discussion; transfers in and conferences without "
              "an enquiry are left out",
     .meetings = true,
     .meetings_only = true,
     .owes = true,
     .parts = bands,
     .clocks = initial_conference,
     .find = find_conferences},
    {.id = "m-rcpc",
     .title = "review conferences in timescale",
     .counted = "conferences held",
     .share = "In time",
     .basis = "calendar months: 3 from the initial conference, then 6 from the last review held",
     .meetings = true,
     .owes = true,
     .by_due = true,
     .clocks = plan_reviews,
     .find = find_held_deadlines},
    {.id = "m-cpp-reviewed",
     .title = "child protection plans with every review of the year in time",
     .when = AT_PERIOD_END,
     .counted = "plans open for 3 months or more",
     .share = "In time",
     .basis = "no review held late since 1 April and none overdue; calendar months: 3 from the "
              "initial conference, then 6 from the last review held",
     .owes = true,
     .clocks = plan_reviews,
     .least = {3, MONTHS},
     .find = find_reviewed},
    {.id = "m-ccr",
     .title = "reviews of children in care in timescale",
     .counted = "reviews held",
     .share = "In time",
     .basis =
         "20 working days for the first, then calendar months: 3 for the second, 6 for later ones",
     .meetings = true,
     .owes = true,
     .by_due = true,
     .clocks = care_reviews,
     .find = find_held_deadlines},
    {.id = "m-ccr-child",
     .title = "children in care with every review of the year in time",
     .when = AT_PERIOD_END,
     .counted = "children in care for 20 working days or more",
     .share = "In time",
     .basis = "no review held late since 1 April and none overdue; 20 working days for the first, "
              "then calendar months: 3 for the second, 6 for later ones",
     .owes = true,
     .clocks = care_reviews,
     .least = {20, WORKING_DAYS},
     .find = find_reviewed},
    {.id = "m-distribution",
     .title = "records of reviews distributed in time",
     .when = WHEN_DUE,
     .counted = "records due",
     .share = "In time",
     .basis = "20 working days from the review; not yet due on the as-at day is not counted",
     .meetings = true,
     .owes = true,
     .clocks = distribution,
     .find = find_owed_deadlines},
    {.id = "m-core-group",
     .title = "core groups in timescale",
     .when = WHEN_DUE,
     .counted = "core groups due",
     .share = "In time",
     .basis = "10 working days for the first, then 6 weeks from the last one held, or as the "
              "overlay says",
     .meetings = true,
     .owes = true,
     .clocks = core_groups,
     .find = find_owed_deadlines},
    {.id = "m-cp-visit",
     .title = "children on a plan whose visits are up to date",
     .when = AT_PERIOD_END,
     .counted = "plans open",
     .share = "Up to date",
     .basis = "10 working days from the last visit with the child seen, or as the overlay says",
     .owes = true,
     .by_due = true,
     .clocks = plan_visits,
     .find = find_current_deadlines},
    {.id = "m-cla-visit",
     .title = "children in care whose visits are up to date",
     .when = AT_PERIOD_END,
     .counted = "children in care",
     .share = "Up to date",
     .basis = "the visit of the placement's rule, from the last one with the child seen",
     .owes = true,
     .by_due = true,
     .clocks = care_visits,
     .find = find_current_deadlines},
    {.id = "m-assessment",
     .title = "assessments within 45 working days",
     .counted = "assessments authorised",
     .share = "In time",
     .basis = "45 working days from the start of the assessment",
     .meetings = true,
     .owes = true,
     .clocks = assessments,
     .find = find_assessments},
    {.id = "m-assessment-referral",
     .title = "assessments within 45 working days of the referral",
     .counted = "assessments authorised",
     .share = "In time",
     .basis = "45 working days from the referral; a later assessment of an open case from its own "
              "start",
     .owes = true,
     .by_due = true,
     .clocks = assessments,
     .find = find_held_deadlines},
    {.id = "m-cp-duration-12",
     .title = "child protection plans open for a year or more",
     .when = AT_PERIOD_END,
     .counted = "plans open",
     .share = "A year or more",
     .basis = "12 calendar months or more from the plan's start",
     .fewer_is_better = true,
     .least = {12, MONTHS},
     .find = find_plan_durations},
    {.id = "m-cp-duration-24",
     .title = "child protection plans open for 2 years or more",
     .when = AT_PERIOD_END,
     .counted = "plans open",
     .share = "2 years or more",
     .basis = "24 calendar months or more from the plan's start",
     .fewer_is_better = true,
     .least = {24, MONTHS},
     .find = find_plan_durations},
    {.id = "m-cp-ended-24",
     .title = "child protection plans that had lasted 2 years or more when they ended",
     .counted = "plans ended",
     .share = "2 years or more",
     .basis = "24 calendar months or more from the plan's start to its end",
     .fewer_is_better = true,
     .least = {24, MONTHS},
     .find = find_plans_ended},
    {.id = "m-repeat",
     .title = "child protection plans that are not the child's first",
     .counted = "plans started",
     .share = "Repeat",
     .basis = "an earlier plan ever",
     .fewer_is_better = true,
     .find = find_repeats},
    {.id = "m-repeat-24",
     .title = "child protection plans within 2 years of the child's last",
     .counted = "plans started",
     .share = "Repeat",
     .basis = "an earlier plan that ended within 24 calendar months before",
     .fewer_is_better = true,
     .least = {24, MONTHS},
     .find = find_repeats},
    {.id = "m-conversion",
     .title = "initial conferences that led to a plan",
     .counted = "conferences held",
     .share = "With a plan",
     .basis = "the outcome of the conference; one without an outcome led to none; transfers in are "
              "left out",
     .find = find_conversions},
    {.id = "m-rhi",
     .title = "return interviews within 72 hours",
     .counted = "returns",
     .share = "In time",
     .basis = "72 hours from the return, by the day where an hour is not known",
     .parts = interviews,
     .find = find_return_interviews},
    {.id = "m-caseload",
     .title = "children per conference chair and reviewing officer",
     .kind = MEASURE_LOAD,
     .when = AT_PERIOD_END,
     .counted = "children on a plan or in care",
     .share = NULL,
     .basis = "the chair of a child on a plan, the reviewing officer of a child in care; one "
              "person in both roles has the child once; chairs are counted by head, not by hours",
     .find = find_caseload},
    {.id = "m-cp-outcome",
     .title = "what followed child protection plans",
     .kind = MEASURE_PARTS,
     .counted = "plans ended",
     .basis = "a period of care or a child in need plan that runs on at the end of the plan's last "
              "day",
     .parts = outcomes,
     .find = find_outcomes},
    {.id = "m-icpc-route",
     .title = "where initial conferences come from",
     .kind = MEASURE_PARTS,
     .counted = "conferences held, transfers in among them",
     .basis = "in need: a child in need plan ran on the day of the strategy discussion",
     .parts = routes,
     .find = find_routes},
    {.id = "m-category",
     .title = "categories of child protection plans",
     .kind = MEASURE_PARTS,
     .when = AT_PERIOD_END,
     .counted = "plans open",
     .basis = "the plan's latest category",
     .parts = categories,
     .find = find_categories},
    {.id = "m-placement-moves",
     .title = "children in care with 3 or more placements in the year",
     .when = AT_PERIOD_END,
     .counted = "children in care",
     .share = "3 or more",
     .basis = "placements since 1 April, that of 1 April among them; temporary ones (codes T) are "
              "not counted",
     .fewer_is_better = true,
     .find = find_placement_moves},
    {.id = "m-repeat-outcome",
     .title = "what followed repeat child protection plans",
     .kind = MEASURE_PARTS,
     .counted = "plans ended that had begun within 2 years of the last",
     .basis = "a period of care or a child in need plan that runs on at the end of the plan's last "
              "day",
     .parts = outcomes,
     .least = {24, MONTHS},
     .find = find_repeat_outcomes},
    {.id = "m-dispute-days",
     .title = "days to resolve disputes",
     .kind = MEASURE_DURATION,
     .counted = "disputes resolved",
     .share = "In time",
     .basis = "calendar days from the concern to its resolution; in time within 20 working days",
     .owes = true,
     .parts = dispute_kinds,
     .find = find_disputes},
};
#define MEASURES (sizeof measures / sizeof *measures)

const struct measure_missing measures_missing[] = {
    {"m-advocacy", "eligible children with an advocate",
     "the age from which an advocate is offered is local, and no rule gives it"},
    {"m-participation", "who took part in conferences",
     "the codes of participation are not among the facts"},
    {"m-health", "health assessments up to date", "no fact is read of health checks"},
    {"m-dental", "dental checks up to date", "no fact is read of dental checks"},
    {"m-imms", "immunisations up to date", "no fact is read of immunisations"},
    {"m-sdq", "strengths and difficulties scores", "the scores are not among the facts"},
    {"m-out-of-area", "children placed outside the area",
     "the place and distance of a placement are not among the facts"},
    {0},
};

const struct measure *measure_find(const char *id)
{
    for (size_t i = 0; i < MEASURES; i++)
        if (strcmp(measures[i].id, id) == 0)
            return &measures[i];
    return NULL;
}

size_t measure_list(const struct measure **ret)
{
    *ret = measures;
    return MEASURES;
}

const struct target *target_of(const struct library *l, const struct measure *m)
{
    for (size_t i = 0; i < l->target_count; i++)
        if (strcmp(l->targets[i].measure, m->id) == 0)
            return &l->targets[i];
    return NULL;
}

static const char *tenths_words(struct arena *a, int n)
{
    return n % 10 ? arena_printf(a, "%d.%d", n / 10, n % 10) : arena_printf(a, "%d", n / 10);
}

const char *target_words(struct arena *a, const struct target *t)
{
    if (t->low == t->high)
        return arena_printf(a, "%s%%", tenths_words(a, t->low));
    return arena_printf(a, "%s-%s%%", tenths_words(a, t->low), tenths_words(a, t->high));
}

const char *caseload_words(struct arena *a, const struct caseload_range *c)
{
    if (c->high == 0)
        return NULL;
    return c->low < c->high ? arena_printf(a, "%d-%d", c->low, c->high)
                            : arena_printf(a, "%d", c->high);
}

static bool has_days(const struct measure *m)
{
    for (const struct measured_clock *c = m->clocks; c && c->timescale; c++)
        if (c->in_days.count)
            return true;
    return false;
}

bool measure_question_check(const struct measure_question *q, struct error *err)
{
    const struct measure *m = q->measure;

    if (q->by == BY_MEETING && !m->meetings)
        return fail(err, FAULT_INPUT, "%s counts children; it cannot be counted by meeting", m->id);
    if (q->due && !m->by_due && m->when != WHEN_DUE)
        return fail(err, FAULT_INPUT, "%s cannot be counted by the day due", m->id);
    if (q->due && q->by == BY_MEETING && m->when != WHEN_DUE)
        return fail(
            err, FAULT_INPUT,
            "by the day due only children can be counted: what was not held has no meeting");
    if (q->days && !has_days(m))
        return fail(err, FAULT_INPUT,
                    "%s knows no 3 and 6 months that 91 and 183 days could replace", m->id);
    if (m->kind == MEASURE_LOAD && (q->group == GROUP_TEAM || q->group == GROUP_WORKER))
        return fail(err, FAULT_INPUT, "%s is counted by chair", m->id);
    return true;
}
