// A clause's own sum: periods, the earlier of two, half ways, limits, stays that are added up, and
// what becomes of a day on which nobody works.
#include "due.h"

#include <string.h>

struct moment laid_from(const struct timescale *t, struct moment from)
{
    return t->from_same_day ? (struct moment){date_add_days(from.on, -1), -1} : from;
}

static bool apply(const struct work *w, const struct clock_start *s, struct span span,
                  struct moment *ret, bool *provisional)
{
    struct error ignored;

    return span_apply(calendar_of(w->history.library, s->timescale), span,
                      laid_from(s->timescale, s->from), ret, provisional, &ignored);
}

// Register 3.3: the last day of the first half, whole days.
static struct moment half_way(const struct clock_start *s)
{
    int32_t days = s->after->due_on.day - s->after->trigger_on.day;

    return (struct moment){date_add_days(s->after->trigger_on, days / 2), -1};
}

static int64_t minutes_of(struct moment m)
{
    return (int64_t)m.on.day * 1440 + (m.minute >= 0 ? m.minute : 0);
}

// Also before 1970, where minutes are negative and the minute of the day is not.
static struct moment moment_of(int64_t minutes)
{
    int minute = (int)((minutes % 1440 + 1440) % 1440);

    return (struct moment){{(int32_t)((minutes - minute) / 1440)}, minute};
}

// Minutes of earlier stays of the same kind that lie between two moments.
static int64_t spent_between(const struct work *w, const struct clock_start *s, int64_t from,
                             int64_t to)
{
    int64_t spent = 0;

    for (size_t i = 0; i < w->history.episode_count; i++) {
        const struct episode *e = &w->history.episodes[i];
        int64_t begins, ends;

        if (e == s->episode || e->kind != s->episode->kind || !e->end)
            continue;
        begins = minutes_of(e->start->at);
        ends = minutes_of(e->end->at);
        begins = begins > from ? begins : from;
        ends = ends < to ? ends : to;
        spent += ends > begins ? ends - begins : 0;
    }
    return spent;
}

// What has been spent, this stay included, in the window that ends at a moment of this stay.
static int64_t spent_by(const struct work *w, const struct clock_start *s, int64_t at)
{
    int64_t from = minutes_of(s->from);
    struct span window = s->clause->summed_over;
    struct moment back, now = moment_of(at);
    bool provisional;
    struct error ignored;

    window.before = true;
    if (!span_apply(w->history.library->national, window, now, &back, &provisional, &ignored))
        return at - from;
    return at - from + spent_between(w, s, minutes_of((struct moment){back.on, now.minute}), from);
}

// The moment at which the limit is used up: what was spent before counts, until it is so long ago
// that it has left the window. As the stay goes on the sum never falls, so that halving finds it.
static struct moment summed_due(const struct work *w, const struct clock_start *s,
                                struct moment alone)
{
    int64_t from = minutes_of(s->from), latest = minutes_of(alone), limit = latest - from;
    int64_t earliest = from;

    while (earliest < latest) {
        int64_t middle = earliest + (latest - earliest) / 2;

        if (spent_by(w, s, middle) >= limit)
            latest = middle;
        else
            earliest = middle + 1;
    }
    return alone.minute >= 0 ? moment_of(latest) : (struct moment){moment_of(latest).on, -1};
}

// The date that a record sets, and the longest that the law allows, whichever comes first. Without
// either there is no date.
static bool lay_set_date(const struct work *w, const struct clock_start *s, struct moment *ret,
                         bool *provisional)
{
    const struct booking_details *set = s->trigger->booking;
    bool is_set = set && date_known(set->scheduled.on);
    struct moment most;

    *provisional = false;
    if (is_set)
        *ret = set->scheduled;
    if (s->clause->span.count == 0 || !apply(w, s, s->clause->span, &most, provisional))
        return is_set;
    if (!is_set || date_cmp(most.on, ret->on) < 0)
        *ret = most;
    return true;
}

static bool lay(const struct work *w, const struct clock_start *s, struct moment *ret,
                bool *provisional)
{
    const struct clause *c = s->clause;
    struct moment other;
    bool other_provisional;

    if (c->basis == HALF_WAY) {
        *ret = half_way(s);
        *provisional = s->after->provisional;
        return true;
    }
    if (c->basis == AT_SET_DATE)
        return lay_set_date(w, s, ret, provisional);
    if (!apply(w, s, c->span, ret, provisional))
        return false;
    if (c->other.count && apply(w, s, c->other, &other, &other_provisional) &&
        moment_cmp(other, *ret) < 0) {
        *ret = other;
        *provisional = other_provisional;
    }
    if (c->summed_over.count && s->episode)
        *ret = summed_due(w, s, *ret);
    return true;
}

static struct moment roll(const struct work *w, const struct clock_start *s, struct moment due)
{
    const struct library *l = w->history.library;
    const struct workdays *calendar = calendar_of(l, s->timescale);

    switch (s->clause->rolling) {
    case BACK_TO_OFFICE_CLOSE:
        return office_close_on_or_before(&l->office, l->national, due);
    case BACK_TO_WORKING_DAY:
        due.on = working_day_on_or_before(calendar, due.on);
        return due;
    case ON_TO_WORKING_DAY:
        due.on = working_day_on_or_after(calendar, due.on);
        return due;
    case STAYS:
        break;
    }
    return due;
}

// The due date of the timescale that sets the limit: of the deadline in the same subject, or of the
// same person, that is still ahead when this clock starts.
static void cap(const struct work *w, const struct clock_start *s, struct moment *due)
{
    const struct timescale *limit = &w->history.library->timescales[s->clause->no_later_than];

    for (size_t i = 0; i < w->count; i++) {
        const struct deadline *d = w->deadlines[i];

        if (d->timescale == limit && date_cmp(d->due_on, due->on) < 0 &&
            date_cmp(d->due_on, s->trigger_on) >= 0 && date_cmp(d->trigger_on, s->trigger_on) <= 0)
            *due = (struct moment){d->due_on, d->due_at.minute};
    }
}

bool due_compute(const struct work *w, const struct clock_start *s, struct deadline *d)
{
    struct moment due;

    if (!lay(w, s, &due, &d->provisional))
        return false;
    due = roll(w, s, due);
    if (s->clause->no_later_than >= 0)
        cap(w, s, &due);
    if (!date_known(due.on)) // no office hours are known so far away
        return false;
    d->due_at = due;
    d->due_on = due.on;
    d->book_by = working_day_on_or_before(w->history.library->national, due.on);
    return true;
}
