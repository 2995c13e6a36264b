// What a Monday list shows, in words, shared by its text and its HTML.
#pragma once

#include "digest_view.h"
#include "weekly.h"

struct weekly_child {
    const char *child;  // "1042"
    const char *worker; // " (Ivy Hart)" after the last child of one worker, else ""
    const char *url;    // NULL for none
};

struct weekly_item {
    const char *what; // "10:00 Core group [Guidance]", "Core group [Guidance], due",
                      // "Core group [Guidance], due; booked for Tuesday 23 April, after it"
    const struct weekly_child *children;
    size_t count;
    bool named;  // else the count alone is shown: there are too many
    bool linked; // each with a page of its own
};

struct weekly_day {
    const char *day; // "Tuesday 9 April: 3"
    const struct weekly_item *items;
    size_t count;
};

struct weekly_week {
    const char *heading; // "This week: 5 dates"
    struct weekly_day days[7];
    size_t count;
};

struct weekly_list {
    const char *heading; // NULL: nothing of the kind
    struct digest_view view;
};

struct weekly_view {
    const char *above, *reader, *opening;
    const char *figures_heading;
    const char *const *figures; // "3 of 4 (75%), target 90-95%: initial conferences …"
    const bool *below;
    size_t figure_count;
    struct weekly_list fresh, late, records, standing, parted;
    struct weekly_week weeks[2];
    const char *service, *help; // help NULL: none
};

// A line of the digest's part, the new ones first; and how many of the whole mail are late.
const struct digest_line *weekly_told(const struct weekly *w, size_t i);
size_t weekly_late(const struct weekly *w);

void weekly_view_make(struct arena *a, const struct weekly *w, struct weekly_view *ret);

const char *weekly_html(struct arena *a, const struct weekly_view *v);
