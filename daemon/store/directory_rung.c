// The walk up the directory's ladder (register 2.13): from a post to who stands in for it, then to
// the next post above, until somebody can be told.
#include "directory.h"

#include "text.h"

#include <string.h>

#define MAX_STEPS 64 // a walk that is longer goes in a circle

// Something that a person holds: who, who stands in, and where the way up goes on.
struct post {
    const char *holder_id, *deputy_id;
    const struct team *team;    // whose manager this is; else NULL
    const struct staff *person; // whose own post this is; else NULL
    bool exists;
    const char *duty_team; // whose duty rota stands in; NULL
    bool manages;          // as a manager of it, not as one of its workers
};

static struct post post_of_person(const struct directory *d, const char *id)
{
    const struct staff *s = directory_staff(d, id);

    return (struct post){.holder_id = id,
                         .deputy_id = s ? s->deputy_id : NULL,
                         .person = s,
                         .exists = true,
                         .duty_team = s ? s->team_id : NULL};
}

// A manager stands in by the team's deputy, else by the manager's own.
static struct post post_of_manager(const struct directory *d, const struct team *t)
{
    const struct staff *s = t ? directory_staff(d, t->manager_id) : NULL;

    if (!t)
        return (struct post){0};
    return (struct post){.holder_id = t->manager_id,
                         .deputy_id = t->deputy_id ? t->deputy_id
                                      : s          ? s->deputy_id
                                                   : NULL,
                         .team = t,
                         .exists = true,
                         .duty_team = t->id,
                         .manages = true};
}

// Who manages a person: whom the directory names, else the manager of the team.
static struct post post_above_person(const struct directory *d, const struct staff *s,
                                     const char *team_id)
{
    if (s && s->manager_id) {
        const struct team *own = directory_team(d, s->team_id);
        struct post p = post_of_person(d, s->manager_id);

        // The way up goes on from the team that the manager manages, where that can be told.
        if (own && own->manager_id && strcmp(own->manager_id, s->manager_id) == 0)
            return post_of_manager(d, own);
        p.team = own;
        p.duty_team = own ? own->id : NULL;
        p.manages = true;
        return p;
    }
    return post_of_manager(d, directory_team(d, team_id ? team_id : s ? s->team_id : NULL));
}

// The post above: of a team's manager, the manager of the team above; of a person, their manager.
static struct post post_above(const struct directory *d, const struct post *p)
{
    if (p->team)
        return post_of_manager(d, directory_team(d, p->team->parent_id));
    return post_above_person(d, p->person, NULL);
}

// The manager `levels` teams above a team; where there are fewer teams, the top's.
static struct post manager_above(const struct directory *d, const struct team *t, int levels)
{
    for (int i = 0; t && i < levels; i++) {
        const struct team *above = directory_team(d, t->parent_id);

        if (!above)
            break;
        t = above;
    }
    return post_of_manager(d, t);
}

static const char *team_of(const struct directory *d, const struct responsible *r)
{
    const struct staff *worker = directory_staff(d, r->worker_id);

    return directory_team(d, r->team_id) ? r->team_id : worker ? worker->team_id : NULL;
}

const char *const *directory_teams(struct arena *a, const struct directory *d,
                                   const struct responsible *r)
{
    const char *found[MAX_STEPS], **teams;
    size_t count = 0;

    for (const struct team *t = directory_team(d, team_of(d, r)); t && count < MAX_STEPS;
         t = directory_team(d, t->parent_id))
        found[count++] = t->id;
    teams = ARENA_ARRAY(a, const char *, count + 1);
    memcpy(teams, found, count * sizeof *teams);
    return teams;
}

enum role {
    SOCIAL_WORKER,
    TEAM_MANAGER,
    SERVICE_MANAGER,
    HEAD_OF_SERVICE,
    DIRECTOR,
    CHAIR,
    REVIEWING_OFFICER,
    CHAIRS_MANAGER,
    SAFEGUARDING_MANAGER,
};

