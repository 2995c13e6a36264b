// Opening hours of the office (agenda_office.h).
#include "agenda_office.h"

#include "zone.h"

bool agenda_office_open(const struct library *l, instant now)
{
    return is_office_time(&l->office, l->local, london_from_instant(now));
}

instant agenda_next_opening(const struct library *l, instant now)
{
    struct moment from = london_from_instant(now);

    if (is_office_time(&l->office, l->local, from))
        from = (struct moment){date_add_days(from.on, 1), 0};
    from = office_open_on_or_after(&l->office, l->local, from);
    return date_known(from.on) ? instant_from_london(from) : 0;
}

instant agenda_opening_from(const struct library *l, struct date day)
{
    struct moment opens = office_open_on_or_after(&l->office, l->local, (struct moment){day, 0});

    return date_known(opens.on) ? instant_from_london(opens) : 0;
}

struct date agenda_day_after_list(const struct library *l, struct date today)
{
    struct date monday = date_add_days(today, -date_weekday(today));
    struct moment list = office_open_on_or_after(&l->office, l->local,
                                                 (struct moment){date_add_days(monday, -7), 0});

    return date_known(list.on) && date_cmp(list.on, monday) < 0 ? date_add_days(list.on, 1)
                                                                : monday;
}

instant agenda_next_list(const struct library *l, instant now)
{
    struct date today = london_from_instant(now).on;

    return agenda_opening_from(l, date_add_days(today, 7 - date_weekday(today)));
}
