// The objects of a feed, kept beside its body: what changed since a version, for clients that ask
// for that (RFC 6578). The bodies are not kept twice.
#pragma once

#include "clock.h"
#include "db.h"

// After a new body was written, in its transaction: gives the body a higher version, and that
// version to the objects which are new, changed or gone. What has been gone for 90 days is
// forgotten, and with it that anything older is known. Versions are microseconds of the store's
// clock, so that they rise also where a feed is dropped and begun again. `now` is business time.
// Waits.
MUST_USE bool feed_objects_write(struct db *store, const char *owner_kind, const char *owner_id,
                                 const char *body, instant now, struct error *err);