static const struct {
    const char *name, *words;
} roles[] = {
    [SOCIAL_WORKER] = {"social-worker", "the social worker"},
    [TEAM_MANAGER] = {"team-manager", "the team manager"},
    [SERVICE_MANAGER] = {"service-manager", "the service manager"},
    [HEAD_OF_SERVICE] = {"head-of-service", "the head of service"},
    [DIRECTOR] = {"director", "the director"},
    [CHAIR] = {"chair", "the chair"},
    [REVIEWING_OFFICER] = {"reviewing-officer", "the reviewing officer"},
    [CHAIRS_MANAGER] = {"chairs-manager", "the chairs' manager"},
    [SAFEGUARDING_MANAGER] = {"safeguarding-manager", "the safeguarding manager"},
};
#define ROLE_COUNT (sizeof roles / sizeof *roles)

static size_t role_find(const char *name)
{
    size_t i = 0;

    while (i < ROLE_COUNT && strcmp(roles[i].name, name) != 0)
        i++;
    return i;
}

static struct post post_of_role(const struct directory *d, const struct responsible *r, size_t role)
{
    const struct team *team = directory_team(d, team_of(d, r));
    const char *chair = r->chair_id ? r->chair_id : r->iro_id;
    struct post p;

    switch (role) {
    case SOCIAL_WORKER:
        p = post_of_person(d, r->worker_id);
        p.duty_team = team_of(d, r);
        return p;
    case TEAM_MANAGER:
        return post_above_person(d, directory_staff(d, r->worker_id), team_of(d, r));
    case SERVICE_MANAGER:
        return manager_above(d, team, 1);
    case HEAD_OF_SERVICE:
        return manager_above(d, team, 2);
    case DIRECTOR:
        return manager_above(d, team, MAX_STEPS);
    case CHAIR:
        return post_of_person(d, r->chair_id);
    case REVIEWING_OFFICER:
        return post_of_person(d, r->iro_id);
    case CHAIRS_MANAGER:
        return post_above_person(d, directory_staff(d, chair), NULL);
    case SAFEGUARDING_MANAGER:
        p = post_above_person(d, directory_staff(d, chair), NULL);
        return post_above(d, &p);
    default:
        return (struct post){0};
    }
}

// A conference that is not booked has no chair yet: whoever manages the chairs cannot be told from
// the child, and the service that the child belongs to has to find one.
static bool is_without_chair(const struct directory *d, const struct responsible *r, size_t role)
{
    switch (role) {
    case CHAIR:
        return !directory_staff(d, r->chair_id);
    case REVIEWING_OFFICER:
        return !directory_staff(d, r->iro_id);
    case CHAIRS_MANAGER:
    case SAFEGUARDING_MANAGER:
        return !directory_staff(d, r->chair_id) && !directory_staff(d, r->iro_id);
    default:
        return false;
    }
}

// Where the way up from a role goes on. A social worker's manager may stand beside the teams.
static struct post next_post(const struct directory *d, const struct responsible *r, size_t role,
                             const struct post *p, int step)
{
    if (step == 0 && role == SOCIAL_WORKER)
        return post_of_role(d, r, TEAM_MANAGER);
    if (step == 0 && is_without_chair(d, r, role))
        return post_of_role(d, r, SERVICE_MANAGER);
    return post_above(d, p);
}

static bool has_mailbox(const struct staff *s, struct date on)
{
    return staff_in_post(s, on) && s->email && *s->email;
}

static bool can_be_told(const struct directory *d, const struct staff *s, struct date on)
{
    struct absence ignored;

    return has_mailbox(s, on) && !directory_away(d, s->id, on, &ignored);
}

static const char *name_of(const struct staff *s)
{
    return s->name ? s->name : s->id;
}

static const char *away_words(struct arena *a, const struct staff *s, const struct absence *away)
{
    return date_known(away->last)
               ? arena_printf(a, "%s is away until %s", name_of(s), date_words(a, away->last))
               : arena_printf(a, "%s is away", name_of(s));
}

