// Which ladder holds for a timescale and a team, and to whom it speaks at all (ladder.h).
#include "ladder.h"

#include "text.h"

#include <string.h>

static const struct ladder *find(const struct ladder *list, size_t count, const char *id)
{
    for (size_t i = 0; id && i < count; i++)
        if (strcmp(list[i].id, id) == 0)
            return &list[i];
    return NULL;
}

const struct ladder *ladder_profile(const struct library *l, const struct timescale *t)
{
    return find(l->profiles, l->profile_count, t->profile);
}

static const struct team_ladder *team_ladder_of(const struct library *l, const struct timescale *t,
                                                const char *team)
{
    const struct team_ladder *by_ladder = NULL;

    for (size_t i = 0; i < l->team_ladder_count; i++) {
        const struct team_ladder *own = &l->team_ladders[i];

        if (strcmp(own->team, team) != 0)
            continue;
        if (same_key(own->timescale, t->id))
            return own;
        if (same_key(own->instead_of, t->ladder))
            by_ladder = own;
    }
    return by_ladder;
}

bool team_ladder_decides(const struct library *l, const struct team_ladder *own,
                         const struct timescale *t)
{
    return team_ladder_of(l, t, own->team) == own;
}

const struct ladder *ladder_for(const struct library *l, const struct timescale *t,
                                const char *const *teams, const struct team_ladder **ret_of)
{
    const struct team_ladder *of = NULL;

    for (; l->team_ladder_count && teams && *teams && !of; teams++)
        of = team_ladder_of(l, t, *teams);
    if (ret_of)
        *ret_of = of;
    return find(l->ladders, l->ladder_count, of ? of->ladder : t->ladder);
}

const char *ladder_acts(const struct ladder *ladder)
{
    for (size_t i = 0; i < ladder->count; i++)
        if (strcmp(ladder->rungs[i].id, "profile") == 0)
            return ladder->rungs[i].role;
    return NULL;
}

const char *ladder_acting_role(const struct library *l, const struct timescale *t)
{
    const struct ladder *ladder = ladder_for(l, t, NULL, NULL);

    return ladder ? ladder_acts(ladder) : NULL;
}

bool ladder_is_chair(const char *role)
{
    return same_text(role, "chair") || same_text(role, "reviewing-officer");
}

bool ladder_speaks_to(const struct library *l, const struct timescale *t, const char *const *teams,
                      const char *role)
{
    const struct ladder *ladder = ladder_for(l, t, teams, NULL);

    for (size_t i = 0; ladder && i < ladder->count; i++)
        if (strcmp(ladder->rungs[i].role, role) == 0)
            return true;
    return false;
}

// Whether a rung is reached by the due date alone.
static bool hangs_on_due(const struct rung *r)
{
    return r->when == ON_DUE ||
           ((r->when == BEFORE_DUE || r->when == AFTER_DUE) && r->span.unit == WORKING_DAYS);
}

static bool has_certain_rung(const struct ladder *profile)
{
    for (size_t i = 0; i < profile->count; i++)
        if (!profile->rungs[i].unbooked_only && hangs_on_due(&profile->rungs[i]))
            return true;
    return false;
}

static bool is_certain(const struct timescale *t, const struct ladder *profile,
                       const struct ladder *ladder)
{
    for (size_t i = 0; profile && ladder && i < ladder->count; i++) {
        const struct rung *r = &ladder->rungs[i];

        if (!r->unbooked_only && (is_statutory(t->force) || !r->statutory_only) &&
            (strcmp(r->id, "profile") == 0 ? has_certain_rung(profile) : hangs_on_due(r)))
            return true;
    }
    return false;
}

bool ladder_always_speaks(const struct library *l, const struct timescale *t)
{
    const struct ladder *profile = ladder_profile(l, t);

    for (size_t i = 0; i < l->team_ladder_count; i++) {
        const char *const team[] = {l->team_ladders[i].team, NULL};

        if (!is_certain(t, profile, ladder_for(l, t, team, NULL)))
            return false;
    }
    return is_certain(t, profile, ladder_for(l, t, NULL, NULL));
}
