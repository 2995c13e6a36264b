// What the calendar's tests share: dates written as text, checks that print both sides, and the
// product's own calendar.
#pragma once

// Before cmocka, whose macro fail() would garble the declaration in error.h.
#include "paths.h"
#include "span.h"
#include "workdays.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static inline struct date on(const char *text)
{
    struct date d;

    if (!date_parse(text, &d))
        fail_msg("%s is no date", text);
    return d;
}

static inline struct moment at(const char *text)
{
    struct moment m;

    if (!moment_parse(text, &m))
        fail_msg("%s is no moment", text);
    return m;
}

static inline void assert_moment(struct moment got, const char *expected)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();

    assert_string_equal(moment_iso(a, got), expected);
}

static inline void assert_date(struct date got, const char *expected)
{
    assert_moment((struct moment){got, -1}, expected);
}

static inline struct holiday closure(const char *day)
{
    return (struct holiday){.on = on(day), .title = "closed", .closure = true};
}

static inline const char *holidays_path(struct arena *a)
{
    const char *path;
    struct error err;

    if (!data_path(a, "rules/calendars/bank-holidays.json", &path, &err))
        fail_msg("%s", err.text);
    return path;
}

static inline struct workdays *calendar_of(enum division division)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct workdays *w;
    struct error err;

    if (!workdays_load(holidays_path(a), division, NULL, 0, &w, &err))
        fail_msg("%s", err.text);
    return w;
}

// For a group's setup and teardown: *state is the calendar of England and Wales.
static inline int load_england(void **state)
{
    *state = calendar_of(ENGLAND_AND_WALES);
    return 0;
}

static inline int free_calendar(void **state)
{
    workdays_free(*state);
    return 0;
}
