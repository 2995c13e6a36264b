// Evaluation: deadlines = evaluate(rules, calendar, facts of one person, as-at moment). Pure: reads
// no clock, no database and no network.
#pragma once

#include "clock.h"
#include "library.h"

enum state {
    STATE_OPEN,    // owed
    STATE_MET,     // held or done
    STATE_ENDED,   // no longer owed, never met
    STATE_UNKNOWN, // cannot be told, and why
};

struct booking {
    const char *kind;      // icpc, rcpc, cla_review, …
    const char *group;     // key of the meeting before it is held
    const struct fact *by; // the event that says so
    struct moment at;
    bool cancelled;
    instant late_since; // known here as after the due date; 0: not at all, or nobody asked
};

// Whom the event behind a booking names to chair the meeting; NULL for nobody.
static inline const char *booked_chair(const struct fact *by)
{
    return by->who && *by->who ? by->who : NULL;
}

struct deadline {
    const struct timescale *timescale;
    const struct version *version;
    const struct clause *clause;
    const char *subject_ref;
    const struct fact *trigger;   // NULL when another deadline's due date is the trigger
    const struct deadline *after; // that deadline
    struct date trigger_on;
    struct date due_on;
    struct moment due_at; // minute -1 unless the clock counts hours
    struct date book_by;  // last working day on or before the due date (register 2.10)
    bool provisional;     // rests on holidays not yet published
    enum state state;
    const struct fact *met; // what met it
    struct date met_on;
    bool in_timescale;        // once met
    const struct fact *ended; // what ended it; NULL for an age
    struct date ended_on;
    const char *why;               // of ended and unknown, in words
    const struct booking *booking; // while owed: the meeting in the diary; NULL for none
    bool awaiting_record;          // its time has passed and nothing is recorded
    const char *chaired_by;        // while owed: who chairs, or chaired, the meeting that it is
                                   // about (chaired.h); NULL: nobody but the child's of today
};

// Something wrong or missing in the data: who should correct what, in which record.
struct finding {
    const char *code; // fixed kebab-case name
    const char *origin, *ref;
    const char *text; // a sentence, without names
};

struct evaluation {
    struct deadline *deadlines; // sorted by timescale id, subject_ref, trigger_on
    size_t count;
    struct finding *findings;
    size_t finding_count;
    struct date look_again_on; // the first later day on which the answer changes without a new
                               // fact; DATE_NONE: never
};

// Which timescales cannot see whether they are met: one flag a timescale, or NULL for none.
struct sight {
    const bool *blind;
};

// Everything in *ret lives in the arena or points into the library and the timeline.
// Facts after as_at's day are not yet known to have happened (bookings count from the day they were
// made).
void evaluate(struct arena *a, const struct library *l, const struct timeline *t,
              struct sight sight, struct date as_at, struct evaluation *ret);

// missed: owed and due before the day.
static inline bool deadline_missed(const struct deadline *d, struct date as_at)
{
    return d->state == STATE_OPEN && date_cmp(d->due_on, as_at) < 0;
}
const char *state_word(const struct deadline *d,
                       struct date as_at); // open, missed, met, ended, unknown

// Blindness is told from a whole authority: a timescale that only local events can meet is blind
// where none was ever met; one that asks for "evidence while open" where none was met in a subject
// still open. Fed with every person's evaluation, as at the newest day and without sight, then
// asked.
struct sight_survey {
    const struct library *library;
    size_t *met, *met_while_open; // deadlines, by timescale
};
struct sight_survey *sight_survey_new(struct arena *a, const struct library *l);
void sight_survey_add(struct sight_survey *s, const struct timeline *t, const struct evaluation *e);
// One flag a timescale, in the arena.
bool *sight_survey_blind(struct arena *a, const struct sight_survey *s);
