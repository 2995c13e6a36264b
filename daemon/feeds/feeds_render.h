// Rendering feeds: what subscriptions are answered with, made when their deadlines change and not
// when somebody asks.
#pragma once

#include "config.h"
#include "db.h"
#include "library.h"

struct feeds_report {
    size_t rendered; // owners whose entries were gathered
    size_t changed;  // whose body is another one now
};

// Marks every owner of a live subscription as dirty: on a new day, "due" becomes "overdue". Waits.
MUST_USE bool feeds_mark_all(struct db *store, struct error *err);

// Suspends subscriptions whose holder has left, or is the child's worker no more, and wakes those
// of whoever is back; who has not begun yet keeps theirs. Renders every dirty owner that has a live
// one, one transaction each, and notifies timely_feed; forgets the marks, bodies and links of
// owners without one. `library` is looked at anew after every wait. `now` is business time. Waits.
MUST_USE bool feeds_render_dirty(struct db *store, struct library *const *library,
                                 const struct config *config, instant now, struct feeds_report *ret,
                                 struct error *err);
