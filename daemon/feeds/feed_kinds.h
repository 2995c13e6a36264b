// The kinds of feeds: whose deadlines each shows, and which of them. One table: the renderer and
// the command line read it.
#pragma once

#include "db.h"
#include "library.h"

struct feed_kind {
    const char *word;  // worker, team, …
    const char *of;    // what its owner is, in words: "a member of staff"
    const char *name;  // of the calendar, before its owner's: "Deadlines"
    const char *whose; // SQL: the persons p, with their deadlines and objects o, that it shows; $1
    const char
        *naming; // SQL: the owner's name; no row where $1 is unknown; NULL: $1 is a type of meeting
    const char *holder; // SQL: the member of staff whose it is by nature; NULL: nobody's
    const char *rest;   // whose calendars show what it has no room for; NULL: nobody's
    bool to_book;       // meetings that are to be booked, by family and chair, and nothing else
    // The timescales that it shows.
    bool (*shows)(const struct library *l, const struct timescale *t, const char *owner);
};

extern const struct feed_kind feed_kinds[];
extern const size_t feed_kind_count;

const struct feed_kind *feed_kind_named(const char *word); // NULL when there is none

// The ids of the timescales that a feed shows, as an array of PostgreSQL's. Arena-owned.
const char *feed_kind_timescales(struct arena *a, const struct feed_kind *k,
                                 const struct library *l, const char *owner);
