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

instant agenda_next_list(const struct library *l, instant now)
{
    struct date today = london_from_instant(now).on;

    return agenda_opening_from(l, date_add_days(today, 7 - date_weekday(today)));
}
