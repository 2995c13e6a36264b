// Timeliness: what the files of `timely timeliness` share: the question, and its three answers.
#pragma once

#include "measure.h"
#include "people.h"

struct report {
    struct session *session;
    struct measure_question question;
    struct tally *tally;
    bool full;       // every column for scripts
    bool parts;      // a row for each part
    bool suppressed; // small counts are hidden
};

// Which of a row's numbers may not be seen, nor be told from those that may.
struct hidden {
    bool all, share, parts, left_out, overdue;
};
struct hidden figures_hide(const struct report *r, const struct figures *f); // timeliness_judge.c
// The total less the rows that are shown would tell the one that is hidden.
struct hidden figures_hide_total(const struct report *r, const struct figures *total,
                                 const struct figures *rows, size_t count);
// The target or the range of a caseload in words; NULL for none.
const char *wanted_words(const struct report *r);
// "yes" or "no"; NULL where nothing is wanted or counted. Of a range the nearer end is enough: 90
// of 90-95%. A caseload is met where nobody is above.
const char *wanted_met(const struct report *r, const struct figures *f);

// For people: a table, and what it rests on.
void print_figures(const struct report *r);  // timeliness_figures.c
void print_children(const struct report *r); // timeliness_children.c
// For scripts: one table of all reports.
void write_figures(const struct report *reports, size_t count);
void write_children(const struct report *reports, size_t count);
void print_measures(struct session *s); // timeliness_list.c

// Names of the parts that occasions fall into, ends with NULL; NULL for none.
const char *const *parts_of(const struct report *r);
const char *month_heading(const struct report *r); // "Month", "Quarter", "Year"
