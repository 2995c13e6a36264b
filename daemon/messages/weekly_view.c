// The words of a Monday list.
#include "weekly_view.h"

#include "clean.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

#define CHARS_MAX 160

static const char *numbered(struct arena *a, size_t n, const char *one, const char *many)
{
    return arena_printf(a, "%zu %s", n, n == 1 ? one : many);
}

// ------------------------------------------------------------------------------- how it went

static const char *target_part(struct arena *a, const struct weekly_figure *f)
{
    return f->target ? arena_printf(a, ", %s %s", f->below ? "below the target of" : "target",
                                    clean_line(a, f->target, 20))
                     : "";
}

static void add_figures(struct arena *a, const struct weekly *w, struct weekly_view *v)
{
    const char **figures = ARENA_ARRAY(a, const char *, w->figure_count + 1);
    bool *below = ARENA_ARRAY(a, bool, w->figure_count + 1);

    for (size_t i = 0; i < w->figure_count; i++) {
        const struct weekly_figure *f = &w->figures[i];

        figures[i] = arena_printf(a, "%zu of %zu (%zu%%)%s: %s", f->in_time, f->held,
                                  (200 * f->in_time + f->held) / (2 * f->held), target_part(a, f),
                                  clean_line(a, f->title, CHARS_MAX));
        below[i] = f->below;
    }
    v->figures = figures;
    v->below = below;
    v->figure_count = w->figure_count;
    v->figures_heading = arena_printf(a, "Last week in time, from %s to %s",
                                      digest_day_words(a, date_add_days(w->monday, -7), w->on),
                                      digest_day_words(a, date_add_days(w->monday, -1), w->on));
}

// ---------------------------------------------------------------------------- what is told in full

const struct digest_line *weekly_told(const struct weekly *w, size_t i)
{
    return i < w->fresh_count ? &w->fresh[i] : &w->standing[i - w->fresh_count];
}

size_t weekly_late(const struct weekly *w)
{
    size_t late = w->late_count + w->record_count;

    for (size_t i = 0; i < w->fresh_count + w->standing_count; i++)
        late += digest_urgency(weekly_told(w, i), w->on) == URGENCY_LATE;
    return late;
}

static void add_list(struct arena *a, const struct weekly *w, const struct digest_line *lines,
                     size_t count, const char *heading, struct weekly_list *ret)
{
    struct digest d = {.reader = w->reader,
                       .on = w->on,
                       .lines = digest_tell_apart(a, lines, count),
                       .count = count,
                       .most = lines == w->fresh ? DIGEST_LINES_MAX : WEEKLY_LATE_MOST,
                       .service_name = w->service_name};

    if (count == 0)
        return;
    ret->heading = arena_printf(a, "%s: %zu", heading, count);
    digest_view_make(a, &d, &ret->view);
}

// ------------------------------------------------------------------------------- what is ahead

static bool has_time(const struct weekly_date *d)
{
    return date_known(d->at.on) && d->at.minute >= 0;
}

static int worker_cmp(const struct weekly_date *x, const struct weekly_date *y)
{
    return strcmp(x->worker ? x->worker : "", y->worker ? y->worker : "");
}

// What is one item: all of a title that are due, or that are booked for the same time.
static bool is_same(const struct weekly_date *x, const struct weekly_date *y)
{
    return strcmp(x->title, y->title) == 0 && date_is(x->at.on, y->at.on) &&
           date_is(x->beyond, y->beyond) && has_time(x) == has_time(y) &&
           (!has_time(x) || x->at.minute == y->at.minute);
}

// That it is booked too late must not read as any other date.
static const char *beyond_words(struct arena *a, const struct weekly_date *d, struct date today)
{
    const char *day = digest_day_words(a, d->beyond, today);

    if (!date_known(d->beyond))
        return "";
    return date_known(d->at.on) ? arena_printf(a, ", after its due date of %s", day)
                                : arena_printf(a, "; booked for %s, after it", day);
}

static const char *what_words(struct arena *a, const struct weekly_date *d, struct date today)
{
    const char *title = arena_printf(a, "%s [%s]", clean_line(a, d->title, CHARS_MAX),
                                     clean_line(a, d->force, CHARS_MAX));
    const char *beyond = beyond_words(a, d, today);

    if (has_time(d))
        return arena_printf(a, "%02d:%02d %s%s", d->at.minute / 60, d->at.minute % 60, title,
                            beyond);
    return arena_printf(a, "%s, %s%s", title, date_known(d->at.on) ? "booked" : "due", beyond);
}

// Of the dates of a day in order, those of one item from the first of them on. Children of one
// worker stand together.
static struct weekly_item item_of(struct arena *a, const struct weekly_date *dates, size_t count,
                                  bool named, struct date today)
{
    struct weekly_child *children = ARENA_ARRAY(a, struct weekly_child, count);
    struct weekly_item item = {
        .what = what_words(a, dates, today), .children = children, .count = count, .named = named};

    for (size_t i = 0; named && i < count; i++) {
        const struct weekly_date *d = &dates[i];
        bool last = i + 1 == count || worker_cmp(d, &dates[i + 1]) != 0;

        children[i] = (struct weekly_child){
            .child = clean_line(a, d->child, CHARS_MAX),
            .worker = d->worker && (last || d->url)
                          ? arena_printf(a, " (%s)", clean_line(a, d->worker, CHARS_MAX))
                          : "",
            .url = d->url && clean_is_url(d->url) ? d->url : NULL};
        item.linked |= children[i].url != NULL;
    }
    return item;
}

