// Somebody who was told of what falls due and cannot act on it: away until after it is due, gone,
// or the worker no longer of a child whom nobody has. It is handed to who is to be told now; of
// what was late by then, what a mail had told who acts on it. What
// those were told who stand in while somebody is away is theirs again when they are back. Pure.
#pragma once

#include "agenda_plan.h"

// The tellings by which others hear of it, each once an absence, or once for whoever left it; and
// when somebody is known to be away, or to go before the due date: 0 when nobody is. Arena-owned.
size_t agenda_handovers(struct arena *a, const struct so_far *s, struct telling **ret,
                        instant *ret_look_again);
// Whether a rung is one of these.
bool agenda_is_handover(const char *rung);

// Whether somebody was away when something was said in their place.
bool agenda_was_away(const struct directory *d, const char *staff_id, instant said_at);
