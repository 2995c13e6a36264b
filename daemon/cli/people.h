// People: everybody's evaluation from the accepted facts and the local events.
#pragma once

#include "evaluate.h"
#include "session.h"

struct people_question {
    struct date as_at;
    const char *person; // only this one; NULL: everybody
    // Called once a person, in order of their numbers (bytes), with what lasts until it returns.
    bool (*each)(void *arg, struct arena *a, const struct timeline *t, const struct evaluation *e,
                 struct error *err);
    void *arg;
};

// Opens library and store, brings an embedded database up to date, and begins one snapshot in which
// everything after it is read. Waits.
MUST_USE bool people_begin(struct session *s, struct error *err);

// Two passes: one over everybody, as at the end of time, tells which timescales are blind; the
// other evaluates. Waits.
MUST_USE bool people_evaluate(struct session *s, const struct people_question *q,
                              struct error *err);

// Who is responsible for whom, as the store has it.
struct allocation {
    const char *person_id, *worker_id, *team_id; // the last two may be NULL
};
struct allocations {
    struct allocation *items; // by person_id
    size_t count;
};
MUST_USE bool people_allocations(struct session *s, struct allocations *ret, struct error *err);
const struct allocation *allocation_of(const struct allocations *l, const char *person_id);
