// Whether a line of an earlier mail stands still: by which rung, and whose it is today.
#include "agenda_standing.h"

#include "agenda_cover.h"
#include "agenda_moved.h"
#include "agenda_reminder.h"
#include "ladder.h"
#include "recipient.h"
#include "zone.h"

#include <string.h>

// By which telling a line stands that this rung said; NULL: by none. What was said of a booking too
// late is over with it; what else its reader was told of the deadline stands.
static const struct telling *standing_by(const struct telling *t, size_t count, const char *rung,
                                         instant now)
{
    const struct telling *reached = NULL;

    for (size_t i = 0; i < count; i++) {
        if (strcmp(t[i].rung, rung) == 0)
            return &t[i];
        if (t[i].at <= now && ladder_rung_is_of(rung, t[i].role))
            reached = &t[i];
    }
    return strstr(rung, LADDER_BOOKED_LATE) ? reached : NULL;
}

bool agenda_standing(struct arena *a, const struct plan_input *in, const struct owed *o,
                     const char *staff_id, const char *rung, struct line *ret)
{
    struct date today = london_from_instant(in->now).on;
    const struct deadline *d = owed_deadline(a, in->library, o);
    const char *why;
    const struct staff *to =
        recipient_on_rung(a, in->directory, &o->who, o->child.restricted, rung, today, &why);
    struct telling *tellings;
    size_t count = d ? ladder_tellings(a, in->library, d,
                                       directory_teams(a, in->directory, &o->who), &tellings)
                     : 0;
    const struct telling *t = d ? standing_by(tellings, count, rung, in->now) : NULL;

    if (!d || !to || strcmp(to->id, staff_id) != 0 ||
        (!t && !agenda_is_handover(rung) && !agenda_is_arrival(rung) && !agenda_is_reminder(rung)))
        return false;
    *ret = agenda_line(a, in->library, o, d->timescale, today);
    ret->to = to;
    ret->why = why;
    ret->how = SAY_IN_DIGEST;
    ret->escalation = t && t->escalation;
    return true;
}
