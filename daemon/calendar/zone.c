// Europe/London by its own law, not by the machine's zone file: the Summer Time Orders up to 1997
// and since then the last Sundays of March and October. British Standard Time, one hour ahead all
// the year round, ran from 18 February 1968 to 31 October 1971. Earlier instants count as GMT:
// nothing here is measured in hours that long ago.
#include "zone.h"

#include <assert.h>

#define MINUTE SECONDS(60)
#define DAY_MINUTES INT64_C(1440)

static instant from_utc(struct date on, int64_t minute)
{
    return ((int64_t)on.day * DAY_MINUTES + minute) * MINUTE;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static struct moment to_utc(instant t)
{
    int64_t minutes = floor_div(t, MINUTE);
    int64_t days = floor_div(minutes, DAY_MINUTES);

    assert(days > INT32_MIN && days <= INT32_MAX);
    return (struct moment){{(int32_t)days}, (int32_t)(minutes - days * DAY_MINUTES)};
}

static struct date sunday_from(int year, int month, int day)
{
    struct date d = date_make(year, month, day);

    return date_add_days(d, 6 - date_weekday(d));
}

// Both from 1972 on. Until 1980 the change was at 02:00 GMT, since then at 01:00.
static instant summer_begins(int year)
{
    if (year <= 1980)
        return from_utc(sunday_from(year, 3, 16), 120);
    return from_utc(sunday_from(year, 3, 25), 60);
}

static instant summer_ends(int year)
{
    if (year <= 1980)
        return from_utc(sunday_from(year, 10, 23), 120);
    if (year <= 1989)
        return from_utc(sunday_from(year, 10, 23), 60);
    if (year <= 1995)
        return from_utc(sunday_from(year, 10, 22), 60);
    return from_utc(sunday_from(year, 10, 25), 60);
}

int london_offset_minutes(instant t)
{
    int year, month, day;

    if (t < from_utc(date_make(1968, 2, 18), 120))
        return 0;
    if (t < from_utc(date_make(1971, 10, 31), 120))
        return 60;
    date_split(to_utc(t).on, &year, &month, &day);
    if (year < 1972 || year > 9999)
        return 0;
    return t >= summer_begins(year) && t < summer_ends(year) ? 60 : 0;
}

struct moment london_from_instant(instant t)
{
    return to_utc(t + london_offset_minutes(t) * MINUTE);
}

instant instant_from_london(struct moment m)
{
    assert(date_known(m.on));
    instant winter = from_utc(m.on, m.minute < 0 ? 0 : m.minute);
    instant summer = winter - 60 * MINUTE;

    // Summer time is tried first, so an hour that comes twice is its first. An hour that does not
    // exist is neither; read as winter time it moves an hour forward.
    return london_offset_minutes(summer) == 60 ? summer : winter;
}

struct moment moment_add_hours(struct moment m, int hours)
{
    return london_from_instant(instant_from_london(m) + (int64_t)hours * 60 * MINUTE);
}

struct moment meeting_start(struct moment recorded)
{
    if (recorded.minute == 0)
        recorded.minute = -1;
    return recorded;
}

struct moment meeting_end(struct moment starts, struct moment ends)
{
    if (starts.minute < 0)
        return MOMENT_NONE;
    if (date_known(ends.on) && moment_cmp(ends, starts) > 0)
        return ends;
    ends = moment_add_hours(starts, 1);
    return moment_cmp(ends, starts) > 0 ? ends : moment_add_hours(starts, 2);
}

struct moment meeting_awaited_from(struct moment starts)
{
    return starts.minute < 0 ? (struct moment){date_add_days(starts.on, 1), 0} : starts;
}
