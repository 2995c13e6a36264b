// The fixed VTIMEZONE of Europe/London, and our dates in the form of RFC 5545 3.3.4 and 3.3.5.
// libical's own zone is not used: its 384 lines from 1847 on, with offsets in seconds, are more
// than receivers read.
#include "calendar_zone.h"

#include "zone.h"

#define LAST_DAY 84005 // 31 December 2199, in days since 1970

// Outlook reads one STANDARD and one DAYLIGHT with one yearly rule each, and needs both
// (MS-OXCICAL b827ac3d, 9b81b753).
const char calendar_zone[] = "BEGIN:VTIMEZONE\r\n"
                             "TZID:" CALENDAR_TZID "\r\n"
                             "BEGIN:DAYLIGHT\r\n"
                             "TZNAME:BST\r\n"
                             "DTSTART:19700329T010000\r\n"
                             "TZOFFSETFROM:+0000\r\n"
                             "TZOFFSETTO:+0100\r\n"
                             "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\r\n"
                             "END:DAYLIGHT\r\n"
                             "BEGIN:STANDARD\r\n"
                             "TZNAME:GMT\r\n"
                             "DTSTART:19701025T020000\r\n"
                             "TZOFFSETFROM:+0100\r\n"
                             "TZOFFSETTO:+0000\r\n"
                             "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\r\n"
                             "END:STANDARD\r\n"
                             "END:VTIMEZONE\r\n";

bool calendar_day_in_range(struct date d)
{
    return d.day >= 0 && d.day <= LAST_DAY;
}

bool calendar_instant_in_range(instant t)
{
    return t >= 0 && t / SECONDS(86400) <= LAST_DAY;
}

// The digits of the value, with zeros before it.
static void put(char *to, int digits, int value)
{
    for (; digits > 0; value /= 10)
        to[--digits] = (char)('0' + value % 10);
}

static void put_day(char *to, struct date d)
{
    int year, month, day;

    date_split(d, &year, &month, &day);
    put(to, 4, year);
    put(to + 4, 2, month);
    put(to + 6, 2, day);
}

static void put_time(char *to, struct date d, int seconds)
{
    put_day(to, d);
    to[8] = 'T';
    put(to + 9, 2, seconds / 3600);
    put(to + 11, 2, seconds / 60 % 60);
    put(to + 13, 2, seconds % 60);
}

const char *calendar_day(struct arena *a, struct date d)
{
    char *day = arena_alloc(a, sizeof "20240424");

    put_day(day, d);
    return day;
}

const char *calendar_local_time(struct arena *a, struct moment m)
{
    struct moment real = london_from_instant(instant_from_london(m));
    char *time = arena_alloc(a, sizeof "20240424T100000");

    put_time(time, real.on, real.minute * 60);
    return time;
}

const char *calendar_utc_time(struct arena *a, instant t)
{
    int64_t seconds = t / SECONDS(1);
    char *time = arena_alloc(a, sizeof "20240424T090000Z");

    put_time(time, (struct date){(int32_t)(seconds / 86400)}, (int)(seconds % 86400));
    time[15] = 'Z';
    return time;
}

bool calendar_comes_twice(struct moment m)
{
    instant first = instant_from_london(m);

    return moment_cmp(london_from_instant(first), london_from_instant(first + SECONDS(3600))) == 0;
}
