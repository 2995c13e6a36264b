// The directory: staff, teams, managers and deputies, as imported; and who stands on which rung for
// a child.
#pragma once

#include "date.h"
#include "db.h"

struct directory;

struct staff {
    const char *id, *name, *email; // email NULL when there is none that can be used
    const char *job_title, *team_id, *manager_id, *deputy_id;
    struct date from, to; // in post from … until the day before to; DATE_NONE: open
};

struct team {
    const char *id, *parent_id, *manager_id, *deputy_id; // may be NULL, all but the first
};

// From what is known, in any order; texts are copied. Pure.
struct directory *directory_make(const struct staff *staff, size_t staff_count,
                                 const struct team *teams, size_t team_count);
// Reads everything. Waits. Freed with directory_free.
MUST_USE bool directory_read(struct db *store, struct directory **ret, struct error *err);
void directory_free(struct directory *d);

const struct staff *directory_staff(const struct directory *d, const char *id); // NULL when unknown
bool staff_in_post(const struct staff *s, struct date on);                      // false for NULL
size_t directory_count(const struct directory *d);

// Who is responsible for a child; ids may be NULL.
struct responsible {
    const char *worker_id, *team_id, *chair_id, *iro_id;
};

// The person on a rung (role as in telling.yaml): social-worker is the allocated worker;
// team-manager their manager_id, else the manager of the child's team, else of the worker's team;
// service-manager, head-of-service and director the managers of the teams above, the director being
// the top's; chair and reviewing-officer the child's; chairs-manager the chair's manager,
// safeguarding-manager the manager above that one. Who has left, is not yet in post, has no address
// or no entry is passed over: to the deputy, then upwards; from a chair of whom nobody knows who it
// is, and their managers, to the service manager. *why says so ("the team manager's post
// is vacant"), or is NULL. Returns NULL when nobody is left: an alarm to the operator. Pure. In the
// arena: why.
const struct staff *directory_on_rung(struct arena *a, const struct directory *d,
                                      const struct responsible *r, const char *role, struct date on,
                                      const char **why);
