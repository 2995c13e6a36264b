// The objects are all alike: a calendar with events and without alarms. So a filter comes down to
// whether it can match such an object at all, and to one time.
#include "caldav_query.h"

#include <string.h>

#define INVALID "c:valid-filter"
#define UNSUPPORTED "c:supported-filter"

static bool is_caldav(const xmlNode *n, const char *name)
{
    return dav_is(n, CALDAV_NS, name);
}

// A filter on a component, or a property, that no object has.
static void read_absent(const xmlNode *filter, struct caldav_filter *ret)
{
    if (!dav_child(filter, CALDAV_NS, "is-not-defined"))
        ret->nothing = true;
}

// One of the ends may be left open.
static const char *read_time_range(const xmlNode *range, struct caldav_filter *ret)
{
    const char *starts = dav_attribute(range, "start"), *ends = dav_attribute(range, "end");

    if (ret->by_time)
        return UNSUPPORTED;
    ret->by_time = true;
    ret->starts = INT64_MIN;
    ret->ends = INT64_MAX;
    if ((!starts && !ends) || (starts && !calendar_utc_read(starts, &ret->starts)) ||
        (ends && !calendar_utc_read(ends, &ret->ends)) || ret->starts >= ret->ends)
        return INVALID;
    return NULL;
}

static const char *read_event(const xmlNode *filter, struct caldav_filter *ret)
{
    const char *failed = NULL;

    for (const xmlNode *n = dav_first(filter); n && !failed; n = dav_next(n)) {
        if (is_caldav(n, "time-range"))
            failed = read_time_range(n, ret);
        else if (is_caldav(n, "comp-filter"))
            read_absent(n, ret);
        else if (is_caldav(n, "is-not-defined"))
            ret->nothing = true;
        else
            failed = UNSUPPORTED;
    }
    return failed;
}

static const char *read_component(const xmlNode *filter, struct caldav_filter *ret)
{
    const char *name = dav_attribute(filter, "name");

    if (!name)
        return INVALID;
    if (strcmp(name, "VEVENT") == 0)
        return read_event(filter, ret);
    if (strcmp(name, "VTIMEZONE") == 0) // some have one
        return UNSUPPORTED;
    read_absent(filter, ret);
    return NULL;
}

const char *caldav_filter_read(const xmlNode *filter, struct caldav_filter *ret)
{
    const xmlNode *calendar = filter ? dav_child(filter, CALDAV_NS, "comp-filter") : NULL;
    const char *name = calendar ? dav_attribute(calendar, "name") : NULL;
    const char *failed = NULL;

    *ret = (struct caldav_filter){0};
    if (!name || strcmp(name, "VCALENDAR") != 0 || dav_next(calendar))
        return INVALID;
    for (const xmlNode *n = dav_first(calendar); n && !failed; n = dav_next(n)) {
        if (is_caldav(n, "comp-filter"))
            failed = read_component(n, ret);
        else if (is_caldav(n, "is-not-defined"))
            ret->nothing = true;
        else
            failed = UNSUPPORTED;
    }
    return failed;
}

bool caldav_filter_matches(const struct caldav_filter *f, const struct calendar_part *part)
{
    return !f->nothing && (!f->by_time || calendar_part_overlaps(part, f->starts, f->ends));
}
