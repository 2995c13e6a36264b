// The directory: staff and teams sorted by number, and the walk up its ladder (register 2.13): from
// a post to its deputy, then to the next post above, until somebody can be told.
#include "directory.h"

#include "columns.h"

#include <stdlib.h>
#include <string.h>

struct directory {
    struct arena *arena;
    struct staff *staff; // both sorted by id
    size_t staff_count;
    struct team *teams;
    size_t team_count;
};

#define MAX_STEPS 64 // a walk that is longer goes in a circle

static int staff_by_id(const void *a, const void *b)
{
    return strcmp(((const struct staff *)a)->id, ((const struct staff *)b)->id);
}

static int team_by_id(const void *a, const void *b)
{
    return strcmp(((const struct team *)a)->id, ((const struct team *)b)->id);
}

struct directory *directory_make(const struct staff *staff, size_t staff_count,
                                 const struct team *teams, size_t team_count)
{
    struct arena *a = arena_new();
    struct directory *d = ARENA_NEW(a, struct directory);

    *d = (struct directory){.arena = a,
                            .staff = ARENA_ARRAY(a, struct staff, staff_count + 1),
                            .staff_count = staff_count,
                            .teams = ARENA_ARRAY(a, struct team, team_count + 1),
                            .team_count = team_count};
    for (size_t i = 0; i < staff_count; i++) {
        const struct staff *s = &staff[i];

        d->staff[i] = (struct staff){arena_strdup(a, s->id),
                                     arena_strdup(a, s->name),
                                     arena_strdup(a, s->email),
                                     arena_strdup(a, s->job_title),
                                     arena_strdup(a, s->team_id),
                                     arena_strdup(a, s->manager_id),
                                     arena_strdup(a, s->deputy_id),
                                     s->from,
                                     s->to};
    }
    for (size_t i = 0; i < team_count; i++)
        d->teams[i] = (struct team){
            arena_strdup(a, teams[i].id), arena_strdup(a, teams[i].parent_id),
            arena_strdup(a, teams[i].manager_id), arena_strdup(a, teams[i].deputy_id)};
    qsort(d->staff, staff_count, sizeof *d->staff, staff_by_id);
    qsort(d->teams, team_count, sizeof *d->teams, team_by_id);
    return d;
}

void directory_free(struct directory *d)
{
    if (d)
        arena_free(d->arena);
}

const struct staff *directory_staff(const struct directory *d, const char *id)
{
    struct staff key = {.id = id};

    return id ? bsearch(&key, d->staff, d->staff_count, sizeof key, staff_by_id) : NULL;
}

static const struct team *team_find(const struct directory *d, const char *id)
{
    struct team key = {.id = id};

    return id ? bsearch(&key, d->teams, d->team_count, sizeof key, team_by_id) : NULL;
}

bool staff_in_post(const struct staff *s, struct date on)
{
    return s && (!date_known(s->from) || date_cmp(s->from, on) <= 0) &&
           (!date_known(s->to) || date_cmp(on, s->to) < 0);
}

size_t directory_count(const struct directory *d)
{
    return d->staff_count;
}

// ------------------------------------------------------------------------------------- reading it

static struct staff staff_row(const PGresult *r, int i)
{
    return (struct staff){.id = db_text(r, i, 0),
                          .name = db_text(r, i, 1),
                          .email = db_text(r, i, 2),
                          .job_title = db_text(r, i, 3),
                          .team_id = db_text(r, i, 4),
                          .manager_id = db_text(r, i, 5),
                          .deputy_id = db_text(r, i, 6),
                          .from = column_date(r, i, 7),
                          .to = column_date(r, i, 8)};
}

bool directory_read(struct db *store, struct directory **ret, struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    AUTO(pgresult_done) PGresult *staff_rows = NULL;
    AUTO(pgresult_done) PGresult *team_rows = NULL;
    struct staff *staff;
    struct team *teams;
    size_t staff_count, team_count;

    if (!db_ask(store,
                "SELECT professional_id, name, email, job_title, team_id, manager_id, deputy_id,"
                " active_from, active_to FROM timely.staff",
                0, NULL, &staff_rows, err) ||
        !db_ask(store, "SELECT team_id, parent_id, manager_id, deputy_id FROM timely.team", 0, NULL,
                &team_rows, err))
        return false;
    staff_count = (size_t)PQntuples(staff_rows);
    team_count = (size_t)PQntuples(team_rows);
    staff = ARENA_ARRAY(a, struct staff, staff_count + 1);
    teams = ARENA_ARRAY(a, struct team, team_count + 1);
    for (size_t i = 0; i < staff_count; i++)
        staff[i] = staff_row(staff_rows, (int)i);
    for (size_t i = 0; i < team_count; i++)
        teams[i] = (struct team){db_text(team_rows, (int)i, 0), db_text(team_rows, (int)i, 1),
                                 db_text(team_rows, (int)i, 2), db_text(team_rows, (int)i, 3)};
    *ret = directory_make(staff, staff_count, teams, team_count);
    return true;
}

// -------------------------------------------------------------------------------------- the ladder

