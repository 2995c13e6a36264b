// Cover for who is away (agenda_cover.h).
#include "agenda_cover.h"

#include "agenda_office.h"
#include "ladder.h"
#include "recipient.h"
#include "zone.h"

#include <string.h>

#define HANDOVER ", away since "

struct handing {
    struct arena *arena;
    const struct so_far *so_far;
    struct date today;
    struct telling *tellings;
    size_t count;
    instant look_again; // 0: never
};

// The one person whom the child's records name for a role; NULL for managers, who hold posts.
static const char *named(const struct owed *o, const char *role)
{
    if (!role)
        return NULL;
    if (strcmp(role, "social-worker") == 0)
        return o->who.worker_id;
    if (strcmp(role, "chair") == 0)
        return o->who.chair_id;
    return strcmp(role, "reviewing-officer") == 0 ? o->who.iro_id : NULL;
}

static void look_again_on(struct handing *g, struct date day)
{
    instant at = agenda_opening_from(g->so_far->in->library, day);

    if (at && (g->look_again == 0 || at < g->look_again))
        g->look_again = at;
}

// The rung by which others hear of what this one was told: NULL for what is none of theirs.
static const char *handover_rung(struct handing *g, const char *from_id, const char *role)
{
    const struct directory *d = g->so_far->in->directory;
    struct date due = g->so_far->owed->due_on, next;
    struct absence away;

    if (date_cmp(due, g->today) < 0)
        return NULL;
    if (!directory_away(d, from_id, g->today, &away)) {
        next = directory_away_next(d, from_id, g->today);
        if (date_known(next) && date_cmp(next, due) <= 0)
            look_again_on(g, next);
        return NULL;
    }
    if (date_known(away.last) && date_cmp(due, away.last) > 0)
        return NULL;
    return arena_printf(g->arena, "%s" HANDOVER "%s", role, date_iso(g->arena, away.first));
}

// To who stands in, unless they have heard of it.
static void hand_over(struct handing *g, const char *from_id, const char *role, bool escalation)
{
    const struct so_far *s = g->so_far;
    const char *rung = handover_rung(g, from_id, role), *ignored;
    const struct staff *to;

    if (!rung || !was_told(s->heard, from_id))
        return;
    to = recipient_on_rung(g->arena, s->in->directory, &s->owed->who, s->owed->child.restricted,
                           rung, g->today, &ignored);
    if (to && strcmp(to->id, from_id) != 0 && !was_told(s->heard, to->id))
        g->tellings[g->count++] = (struct telling){
            .rung = rung, .role = role, .at = s->in->now, .escalation = escalation};
}

// By who acts, and by the next ones up who have heard of it.
size_t agenda_handovers(struct arena *a, const struct so_far *s, struct telling **ret,
                        instant *ret_look_again)
{
    const char *acting = ladder_acting_role(
        s->in->library,
        &s->in->library->timescales[library_timescale(s->in->library, s->owed->timescale)]);
    const char *from = named(s->owed, acting);
    struct handing g = {.arena = a,
                        .so_far = s,
                        .today = london_from_instant(s->in->now).on,
                        .tellings = ARENA_ARRAY(a, struct telling, s->count + 1)};
    const struct said *said;

    if (from)
        hand_over(&g, from, acting, false);
    for (size_t i = 0; i < s->count; i++)
        if (s->tellings[i].escalation && (said = said_by(s->heard, s->tellings[i].rung)))
            hand_over(&g, said->staff_id, s->tellings[i].role, true);
    *ret = g.tellings;
    *ret_look_again = g.look_again;
    return g.count;
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
