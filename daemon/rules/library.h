// The library of rules: every timescale as data, read from rules/ and an authority's overlay,
// checked, then immutable. How a rule file reads is told in timely-rules(5).
#pragma once

#include "fact.h"
#include "office.h"
#include "span.h"
#include "tree.h"

// A statistic is a reporting rule and no duty (register 1.1).
enum force { FORCE_LAW, FORCE_GUIDANCE, FORCE_LOCAL, FORCE_STATISTIC };
static inline bool is_statutory(enum force f)
{
    return f == FORCE_LAW || f == FORCE_GUIDANCE;
}

// An event that no record holds: it follows from others.
enum derivation {
    RECORDED,   // not derived
    AT_AGE,     // "age 16": the birthday
    NTH_WITHIN, // "3 missing-started within 90 days": the third
    TIME_SPENT  // "13 weeks in care since age 14, at age 16": when so long has been spent
};
struct derived {
    enum derivation how;
    int age, since_age;
    int count, event; // of NTH_WITHIN
    struct span span;
    int subject; // of TIME_SPENT
};

// What can happen. `of` names the kind of subject whose key the fact's `episode` holds.
struct event_kind {
    const char *name, *title;
    const char *record; // facts of one record share their ref ("assessment"); NULL for none
    int of;             // subject kind, or -1
    bool spell;         // lasts until `until`
    bool ahead;         // known before it happens: an expected birth
    bool local;         // a table of the case system need not hold it: an import may
    struct derived derived;
    bool key_is_meeting;      // other records refer to this one by its meeting number, not its ref
    const char *booking;      // the moment of a booked meeting of this kind ("icpc"); NULL else
    const char *const *codes; // codes that are known; others are reported once
    size_t code_count;
};

// What a deadline is about: something with a beginning and, mostly, an end. The person's whole life
// is one too, and starts with nothing (-1).
struct subject_kind {
    const char *name, *title;
    int starts, ends; // events; ends is -1 where nothing ends it by itself
    bool only_one;    // a child can have no two at a time
};

// An event, or only those with (or without) some codes, or with a number that high.
struct event_ref {
    int event;
    const char *const *codes;
    size_t code_count;
    bool negated;
    int at_least; // "scoring 17 or more"; 0 for none
    int line, column;
};

// What must be so on the day that starts a clock.
enum condition_kind {
    CONDITION_HOLDS,        // EVENT: a spell over that day; anything else: it has happened by then
    CONDITION_HAS_LASTED,   // EVENT for SPAN: a spell that is so old
    CONDITION_SHORTLY_AGO,  // EVENT within SPAN before
    CONDITION_IN_SUBJECT,   // in SUBJECT
    CONDITION_AGE_AT_LEAST, // age N or over
    CONDITION_AGE_UNDER     // age under N
};
struct condition {
    enum condition_kind kind;
    bool negated;
    struct event_ref event;
    int subject;
    struct span span; // of an age: so long after the trigger; count 0 for then
    int age;
    const int *at_events; // the age on the day of the next of these, where there is one
    size_t at_count;
};

enum ordinal { EVERY, FIRST, SECOND, EVERY_LATER };

// Where a clause's clock is anchored.
enum basis {
    FROM_EVENT,    // within SPAN of EVENT; SPAN before EVENT
    FROM_DUE_DATE, // within SPAN of the due date of TIMESCALE
    FROM_LATENESS, // within SPAN of TIMESCALE running late: booked after its due date, or past it
    TO_DUE_DATE,   // SPAN before the due date of TIMESCALE; by it where the span is 0
    HALF_WAY,      // half way to the due date of TIMESCALE
    AT_SET_DATE    // by the date set by EVENT, at most SPAN after it; count 0 for no limit
};

// What becomes of an answer that is no working day, or no working hour.
enum rolling { STAYS, BACK_TO_WORKING_DAY, ON_TO_WORKING_DAY, BACK_TO_OFFICE_CLOSE };

