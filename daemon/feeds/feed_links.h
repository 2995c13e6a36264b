// Links from the entries of a feed to the pages that explain them. A link opens one deadline. It is
// derived from a secret of the store, so that a feed that did not change is the same file again,
// and only its hash is kept; it ends when the feed no longer shows the deadline.
#pragma once

#include "db.h"
#include "feed_entries.h"

// Gives every item of the owner's feed its link, in the arena, and keeps the links in the store in
// place of those that it had. Within the caller's transaction. Waits.
MUST_USE bool feed_links(struct arena *a, struct db *store, const char *public_url,
                         const char *owner_kind, const char *owner_id, struct feed_item *items,
                         size_t count, struct error *err);
