// Somebody who is to act is away: what they were told of and falls due meanwhile is handed to who
// stands in, and what those were told meanwhile is theirs again when they are back. Pure.
#pragma once

#include "agenda_plan.h"

struct handover {
    const char *from_id;   // who is to act, and is away over the due date
    const char *rung;      // by which who stands in hears of it, once an absence; NULL: no handover
    struct date away_next; // else the first day of an absence before the due date, or DATE_NONE
};

// How it is with a deadline today. In the arena: rung.
struct handover agenda_handover(struct arena *a, const struct plan_input *in, const struct owed *o,
                                const struct timescale *t);
bool agenda_is_handover(const char *rung);

// Whether somebody was away when something was said in their place.
bool agenda_was_away(const struct directory *d, const char *staff_id, instant said_at);
