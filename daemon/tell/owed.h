// Owed: stored deadlines with the person that each is about, as far as telling people needs them,
// and each as the rules know it, so that its ladder can be asked.
#pragma once

#include "directory.h"
#include "evaluate.h"
#include "naming.h"

// What somebody said about a deadline as it is now.
struct acknowledged {
    bool done;                   // done, not yet recorded; else they have it in hand
    const char *staff_id, *name; // the name: their number where the directory has none
    struct date said_on, last_day;
    const char *reason; // NULL: none given
};

struct owed {
    long long deadline_id;
    const char *timescale, *subject_ref;
    struct date trigger_on, due_on, book_by;
    struct moment due_at; // minute -1 unless the clock counts hours
    struct moment booked; // MOMENT_NONE
    const char *booked_group;
    instant late_since;  // since when it is known to be booked for a day after the due date; 0
    instant owed_since;  // first seen, or open again
    instant known_since; // as it is now: its dates, and what is booked
    bool open, provisional;
    bool again;          // owed again, after it was met, ended or withdrawn
    bool at_first_start; // owed ever since timely began
    int rule_version;
    struct moment trigger_at;       // the trigger's own minute; MOMENT_NONE when it is not known
    struct moment trigger_recorded; // MOMENT_NONE
    const char *changed_at, *next_notice_at; // as read, to find out whether they still are
    struct child_names child;
    const char *family;
    struct responsible who;            // for it: of its meeting's chair, where one is known
    struct date worker_since, seen_on; // DATE_NONE
    instant unallocated_at;            // since when nobody has the child any more; 0: somebody has
    const char *derivation;            // the sentence that explains the due date
    const struct acknowledged *said;   // the oldest first, those too whose last day is over
    size_t said_count;
};

// By number.
static inline int owed_cmp(const struct owed *a, const struct owed *b)
{
    return (a->deadline_id > b->deadline_id) - (a->deadline_id < b->deadline_id);
}

// Whether a meeting is in the diary for a day after the due date.
static inline bool owed_is_booked_late(const struct owed *o)
{
    return date_known(o->booked.on) && date_cmp(o->booked.on, o->due_on) > 0;
}

// Deadlines for which `condition` holds, by deadline_id. It is a constant of the program over
// timely.deadline d with one parameter, $1. Waits. Arena-owned.
MUST_USE bool owed_read(struct arena *a, struct db *store, const char *condition, const char *value,
                        struct owed **ret, size_t *ret_count, struct error *err);

// The deadline as evaluation would give it, as far as ladders look; NULL when the library no longer
// has the timescale. Points into the library. Arena-owned.
const struct deadline *owed_deadline(struct arena *a, const struct library *l,
                                     const struct owed *o);
