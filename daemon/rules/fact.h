// Facts: what is known to have happened to one person, in order. A timeline is all of one person's
// facts; evaluation reads nothing else about anybody.
#pragma once

#include "date.h"
#include "text.h"

struct library;

// A meeting in the diary: the extra columns of meeting-booked and meeting-rearranged.
struct booking_details {
    struct moment scheduled; // civil time of the meeting; midnight: only the day is known
    struct moment ends;      // MOMENT_NONE: one hour
    const char *place, *url; // NULL when unknown
    const char *attendees;   // staff numbers separated by blanks; NULL when none
};

struct fact {
    int event;           // index into the library's events; -1 for a kind that no rule knows
    const char *kind;    // its name in the fact contract
    struct moment at;    // civil time; minute -1 when only the day is known
    struct moment until; // the end of a spell (an allocation, a placement); MOMENT_NONE while open
    const char *ref;     // key of the record, unique within the event's records of a person
    const char
        *episode; // key of the enquiry, plan, period or record that it belongs to; may be NULL
    const char *meeting; // number of the meeting, shared by brothers and sisters; may be NULL
    const char
        *code; // the attribute that rules ask for (an outcome, a placement's type); may be NULL
    const char *who;        // staff number; may be NULL
    const char *origin;     // table that it was read from, for explanations
    struct moment recorded; // when it was put in; MOMENT_NONE where the source does not say
    const struct booking_details *booking; // NULL but for bookings
};

struct timeline {
    const char *person_id;
    struct fact *facts; // sorted by timeline_sort
    size_t count;
};

// Sorts facts by moment, then event, then ref, then recorded; drops a fact that repeats the event
// and ref of another (the later recorded stays; else always the same one, in whatever order they
// came). Evaluation expects this order.
void timeline_sort(struct timeline *t);

// True when the fact's event carries one of the codes (or, negated, none of them).
// An empty list is always true; a missing code is never in a list.
bool code_in(const char *code, const char *const *codes, size_t count, bool negated);
