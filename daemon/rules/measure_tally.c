// The tally: periods, and every occasion of every person, kept until it is read
// (measure_figures.c).
#include "measure_person.h"

#include <stdlib.h>
#include <string.h>

// ------------------------------------------------------------------------------------ the periods

static struct date month_begin(int month) // counted from January of year 0
{
    return date_make(month / 12, month % 12 + 1, 1);
}

static int month_number(struct date d)
{
    int year, month, day;

    date_split(d, &year, &month, &day);
    return year * 12 + month - 1;
}

// The month after the period that a month falls into. Years begin in April.
static int period_end(enum measure_per per, int month)
{
    int length = per == PER_YEAR ? 12 : per == PER_QUARTER ? 3 : 1;

    return month + length - (month + 9) % length;
}

static const char *period_label(struct arena *a, enum measure_per per, int month)
{
    int year = (month - 3) / 12;

    if (per == PER_MONTH)
        return arena_printf(a, "%04d-%02d", month / 12, month % 12 + 1);
    if (per == PER_YEAR)
        return arena_printf(a, "%04d/%02d", year, (year + 1) % 100);
    return arena_printf(a, "%04d/%02d-Q%d", year, (year + 1) % 100, (month + 9) % 12 / 3 + 1);
}

static void make_periods(struct tally *t)
{
    int month = month_number(t->question.from), end = month_number(t->question.to) + 1;

    t->periods = ARENA_ARRAY(t->arena, struct period, end > month ? end - month : 1);
    while (month < end) {
        int next = period_end(t->question.per, month);

        t->periods[t->period_count++] = (struct period){
            month_begin(month), date_add_days(month_begin(next < end ? next : end), -1),
            period_label(t->arena, t->question.per, month)};
        month = next;
    }
}

static int period_of(const struct tally *t, struct date on)
{
    for (int i = 0; i < t->period_count; i++)
        if (date_cmp(t->periods[i].first, on) <= 0 && date_cmp(on, t->periods[i].last) <= 0)
            return i;
    return -1;
}

bool measured_next_snapshot(const struct measured *p, int *period, struct date *ret)
{
    const struct tally *t = p->tally;
    struct date as_at = t->question.as_at;

    if (*period >= t->period_count || date_cmp(t->periods[*period].first, as_at) > 0)
        return false;
    *ret = t->periods[(*period)++].last;
    if (date_cmp(*ret, as_at) > 0)
        *ret = as_at;
    return true;
}

// --------------------------------------------------------------------------------- one occasion

struct occasion occasion_on(struct date on)
{
    return (struct occasion){
        .on = on, .trigger = DATE_NONE, .due = DATE_NONE, .held = DATE_NONE, .part = -1};
}

// A child in care is the reviewing officer's, any other the conference chair's.
static const char *chair_on(const struct measured *p, struct date on)
{
    bool in_care = measured_has_running(p, subject_kind(p->library, "care"), on);
    const char *chair = measured_involved(p, in_care ? "iro" : "chair", on);

    return chair ? chair : measured_involved(p, in_care ? "chair" : "iro", on);
}

// Whom the question wants named for this person on this day; the tally keeps the texts.
static struct owner named(const struct measured *p, struct date on)
{
    struct arena *a = p->tally->arena;
    enum measure_group group = p->question->group;
    const char *team = p->owner ? p->owner->team_id : NULL;
    const char *worker = p->owner ? p->owner->worker_id : NULL;

    if (group == GROUP_CHAIR)
        return (struct owner){NULL, arena_strdup(a, chair_on(p, on))};
    return (struct owner){arena_strdup(a, team), arena_strdup(a, worker)};
}

void measured_count(struct measured *p, struct occasion o, const struct fact *record)
{
    struct tally *t = p->tally;
    const char *key = record && record->meeting && *record->meeting ? record->meeting
                      : record                                      ? record->ref
                                                                    : NULL;

    o.period = period_of(t, o.on);
    if (o.period < 0)
        return;
    if (!p->id)
        p->id = arena_strdup(t->arena, p->timeline->person_id);
    o.person_id = p->id;
    o.meeting = arena_strdup(t->arena, key);
    o.left_out = arena_strdup(t->arena, o.left_out);
    if (o.worker_id) {
        o.worker_id = arena_strdup(t->arena, o.worker_id);
    } else {
        struct owner who = named(p, o.on);

        o.team_id = who.team_id;
        o.worker_id = who.worker_id;
    }
    t->occasions = arena_grow(t->arena, t->occasions, sizeof *t->occasions, t->occasion_count,
                              &t->occasion_room);
    t->occasions[t->occasion_count++] = o;
}

void measured_overdue(struct measured *p)
{
    struct tally *t = p->tally;

    t->overdue =
        arena_grow(t->arena, t->overdue, sizeof *t->overdue, t->overdue_count, &t->overdue_room);
    t->overdue[t->overdue_count++] = named(p, t->question.as_at);
}

// ---------------------------------------------------------------------------------- the tally

struct tally *tally_new(struct arena *a, const struct library *l, const struct measure_question *q)
{
    struct tally *t = ARENA_NEW(a, struct tally);

    *t = (struct tally){.arena = a, .library = l, .question = *q};
    make_periods(t);
    return t;
}

void tally_add(struct tally *t, const struct owner *owner, const struct timeline *timeline,
               const struct evaluation *e)
{
    AUTO(arena_auto_free) struct arena *scratch = arena_new();
    struct measured p = {.tally = t,
                         .library = t->library,
                         .question = &t->question,
                         .timeline = timeline,
                         .evaluation = e,
                         .owner = owner};

    history_make(scratch, t->library, timeline, t->question.as_at, &p.history);
    if (t->question.due)
        find_owed_deadlines(&p);
    else
        t->question.measure->find(&p);
    count_overdue_deadlines(&p);
}

size_t tally_periods(const struct tally *t, const struct period **ret)
{
    *ret = t->periods;
    return (size_t)t->period_count;
}

static int in_order(const void *pa, const void *pb)
{
    const struct occasion *a = pa, *b = pb;
    int order = a->period - b->period;

    if (order == 0)
        order = strcmp(a->person_id, b->person_id);
    if (order == 0)
        order = date_cmp(a->on, b->on);
    if (order == 0)
        order = date_cmp(a->trigger, b->trigger);
    return order ? order : strcmp(a->meeting ? a->meeting : "", b->meeting ? b->meeting : "");
}

size_t tally_occasions(const struct tally *t, const struct occasion **ret)
{
    struct occasion *sorted = ARENA_ARRAY(t->arena, struct occasion, t->occasion_count + 1);

    for (size_t i = 0; i < t->occasion_count; i++)
        sorted[i] = t->occasions[i];
    qsort(sorted, t->occasion_count, sizeof *sorted, in_order);
    *ret = sorted;
    return t->occasion_count;
}