// "within 15 working days of s47-started"; "48 hours before icpc-booked, by office close";
// "within 1 working day of the due date of icpc".
struct clause {
    struct span span;
    struct span other; // "the earlier of SPAN and SPAN"; count 0 for none
    enum ordinal ordinal;
    enum basis basis;
    struct event_ref trigger; // of FROM_EVENT and AT_SET_DATE
    int of;                   // the other timescale, or -1
    enum rolling rolling;
    int no_later_than;       // a timescale whose due date is a limit to this one, or -1
    struct span summed_over; // time already spent in such subjects counts; count 0 for none
    const struct condition *conditions;
    size_t condition_count;
};

// Counts back from something that lies ahead, so that nothing has started it but a diary.
static inline bool counts_back(const struct clause *c)
{
    return c->basis == FROM_EVENT && c->span.before;
}

// A timescale's text for a time: the version in force on the day of the trigger applies.
struct version {
    struct date from, until; // until DATE_NONE: still in force
    const struct clause *clauses;
    size_t clause_count;
    const char *source, *url;
    int number; // from 1, by date
};

// "in force" of a version that nobody gave a first day.
#define SINCE_EVER ((struct date){INT32_MIN + 1})
static inline bool in_force_since_ever(const struct version *v)
{
    return v->from.day == SINCE_EVER.day;
}

struct timescale {
    const char *id, *title;
    const char
        *type; // what titles call it, neutral: "CLA visit"; NULL: its meeting's type, or its id
    enum force force;
    const char *evidence,
        *reading; // how well attested; the reading taken where the law is ambiguous
    bool on;      // LOCAL rules may be off by default
    int subject;  // subject kind, or -1: each trigger's own record
    const struct version *versions;
    size_t version_count;
    const struct event_ref *met_by;
    size_t met_count;
    bool same_day_counts; // an event on the trigger's day meets it
    bool else_next;       // without a linked event, the person's next one
    const struct event_ref *ends_with;
    size_t end_count;
    int until_age;                      // 0: no age ends it
    const struct condition *only_for;   // on the day of the trigger
    const struct condition *only_while; // and after it: the clock ends when one ceases
    size_t only_for_count, only_while_count;
    bool from_same_day;       // the period begins with the day of the trigger (register 2.5)
    bool local_calendar;      // counts on the authority's calendar, with its closure days
    bool evidence_while_open; // blind unless the source shows what meets it in open subjects too
    const char *meeting;      // kind of booking that will meet it ("icpc"); NULL for none
    bool hold_invite;         // invited as a hold before it is booked
    bool no_answer;           // its invites ask for none
    const char *profile, *ladder;
    const struct example *examples;
    size_t example_count;
    const char *file, *chapter;
    int line;
};

// "s47-started 2024-03-14 -> due 2024-04-08": run by `timely check`.
struct example {
    struct fact *facts;
    size_t count;
    struct moment due; // minute -1 for a day
    bool no_deadline;  // "-> nothing"
    const char *text, *file;
    int line;
    bool overlay; // an authority's own
};

// When a rung of a profile or a ladder speaks, relative to the due date.
enum rung_when {
    AT_TRIGGER,
    PART_ELAPSED,
    BEFORE_DUE,
    ON_DUE,
    AFTER_DUE,
    WEEKLY,
    BOOKED_LATE, // once its meeting is booked for a day after the due date: at once
};
struct rung {
    const char *id;   // "5 working days before"
    const char *role; // social-worker, team-manager, …
    enum rung_when when;
    struct span span;    // of BEFORE_DUE and AFTER_DUE
    int percent;         // of PART_ELAPSED
    bool unbooked_only;  // speaks only where there is no booking in time
    bool statutory_only; // for law and guidance, not for local rules
    bool at_once;        // interrupts: does not wait for the morning digest
    // In the first list of a week: before the due date no later than its day, after it no earlier.
    bool weekly;
    const char *const *weekly_for; // profiles for whose deadlines it is weekly
    size_t weekly_for_count;
};
struct ladder {
    const char *id;
    const struct rung *rungs;
    size_t count;
    bool at_once;
};

