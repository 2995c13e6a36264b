// A week's list, decided: whom which owed deadline and which figure of last week concerns (register
// 2.13). Pure: the daemon reads its input from the store (weekly_read.h), a replay remembers it.
#pragma once

#include "owed.h"
#include "weekly_figures.h"

// What a deadline is in a reader's list.
enum week_part {
    WEEK_NOTHING, // not of these two weeks after all
    WEEK_OLDER,   // out of timescale since before timely began: only counted, the summary had it
    WEEK_LATE,
    WEEK_RECORD, // the chairs' own work, late
    WEEK_DATE,   // due, or booked, in this week or the next
};

// One deadline for one reader.
struct concern {
    const struct staff *to;
    const struct owed *owed;
    const struct timescale *timescale;
    const char *role; // in which it comes to them; of several, the first
    enum week_part part;
    struct date on; // of a date
    bool booked;    // it is the day of the meeting; else the day on which it is due
};

// One occasion for one reader.
struct share {
    const struct staff *to;
    const struct weekly_occasion *of;
};

// A child for whom there may be figures.
struct week_child {
    const char *person_id;
    struct responsible who;
    bool restricted;
};

struct week_input {
    const struct library *library;
    const struct directory *directory;
    instant now, first_started_at;
    const struct owed *owed; // what is open and due, or booked, by week_last
    size_t count;
    struct week_child *children; // in any order; sorted on the way
    size_t child_count;
    const struct weekly_occasion *occasions;
    size_t occasion_count;
};

// Everything that is one reader's.
struct week_reader {
    const struct week *week;
    const struct staff *to;
    const struct concern *concerns; // none that is nothing
    size_t concern_count;
    const struct share *shares; // by measure
    size_t share_count;
};

struct week {
    struct date monday;
    const struct library *library; // by which it was decided; lives as long as the program
    struct week_reader *readers;   // by staff_id; only those for whom there is something
    size_t count;
    bool again; // put in before: for those alone whose list was taken back, or has not left and
                // goes with their digest
};

// Of what is late, those whom its ladder has reached; of what is due, or booked, in this week and
// the next, those whom its ladder would reach, and who chairs it. The result points into the input.
void weekly_gather(struct arena *a, const struct week_input *in, struct week *ret);

const struct week_reader *week_reader_of(const struct week *w, const char *staff_id); // or NULL

// The Monday of a day's week, and the last day that its list looks ahead to.
struct date week_monday(struct date day);
struct date week_last(struct date monday);

// When a week's list is made: as the office opens for the first time in it; 0: it does not.
instant week_opening(const struct library *l, struct date monday);
// Is it to be made now? The office has to be open; not in the week of the first office hour since
// the first start, which has its summary; and once: `done` is the Monday of the last list, or
// DATE_NONE. One of a later week was made by a clock that was ahead, and is none of this week.
bool week_is_due(const struct library *l, instant now, instant first_started_at, struct date done);