// Meetings by their time, then what is booked for no time, then what is due, by title, what is
// booked too late last, by worker and child.
static int in_day(const void *x, const void *y)
{
    const struct weekly_date *a = x, *b = y;
    int by = has_time(b) - has_time(a);

    if (by == 0 && has_time(a))
        by = a->at.minute - b->at.minute;
    if (by == 0)
        by = date_known(b->at.on) - date_known(a->at.on);
    if (by == 0)
        by = strcmp(a->title, b->title);
    if (by == 0)
        by = date_cmp(a->beyond, b->beyond);
    if (by == 0)
        by = worker_cmp(a, b);
    return by != 0 ? by : strcmp(a->child, b->child);
}

static struct weekly_day day_of(struct arena *a, const struct weekly *w,
                                const struct weekly_date *dates, size_t count, bool named)
{
    struct weekly_date *sorted = ARENA_ARRAY(a, struct weekly_date, count);
    struct weekly_item *items = ARENA_ARRAY(a, struct weekly_item, count);
    size_t found = 0;

    memcpy(sorted, dates, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, in_day);
    for (size_t i = 0, end; i < count; i = end) {
        for (end = i + 1; end < count && is_same(&sorted[i], &sorted[end]);)
            end++;
        items[found++] = item_of(a, sorted + i, end - i, named, w->on);
    }
    return (struct weekly_day){
        arena_printf(a, "%s: %zu", digest_day_words(a, dates->on, w->on), count), items, found};
}

static size_t dates_before(const struct weekly *w, struct date end)
{
    size_t n = 0;

    while (n < w->date_count && date_cmp(w->dates[n].on, end) < 0)
        n++;
    return n;
}

bool weekly_names_dates(const struct weekly *w, struct date on)
{
    struct date next = date_add_days(w->monday, 7);
    size_t now = dates_before(w, next);

    return (date_cmp(on, next) < 0 ? now : w->date_count - now) <= WEEKLY_DATES_MOST;
}

// The dates of one week, from the first of them on.
static struct weekly_week week_of(struct arena *a, const struct weekly *w, const char *name,
                                  const struct weekly_date *dates, size_t count)
{
    const char *nothing = w->fresh_count ? "nothing more is due" : "nothing is due";
    bool named = count > 0 && weekly_names_dates(w, dates->on);
    struct weekly_week week = {
        .heading =
            arena_printf(a, "%s: %s", name, count ? numbered(a, count, "date", "dates") : nothing)};

    for (size_t i = 0, end; i < count; i = end) {
        for (end = i + 1; end < count && date_is(dates[end].on, dates[i].on);)
            end++;
        week.days[week.count++] = day_of(a, w, dates + i, end - i, named);
    }
    return week;
}

// ------------------------------------------------------------------------------- the whole

static const char *fresh_part(struct arena *a, const struct weekly *w)
{
    return w->fresh_count
               ? arena_printf(a, "%s. ",
                              digest_fresh_words(a, digest_fresh_of(w->fresh, w->fresh_count)))
               : "";
}

static const char *older_part(struct arena *a, size_t count)
{
    return count
               ? arena_printf(a,
                              " Besides these, %zu %s out of timescale since before timely began.",
                              count, count == 1 ? "is" : "are")
               : "";
}

void weekly_view_make(struct arena *a, const struct weekly *w, struct weekly_view *ret)
{
    size_t late = weekly_late(w);
    bool more = w->fresh_count > 0;
    size_t now = dates_before(w, date_add_days(w->monday, 7));
    struct weekly_view v = {
        .above = arena_printf(a, "Week of %s", date_words(a, w->monday)),
        .reader = clean_line(a, w->reader, CHARS_MAX),
        .opening = arena_printf(
            a, "%s%s; %s this week, %zu next week.%s", fresh_part(a, w),
            late ? arena_printf(a, more ? "%zu out of timescale in all" : "%zu out of timescale",
                                late)
                 : "Nothing is out of timescale",
            numbered(a, now, more ? "more date" : "date", more ? "more dates" : "dates"),
            w->date_count - now, older_part(a, w->older_count)),
        .weeks = {week_of(a, w, more ? "Also this week" : "This week", w->dates, now),
                  week_of(a, w, more ? "Also next week" : "Next week", w->dates + now,
                          w->date_count - now)},
        .service = clean_line(a, w->service_name, CHARS_MAX),
        .help = w->help ? clean_line(a, w->help, CHARS_MAX) : NULL,
    };

    add_figures(a, w, &v);
    add_list(a, w, w->fresh, w->fresh_count, "New", &v.fresh);
    if (more)
        v.fresh.heading = digest_fresh_heading(a, digest_fresh_of(w->fresh, w->fresh_count), 0);
    add_list(a, w, w->late, w->late_count,
             more ? "Also out of timescale, the longest first"
                  : "Out of timescale, the longest first",
             &v.late);
    add_list(a, w, w->records, w->record_count,
             "Minutes, outcomes and other work of chairs not done in time", &v.records);
    add_list(a, w, w->standing, w->standing_count, "Told before, and still open", &v.standing);
    add_list(a, w, w->parted, w->parted_count, DIGEST_PARTED, &v.parted);
    *ret = v;
}
