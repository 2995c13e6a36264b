// Order and identity of facts within a timeline.
#include "fact.h"

#include <stdlib.h>
#include <string.h>

static int compare_text(const char *a, const char *b)
{
    if (!a || !b)
        return (a != NULL) - (b != NULL);
    return strcmp(a, b);
}

static struct moment scheduled(const struct fact *f)
{
    return f->booking ? f->booking->scheduled : MOMENT_NONE;
}

// Whatever rules may read decides, so that rows in another order give the same timeline.
static int by_what_it_says(const struct fact *a, const struct fact *b)
{
    int order = moment_cmp(a->at, b->at);

    if (order == 0)
        order = compare_text(a->episode, b->episode);
    if (order == 0)
        order = compare_text(a->code, b->code);
    if (order == 0)
        order = compare_text(a->meeting, b->meeting);
    if (order == 0)
        order = moment_cmp(a->until, b->until);
    if (order == 0)
        order = moment_cmp(scheduled(a), scheduled(b));
    return order ? order : compare_text(a->who, b->who);
}

static int by_record(const void *pa, const void *pb)
{
    const struct fact *a = pa, *b = pb;
    int order = (a->event > b->event) - (a->event < b->event);

    if (order == 0)
        order = compare_text(a->ref, b->ref);
    if (order == 0)
        order = -moment_cmp(a->recorded, b->recorded);
    return order ? order : by_what_it_says(a, b);
}

static int by_time(const void *pa, const void *pb)
{
    const struct fact *a = pa, *b = pb;
    int order = moment_cmp(a->at, b->at);

    if (order == 0)
        order = (a->event > b->event) - (a->event < b->event);
    if (order == 0)
        order = compare_text(a->ref, b->ref);
    return order ? order : by_what_it_says(a, b);
}

void timeline_sort(struct timeline *t)
{
    size_t kept = 0;

    if (t->count == 0)
        return;
    qsort(t->facts, t->count, sizeof *t->facts, by_record);
    for (size_t i = 1; i < t->count; i++) {
        const struct fact *last = &t->facts[kept], *next = &t->facts[i];

        if (last->event == next->event && last->ref && compare_text(last->ref, next->ref) == 0)
            continue;
        t->facts[++kept] = *next;
    }
    t->count = kept + 1;
    qsort(t->facts, t->count, sizeof *t->facts, by_time);
}

bool code_in(const char *code, const char *const *codes, size_t count, bool negated)
{
    if (count == 0)
        return true;
    for (size_t i = 0; code && i < count; i++)
        if (strcmp(code, codes[i]) == 0)
            return !negated;
    return negated;
}