// Something that a person holds: who, who stands in, and where the way up goes on.
struct post {
    const char *holder_id, *deputy_id;
    const struct team *team;    // whose manager this is; else NULL
    const struct staff *person; // whose own post this is; else NULL
    bool exists;
};

static struct post post_of_person(const struct directory *d, const char *id)
{
    const struct staff *s = directory_staff(d, id);

    return (struct post){id, s ? s->deputy_id : NULL, NULL, s, true};
}

// A manager stands in by the team's deputy, else by the manager's own.
static struct post post_of_manager(const struct directory *d, const struct team *t)
{
    const struct staff *s = t ? directory_staff(d, t->manager_id) : NULL;

    if (!t)
        return (struct post){0};
    return (struct post){t->manager_id,
                         t->deputy_id ? t->deputy_id
                         : s          ? s->deputy_id
                                      : NULL,
                         t, NULL, true};
}

// Who manages a person: whom the directory names, else the manager of the team.
static struct post post_above_person(const struct directory *d, const struct staff *s,
                                     const char *team_id)
{
    if (s && s->manager_id) {
        const struct team *own = team_find(d, s->team_id);
        struct post p = post_of_person(d, s->manager_id);

        // The way up goes on from the team that the manager manages, where that can be told.
        if (own && own->manager_id && strcmp(own->manager_id, s->manager_id) == 0)
            return post_of_manager(d, own);
        p.team = own;
        return p;
    }
    return post_of_manager(d, team_find(d, team_id ? team_id : s ? s->team_id : NULL));
}

// The post above: of a team's manager, the manager of the team above; of a person, their manager.
static struct post post_above(const struct directory *d, const struct post *p)
{
    if (p->team)
        return post_of_manager(d, team_find(d, p->team->parent_id));
    return post_above_person(d, p->person, NULL);
}

static const struct team *top_of(const struct directory *d, const struct team *t)
{
    for (int i = 0; t && i < MAX_STEPS; i++) {
        const struct team *above = team_find(d, t->parent_id);

        if (!above)
            return t;
        t = above;
    }
    return t;
}

// The manager `levels` teams above a team; where there are fewer teams, the top's.
static struct post manager_above(const struct directory *d, const struct team *t, int levels)
{
    for (int i = 0; t && i < levels; i++) {
        const struct team *above = team_find(d, t->parent_id);

        if (!above)
            break;
        t = above;
    }
    return post_of_manager(d, t);
}

static const char *team_of(const struct directory *d, const struct responsible *r)
{
    const struct staff *worker = directory_staff(d, r->worker_id);

    return team_find(d, r->team_id) ? r->team_id : worker ? worker->team_id : NULL;
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
    const struct team *team = team_find(d, team_of(d, r));
    const char *chair = r->chair_id ? r->chair_id : r->iro_id;
    struct post p;

    switch (role) {
    case SOCIAL_WORKER:
        return post_of_person(d, r->worker_id);
    case TEAM_MANAGER:
        return post_above_person(d, directory_staff(d, r->worker_id), team_of(d, r));
    case SERVICE_MANAGER:
        return manager_above(d, team, 1);
    case HEAD_OF_SERVICE:
        return manager_above(d, team, 2);
    case DIRECTOR:
        return post_of_manager(d, top_of(d, team));
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

static bool can_be_told(const struct staff *s, struct date on)
{
    return staff_in_post(s, on) && s->email && *s->email;
}

static const char *why_not(struct arena *a, const struct directory *d, const struct post *p,
                           size_t role, struct date on)
{
    const struct staff *s = directory_staff(d, p->holder_id);
    const char *words = role < ROLE_COUNT ? roles[role].words : "the role";
    bool personal = role == SOCIAL_WORKER || role == CHAIR || role == REVIEWING_OFFICER;

    if (!p->exists && (role == CHAIRS_MANAGER || role == SAFEGUARDING_MANAGER))
        return "no chair is allocated";
    if (!p->holder_id)
        return personal ? arena_printf(a, "no %s is allocated", words + strlen("the "))
                        : arena_printf(a, "%s's post is vacant", words);
    if (!s)
        return arena_printf(a, "%s is not in the directory", words);
    if (date_known(s->from) && date_cmp(on, s->from) < 0)
        return arena_printf(a, "%s is not yet in post", words);
    if (!staff_in_post(s, on))
        return arena_printf(a, "%s has left", words);
    return arena_printf(a, "%s has no mail address", words);
}

const struct staff *directory_on_rung(struct arena *a, const struct directory *d,
                                      const struct responsible *r, const char *role, struct date on,
                                      const char **why)
{
    size_t which = role_find(role);
    struct post p = post_of_role(d, r, which);

    *why = NULL;
    for (int step = 0; step < MAX_STEPS && (p.exists || step == 0); step++) {
        const struct staff *holder = directory_staff(d, p.holder_id);
        const struct staff *deputy = directory_staff(d, p.deputy_id);

        if (can_be_told(holder, on))
            return holder;
        if (step == 0)
            *why = why_not(a, d, &p, which, on);
        if (can_be_told(deputy, on))
            return deputy;
        p = next_post(d, r, which, &p, step);
    }
    return NULL;
}
