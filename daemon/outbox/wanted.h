// Whether messages that were put into the outbox a while ago are still called for as they leave.
#pragma once

#include "directory.h"
#include "outbox.h"

// A cancellation goes to whoever holds the invite; everything else only to who is still in post and
// still responsible, about what is still owed. ret_why_not[i] is NULL, or why messages[i] is to be
// dropped. `now` is business time. Waits.
MUST_USE bool wanted_ask(struct arena *a, struct db *store, const struct directory *directory,
                         const struct outgoing *messages, size_t count, instant now,
                         const char **ret_why_not, struct error *err);
