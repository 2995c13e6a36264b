// Children who went to another worker (agenda_moved.h).
#include "agenda_moved.h"

#include "ladder.h"
#include "recipient.h"
#include "zone.h"

#include <string.h>

#define PARTING "former-worker, since "
#define ARRIVAL "social-worker, since "

const char *agenda_parting_rung(struct arena *a, struct date worker_since)
{
    return arena_printf(a, PARTING "%s", date_iso(a, worker_since));
}

bool agenda_is_parting(const char *rung)
{
    return strncmp(rung, PARTING, strlen(PARTING)) == 0;
}

bool agenda_was_for_former(const struct owed *o, const char *staff_id, const char *rung,
                           instant said_at)
{
    return ladder_rung_is_of(rung, "social-worker") && o->who.worker_id &&
           strcmp(o->who.worker_id, staff_id) != 0 && date_known(o->worker_since) &&
           date_cmp(london_from_instant(said_at).on, o->worker_since) <= 0;
}

// Whether a mail about it went to the child's worker before the present one, and if so whether the
// last thing that it said was one that could not wait.
static bool was_with_former(const struct so_far *s, bool *ret_at_once)
{
    bool any = false;

    for (size_t i = 0; i < s->heard->count; i++) {
        const struct said *said = &s->heard->said[i];

        any |= said->by_mail &&
               agenda_was_for_former(s->owed, said->staff_id, said->rung, said->said_at);
    }
    *ret_at_once = false;
    for (size_t i = 0; any && i < s->count; i++)
        if (ladder_rung_is_of(s->tellings[i].rung, "social-worker") &&
            said_by(s->heard, s->tellings[i].rung))
            *ret_at_once = s->tellings[i].at_once;
    return any;
}

bool agenda_arrival(struct arena *a, const struct so_far *s, struct telling *ret)
{
    const struct staff *to;
    const char *ignored;

    *ret = (struct telling){.role = "social-worker", .at = s->in->now};
    if (!was_with_former(s, &ret->at_once))
        return false;
    ret->rung = arena_printf(a, ARRIVAL "%s", date_iso(a, s->owed->worker_since));
    to = recipient_on_rung(a, s->in->directory, &s->owed->who, s->owed->child.restricted, ret->rung,
                           london_from_instant(s->in->now).on, &ignored);
    return to && !said_knows(s->heard, to->id);
}

bool agenda_is_arrival(const char *rung)
{
    return strncmp(rung, ARRIVAL, strlen(ARRIVAL)) == 0;
}

const char *agenda_arrival_why(struct arena *a, const struct owed *o)
{
    return arena_printf(a, "the child came to you on %s", date_words(a, o->worker_since));
}

bool agenda_part(struct arena *a, const struct plan_input *in, const struct owed *o,
                 const char *staff_id, struct line *ret)
{
    const struct staff *worker = directory_staff(in->directory, o->who.worker_id);
    int t = library_timescale(in->library, o->timescale);
    const char **rungs = ARENA_ARRAY(a, const char *, 1);

    if (o->child.restricted || !worker || t < 0)
        return false;
    *ret = agenda_line(a, in->library, o, &in->library->timescales[t],
                       london_from_instant(in->now).on);
    ret->to = directory_staff(in->directory, staff_id);
    ret->how = SAY_IN_DIGEST;
    ret->parting = ret->is_new = true;
    rungs[0] = agenda_parting_rung(a, o->worker_since);
    ret->rungs = rungs;
    ret->rung_count = 1;
    ret->why =
        arena_printf(a, "no longer yours: the child went to %s on %s",
                     worker->name ? worker->name : worker->id, date_words(a, o->worker_since));
    return ret->to != NULL;
}
