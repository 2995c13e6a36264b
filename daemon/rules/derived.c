// One function a way of deriving: the day on which it is so, or DATE_NONE.
#include "derived.h"

#include <string.h>

static struct date at_age(const struct history *h, int age)
{
    return date_known(h->born) ? birthday(h->born, age) : DATE_NONE;
}

// The end of a span of days, weeks, months or years; a derivation counts in no others.
static struct date span_before(const struct history *h, struct span s, struct date on)
{
    struct span back = s;
    struct moment start;
    struct error ignored;
    bool provisional;

    back.before = true;
    if (!span_apply(h->library->national, back, (struct moment){on, -1}, &start, &provisional,
                    &ignored))
        return on;
    return start.on;
}

// The first day on which so many of an event lie within a span.
static struct date nth_within(struct arena *a, const struct history *h, const struct derived *d)
{
    struct date *days = ARENA_ARRAY(a, struct date, h->count + 1);
    size_t count = 0, n = (size_t)d->count;

    for (size_t i = 0; i < h->count; i++) {
        if (h->facts[i]->event != d->event)
            continue;
        days[count++] = h->facts[i]->at.on;
        if (count >= n && date_cmp(days[count - n], span_before(h, d->span, days[count - 1])) >= 0)
            return days[count - 1];
    }
    return DATE_NONE;
}

// The day on which the days spent in subjects of the kind since an age reach the span, or the later
// day on which another age is reached. The first and the last day of a stay both count.
static struct date time_spent(const struct history *h, const struct derived *d)
{
    struct date since = at_age(h, d->since_age), age = at_age(h, d->age);
    int32_t wanted = d->span.unit == WEEKS ? d->span.count * 7 : d->span.count, spent = 0;

    if (!date_known(since))
        return DATE_NONE;
    for (size_t i = 0; i < h->episode_count; i++) {
        const struct episode *e = &h->episodes[i];
        struct date from, reached;

        if (e->kind != d->subject || (e->end && date_cmp(e->end->at.on, since) < 0))
            continue;
        from = date_cmp(e->start->at.on, since) > 0 ? e->start->at.on : since;
        reached = date_add_days(from, wanted - spent - 1);
        if (!e->end || date_cmp(reached, e->end->at.on) <= 0)
            return date_cmp(reached, age) > 0 ? reached : age;
        spent += e->end->at.on.day - from.day + 1;
    }
    return DATE_NONE;
}

static struct date day_of(struct arena *a, const struct history *h, const struct derived *d)
{
    switch (d->how) {
    case AT_AGE:
        return at_age(h, d->age);
    case NTH_WITHIN:
        return nth_within(a, h, d);
    case TIME_SPENT:
        return time_spent(h, d);
    case RECORDED:
        break;
    }
    return DATE_NONE;
}

// Keeps the order of time, which ordinals ("first", "every later") go by.
static void insert(struct history *h, const struct fact *f)
{
    size_t i = h->count++;

    for (; i > 0 && moment_cmp(h->facts[i - 1]->at, f->at) > 0; i--)
        h->facts[i] = h->facts[i - 1];
    h->facts[i] = f;
}

void add_derived_facts(struct arena *a, struct history *h)
{
    for (size_t k = 0; k < h->library->event_count; k++) {
        const struct event_kind *e = &h->library->events[k];
        struct date on = e->derived.how == RECORDED ? DATE_NONE : day_of(a, h, &e->derived);
        struct fact *f;

        if (!date_known(on))
            continue;
        if (date_cmp(on, h->as_at) > 0) {
            look_again(h, on);
            continue;
        }
        f = ARENA_NEW(a, struct fact);
        *f = (struct fact){.event = (int)k,
                           .kind = e->name,
                           .at = {on, -1},
                           .until = MOMENT_NONE,
                           .ref = e->name,
                           .origin = "derived",
                           .recorded = MOMENT_NONE};
        insert(h, f);
    }
}
