// The directory: staff, teams, managers and deputies, as imported; who is away and who stands in;
// and who stands on which rung for a child.
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

// Who stands in, from one day to another: for somebody who is away, or on duty for a team.
struct cover {
    enum covered { COVER_PERSON, COVER_WORKERS, COVER_MANAGER, COVER_OUT_OF_HOURS } covers;
    const char *of_id;       // who is away; the team
    const char *stand_in_id; // NULL: away, and nobody is named
    struct date first, last; // both included; last DATE_NONE: until further notice
    const char *weekdays;    // "monday tuesday": on these alone; NULL: on all
    struct date withdrawn;   // holds no longer from this day on; DATE_NONE: it does
};

struct directory_rows {
    const struct staff *staff;
    size_t staff_count;
    const struct team *teams;
    size_t team_count;
    const struct cover *cover;
    size_t cover_count;
};

// From what is known, in any order; texts are copied. Pure.
struct directory *directory_make(const struct directory_rows *rows);
// Reads everything. Waits. Freed with directory_free.
MUST_USE bool directory_read(struct db *store, struct directory **ret, struct error *err);
void directory_free(struct directory *d);

const struct staff *directory_staff(const struct directory *d, const char *id); // NULL when unknown
const struct team *directory_team(const struct directory *d, const char *id);   // NULL when unknown
bool staff_in_post(const struct staff *s, struct date on);                      // false for NULL

// The rows of cover for a person or a team that hold on a day, the one that began last first: the
// row after `after`, or (NULL) the first one. NULL when there is no further one.
const struct cover *directory_cover(const struct directory *d, enum covered covers,
                                    const char *of_id, struct date on, const struct cover *after);

// The days of an absence, both included; last DATE_NONE: until further notice.
struct absence {
    struct date first, last;
};
// Whether somebody is away on a day, and over which days: of rows that overlap on it, all of them.
bool directory_away(const struct directory *d, const char *staff_id, struct date on,
                    struct absence *ret);
// The first day, later than `after`, on which an absence of theirs begins; DATE_NONE when none is
// known.
struct date directory_away_next(const struct directory *d, const char *staff_id, struct date after);

// Who is responsible for a child; ids may be NULL.
struct responsible {
    const char *worker_id, *team_id, *chair_id, *iro_id;
};

// The teams of a child, the child's own (else the worker's) first and then those above it; ends
// with NULL. In the arena; the texts are the directory's.
const char *const *directory_teams(struct arena *a, const struct directory *d,
                                   const struct responsible *r);

// Who is on duty on a day for the child's team, or for the nearest one above it, while the office
// is shut (register 2.12, P-H); NULL for nobody.
const struct staff *directory_out_of_hours(struct arena *a, const struct directory *d,
                                           const struct responsible *r, struct date on);

// The person on a rung (role as in telling.yaml): social-worker is the allocated worker;
// team-manager their manager_id, else the manager of the child's team, else of the worker's team;
// service-manager, head-of-service and director the managers of the teams above, the director being
// the top's; chair and reviewing-officer those given; chairs-manager the chair's manager,
// safeguarding-manager the manager above that one. Who is away, has left, is not yet in post, has
// no address or no entry is passed over: to whom the absence names, to the deputy, to who is on
// duty for the team that day, then upwards; from a chair of whom nobody knows who it is, and their
// managers, to the service manager. Of a restricted child only a manager's deputy stands in: nobody
// named by an absence or on duty, and no worker's deputy. *why says so ("the team manager's post is
// vacant"), or is NULL. Where everybody up to the top is away, the first of them. Returns NULL when
// nobody is left: an alarm to the operator. Pure. In the arena: why.
const struct staff *directory_on_rung(struct arena *a, const struct directory *d,
                                      const struct responsible *r, bool restricted,
                                      const char *role, struct date on, const char **why);
