// Properties of the resources (RFC 4918 15, RFC 4791 5.2 and 9.6, RFC 3744, RFC 5397): which there
// are, which a client wants, and writing them. Only for caldav*.c.
#pragma once

#include "caldav_view.h"

// What a client wants to know of each resource.
struct caldav_wanted {
    enum { CALDAV_NAMED, CALDAV_ALL, CALDAV_NAMES } kind;
    const xmlNode *const *names; // elements of the request
    size_t count;
    bool report; // calendar-data is only for reports
};

// Reads DAV:prop, DAV:allprop or DAV:propname, whichever is in `parent`; without any, everything.
// False when more names, or longer ones, are asked for than anybody needs.
MUST_USE bool caldav_wanted_read(struct arena *a, const xmlNode *parent, struct caldav_wanted *ret);

// A DAV:response about one resource, under the name `href` (NULL: its own).
void caldav_write_properties(struct dav_writer *w, const struct caldav_view *v,
                             struct caldav_resource r, const char *href,
                             const struct caldav_wanted *wanted);
// A DAV:response about something that is not there.
void caldav_write_missing(struct dav_writer *w, const char *href);
