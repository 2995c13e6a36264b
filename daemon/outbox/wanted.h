// Whether a message that was put into the outbox a while ago is still called for as it leaves.
#pragma once

#include "directory.h"
#include "outbox.h"

// A cancellation goes to whoever holds the invite; everything else only to who is still in post and
// still responsible, about what is still owed. *ret_why_not is NULL, or why it is to be dropped.
// `now` is business time. Waits.
MUST_USE bool wanted_ask(struct arena *a, struct db *store, const struct directory *directory,
                         const struct outgoing *m, instant now, const char **ret_why_not,
                         struct error *err);
