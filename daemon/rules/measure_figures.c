// From occasions to figures: what each period, and each group in it, comes to.
#include "measure_person.h"

#include <stdlib.h>
#include <string.h>

// An occasion in the row that it falls into; or something overdue, which has none.
struct item {
    const char *team_id, *worker_id; // of the row
    int row;                         // period, or 0 where all are one
    const char *unit;                // the meeting or chair, where those are told apart
    int period;
    struct date due; // where one meeting can owe two things; else DATE_NONE
    const struct occasion *occasion;
};

static int by_row(const struct item *a, const struct item *b)
{
    int order = text_cmp(a->team_id, b->team_id);

    if (order == 0)
        order = text_cmp(a->worker_id, b->worker_id);
    return order ? order : a->row - b->row;
}

static int by_unit(const struct item *a, const struct item *b)
{
    int order = by_row(a, b);

    if (order == 0)
        order = a->period - b->period;
    if (order == 0)
        order = date_cmp(a->due, b->due);
    return order ? order : text_cmp(a->unit, b->unit);
}

static int compare_items(const void *a, const void *b)
{
    return by_unit(a, b);
}

// What is counted as one: a meeting, a chair's children, else each occasion by itself.
static const char *unit_of(const struct tally *t, const struct occasion *o, size_t index)
{
    if (t->question.measure->kind == MEASURE_LOAD && o->worker_id)
        return o->worker_id;
    if (t->question.by == BY_MEETING && o->meeting)
        return o->meeting;
    return arena_printf(t->arena, "\n%zu", index);
}

static struct item item_of(const struct tally *t, size_t index, bool grouped, bool total)
{
    const struct occasion *o = &t->occasions[index];
    enum measure_group group = t->question.group;
    bool by_due = t->question.due || t->question.measure->when == WHEN_DUE;

    return (struct item){.team_id = grouped ? o->team_id : NULL,
                         .worker_id = grouped && group != GROUP_TEAM ? o->worker_id : NULL,
                         .row = total ? 0 : o->period,
                         .unit = unit_of(t, o, index),
                         .period = o->period,
                         .due = by_due ? o->due : DATE_NONE,
                         .occasion = o};
}

// So that whoever only has something overdue has a row: the last.
static struct item item_of_overdue(const struct tally *t, const struct owner *who)
{
    return (struct item){
        .team_id = who->team_id,
        .worker_id = t->question.group != GROUP_TEAM ? who->worker_id : NULL,
        .row = t->period_count - 1,
        .unit = "",
        .period = t->period_count - 1,
        .due = DATE_NONE,
    };
}

static struct item *make_items(const struct tally *t, bool grouped, bool total, size_t *ret_count)
{
    size_t count = 0;
    struct item *items =
        ARENA_ARRAY(t->arena, struct item, t->occasion_count + t->overdue_count + 1);

    for (size_t i = 0; i < t->occasion_count; i++)
        items[count++] = item_of(t, i, grouped, total);
    for (size_t i = 0; grouped && t->period_count && i < t->overdue_count; i++)
        items[count++] = item_of_overdue(t, &t->overdue[i]);
    qsort(items, count, sizeof *items, compare_items);
    *ret_count = count;
    return items;
}

// ------------------------------------------------------------------------------------- one row

// One meeting (late if it was late for any child, and in the last of its parts), one chair, or one
// occasion.
static void add_unit(const struct tally *t, struct figures *f, const struct item *items,
                     size_t count)
{
    bool load = t->question.measure->kind == MEASURE_LOAD, in_time = true;
    int counted = 0, part = -1;

    for (size_t i = 0; i < count; i++) {
        const struct occasion *o = items[i].occasion;

        if (!o)
            continue;
        if (o->left_out) {
            f->left_out++;
            continue;
        }
        counted++;
        in_time = in_time && o->in_time;
        part = o->part > part ? o->part : part;
    }
    if (counted == 0)
        return;
    f->held += load ? counted : 1;
    f->in_time += in_time && !load;
    f->chairs += load;
    f->chairs_above += load && t->library->caseload.high && counted > t->library->caseload.high;
    if (part >= 0)
        f->parts[part]++;
}

