// What one feed shows: its owner's deadlines with their calendar objects, as stored.
#pragma once

#include "feed_entries.h"
#include "feed_kinds.h"

struct feed_items {
    const struct feed_kind *kind;
    const char *owner; // its name
    struct feed_item *items;
    size_t count;
};

// `now` is business time: from FEED_DAYS_BACK days before what is done, to 12 months ahead what is
// owed. FAULT_INPUT for a kind that there is not. Waits. Arena-owned.
MUST_USE bool feed_items_read(struct arena *a, struct db *store, const struct library *l,
                              const char *kind, const char *id, instant now, struct feed_items *ret,
                              struct error *err);
