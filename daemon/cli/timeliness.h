// Timeliness: what the files of `timely timeliness` share: the question, and its three answers.
#pragma once

#include "measure.h"
#include "people.h"

struct report {
    struct session *session;
    struct measure_question question;
    struct tally *tally;
    struct allocations allocations;
    const char *team; // only its children; NULL: everybody
    bool full;        // every column for scripts
    bool parts;       // a row for each part
    bool suppressed;  // small counts are hidden
};

void print_figures(const struct report *r);  // timeliness_figures.c
void print_children(const struct report *r); // timeliness_children.c
void print_measures(struct session *s);      // timeliness_list.c

// Names of the parts that occasions fall into, ends with NULL; NULL for none.
const char *const *parts_of(const struct report *r);
const char *month_heading(const struct report *r); // "Month", "Quarter", "Year"
