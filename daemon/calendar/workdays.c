// Working days as two tables over every day from the data's first year to 31 December 2079: rank[]
// counts the working days before a day, day[] finds the n-th. Adding and counting are look-ups, so
// that 400,000 children cost milliseconds; the tables take some 300 kB.
#include "workdays.h"

#include "holidays.h"

#include <assert.h>

struct workdays {
    struct arena *arena; // holds this struct and all it points to
    struct date first, horizon, last;
    int32_t count;            // days in the table
    int32_t working;          // working days among them
    int32_t *rank;            // [count + 1] working days before the day at this offset
    int32_t *day;             // [working] offset of the n-th working day, from 0
    struct holiday *holidays; // published, derived, proclaimed, closures
    uint16_t *holiday;        // [count] 1 + index in holidays, or 0
};

// Offset of a day in the table, or -1.
static int32_t offset_of(const struct workdays *w, struct date d)
{
    if (d.day < w->first.day || d.day > w->last.day)
        return -1;
    return d.day - w->first.day;
}

static struct date at_offset(const struct workdays *w, int32_t offset)
{
    return (struct date){w->first.day + offset};
}

// What stands first wins: a closure on a bank holiday stays a bank holiday.
static void mark(struct workdays *w, const struct holiday_list *list)
{
    assert(list->count < UINT16_MAX);
    w->holidays = list->items;
    w->holiday = ARENA_ARRAY(w->arena, uint16_t, w->count);
    for (size_t i = 0; i < list->count; i++) {
        int32_t offset = offset_of(w, list->items[i].on);
        if (date_weekday(list->items[i].on) < 5 && w->holiday[offset] == 0)
            w->holiday[offset] = (uint16_t)(i + 1);
    }
}

static void count_days(struct workdays *w)
{
    int weekday = date_weekday(w->first);

    w->rank = ARENA_ARRAY(w->arena, int32_t, w->count + 1);
    w->day = ARENA_ARRAY(w->arena, int32_t, w->count);
    for (int32_t i = 0; i < w->count; i++) {
        w->rank[i] = w->working;
        if (weekday < 5 && w->holiday[i] == 0)
            w->day[w->working++] = i;
        weekday = (weekday + 1) % 7;
    }
    w->rank[w->count] = w->working;
}

static void set_bounds(struct workdays *w, const struct holiday_list *published)
{
    int first, last, month, day;

    date_split(published->items[0].on, &first, &month, &day);
    date_split(published->items[published->count - 1].on, &last, &month, &day);
    w->first = date_make(first, 1, 1);
    w->horizon = date_make(last, 12, 31);
    w->last = date_make(HOLIDAY_LAST_YEAR, 12, 31);
    w->count = w->last.day - w->first.day + 1;
}

static int year_of(struct date d)
{
    int year, month, day;

    date_split(d, &year, &month, &day);
    return year;
}

// The bank holidays that the changes proclaim in a year; one counts once.
static size_t proclaimed_in(int year, const struct holiday *changes, size_t count)
{
    size_t proclaimed = 0;

    for (size_t i = 0; i < count; i++) {
        bool told_again = false;

        for (size_t later = i + 1; later < count && !told_again; later++)
            told_again = date_is(changes[later].on, changes[i].on) && !changes[later].closure;
        proclaimed += !told_again && !changes[i].closure && !changes[i].dropped &&
                      year_of(changes[i].on) == year;
    }
    return proclaimed;
}

// A year of which all standing holidays were proclaimed is a published one.
static void extend_horizon(struct workdays *w, enum division division,
                           const struct holiday *changes, size_t count)
{
    int year = year_of(w->horizon);

    while (year < HOLIDAY_LAST_YEAR &&
           proclaimed_in(year + 1, changes, count) >= holidays_least(division))
        year++;
    w->horizon = date_make(year, 12, 31);
}

static void remove_holiday(struct holiday_list *list, struct date on)
{
    size_t kept = 0;

    for (size_t i = 0; i < list->count; i++)
        if (!date_is(list->items[i].on, on) || list->items[i].closure)
            list->items[kept++] = list->items[i];
    list->count = kept;
}

static void push(struct workdays *w, struct holiday_list *list, struct holiday h)
{
    list->items = arena_grow(w->arena, list->items, sizeof *list->items, list->count, &list->room);
    list->items[list->count++] = h;
}

