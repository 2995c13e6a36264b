// Entries: what stands in one owner's feed. Pure.
#pragma once

#include "calendar_object.h"
#include "library.h"
#include "naming.h"

enum feed_state { FEED_OPEN, FEED_MET, FEED_CANCELLED };

// One deadline with the calendar object that serves it, as stored.
struct feed_item {
    long long deadline_id;
    enum feed_state state;
    const char *timescale, *derivation, *uid, *booked_group;
    const char *not_counted; // days, in words; NULL: none
    const char *family;      // NULL: not known
    const char *chair;       // the name of whose meeting it is; NULL: nobody's
    const char *link;        // to the page that explains it; NULL: none
    const char *met_ref;     // of the record that met it; NULL: none
    struct child_names child;
    struct date due_on, book_by, met_on;
    struct moment due_at, booked; // MOMENT_NONE unless it counts hours, or is booked
    bool provisional, in_timescale;
    int sequence;
    instant changed_at;
    // The object; uid NULL: none.
    const char *object_uid, *place, *url;
    int object_sequence;
    instant object_changed_at;
    struct moment starts, ends; // MOMENT_NONE for an all-day entry
};

struct feed_input {
    const struct library *library;
    const struct feed_item *items; // by deadline_id
    size_t count;
    struct date today;
    struct moment now;
    const char *owner; // for the identity of entries that are nobody's deadline
    enum naming names; // how titles call a child
    const char *rest;  // whose calendars show what this one has no room for; NULL: nobody's
    bool to_book;      // meetings that are to be booked, by family and chair
};

#define FEED_ENTRIES_MAX 1000
#define FEED_DAYS_BACK 60

// One entry for each calendar object, booked meeting, record of a child or other deadline. What
// fell due more than FEED_DAYS_BACK days ago stands, with all else that is overdue, in one entry of
// today. What is owed comes before what is done where there are too many, and one entry says so.
// Everything in the arena or in the input.
size_t feed_entries(struct arena *a, const struct feed_input *in, struct calendar_entry **ret,
                    instant *ret_changed_at);
