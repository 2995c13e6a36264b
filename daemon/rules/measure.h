// Measures: how timely the service is, in the figures that authorities publish. Each is a
// description (measure.c) and a way to find its occasions in one person's evaluation; a tally
// collects them and says what each period comes to. Pure.
#pragma once

#include "evaluate.h"

enum measure_kind {
    MEASURE_RATE,     // a share of the occasions: those in time, or with a feature
    MEASURE_PARTS,    // no share: each occasion falls into one of the parts
    MEASURE_DURATION, // a share within a limit, and the days that it took
    MEASURE_LOAD,     // children per chair
};
// Which day of an occasion decides its period.
enum measure_when { WHEN_HELD, WHEN_DUE, AT_PERIOD_END };
enum measure_by { BY_CHILD, BY_MEETING };
enum measure_per { PER_MONTH, PER_QUARTER, PER_YEAR }; // years from 1 April, and their quarters
enum measure_group { GROUP_NONE, GROUP_TEAM, GROUP_WORKER, GROUP_CHAIR };

#define MEASURE_PARTS_MOST 6

struct measured;

// A timescale that a measure judges, and the period it is judged by whatever an overlay asks for;
// count 0: the rule's own due date. in_days: with the months as 91 and 183 days.
struct measured_clock {
    const char *timescale;
    struct span span, in_days;
};

struct measure {
    const char *id, *title;
    enum measure_kind kind;
    enum measure_when when;
    const char *counted; // what the number is of: "conferences held"
    const char *share;   // heading of the part that is counted: "In time"
    const char *basis;   // what it rests on, in words
    bool meetings;       // can be counted by meeting
    bool meetings_only;
    bool fewer_is_better;
    bool by_due;                         // can be counted by the day due as well
    bool owes;                           // something of it can be overdue
    const char *const *parts;            // names, ends with NULL; NULL for none
    const struct measured_clock *clocks; // ends with NULL; NULL for none
    struct span least;                   // that a plan or period of care must have lasted
    void (*find)(struct measured *p);
};

const struct measure *measure_find(const char *id); // NULL when unknown
size_t measure_list(const struct measure **ret);    // in the register's order
// A measure that the register defines and no fact can give; `id` NULL ends the list.
struct measure_missing {
    const char *id, *title, *why;
};
extern const struct measure_missing measures_missing[];

// What an overlay wants of a measure, NULL for nothing; and in words: "90-95%", "55-70".
const struct target *target_of(const struct library *l, const struct measure *m);
const char *target_words(struct arena *a, const struct target *t);
const char *caseload_words(struct arena *a, const struct caseload_range *c); // NULL for none

// What is asked. `from` and `to` are first days of months, both months included; a quarter or year
// that they cut is counted from or up to there.
struct measure_question {
    const struct measure *measure;
    enum measure_by by;
    enum measure_per per;
    enum measure_group group;
    bool due;  // by the day due, so that what is still owed is in it
    bool days; // 91 and 183 days in place of 3 and 6 months
    struct date from, to, as_at;
};
// FAULT_INPUT where the measure cannot be asked so, and what can.
MUST_USE bool measure_question_check(const struct measure_question *q, struct error *err);

struct period {
    struct date first, last;
    const char *label; // "2023-04", "2023/24-Q1", "2023/24"
};

// One thing counted, or left out and why. Texts live in the tally's arena.
struct occasion {
    int period; // index
    const char *person_id;
    const char *meeting;             // its number, else the record's key, else NULL
    const char *team_id, *worker_id; // who is responsible, or the chair; NULL where not asked
    struct date on;                  // the day that gives the period
    struct date trigger, due, held;  // DATE_NONE where there is none
    bool in_time;                    // or has the measure's feature
    int part;                        // index, or -1
    int days;                        // of a duration
    const char *left_out;            // why it is not counted; NULL: it is
};

struct figures {
    const struct period *period;     // NULL: all of them together
    const char *team_id, *worker_id; // of a group
    int held, in_time, left_out;
    int overdue; // on the as-at day, whatever the period; -1: there is no such thing, or it cannot
                 // be told
    int parts[MEASURE_PARTS_MOST];
    int chairs, chairs_above; // of a load: with children, and with more than the range allows
    int median_tenths, ninetieth, longest; // days of a duration; -1 for none
};

// Who is responsible for a person; either may be NULL.
struct owner {
    const char *team_id, *worker_id;
};

struct tally;
// The question must have been checked. The tally lives in the arena.
struct tally *tally_new(struct arena *a, const struct library *l, const struct measure_question *q);
// Adds one person's evaluation (call once a person; the evaluation may go away afterwards).
void tally_add(struct tally *t, const struct owner *owner, const struct timeline *timeline,
               const struct evaluation *e);
size_t tally_periods(const struct tally *t, const struct period **ret);
// A row for each period; grouped, for each group and each period in which it has anything.
size_t tally_figures(const struct tally *t, const struct figures **ret);
// All groups and periods together: pooled, not a mean. Only of what is counted once: not
// AT_PERIOD_END.
struct figures tally_total(const struct tally *t);
// Every occasion, by period, person and day.
size_t tally_occasions(const struct tally *t, const struct occasion **ret);
