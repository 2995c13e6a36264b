// Whom a week's news concern: every owed deadline and every figure for each of its readers. For
// weekly_list.c alone.
#pragma once

#include "owed.h"
#include "weekly_figures.h"

// One deadline for one reader.
struct concern {
    const struct staff *to;
    const struct owed *owed;
    const struct deadline *deadline;
};

// One occasion for one reader.
struct share {
    const struct staff *to;
    const struct weekly_occasion *of;
};

// What to gather for, and what was gathered.
struct gathering {
    struct arena *arena;
    struct db *store;
    const struct library *library;
    const struct config *config;
    const struct directory *directory;
    instant now, first_started_at;
    struct date today, monday; // of the week
    struct concern *concerns;  // by reader
    size_t concern_count, concern_room;
    struct share *shares; // by reader, then by measure
    size_t share_count, share_room;
};

// Of what is late, those whom its ladder has reached; of what is due, or booked, in this week and
// the next, those whom its ladder would reach, and who chairs it. Waits.
MUST_USE bool weekly_gather(struct gathering *g, struct error *err);

bool weekly_is_chair(const char *role); // of conferences, or of reviews
