// Every measure of one evaluation, asked however it can be: what must hold of the figures.
#pragma once

#include "measure.h"

#include <assert.h>

// Numbers of a row fit together; what is left out or counted in all rows.
static inline int check_rows(const struct measure *m, const struct figures *rows, size_t count)
{
    int all = 0;

    for (size_t i = 0; i < count; i++) {
        const struct figures *f = &rows[i];
        int parts = 0;

        assert(f->in_time >= 0 && f->in_time <= f->held && f->left_out >= 0);
        for (size_t part = 0; part < MEASURE_PARTS_MOST; part++)
            parts += f->parts[part];
        assert(parts <= f->held && (m->kind != MEASURE_PARTS || parts == f->held));
        assert(f->chairs_above <= f->chairs && f->chairs <= f->held);
        assert(f->median_tenths < 0 || (f->median_tenths <= 10 * f->longest && f->ninetieth >= 0));
        assert(f->ninetieth <= f->longest);
        all += f->held + f->left_out;
    }
    return all;
}

// However a measure is asked, each occasion is in one row, and groups together are the whole.
static inline void check_question(struct arena *a, const struct library *l,
                                  const struct timeline *t, const struct evaluation *e,
                                  struct measure_question q)
{
    struct owner owner = {"team", "worker"};
    struct tally *plain, *grouped;
    const struct figures *rows;
    const struct occasion *occasions;
    struct error ignored;
    size_t count;
    int all;

    if (!measure_question_check(&q, &ignored))
        return;
    plain = tally_new(a, l, &q);
    tally_add(plain, &owner, t, e);
    count = tally_figures(plain, &rows);
    assert(count == 16);
    all = check_rows(q.measure, rows, count);
    assert(q.by == BY_MEETING || (size_t)all == tally_occasions(plain, &occasions));
    q.group = GROUP_CHAIR;
    grouped = tally_new(a, l, &q);
    tally_add(grouped, &owner, t, e);
    count = tally_figures(grouped, &rows);
    assert(check_rows(q.measure, rows, count) >= all);
    assert(tally_total(grouped).held == tally_total(plain).held);
}

static inline void check_measures(struct arena *a, const struct library *l,
                                  const struct timeline *t, const struct evaluation *e,
                                  struct date as_at)
{
    const struct measure *all;
    size_t count = measure_list(&all);
    int way = as_at.day & 7; // one of the eight for each input: all of them would be slow

    for (size_t i = 0; i < count; i++)
        check_question(a, l, t, e,
                       (struct measure_question){.measure = &all[i],
                                                 .by = way & 1 ? BY_MEETING : BY_CHILD,
                                                 .per = PER_QUARTER,
                                                 .due = way & 2,
                                                 .days = way & 4,
                                                 .from = date_make(2023, 1, 1),
                                                 .to = date_make(2026, 12, 1),
                                                 .as_at = as_at});
}
