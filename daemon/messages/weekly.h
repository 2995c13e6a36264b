// The Monday list of managers, chairs and reviewing officers: what is new this morning, how last
// week went against the target, who is late, and what is ahead. Pure text; the same argument gives
// the same bytes.
#pragma once

#include "digest.h"

#define WEEKLY_LATE_MOST 20  // of each list of what is not new, the worst
#define WEEKLY_DATES_MOST 60 // of a week; of a fuller one each day has numbers alone

// A measure of last week.
struct weekly_figure {
    const char *id;    // "m-icpc"; not shown
    const char *title; // "initial conferences within 15 working days"
    size_t held, in_time;
    const char *target; // "90-95%"; NULL where there is none
    bool below;         // the target
};

struct weekly_date {
    struct date on;
    struct moment at;   // of a meeting that is booked; MOMENT_NONE: it is due on the day
    struct date beyond; // of one that is booked too late: of the meeting its due date, of the due
                        // date the day of the meeting; else DATE_NONE
    const char *child;  // as the authority's setting allows
    const char *worker; // who the child is allocated to; or NULL
    const char *title;
    const char *force; // Law, Guidance, Local
    const char *url;   // of the page that explains it and takes a word about it, or NULL
};

// Each deadline stands in one of the lists.
struct weekly {
    const char *reader;
    struct date on;                  // the day of the list
    struct date monday;              // of its week
    const struct digest_line *fresh; // what that morning's digest has to say first
    size_t fresh_count;
    const struct weekly_figure *figures;
    size_t figure_count;
    const struct digest_line *late; // out of timescale
    size_t late_count;
    const struct digest_line
        *records; // minutes, outcomes and other work of chairs, out of timescale
    size_t record_count;
    const struct digest_line *standing; // told before and open still, in no other list
    size_t standing_count;
    const struct digest_line *parted; // no longer the reader's, and counted nowhere
    size_t parted_count;
    size_t older_count; // out of timescale since before timely began: the first summary had them;
                        // but for those that stand here
    const struct weekly_date *dates; // of this week and the next, in order of time
    size_t date_count;
    const char *service_name, *help; // help NULL: none
};

// Whether the dates of a day's week stand there one by one, or in numbers alone.
bool weekly_names_dates(const struct weekly *w, struct date on);

void weekly_render(struct arena *a, const struct weekly *w, struct rendered *ret);
