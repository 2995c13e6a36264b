// Office hours: a week of opening hours laid over the working days of an authority's local
// calendar. Searches walk day by day; they end after a holiday of a few days, or at the edge of the
// table.
#include "office.h"

#include <string.h>

const struct office_hours office_hours_default = {
    .day =
        {
            {540, 1020},
            {540, 1020},
            {540, 1020},
            {540, 1020},
            {540, 1020},
            {-1, -1},
            {-1, -1},
        },
};

static bool is_inside(const struct workdays *w, struct date d)
{
    return date_cmp(d, workdays_first(w)) >= 0 && date_cmp(d, workdays_last(w)) <= 0;
}

static int32_t minute_of(struct moment m)
{
    return m.minute < 0 ? 0 : m.minute;
}

static bool is_open_on(const struct office_hours *o, const struct workdays *w, struct date d)
{
    return is_working_day(w, d) && o->day[date_weekday(d)].opens >= 0;
}

bool is_office_time(const struct office_hours *o, const struct workdays *w, struct moment m)
{
    if (!is_open_on(o, w, m.on))
        return false;
    int weekday = date_weekday(m.on);
    return minute_of(m) >= o->day[weekday].opens && minute_of(m) <= o->day[weekday].closes;
}

struct moment office_close_on_or_before(const struct office_hours *o, const struct workdays *w,
                                        struct moment m)
{
    if (is_office_time(o, w, m))
        return m;
    for (struct date d = m.on; is_inside(w, d); d.day--) {
        struct moment close = {d, o->day[date_weekday(d)].closes};
        if (is_open_on(o, w, d) && (d.day < m.on.day || close.minute < minute_of(m)))
            return close;
    }
    return MOMENT_NONE;
}

struct moment office_open_on_or_after(const struct office_hours *o, const struct workdays *w,
                                      struct moment m)
{
    if (is_office_time(o, w, m))
        return m;
    for (struct date d = m.on; is_inside(w, d); d.day++) {
        struct moment open = {d, o->day[date_weekday(d)].opens};
        if (is_open_on(o, w, d) && (d.day > m.on.day || open.minute > minute_of(m)))
            return open;
    }
    return MOMENT_NONE;
}

bool office_day_parse(const char *s, int16_t *opens, int16_t *closes)
{
    struct moment from, to;
    char text[] = "2000-01-01T00:00";

    if (strcmp(s, "closed") == 0) {
        *opens = *closes = -1;
        return true;
    }
    if (strlen(s) != strlen("09:00-17:00") || s[5] != '-')
        return false;
    memcpy(text + 11, s, 5);
    if (!moment_parse(text, &from))
        return false;
    memcpy(text + 11, s + 6, 5);
    if (!moment_parse(text, &to) || to.minute <= from.minute)
        return false;
    *opens = (int16_t)from.minute;
    *closes = (int16_t)to.minute;
    return true;
}
