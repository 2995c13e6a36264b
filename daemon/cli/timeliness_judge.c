// What a figure is held against before it is shown: the overlay's target, and whether it is so
// small that a public table would tell of single children.
#include "timeliness.h"

#define SMALLEST_SHOWN 6 // a public figure hides counts from 1 to 5

static bool small(int n)
{
    return n > 0 && n < SMALLEST_SHOWN;
}

struct hidden figures_hide(const struct report *r, const struct figures *f)
{
    struct hidden h = {false};

    if (!r->suppressed)
        return h;
    h.all = small(f->held);
    h.share = h.all || small(f->in_time) || small(f->held - f->in_time);
    h.parts = h.all;
    h.left_out = small(f->left_out);
    h.overdue = small(f->overdue);
    for (size_t i = 0; i < MEASURE_PARTS_MOST; i++)
        h.parts = h.parts || small(f->parts[i]);
    return h;
}

struct hidden figures_hide_total(const struct report *r, const struct figures *total,
                                 const struct figures *rows, size_t count)
{
    struct hidden t = figures_hide(r, total);
    size_t all = 0, share = 0, parts = 0;

    for (size_t i = 0; i < count; i++) {
        struct hidden h = figures_hide(r, &rows[i]);

        all += h.all;
        share += h.share;
        parts += h.parts;
    }
    t.all = t.all || all == 1;
    t.share = t.share || t.all || share == 1;
    t.parts = t.parts || t.all || parts == 1;
    return t;
}

static const struct target *target(const struct report *r)
{
    return target_of(r->session->library, r->question.measure);
}

const char *wanted_words(const struct report *r)
{
    struct arena *a = r->session->arena;

    if (r->question.measure->kind == MEASURE_LOAD)
        return caseload_words(a, &r->session->library->caseload);
    return target(r) ? target_words(a, target(r)) : NULL;
}

const char *wanted_met(const struct report *r, const struct figures *f)
{
    const struct target *t = target(r);
    bool met;

    if (f->held == 0)
        return NULL;
    if (r->question.measure->kind == MEASURE_LOAD)
        return !r->session->library->caseload.high ? NULL : f->chairs_above ? "no" : "yes";
    if (!t)
        return NULL;
    met = r->question.measure->fewer_is_better ? 1000LL * f->in_time <= (long long)t->high * f->held
                                               : 1000LL * f->in_time >= (long long)t->low * f->held;
    return met ? "yes" : "no";
}
