// A feed that says how old it is. When the case database has not been read for long, or the store
// that holds what was read is away, calendars go on with what they have, and one all-day entry of
// today says of when it is. An empty or missing calendar would be taken for "nothing is due".
#pragma once

#include "clock.h"
#include "feed_body.h"

// When the case database was last read whole.
struct data_age {
    bool known;        // false: never, as far as we know
    instant read_at;   // business time
    int64_t age;       // microseconds of real time, when that was learnt
    int64_t learnt_at; // monotonic
};

// The UID of that entry.
#define FEED_STALE_UID "data-as-of@timely"

// The body to serve at the monotonic time `now`: `b` itself, or the same with the entry. The second
// is made once a day for each body and belongs to it. Its tag and its date are others.
struct feed_body *feed_stale(struct feed_body *b, const struct data_age *d, int64_t now);
