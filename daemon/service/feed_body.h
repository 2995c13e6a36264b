// The body of a feed in memory. It is shared by the feeds of one owner and by the answers that are
// being written from it, and goes with the last of them.
#pragma once

#include "calendar_parts.h"
#include "conditional.h"
#include "date.h"

#include <stddef.h>

#define FEED_ETAG_MOST 128

struct feed_body {
    int references;
    unsigned char *plain, *gzip; // gzip: NULL of one that is made here (feed_stale.h)
    size_t length, gzip_length;
    char etag[FEED_ETAG_MOST + 3];      // quoted
    char etag_gzip[FEED_ETAG_MOST + 8]; // another for another coding
    int64_t last_modified;              // seconds since 1970
    char last_modified_date[HTTP_DATE_SIZE];
    struct date stale_on;    // the day of its entry that says how old it is; DATE_NONE: it has none
    struct feed_body *stale; // the same with that entry (feed_stale.h), or NULL
    int64_t version, oldest_version; // as in timely.feed_body
    struct arena *parts_arena;       // NULL: nobody asked for them yet
    struct calendar_parts parts;
};

// From the columns of the store: bytea in its text form, the tag with or without quotes. NULL when
// they cannot be served: the body is no gzip or empty, or the tag is none. One reference is the
// caller's.
struct feed_body *feed_body_new(const char *gzip, const char *etag, int64_t last_modified);
// The objects in it, cut when they are first asked for and kept; NULL when it is no calendar. They
// live as long as the body.
const struct calendar_parts *feed_body_parts(struct feed_body *b);
struct feed_body *feed_body_take(struct feed_body *b); // one more reference; NULL gives NULL
void feed_body_release(void *b);                       // NULL is nothing
