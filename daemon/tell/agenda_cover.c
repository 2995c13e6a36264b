// Handing over (agenda_cover.h).
#include "agenda_cover.h"

#include "agenda_office.h"
#include "ladder.h"
#include "recipient.h"
#include "zone.h"

#include <string.h>

#define AWAY ", away since "
#define LEFT_BY ", left by "

struct handing {
    struct arena *arena;
    const struct so_far *so_far;
    struct date today;
    bool late;
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

// When somebody will not be there to act, by what is known today.
static void look_out(struct handing *g, const char *staff_id)
{
    const struct directory *d = g->so_far->in->directory;
    struct date away = directory_away_next(d, staff_id, g->today), due = g->so_far->owed->due_on;
    const struct staff *s = directory_staff(d, staff_id);

    if (date_known(away))
        look_again_on(g, away);
    if (s && date_known(s->to) && date_cmp(s->to, g->today) > 0 && date_cmp(s->to, due) <= 0)
        look_again_on(g, s->to);
}

// The rung by which others hear of what this one was told: NULL for who can act on it.
static const char *handover_rung(const struct handing *g, const char *from_id, const char *role)
{
    const struct directory *d = g->so_far->in->directory;
    struct absence away;

    if (!staff_in_post(directory_staff(d, from_id), g->today))
        return arena_printf(g->arena, "%s" LEFT_BY "%s", role, from_id);
    if (!directory_away(d, from_id, g->today, &away) ||
        (date_known(away.last) && date_cmp(g->so_far->owed->due_on, away.last) > 0))
        return NULL;
    return arena_printf(g->arena, "%s" AWAY "%s", role, date_iso(g->arena, away.first));
}

// What is late is handed over where a mail said so: what a first start found late was summed up.
static bool has_it(const struct handing *g, const char *from_id)
{
    return g->late ? was_mailed(g->so_far->heard, from_id) : was_told(g->so_far->heard, from_id);
}

// To whom the rung speaks now, unless they have heard of it.
static void hand_over(struct handing *g, const char *from_id, const struct telling *t)
{
    const struct so_far *s = g->so_far;
    const struct staff *to;
    const char *ignored;

    if (!t->rung || !has_it(g, from_id))
        return;
    to = recipient_on_rung(g->arena, s->in->directory, &s->owed->who, s->owed->child.restricted,
                           t->rung, g->today, &ignored);
    if (to && strcmp(to->id, from_id) != 0 && !was_told(s->heard, to->id))
        g->tellings[g->count++] = *t;
}

static void hand_over_from(struct handing *g, const char *from_id, const char *role,
                           bool escalation)
{
    look_out(g, from_id);
    hand_over(g, from_id,
              &(struct telling){.rung = handover_rung(g, from_id, role),
                                .role = role,
                                .at = g->so_far->in->now,
                                .escalation = escalation});
}

// A child whom nobody has any more. Not before the next morning: the next worker's record may come
// later on the same day.
static void hand_over_unallocated(struct handing *g, const char *role)
{
    const struct so_far *s = g->so_far;
    const struct said *last = said_last_to(s->heard, role);

    if (last && s->owed->unallocated_at && !s->owed->who.worker_id)
        hand_over(g, last->staff_id,
                  &(struct telling){
                      .rung = arena_printf(g->arena, "%s" LEFT_BY "%s", role, last->staff_id),
                      .role = role,
                      .at = agenda_next_opening(s->in->library, s->owed->unallocated_at)});
}

static const char *acting_role(const struct so_far *s)
{
    const struct library *l = s->in->library;

    return ladder_acting_role(l, &l->timescales[library_timescale(l, s->owed->timescale)]);
}

// By who acts, and by the next ones up who have heard of it; these have what is late in their
// lists, which somebody who stands in for them has too.
size_t agenda_handovers(struct arena *a, const struct so_far *s, struct telling **ret,
                        instant *ret_look_again)
{
    const char *acting = acting_role(s), *from = named(s->owed, acting);
    struct handing g = {.arena = a,
                        .so_far = s,
                        .today = london_from_instant(s->in->now).on,
                        .tellings = ARENA_ARRAY(a, struct telling, s->count + 2)};
    const struct said *said;

    g.late = date_cmp(s->owed->due_on, g.today) < 0;
    if (from)
        hand_over_from(&g, from, acting, false);
    else if (!g.late && acting && strcmp(acting, "social-worker") == 0)
        hand_over_unallocated(&g, acting);
    for (size_t i = 0; i < s->count && !g.late; i++)
        if (s->tellings[i].escalation && (said = said_by(s->heard, s->tellings[i].rung)))
            hand_over_from(&g, said->staff_id, s->tellings[i].role, true);
    *ret = g.tellings;
    *ret_look_again = g.look_again;
    return g.count;
}

bool agenda_is_handover(const char *rung)
{
    return strstr(rung, AWAY) || strstr(rung, LEFT_BY);
}

bool agenda_was_away(const struct directory *d, const char *staff_id, instant said_at)
{
    struct absence ignored;

    return directory_away(d, staff_id, london_from_instant(said_at).on, &ignored);
}
