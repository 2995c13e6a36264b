// Somebody who was told of what falls due while they are away, to act or as the next one up: it is
// handed to who stands in, and what those were told meanwhile is theirs again when they are back.
// Pure.
#pragma once

#include "agenda_plan.h"

struct handover {
    const char *rung;      // by which who stands in hears of it, once an absence; NULL: no handover
    struct date away_next; // else the first day of an absence before the due date, or DATE_NONE
};

// How it is today with a deadline of which this one was told in a role. In the arena: rung.
struct handover agenda_handover(struct arena *a, const struct plan_input *in, const struct owed *o,
                                const char *staff_id, const char *role);
// The one person whom the child's records name for a role; NULL for managers, who hold posts.
const char *agenda_named(const struct owed *o, const char *role);
bool agenda_is_handover(const char *rung);

// Whether somebody was away when something was said in their place.
bool agenda_was_away(const struct directory *d, const char *staff_id, instant said_at);
