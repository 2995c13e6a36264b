// Matching: which deadline of today's answer is which of the stored ones. Keys in the source break,
// so a deadline is found again, within person and timescale, by the key of its subject and its
// trigger date, then by the key of its subject, then by its trigger date, then as the only one
// left. Where one subject has several clocks from one day the due date tells them apart. Of several
// computed deadlines that could only be the same stored one, the nearest in time is it.
#pragma once

#include "evaluate.h"

// What identifies a stored deadline. Pointers are borrowed.
struct stored_key {
    long long deadline_id;
    const char *timescale, *subject_ref;
    struct date trigger_on;
    struct date due_on;
};

struct pairing {
    int *of_computed;   // for each computed deadline: index of the stored one, or -1: new
    bool *stored_taken; // for each stored deadline: found again
    size_t ties;        // computed deadlines that more than one stored one could be; left new
    bool *tie; // for each stored deadline: it may be one of those, so it must not be closed
};

// Pure. Everything in *ret lives in the arena.
void match_deadlines(struct arena *a, const struct evaluation *computed,
                     const struct stored_key *stored, size_t stored_count, struct pairing *ret);
