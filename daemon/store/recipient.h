// Whom a rung speaks to, and who may hear of a child.
#pragma once

#include "directory.h"

// The role of who is on duty while the office is shut; of no ladder.
#define OUT_OF_HOURS "out-of-hours"

// Who is responsible for a deadline, of those for its child: who chairs the meeting that it is
// about (NULL: nobody else) comes before the child's chair and reviewing officer. Not so of a
// restricted child, whom only those of today may see.
static inline struct responsible responsible_for(struct responsible child, bool restricted,
                                                 const char *chaired_by)
{
    if (chaired_by && !restricted)
        child.chair_id = child.iro_id = chaired_by;
    return child;
}

// The recipient of a rung ("team-manager, 1 working day after") today. Of a restricted child only
// the allocated worker and managers may be told. NULL when nobody is left. Arena-owned: why.
const struct staff *recipient_on_rung(struct arena *a, const struct directory *d,
                                      const struct responsible *who, bool restricted,
                                      const char *rung, struct date today, const char **ret_why);

// Whether somebody is whom a rung of any role speaks to on a day: responsible for the child, or in
// the place of who is, and of a restricted child one who may be told.
bool recipient_is_responsible(struct arena *a, const struct directory *d,
                              const struct responsible *who, bool restricted, const char *staff_id,
                              struct date on);
