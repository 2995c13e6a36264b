// What the people of a round's digests remember: the digests that they have had since last week's
// list, and what they were told of what still stands.
#pragma once

#include "agenda_decide.h"
#include "config.h"

struct recall_input {
    struct library *const *library; // may be another one after a wait
    const struct config *config;
    const struct directory *directory;
    instant now;
    const struct agenda_decision *decision; // as agenda_gather made it
};

// Fills everything of the recollection but what was taken back. Arena-owned. Waits.
MUST_USE bool agenda_recall(struct arena *a, struct db *store, const struct recall_input *in,
                            struct recollection *known, struct error *err);
