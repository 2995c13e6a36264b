// The library of rules: every timescale as data, read from rules/ and an authority's overlay,
// checked, then immutable. How a rule file reads is told in timely-rules(5).
#pragma once

#include "fact.h"
#include "office.h"
#include "span.h"
#include "tree.h"

enum force { FORCE_LAW, FORCE_GUIDANCE, FORCE_LOCAL };

// What can happen. `of` names the kind of subject whose key the fact's `episode` holds.
struct event_kind {
    const char *name, *title;
    const char *record;       // facts of one record share their ref ("assessment"); NULL for none
    int of;                   // subject kind, or -1
    bool spell;               // lasts until `until`
    bool local;               // no table of the case system holds it: an import or a view does
    bool key_is_meeting;      // other records refer to this one by its meeting number, not its ref
    const char *booking;      // the moment of a booked meeting of this kind ("icpc"); NULL else
    const char *const *codes; // codes that are known; others are reported once
    size_t code_count;
};

// What a deadline is about: something with a beginning and, mostly, an end.
struct subject_kind {
    const char *name, *title;
    int starts, ends; // events; ends is -1 where nothing ends it by itself
};

// An event, or only those with (or without) some codes.
struct event_ref {
    int event;
    const char *const *codes;
    size_t code_count;
    bool negated;
    int line, column;
};

enum ordinal { EVERY, FIRST, SECOND, EVERY_LATER };

// "within 15 working days of s47-started"; "48 hours before icpc-booked, by office close";
// "within 1 working day of the due date of icpc".
struct clause {
    struct span span;
    enum ordinal ordinal;
    struct event_ref trigger; // unused when due_of is set
    int due_of;               // another timescale whose due date starts the clock, or -1
    bool by_office_close;
};

// A timescale's text for a time: the version in force on the day of the trigger applies.
struct version {
    struct date from, until; // until DATE_NONE: still in force
    const struct clause *clauses;
    size_t clause_count;
    const char *source, *url;
    int number; // from 1, by date
};

struct timescale {
    const char *id, *title;
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
    int until_age;                    // 0: no age ends it
    const struct event_ref *only_for; // spells that must hold on the day of the trigger
    size_t only_for_count;
    bool evidence_while_open; // blind unless the source shows what meets it in open subjects too
    const char *meeting;      // kind of booking that will meet it ("icpc"); NULL for none
    bool hold_invite;         // invited as a hold before it is booked
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
    bool overlay; // an authority's own: run with its office hours; the others with the usual ones
};

// When a rung of a profile or a ladder speaks, relative to the due date.
enum rung_when { AT_TRIGGER, PART_ELAPSED, BEFORE_DUE, ON_DUE, AFTER_DUE, WEEKLY };
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

struct library {
    struct event_kind *events;
    size_t event_count;
    struct subject_kind *subjects;
    size_t subject_count;
    struct timescale *timescales; // sorted by id
    size_t timescale_count;
    struct ladder *profiles, *ladders;
    size_t profile_count, ladder_count;
    const char *authority; // overlay's name, or NULL
    struct office_hours office;
    struct date *closures;
    size_t closure_count;
    const char *version;       // hash over every file read and proclaimed holiday, hexadecimal
    const char *files_version; // the same over the files alone
    const char *holidays_file; // where the published bank holidays were read
    struct workdays *national; // statutory calendar: due dates
    struct workdays *local;    // with the authority's closures: reminders, rooms
    int birth, death;          // events that every clock knows
};

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
const char *force_word(enum force f);                           // Law, Guidance, Local

// Runs every example of every timescale; appends what differs as complaints.
void library_run_examples(const struct library *l, struct complaints *c);
