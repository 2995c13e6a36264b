// Whether a line of an earlier mail stands still: by which rung, and whose it is today
// (agenda_standing.h).
#include "agenda_standing.h"

#include "agenda_cover.h"
#include "agenda_known.h"
#include "agenda_moved.h"
#include "agenda_reminder.h"
#include "ladder.h"
#include "recipient.h"
#include "zone.h"

#include <stdlib.h>
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

// False when it is no longer this recipient's, or the rung no longer speaks.
static bool stands(struct arena *a, const struct plan_input *in, const struct told *told,
                   struct line *ret)
{
    struct date today = london_from_instant(in->now).on;
    const struct owed *o = told->owed;
    const char *rung = told->rung, *why;
    const struct deadline *d = owed_deadline(a, in->library, o);
    const struct staff *to =
        recipient_on_rung(a, in->directory, &o->who, o->child.restricted, rung, today, &why);
    struct telling *tellings;
    size_t count = d ? ladder_tellings(a, in->library, d,
                                       directory_teams(a, in->directory, &o->who), &tellings)
                     : 0;
    const struct telling *t = d ? standing_by(tellings, count, rung, in->now) : NULL;

    if (!d || !to || strcmp(to->id, told->staff_id) != 0 ||
        (!t && !agenda_is_handover(rung) && !agenda_is_arrival(rung) && !agenda_is_reminder(rung)))
        return false;
    *ret = agenda_line(a, in->library, o, d->timescale, today);
    ret->to = to;
    ret->why = why;
    ret->how = SAY_IN_DIGEST;
    ret->escalation = t && t->escalation;
    return true;
}

static bool recall(struct arena *a, const struct plan_input *in, const struct known_lines *known,
                   const struct told *t, struct line *ret)
{
    struct date today = london_from_instant(in->now).on;

    if (!stands(a, in, t, ret))
        return t->moved && agenda_part(a, in, t->owed, t->staff_id, ret);
    ret->is_new |= t->unread;
    if (agenda_asks_known(t, today))
        agenda_mark_known(known, today, ret);
    else
        ret->is_known = true;
    return true;
}

static int by_recipient(const void *x, const void *y)
{
    const struct line *a = x, *b = y;
    int by = strcmp(a->to->id, b->to->id);

    return by != 0 ? by : owed_cmp(a->owed, b->owed);
}

void standing_recall(struct arena *a, const struct plan_input *in, const struct recollection *known,
                     struct standing *ret)
{
    struct standing s = {.lines = ARENA_ARRAY(a, struct line, known->told_count + 1)};

    for (size_t i = 0; i < known->told_count; i++)
        s.count += recall(a, in, &known->lines, &known->told[i], &s.lines[s.count]);
    if (s.count > 1)
        qsort(s.lines, s.count, sizeof *s.lines, by_recipient);
    *ret = s;
}

size_t standing_of(struct standing *s, const struct staff *to, const struct line **ret)
{
    size_t count = 0;

    while (s->at < s->count && strcmp(s->lines[s->at].to->id, to->id) < 0)
        s->at++;
    while (s->at < s->count && s->lines[s->at].to == to)
        ret[count++] = &s->lines[s->at++];
    return count;
}
