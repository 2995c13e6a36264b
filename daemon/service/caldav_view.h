// What one request of CalDAV may see, and the resources that it may name. Only for caldav*.c.
#pragma once

#include "dav_xml.h"
#include "feeds.h"
#include "http.h"

enum caldav_kind { // bits, so that a property can say whose it is
    CALDAV_ROOT = 1,
    CALDAV_PRINCIPAL = 2,
    CALDAV_HOME = 4,
    CALDAV_CALENDAR = 8,
    CALDAV_OBJECT = 16,
};

struct caldav_resource {
    enum caldav_kind kind;
    const struct calendar_part *part; // of an object
};

struct caldav_view {
    struct arena *arena;
    const char *prefix;
    long long feed_id;
    const char *owner_kind, *owner_id;
    const struct feed_body *body; // and its objects
    const struct calendar_parts *parts;
};

// The path of a resource as clients know it, percent-encoded. Arena-owned.
const char *caldav_href(const struct caldav_view *v, struct caldav_resource r);
// The resource that a decoded path (without the prefix) names; false: it is none of this view.
bool caldav_resolve(const struct caldav_view *v, const char *path, struct caldav_resource *ret);
// The same for an href that a client sent: a path with or without the prefix, or a whole URL.
bool caldav_resolve_href(const struct caldav_view *v, const char *href,
                         struct caldav_resource *ret);

// What a client knows of a calendar: the version of the body as the store has it, and the day of
// the entry that says how old it is, which the store does not have.
struct caldav_known {
    int64_t version;
    struct date stale_on; // DATE_NONE: no such entry
};
struct caldav_known caldav_known(const struct feed_body *b);
// "data:,123", or "data:,123-19815" with the day (RFC 2397): a URI, as RFC 6578 wants it.
// Arena-owned.
const char *caldav_sync_token(struct arena *a, struct caldav_known known);
// False when it is none.
bool caldav_sync_read(const char *token, struct caldav_known *ret);

// A refusal with the precondition that failed: "c:supported-filter". Or with "" for none.
void caldav_refuse(int status, const char *precondition, struct http_response *ret);
// Whether more was written than an answer may be.
bool caldav_is_full(struct dav_writer *w);
// A 207 with what was written; frees the writer. 507 when it is full.
void caldav_multistatus(struct dav_writer *w, struct http_response *ret);
