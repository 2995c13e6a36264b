// The self-audit: what is open without a next step, and what is overdue, as timely.self_audit finds
// it in the store.
#pragma once

#include "clock.h"
#include "db.h"

#include "arena.h"

struct unwell {
    const char *code; // for programs; docs/operating.md says what to do about each
    bool stops;       // while it lasts timely cannot do its work
    long long count;
    instant since;     // real time
    const char *words; // for people; they name no child and no person
};

// What is not well at business time `now`; nothing where all is. In the arena. Waits.
MUST_USE bool self_audit(struct arena *a, struct db *store, instant now, struct unwell **ret,
                         size_t *ret_count, struct error *err);

// "a reading is held until somebody decides about it (since Tuesday 2 April 2024, 09:00)", with the
// number where there are several. In the arena.
const char *unwell_sentence(struct arena *a, const struct unwell *u);
