// What is said of a timescale, in words: a facet each, for the list, the difference and the page of
// rules. NULL or "" where there is nothing to say. Words live in the teller's arena or the library.
#pragma once

#include "library.h"

// A library, and whether it is told to people (titles of events) or to scripts (their names).
struct teller {
    struct arena *arena;
    const struct library *library;
    bool people;
};

typedef const char *facet(const struct teller *t, const struct timescale *ts);

facet rule_title;
facet rule_force;
facet rule_on;
facet rule_subject;
facet rule_period;
facet rule_met_by;
facet rule_ends_with;
facet rule_only_for;
facet rule_only_while;
facet rule_counting;
facet rule_source;
facet rule_url;
facet rule_evidence;
facet rule_reading;
facet rule_chapter;
facet rule_told_by;

// When a rung of a profile or a ladder speaks, to whom, and with what exceptions.
const char *rung_words(struct arena *a, const struct rung *r);

// "every 6 weeks, from 2023-04-03 (service-manager)"; "every 1 week, off".
const char *cadence_words(struct arena *a, const struct cadence *c);
// "not on friday"; NULL where no day is kept free of that kind of meeting.
const char *kept_free_words(struct arena *a, const struct library *l, const char *meeting);