static int compare_numbers(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

// The ninetieth percentile is the nearest rank: the smallest number that nine in ten do not exceed.
static void add_days(const struct tally *t, struct figures *f, const struct item *items,
                     size_t count)
{
    int *days = ARENA_ARRAY(t->arena, int, count + 1);
    size_t n = 0;

    f->median_tenths = f->ninetieth = f->longest = -1;
    if (t->question.measure->kind != MEASURE_DURATION)
        return;
    for (size_t i = 0; i < count; i++)
        if (items[i].occasion && !items[i].occasion->left_out)
            days[n++] = items[i].occasion->days;
    if (n == 0)
        return;
    qsort(days, n, sizeof *days, compare_numbers);
    f->median_tenths = 5 * (days[(n - 1) / 2] + days[n / 2]);
    f->ninetieth = days[(9 * n + 9) / 10 - 1];
    f->longest = days[n - 1];
}

static int overdue_of(const struct tally *t, const struct item *row)
{
    const struct measure *m = t->question.measure;
    int count = 0;

    if (!m->owes || t->overdue_untold)
        return -1;
    for (size_t i = 0; i < t->overdue_count; i++) {
        struct item e = item_of_overdue(t, &t->overdue[i]);

        count += !row || (text_cmp(row->team_id, e.team_id) == 0 &&
                          text_cmp(row->worker_id, e.worker_id) == 0);
    }
    return count;
}

static struct figures figures_of(const struct tally *t, const struct item *items, size_t count)
{
    struct figures f = {0};

    for (size_t i = 0, end; i < count; i = end) {
        for (end = i + 1; end < count && by_unit(&items[i], &items[end]) == 0;)
            end++;
        add_unit(t, &f, items + i, end - i);
    }
    add_days(t, &f, items, count);
    return f;
}

// ------------------------------------------------------------------------------------ all rows

static size_t plain_figures(const struct tally *t, const struct figures **ret)
{
    struct figures *rows = ARENA_ARRAY(t->arena, struct figures, t->period_count + 1);
    size_t count, at = 0;
    struct item *items = make_items(t, false, false, &count);

    for (int i = 0; i < t->period_count; i++) {
        size_t end = at;

        while (end < count && items[end].row == i)
            end++;
        rows[i] = figures_of(t, items + at, end - at);
        rows[i].period = &t->periods[i];
        rows[i].overdue = overdue_of(t, NULL);
        at = end;
    }
    *ret = rows;
    return (size_t)t->period_count;
}

static size_t grouped_figures(const struct tally *t, const struct figures **ret)
{
    size_t count, rows = 0;
    struct item *items = make_items(t, true, false, &count);
    struct figures *all = ARENA_ARRAY(t->arena, struct figures, count + 1);

    for (size_t i = 0, end; i < count; i = end) {
        for (end = i + 1; end < count && by_row(&items[i], &items[end]) == 0;)
            end++;
        all[rows] = figures_of(t, items + i, end - i);
        all[rows].period = &t->periods[items[i].row];
        all[rows].team_id = items[i].team_id;
        all[rows].worker_id = items[i].worker_id;
        all[rows++].overdue = overdue_of(t, &items[i]);
    }
    *ret = all;
    return rows;
}

size_t tally_figures(const struct tally *t, const struct figures **ret)
{
    return t->question.group == GROUP_NONE ? plain_figures(t, ret) : grouped_figures(t, ret);
}

struct figures tally_total(const struct tally *t)
{
    size_t count;
    struct item *items = make_items(t, false, true, &count);
    struct figures f = figures_of(t, items, count);

    f.overdue = overdue_of(t, NULL);
    return f;
}
