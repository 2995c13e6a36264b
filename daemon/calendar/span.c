// Spans: reading and writing periods in words, and laying them on a calendar. The words are the
// same in rules, on the command line and in explanations.
#include "span.h"

#include "zone.h"

#include <assert.h>
#include <ctype.h>

#define COUNT_MAX 10000

static const struct {
    const char *word; // in the singular; the plural adds an s
    enum unit unit;
} units[] = {
    {"working day", WORKING_DAYS},
    {"school day", SCHOOL_DAYS},
    {"day", DAYS},
    {"week", WEEKS},
    {"month", MONTHS},
    {"year", YEARS},
    {"hour", HOURS},
};
#define UNITS (sizeof units / sizeof *units)

static const char *skip_blanks(const char *s)
{
    while (*s == ' ')
        s++;
    return s;
}

static bool is_word_char(char c)
{
    return isalnum((unsigned char)c) || c == '-' || c == '_' || (unsigned char)c >= 0x80;
}

// After `word` at the start of s, where a blank stands for one or more; NULL if s starts otherwise.
static const char *past_words(const char *s, const char *word)
{
    for (; *word; word++) {
        if (*s != *word)
            return NULL;
        s = *word == ' ' ? skip_blanks(s) : s + 1;
    }
    return s;
}

static const char *past_word(const char *s, const char *word)
{
    const char *rest = past_words(s, word);

    return rest && !is_word_char(*rest) ? rest : NULL;
}

static bool take_unit(const char **s, enum unit *ret)
{
    for (size_t i = 0; i < UNITS; i++) {
        const char *rest = past_words(*s, units[i].word);
        if (!rest)
            continue;
        if (*rest == 's')
            rest++;
        if (is_word_char(*rest))
            return false;
        *s = rest;
        *ret = units[i].unit;
        return true;
    }
    return false;
}

static bool take_count(const char **s, int *ret)
{
    const char *p = *s;
    int count = 0;

    if (!isdigit((unsigned char)*p))
        return false;
    for (; isdigit((unsigned char)*p); p++) {
        count = count * 10 + (*p - '0');
        if (count > COUNT_MAX)
            return false;
    }
    *s = p;
    *ret = count;
    return true;
}

bool span_parse(const char *s, struct span *ret, const char **rest, const char **what)
{
    struct span span = {0};

    *rest = s;
    if (!take_count(&s, &span.count)) {
        *what = "a whole number from 0 to 10000";
        return false;
    }
    const char *unit = *rest = skip_blanks(s);
    if (unit == s) {
        *what = "a blank and then working days, days, weeks, months, years, hours or school days";
        return false;
    }
    if (!take_unit(&unit, &span.unit)) {
        *what = "working days, days, weeks, months, years, hours or school days";
        return false;
    }
    *ret = span;
    *rest = unit;
    return true;
}

const char *span_words(struct arena *a, struct span s)
{
    const char *word = NULL;

    for (size_t i = 0; i < UNITS; i++)
        if (units[i].unit == s.unit)
            word = units[i].word;
    assert(word);
    return arena_printf(a, "%d %s%s", s.count, word, s.count == 1 ? "" : "s");
}

// As day numbers: each span is asked twice, and making two dates costs more than counting it.
static bool is_writable(struct date d)
{
    enum { FIRST = -719162, LAST = 2932896 }; // 1 January 0001, 31 December 9999

    return d.day >= FIRST && d.day <= LAST;
}

// The end of a span in any unit but working days and school days, which need a calendar.
static struct moment plain_end(enum unit unit, int count, struct moment start)
{
    struct moment end = {start.on, -1};

    switch (unit) {
    case DAYS:
        end.on = date_add_days(start.on, count);
        break;
    case WEEKS:
        end.on = date_add_days(start.on, count * 7);
        break;
    case MONTHS:
        end.on = date_add_months(start.on, count);
        break;
    case YEARS:
        end.on = date_add_months(start.on, count * 12);
        break;
    case HOURS:
        end = moment_add_hours(start, count);
        break;
    case WORKING_DAYS:
    case SCHOOL_DAYS:
        break;
    }
    return end;
}

bool span_apply(const struct workdays *w, struct span s, struct moment start, struct moment *ret,
                bool *provisional, struct error *err)
{
    int count = s.before ? -s.count : s.count;
    struct moment end = {start.on, -1};
    bool derived = false;

    assert(s.count >= 0 && s.count <= COUNT_MAX);
    if (!date_known(start.on))
        return fail(err, FAULT_INPUT, "the day from which to count is unknown");
    if (!is_writable(start.on))
        return fail(err, FAULT_INPUT, "the start is outside the years 0001 to 9999");
    if (s.unit == SCHOOL_DAYS)
        return fail(err, FAULT_INPUT,
                    "school days cannot be counted: no calendar of school terms is loaded");
    if (s.unit == WORKING_DAYS) {
        if (!working_days_after(w, start.on, count, &end.on, err))
            return false;
        derived = count != 0 && (is_provisional(w, start.on) || is_provisional(w, end.on));
    } else {
        end = plain_end(s.unit, count, start);
    }
    if (!is_writable(end.on))
        return fail(err, FAULT_INPUT, "the answer is outside the years 0001 to 9999");
    *ret = end;
    *provisional = derived;
    return true;
}

static void add_skipped(struct arena *a, struct skipped **items, size_t *count, size_t *room,
                        struct skipped day)
{
    struct skipped *last = *count > 0 ? &(*items)[*count - 1] : NULL;
    bool weekend = date_weekday(day.from) >= 5;

    if (last && weekend && date_weekday(last->to) == 5 && last->to.day + 1 == day.from.day) {
        last->to = day.to;
        return;
    }
    *items = arena_grow(a, *items, sizeof **items, *count, room);
    (*items)[(*count)++] = day;
}

size_t span_skipped(struct arena *a, const struct workdays *w, struct span s, struct moment start,
                    struct skipped **ret)
{
    struct moment end = start;
    bool provisional;
    struct error ignored = {0};
    struct skipped *items = NULL;
    size_t count = 0, room = 0;

    if (s.unit != WORKING_DAYS || !span_apply(w, s, start, &end, &provisional, &ignored)) {
        *ret = NULL;
        return 0;
    }
    int32_t from = s.before ? end.on.day : start.on.day + 1;
    int32_t to = s.before ? start.on.day - 1 : end.on.day;
    for (struct date d = {from}; d.day <= to; d.day++) {
        if (is_working_day(w, d))
            continue;
        const struct holiday *h = holiday_on(w, d);
        add_skipped(a, &items, &count, &room, (struct skipped){d, d, h ? h->title : "weekend"});
    }
    *ret = items;
    return count;
}

static bool expected(const char *whole, const char *at, const char *what, struct error *err)
{
    return fail(err, FAULT_INPUT, "column %td: expected %s", at - whole + 1, what);
}

bool question_parse(const char *s, struct question *ret, struct error *err)
{
    struct question q;
    const char *p = skip_blanks(s), *rest, *what;

    if (!span_parse(p, &q.span, &rest, &what))
        return expected(s, rest, what, err);
    p = skip_blanks(rest);
    rest = past_word(p, "after");
    if (!rest) {
        rest = past_word(p, "before");
        q.span.before = true;
    }
    if (!rest)
        return expected(s, p, "after or before", err);
    p = skip_blanks(rest);
    if (p == rest || !moment_parse(p, &q.start))
        return expected(s, p, "a blank and then a date YYYY-MM-DD, or YYYY-MM-DDTHH:MM", err);
    *ret = q;
    return true;
}