static const char *why_not(struct arena *a, const struct directory *d, const struct responsible *r,
                           const struct post *p, size_t role, struct date on)
{
    const struct staff *s = directory_staff(d, p->holder_id);
    const char *words = role < ROLE_COUNT ? roles[role].words : "the role";
    bool personal = role == SOCIAL_WORKER || role == CHAIR || role == REVIEWING_OFFICER;
    struct absence away;

    if (!p->exists && (role == CHAIRS_MANAGER || role == SAFEGUARDING_MANAGER))
        return "no chair is allocated";
    if (!p->exists && role < ROLE_COUNT)
        return r->worker_id ? "the directory has no team for the child" : "no worker is allocated";
    if (!p->holder_id)
        return personal ? arena_printf(a, "no %s is allocated", words + strlen("the "))
                        : arena_printf(a, "%s's post is vacant", words);
    if (!s)
        return arena_printf(a, "%s is not in the directory", words);
    if (date_known(s->from) && date_cmp(on, s->from) < 0)
        return arena_printf(a, "%s is not yet in post", words);
    if (!staff_in_post(s, on))
        return arena_printf(a, "%s has left", words);
    if (directory_away(d, s->id, on, &away))
        return away_words(a, s, &away);
    return arena_printf(a, "%s has no mail address", words);
}

// The first who can be told of those whom the days of cover name.
static const struct staff *covering(const struct directory *d, enum covered covers,
                                    const char *of_id, struct date on)
{
    for (const struct cover *c = directory_cover(d, covers, of_id, on, NULL); c;
         c = directory_cover(d, covers, of_id, on, c)) {
        const struct staff *s = directory_staff(d, c->stand_in_id);

        if (can_be_told(d, s, on))
            return s;
    }
    return NULL;
}

const struct staff *directory_out_of_hours(struct arena *a, const struct directory *d,
                                           const struct responsible *r, struct date on)
{
    for (const char *const *team = directory_teams(a, d, r); *team; team++) {
        const struct staff *s = covering(d, COVER_OUT_OF_HOURS, *team, on);

        if (s)
            return s;
    }
    return NULL;
}

// Who stands in for a post whose holder cannot be told; by days of cover *how says so. A stand-in
// who is away themselves is passed over and not stood in for, so that two who name each other are
// no circle.
static const struct staff *standing_in(const struct directory *d, const struct post *p,
                                       bool restricted, struct date on, const char **how)
{
    const struct staff *deputy = directory_staff(d, p->deputy_id);
    const struct staff *s = restricted ? NULL : covering(d, COVER_PERSON, p->holder_id, on);

    *how = NULL;
    if (s) {
        *how = "you stand in";
        return s;
    }
    if ((p->manages || !restricted) && can_be_told(d, deputy, on))
        return deputy;
    if (restricted)
        return NULL;
    s = covering(d, p->manages ? COVER_MANAGER : COVER_WORKERS, p->duty_team, on);
    if (s)
        *how = "you are on duty";
    return s;
}

const struct staff *directory_on_rung(struct arena *a, const struct directory *d,
                                      const struct responsible *r, bool restricted,
                                      const char *role, struct date on, const char **why)
{
    const struct staff *away = NULL;
    size_t which = role_find(role);
    struct post p = post_of_role(d, r, which);

    *why = NULL;
    for (int step = 0; step < MAX_STEPS && (p.exists || step == 0); step++) {
        const struct staff *s = directory_staff(d, p.holder_id);
        const char *how;

        if (can_be_told(d, s, on))
            return s;
        if (!away && has_mailbox(s, on))
            away = s;
        if (step == 0)
            *why = why_not(a, d, r, &p, which, on);
        s = standing_in(d, &p, restricted, on, &how);
        if (how)
            *why = arena_printf(a, "%s; %s", *why, how);
        if (s)
            return s;
        p = next_post(d, r, which, &p, step);
    }
    // Better that they read it late than that nobody does.
    return away;
}
