// Reminders before their time (agenda_ahead.h).
#include "agenda_ahead.h"

#include "acknowledged.h"
#include "ladder.h"
#include "recipient.h"
#include "zone.h"

#include <string.h>

// Who has it in hand is reminded once that is over.
static bool is_in_hand(const struct plan_input *in, const struct line *l)
{
    struct date today = london_from_instant(in->now).on;

    return date_known(acknowledged_until(l->owed, l->to->id, false, today));
}

static bool reminds(struct arena *a, const struct plan_input *in, const struct line *l,
                    const struct telling *t)
{
    struct date today = london_from_instant(in->now).on;
    const struct owed *o = l->owed;
    const char *ignored;

    return !t->escalation && !t->at_once && !t->late_booking &&
           recipient_on_rung(a, in->directory, &o->who, o->child.restricted, t->rung, today,
                             &ignored) == l->to;
}

static struct line ahead_of(struct arena *a, const struct plan_input *in, const struct line *l,
                            instant until)
{
    const struct deadline *d = owed_deadline(a, in->library, l->owed);
    struct line said = *l;
    const char **rungs;
    struct telling *t;
    size_t count;

    if (!d || l->parting || is_in_hand(in, l))
        return said;
    count =
        ladder_tellings(a, in->library, d, directory_teams(a, in->directory, &l->owed->who), &t);
    rungs = ARENA_ARRAY(a, const char *, l->rung_count + count + 1);
    if (l->rung_count)
        memcpy(rungs, l->rungs, l->rung_count * sizeof *rungs);
    for (size_t i = 0; i < count; i++)
        if (t[i].at > in->now && t[i].at < until && reminds(a, in, l, &t[i]))
            rungs[said.rung_count++] = t[i].rung;
    said.rungs = rungs;
    said.is_new |= said.rung_count > l->rung_count;
    return said;
}

void agenda_say_ahead(struct arena *a, const struct plan_input *in, const struct line **lines,
                      size_t count, instant until)
{
    struct line *all = ARENA_ARRAY(a, struct line, count);

    for (size_t i = 0; i < count; i++) {
        all[i] = ahead_of(a, in, lines[i], until);
        lines[i] = &all[i];
    }
}
