// Rendering feeds: what the subscriptions of workers and teams are answered with, made when their
// deadlines change and not when somebody asks.
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

// Renders every dirty owner that has a live subscription, one transaction each, and notifies
// timely_feed; forgets the marks and bodies of owners without one. `library` is looked at anew
// after every wait. `now` is business time. Waits.
MUST_USE bool feeds_render_dirty(struct db *store, struct library *const *library, instant now,
                                 struct feeds_report *ret, struct error *err);