// Closures come last, since what stands first wins.
static bool apply_changes(struct workdays *w, const struct holiday *changes, size_t count,
                          struct holiday_list *list, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        struct holiday h = changes[i];

        if (offset_of(w, h.on) < 0)
            return fail(err, FAULT_INPUT, "%s %s: expected a day from %s to %s",
                        h.closure ? "closure day" : "bank holiday", date_iso(w->arena, h.on),
                        date_iso(w->arena, w->first), date_iso(w->arena, w->last));
        h.title = arena_strdup(w->arena, h.title);
        if (!h.closure)
            remove_holiday(list, h.on);
        if (!h.closure && !h.dropped)
            push(w, list, h);
    }
    for (size_t i = 0; i < count; i++)
        if (changes[i].closure)
            push(w, list, (struct holiday){changes[i].on, "closed", .closure = true});
    return true;
}

static bool build(struct workdays *w, const char *json_path, enum division division,
                  const struct holiday *changes, size_t count, struct error *err)
{
    struct holiday_list list;

    if (!holidays_read(w->arena, json_path, division, &list, err))
        return false;
    set_bounds(w, &list);
    extend_horizon(w, division, changes, count);
    for (int year = year_of(w->horizon) + 1; year <= HOLIDAY_LAST_YEAR; year++)
        holidays_derive(w->arena, division, year, &list);
    if (list.count + count >= UINT16_MAX)
        return fail(err, FAULT_INPUT, "%zu closure days: expected fewer than 60000", count);
    if (!apply_changes(w, changes, count, &list, err))
        return false;
    mark(w, &list);
    count_days(w);
    return true;
}

bool workdays_load(const char *json_path, enum division division, const struct holiday *changes,
                   size_t change_count, struct workdays **ret, struct error *err)
{
    struct arena *arena = arena_new();
    struct workdays *w = ARENA_NEW(arena, struct workdays);

    w->arena = arena;
    if (!build(w, json_path, division, changes, change_count, err)) {
        arena_free(arena);
        return false;
    }
    *ret = w;
    return true;
}

void workdays_free(struct workdays *w)
{
    if (w)
        arena_free(w->arena);
}

struct date workdays_first(const struct workdays *w)
{
    return w->first;
}

struct date workdays_horizon(const struct workdays *w)
{
    return w->horizon;
}

struct date workdays_last(const struct workdays *w)
{
    return w->last;
}

bool is_working_day(const struct workdays *w, struct date d)
{
    int32_t i = offset_of(w, d);

    return i >= 0 && w->rank[i + 1] > w->rank[i];
}

const struct holiday *holiday_on(const struct workdays *w, struct date d)
{
    int32_t i = offset_of(w, d);

    return i >= 0 && w->holiday[i] > 0 ? &w->holidays[w->holiday[i] - 1] : NULL;
}

static bool outside(const struct workdays *w, const char *what, struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();

    return fail(err, FAULT_INPUT,
                "%s outside the calendar of working days, which runs from %s to %s", what,
                date_iso(a, w->first), date_iso(a, w->last));
}

bool working_days_after(const struct workdays *w, struct date start, int n, struct date *ret,
                        struct error *err)
{
    int32_t i = offset_of(w, start);

    if (i < 0)
        return outside(w, "the start is", err);
    if (n == 0) {
        *ret = start;
        return true;
    }
    // The working days after start begin with number rank[i + 1], those before it end with number
    // rank[i] - 1.
    int64_t wanted = n > 0 ? (int64_t)w->rank[i + 1] + n - 1 : (int64_t)w->rank[i] + n;
    if (wanted < 0 || wanted >= w->working)
        return outside(w, "the answer is", err);
    *ret = at_offset(w, w->day[wanted]);
    return true;
}

int working_days_between(const struct workdays *w, struct date from, struct date to)
{
    int32_t i = offset_of(w, from), j = offset_of(w, to);

    if (i < 0 || j < 0)
        return -1;
    return i < j ? w->rank[j + 1] - w->rank[i + 1] : 0;
}

struct date working_day_on_or_before(const struct workdays *w, struct date d)
{
    int32_t i = offset_of(w, d);

    if (i < 0 || w->rank[i + 1] == 0)
        return DATE_NONE;
    return at_offset(w, w->day[w->rank[i + 1] - 1]);
}

struct date working_day_on_or_after(const struct workdays *w, struct date d)
{
    int32_t i = offset_of(w, d);

    if (i < 0 || w->rank[i] == w->working)
        return DATE_NONE;
    return at_offset(w, w->day[w->rank[i]]);
}

bool is_provisional(const struct workdays *w, struct date d)
{
    return date_cmp(d, w->horizon) > 0;
}
