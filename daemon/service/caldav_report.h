// The three reports: calendar-multiget, calendar-query (RFC 4791 7.9, 7.8) and sync-collection
// (RFC 6578 3.2). Only for caldav*.c.
#pragma once

#include "caldav_view.h"

enum caldav_reported {
    CALDAV_REPORTED,
    CALDAV_NEEDS_STORE, // and was given none: *ret is untouched
    CALDAV_STORE_FAILED // *ret is untouched; the error says why
};

// Answers the report in `body` about a resource. `store` may be NULL; with it, waits.
enum caldav_reported caldav_report(const struct caldav_view *v, struct caldav_resource r,
                                   const xmlNode *report, struct db *store,
                                   struct http_response *ret, struct error *err);
