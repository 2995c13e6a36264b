// Whether messages that were put into the outbox a while ago are still called for as they leave.
#pragma once

#include "directory.h"
#include "outbox.h"

// What is to become of a message now; OUTCOME_NONE: it may leave.
struct verdict {
    enum outcome outcome;
    const char *why_not; // or NULL
};

// A cancellation goes to whoever holds the invite; everything else only to who is still in post and
// still responsible, about what is still owed. What names a child for whom its reader is not
// responsible, or may not be told, does not leave: it is superseded where the agenda says the rest
// anew (outbox_settle), else refused. `now` is business time. Waits.
MUST_USE bool wanted_ask(struct arena *a, struct db *store, const struct directory *directory,
                         const struct outgoing *messages, size_t count, instant now,
                         struct verdict *ret, struct error *err);
