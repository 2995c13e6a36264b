// Believing a reading: which of the differences between the source and what was accepted are taken
// now, which wait for a second equal reading, and which are held (design, "When a reading is
// believed").
//
// A council rebuilds its tables with TRUNCATE and INSERT, outside a transaction, table by table; an
// empty table is not "all gone".
#pragma once

#include "reconcile.h"

// A person whose accepted sums differ from the reading's.
struct candidate {
    const char *id;
    bool known;           // accepted before
    bool vanished;        // not in the reading at all
    const char *seen_hex; // the sums to record when it is taken, held tables' kept ones included
};

struct belief {
    struct candidate *ready; // taken now, unless their facts show rows that vanished
    size_t ready_count;
    struct candidate *waiting;
    size_t waiting_count;
    const char **held; // names of held tables
    size_t held_count;
    bool confirmed;   // a person confirmed a hold: the guard is lifted for this round
    const char *said; // what was seen and why nothing was done, or NULL
};

// Compares a reading with the store. `now` is monotonic time. The memory keeps since when a
// difference is the same. Opens, resolves and applies holds on tables. Waits.
MUST_USE bool believe(struct arena *a, const struct reconcile_input *in, struct reading *r,
                      int64_t monotonic_now, const char *business_now, struct belief *ret,
                      struct error *err);

// A candidate whose facts show that rows vanished waits for a second equal reading like the rest;
// true when it has waited long enough.
bool believe_vanished_rows(struct reconcile_memory *m, const struct candidate *c,
                           int64_t monotonic_now, int settle_s);

// After everything that was ready has been recorded and nothing waits: the reading becomes what
// later ones are measured against.
MUST_USE bool believe_accept(struct arena *a, const struct reconcile_input *in,
                             const struct reading *r, const struct belief *b,
                             const char *business_now, struct error *err);
