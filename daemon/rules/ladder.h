// Ladders: who is told about a deadline, and when (register 2.12, 2.13). Pure.
#pragma once

#include "clock.h"
#include "evaluate.h"

// One thing to be said about one deadline to one role.
struct telling {
    const char *rung; // stable id: role and when ("team-manager, 1 working day after")
    const char *role;
    instant at; // business time from which it is worth saying; a working morning unless at_once
    bool escalation; // told as the next one up, not as the one who acts
    bool at_once;
    bool late_booking; // says that the meeting is booked for a day after the due date
    bool unbooked;     // comes only because no meeting is booked in time
};

// In the id of a rung that says so, before that day: a rung of its own for each day.
#define LADDER_BOOKED_LATE ", booked late for "

// When a timescale's reminders are; NULL where nobody is reminded.
const struct ladder *ladder_profile(const struct library *l, const struct timescale *t);

// The ladder of a timescale for a child of these teams: the child's own first, then those above it,
// up to NULL (directory_teams); NULL for those of the authority at large. The nearest team that has
// one of its own decides, and there what it says of the timescale before what it says of a ladder.
// *ret_of, unless NULL, is what decided; NULL for the timescale's own. NULL where nobody is told.
const struct ladder *ladder_for(const struct library *l, const struct timescale *t,
                                const char *const *teams, const struct team_ladder **ret_of);

// Whether it is what decides about a timescale for its team.
bool team_ladder_decides(const struct library *l, const struct team_ladder *own,
                         const struct timescale *t);

// Every telling of an owed deadline's profile and ladder, in order of time. Met, ended and unknown
// deadlines, timescales without a profile or ladder, and rungs for unbooked or statutory deadlines
// only that do not apply, have none. Working-day distances are counted on the local calendar; a
// telling that would fall outside office hours moves to the next opening of the office, or to the
// one before where that would be after the due date. Reminders count from the last working day on
// or before the due date (book_by, register 2.10). Of a role's rungs that would come before the
// clock starts only the last is said, at the start. That a meeting is booked too late is said since
// that is known, or where only facts were asked since the clock started. In the arena.
size_t ladder_tellings(struct arena *a, const struct library *l, const struct deadline *d,
                       const char *const *teams, struct telling **ret);

// Whether the id of a rung is one of the role's.
bool ladder_rung_is_of(const char *rung, const char *role);

// The first telling after `now`; 0 when nothing more will be said.
instant ladder_next_at(struct arena *a, const struct library *l, const struct deadline *d,
                       const char *const *teams, instant now);

// The role that a ladder's reminders go to: the one who acts. NULL where nobody is reminded.
const char *ladder_acts(const struct ladder *ladder);
// The same of a timescale's, for whichever team.
const char *ladder_acting_role(const struct library *l, const struct timescale *t);
// Whether a role is that of who chairs: an independent chair or a reviewing officer. Not NULL's.
bool ladder_is_chair(const char *role);

// Whether a timescale's ladder for the teams has a rung for the role.
bool ladder_speaks_to(const struct library *l, const struct timescale *t, const char *const *teams,
                      const char *role);

// Whether somebody is told of every open deadline of the timescale, of whichever team, whatever is
// booked and however little is known of its start.
bool ladder_always_speaks(const struct library *l, const struct timescale *t);
