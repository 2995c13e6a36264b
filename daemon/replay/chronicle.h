// The chronicle: everybody's accepted facts in memory, each with the time from which it was known.
#pragma once

#include "clock.h"
#include "db.h"
#include "evaluate.h"
#include "naming.h"

struct chronicled {
    struct child_names names;
    const char *family;       // NULL: none
    struct timeline timeline; // sorted
    const instant *known_at;  // beside the facts
};

struct chronicle {
    struct chronicled *persons; // by number, in order of bytes
    size_t count;
};

// Of the persons whom the source knows. Waits. Arena-owned.
MUST_USE bool chronicle_read(struct arena *a, struct db *store, const struct library *l,
                             struct chronicle *ret, struct error *err);

// The same for other rules, which may number the events otherwise. Shares the texts. Arena-owned.
struct chronicle chronicle_under(struct arena *a, const struct chronicle *c,
                                 const struct library *l);

// A fact is known from the later of its own time and the time at which it was recorded, where the
// source says that; one that has a day only, from the beginning of the day.
instant known_from(const struct fact *f);

// Which timescales cannot see whether they are met, told from everything. One flag a timescale, in
// the arena.
const bool *chronicle_blind(struct arena *a, const struct chronicle *c, const struct library *l);
