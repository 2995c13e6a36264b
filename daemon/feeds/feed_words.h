// The words of a feed's entries. Titles are neutral: a type and a reference. Pure.
#pragma once

#include "feed_entries.h"

// Deadlines that are one entry: of one calendar object, of one meeting, met by one record, or one
// alone.
struct feed_group {
    const struct feed_item **items; // the oldest first
    size_t count, room;
    const char *key;
    size_t order; // of its first item
};

// How a deadline stands today.
bool feed_is_meeting(const struct feed_item *i);
struct moment feed_starts(const struct feed_item *i); // of a meeting
bool feed_is_overdue(const struct feed_input *in, const struct feed_item *i);
bool feed_is_awaited(const struct feed_input *in,
                     const struct feed_item *i);     // took place? no record
bool feed_is_booked_late(const struct feed_item *i); // out of timescale, unless it is moved

const struct timescale *feed_timescale(const struct feed_input *in, const struct feed_item *i);

// "Overdue: ICPC 4711 and 1 more": the others are children, however many deadlines they have.
// Arena-owned.
const char *feed_title(struct arena *a, const struct feed_input *in, const struct feed_group *g,
                       const struct feed_item *lead);
// What it is, how it stands, how the date was counted, and where to read more: each deadline of one
// child; of several children the leading one, and who they are. Arena-owned.
const char *feed_description(struct arena *a, const struct feed_input *in,
                             const struct feed_group *g, const struct feed_item *lead);
// One line of a list of what is overdue. Arena-owned.
const char *feed_line(struct arena *a, const struct feed_input *in, const struct feed_group *g,
                      const struct feed_item *lead);
