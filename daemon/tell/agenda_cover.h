// Somebody who was told of what falls due while they are away, to act or as the next one up: it is
// handed to who stands in, and what those were told meanwhile is theirs again when they are back.
// Pure.
#pragma once

#include "agenda_plan.h"

// The tellings by which others hear today of what was told to who is away, each once an absence;
// and when the next absence before the due date begins: 0 when none is known. Arena-owned.
size_t agenda_handovers(struct arena *a, const struct so_far *s, struct telling **ret,
                        instant *ret_look_again);
bool agenda_is_handover(const char *rung);

// Whether somebody was away when something was said in their place.
bool agenda_was_away(const struct directory *d, const char *staff_id, instant said_at);
