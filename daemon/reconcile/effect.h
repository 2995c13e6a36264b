// The effect of other rules or another calendar on what is owed: everybody's accepted facts are
// evaluated under both, and the open deadlines compared. Nothing is written.
#pragma once

#include "library.h"

struct db;

// What becomes of a deadline that is open under the rules in force, or of one that would be new.
enum effect_kind { EFFECT_MOVED, EFFECT_GONE, EFFECT_NEW };
const char *effect_word(enum effect_kind k); // moved, gone, new

struct effect_item {
    enum effect_kind kind;
    const char *person_id, *timescale, *subject_ref;
    struct date trigger_on;
    struct moment from, to; // due dates; MOMENT_NONE where there is none
};

struct effect_count {
    const char *timescale; // id
    size_t open;           // under the rules in force
    size_t moved, gone, added;
};

struct effect {
    struct effect_count *counts; // of timescales that are touched, by id
    size_t count;
    size_t open, moved, gone, added; // of all
    struct effect_item *items;       // the first `most`, by person
    size_t item_count, item_room, most;
};

// Waits. `then` may have other rules than `now`, or the same on another calendar; neither is
// pointed to afterwards. *ret lives in the arena and lists no more than `most` deadlines.
MUST_USE bool effect_measure(struct arena *a, struct db *store, const struct library *now,
                             const struct library *then, struct date today, size_t most,
                             struct effect *ret, struct error *err);

// "2 of 31 open deadlines would move: 1 of assessment, 1 of icpc." Arena-owned.
const char *effect_sentence(struct arena *a, const struct effect *e);
