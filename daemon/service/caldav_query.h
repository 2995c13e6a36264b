// The filter of a calendar-query (RFC 4791 9.7), as far as clients use it to choose events by time.
// Only for caldav*.c.
#pragma once

#include "calendar_parts.h"
#include "dav_xml.h"

struct caldav_filter {
    bool nothing; // no object can match: it asks for tasks, alarms …
    bool by_time;
    instant starts, ends;
};

// NULL when it was read; else the precondition that it fails: "c:valid-filter", or
// "c:supported-filter" for filters by properties. `filter` may be NULL: there was none.
const char *caldav_filter_read(const xmlNode *filter, struct caldav_filter *ret);
bool caldav_filter_matches(const struct caldav_filter *f, const struct calendar_part *part);
