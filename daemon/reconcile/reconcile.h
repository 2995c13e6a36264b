// Reconcile: the answer that the facts give now, compared with the stored one, and the difference
// recorded. State, not events: it never matters how often, or after what, it is called.
#pragma once

#include "book.h"
#include "config.h"
#include "directory.h"

// What one round saw and did, in words for `timely status`.
struct round_report {
    size_t persons_changed, persons_waiting, persons_recorded;
    size_t deadlines_changed, messages;
    bool held;      // something was held, nothing of it written
    bool wait_more; // something waits for a second equal reading: look again soon
    char said[1000];
};

// Memory between rounds: what waits for a second equal reading. Freed with the arena given to it.
struct reconcile_memory;
struct reconcile_memory *reconcile_memory_new(void);
void reconcile_memory_free(struct reconcile_memory *m);

struct reconcile_input {
    struct db *source, *store;
    const struct library *library;
    const struct config *config;
    const struct business_clock *clock;
    const struct directory *directory;
    struct reconcile_memory *memory;
    const char *const
        *changed; // only these persons changed, as the source says; NULL: read everybody
    size_t changed_count;
    bool quiet;             // record deadlines and facts, put no message into the outbox
    bool calendar_accepted; // the rules changed by bank holidays whose effect a person has accepted
    bool trust; // take the reading at its word: no second reading, no guards (a command line on its
                // own cluster)
};

// One round. Waits. FAULT_AWAY when a database is away: nothing of an unfinished person is
// recorded.
MUST_USE bool reconcile_round(const struct reconcile_input *in, struct round_report *ret,
                              struct error *err);

// For the command line on an embedded cluster: reconciles until nothing waits, sending nothing;
// does nothing when a daemon leads on the store. Takes the lead while it lasts.
MUST_USE bool reconcile_once(struct db *source, struct db *store, const struct library *l,
                             const struct config *c, const struct business_clock *clock,
                             struct error *err);
