// The fixed VTIMEZONE of Europe/London and the way from our dates to libical's. libical's own zone
// is not used: its 384 lines from 1847 on, with offsets in seconds, are more than receivers read.
#include "calendar_zone.h"

#include "zone.h"

// Outlook reads one STANDARD and one DAYLIGHT with one yearly rule each, and needs both
// (MS-OXCICAL b827ac3d, 9b81b753).
static const char london[] = "BEGIN:VTIMEZONE\r\n"
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
    return date_known(d) && date_cmp(d, date_make(1970, 1, 1)) >= 0 &&
           date_cmp(d, date_make(2199, 12, 31)) <= 0;
}

bool calendar_instant_in_range(instant t)
{
    return t >= 0 && t < instant_from_london((struct moment){date_make(2200, 1, 1), 0});
}

icalcomponent *calendar_zone_new(void)
{
    icalcomponent *zone = icalparser_parse_string(london);

    if (!zone)
        out_of_memory();
    return zone;
}

struct icaltimetype calendar_time_of_day(struct date d)
{
    struct icaltimetype t = {.is_date = 1};

    date_split(d, &t.year, &t.month, &t.day);
    return t;
}

struct icaltimetype calendar_time_of_moment(struct moment m)
{
    struct moment real = london_from_instant(instant_from_london(m));
    struct icaltimetype t = calendar_time_of_day(real.on);

    t.is_date = 0;
    t.hour = real.minute / 60;
    t.minute = real.minute % 60;
    return t;
}

struct icaltimetype calendar_time_of_instant(instant at)
{
    int64_t seconds = at / SECONDS(1);
    struct icaltimetype t = calendar_time_of_day((struct date){(int32_t)(seconds / 86400)});

    t.is_date = 0;
    t.hour = (int)(seconds / 3600 % 24);
    t.minute = (int)(seconds / 60 % 60);
    t.second = (int)(seconds % 60);
    t.zone = icaltimezone_get_utc_timezone();
    return t;
}

bool calendar_comes_twice(struct moment m)
{
    instant first = instant_from_london(m);

    return moment_cmp(london_from_instant(first), london_from_instant(first + SECONDS(3600))) == 0;
}
