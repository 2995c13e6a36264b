// Cover for who is away (agenda_cover.h).
#include "agenda_cover.h"

#include "ladder.h"
#include "zone.h"

#include <string.h>

#define HANDOVER ", away since "

const char *agenda_named(const struct owed *o, const char *role)
{
    if (!role)
        return NULL;
    if (strcmp(role, "social-worker") == 0)
        return o->who.worker_id;
    if (strcmp(role, "chair") == 0)
        return o->who.chair_id;
    return strcmp(role, "reviewing-officer") == 0 ? o->who.iro_id : NULL;
}

struct handover agenda_handover(struct arena *a, const struct plan_input *in, const struct owed *o,
                                const char *staff_id, const char *role)
{
    struct date today = london_from_instant(in->now).on;
    struct handover h = {.away_next = DATE_NONE};
    struct absence away;

    if (date_cmp(o->due_on, today) < 0)
        return h;
    if (!directory_away(in->directory, staff_id, today, &away)) {
        h.away_next = directory_away_next(in->directory, staff_id, today);
        if (date_known(h.away_next) && date_cmp(h.away_next, o->due_on) > 0)
            h.away_next = DATE_NONE;
        return h;
    }
    if (!date_known(away.last) || date_cmp(o->due_on, away.last) <= 0)
        h.rung = arena_printf(a, "%s" HANDOVER "%s", role, date_iso(a, away.first));
    return h;
}

bool agenda_is_handover(const char *rung)
{
    return strstr(rung, HANDOVER) != NULL;
}

bool agenda_was_away(const struct directory *d, const char *staff_id, instant said_at)
{
    struct absence ignored;

    return directory_away(d, staff_id, london_from_instant(said_at).on, &ignored);
}