// A ladder in place of another, for the children of a team and of those below it.
struct team_ladder {
    const char *team;       // its id in the directory
    const char *timescale;  // of this one alone; NULL: of all that have
    const char *instead_of; // this ladder; NULL with a timescale
    const char *ladder;
};

// A rule of the register without a clock of its own, and why: "never a deadline, since …".
struct untimed {
    const char *id, *why;
    const char *file, *chapter;
};

// A recurring task of the service, about no child: counted from its schedule, never from when it
// was done (register 3.17).
struct cadence {
    const char *id, *title, *source, *evidence;
    struct span every; // count 0: no period is known
    struct date from;  // the first; DATE_NONE while it is off
    bool on;
    const char *role; // who is to do it; NULL
    const char *file, *chapter;
    int line;
};

// Days of the week on which an authority books no meeting of a kind where it can be helped: what
// the statute asks outweighs it.
struct kept_free {
    const char *meeting; // icpc, rcpc, …
    bool day[7];         // from Monday
};

// What an authority wants of a measure: "90%" or "90-95%", in tenths of a percent.
struct target {
    const char *measure;
    int low, high;
};

// Children a chair should have; 0: the authority says nothing.
struct caseload_range {
    int low, high;
};

struct library {
    struct event_kind *events;
    size_t event_count;
    struct subject_kind *subjects;
    size_t subject_count;
    struct timescale *timescales; // sorted by id
    size_t timescale_count;
    struct ladder *profiles, *ladders;
    size_t profile_count, ladder_count;
    const struct team_ladder *team_ladders; // in the order of the overlay
    size_t team_ladder_count;
    const char *authority; // overlay's name, or NULL
    struct office_hours office;
    struct date *closures;
    size_t closure_count;
    const struct untimed *untimed;
    size_t untimed_count;
    const struct cadence *cadences; // sorted by id
    size_t cadence_count;
    const struct kept_free *kept_free;
    size_t kept_free_count;
    struct target *targets;
    size_t target_count;
    struct caseload_range caseload;
    const char *version;       // hash over every file read and proclaimed holiday, hexadecimal
    const char *files_version; // the same over the files alone
    const char *holidays_file; // where the published bank holidays were read
    struct workdays *national; // statutory calendar: due dates
    struct workdays *local;    // with the authority's closures: reminders, rooms
    int birth, death;          // events that every clock knows
    int person;                // the subject that is a whole life
};

// What a timescale's periods are counted on.
static inline const struct workdays *calendar_of(const struct library *l, const struct timescale *t)
{
    return t->local_calendar ? l->local : l->national;
}

// Reads `dir` (events.yaml, telling.yaml, every other *.yaml) and, if overlay is not NULL, that
// file. All complaints are listed in the error. The library lives in its own arena.
MUST_USE bool library_load(const char *dir, const char *overlay, struct library **ret,
                           struct error *err);
// The same with one more file of rules: in place of the folder's file of the same name, or beside
// them.
MUST_USE bool library_load_with(const char *dir, const char *instead, const char *overlay,
                                struct library **ret, struct error *err);
void library_free(struct library *l);

// The same rules on a calendar with these bank holidays beside the published ones (workdays.h): a
// library of its own (library_free) that borrows the rules of `l`, which must outlive it.
// FAULT_INPUT for a day outside the calendar.
MUST_USE bool library_under(const struct library *l, const struct holiday *changes, size_t count,
                            struct library **ret, struct error *err);
// Puts the library itself on that calendar, in place of any such changes before, and gives it a
// version of its own, so that everybody is evaluated again. What was on the old calendar goes on
// with it: that lives as long as the library.
MUST_USE bool library_proclaim(struct library *l, const struct holiday *changes, size_t count,
                               struct error *err);

int library_event(const struct library *l, const char *name);   // -1 when unknown
int library_timescale(const struct library *l, const char *id); // -1 when unknown
const char *force_word(enum force f);                           // Law, Guidance, Local, Statistic

// Runs the examples of every timescale, of a library with an overlay those that the overlay brings;
// appends what differs as complaints. How many were run.
size_t library_run_examples(const struct library *l, struct complaints *c);
