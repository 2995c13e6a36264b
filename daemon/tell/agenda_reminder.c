// Reminders of what is late (agenda_reminder.h).
#include "agenda_reminder.h"

#include "agenda_office.h"
#include "ladder.h"
#include "recipient.h"
#include "text.h"
#include "zone.h"

#include <string.h>

#define ROLE "social-worker"
#define WEEK ROLE ", week of "

static bool is_with_worker(const struct so_far *s)
{
    const struct library *l = s->in->library;
    int t = library_timescale(l, s->owed->timescale);

    return s->count > 0 && s->owed->who.worker_id &&
           same_text(ladder_acting_role(l, &l->timescales[t]), ROLE);
}

// Whether the worker was ever told in a mail, and whether it was before a day, the last time.
static bool was_told_before(const struct so_far *s, struct date day)
{
    instant last = 0;

    for (size_t i = 0; i < s->heard->count; i++) {
        const struct said *said = &s->heard->said[i];

        if (said->by_mail && strcmp(said->staff_id, s->owed->who.worker_id) == 0 &&
            said->said_at > last)
            last = said->said_at;
    }
    return last && date_cmp(london_from_instant(last).on, day) < 0;
}

bool agenda_reminder(struct arena *a, const struct so_far *s, struct telling *ret,
                     instant *ret_look_again)
{
    const struct library *l = s->in->library;
    struct date today = london_from_instant(s->in->now).on, due = s->owed->due_on;
    struct date monday = date_add_days(today, -date_weekday(today));
    bool late = date_cmp(due, today) < 0;
    const struct staff *to;
    const char *ignored;

    *ret_look_again = 0;
    if (!is_with_worker(s))
        return false;
    *ret_look_again =
        agenda_next_list(l, late ? s->in->now : instant_from_london((struct moment){due, 0}));
    if (!late || !was_told_before(s, agenda_day_after_list(l, today)))
        return false;
    *ret = (struct telling){.rung = arena_printf(a, WEEK "%s", date_iso(a, monday)),
                            .role = ROLE,
                            .at = agenda_opening_from(l, monday)};
    to = recipient_on_rung(a, s->in->directory, &s->owed->who, s->owed->child.restricted, ret->rung,
                           today, &ignored);
    return to && strcmp(to->id, s->owed->who.worker_id) == 0;
}

bool agenda_is_reminder(const char *rung)
{
    return strncmp(rung, WEEK, strlen(WEEK)) == 0;
}
