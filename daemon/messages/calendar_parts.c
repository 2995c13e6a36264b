// Cutting a feed with libical: the events by UID, each group written as a calendar of its own.
#include "calendar_parts.h"

#include "calendar_fold.h"
#include "calendar_zone.h"
#include "sha256.h"
#include "zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void component_done(icalcomponent **c)
{
    if (*c)
        icalcomponent_free(*c);
}

// ----------------------------------------------------------------------------------------- times

static bool is_day(struct icaltimetype t)
{
    return t.year >= 1970 && t.year < 2200 && t.month >= 1 && t.month <= 12 && t.day >= 1 &&
           t.day <= icaltime_days_in_month(t.month, t.year) && t.hour >= 0 && t.hour < 24 &&
           t.minute >= 0 && t.minute < 60 && t.second >= 0 && t.second < 60;
}

// The zone of the text is Europe/London unless it says UTC: feeds have no other.
static bool read_time(struct icaltimetype t, instant *ret)
{
    const int minute = t.hour * 60 + t.minute;

    if (!is_day(t))
        return false;
    if (icaltime_is_utc(t))
        *ret = SECONDS((int64_t)icaltime_as_timet(t));
    else
        *ret = instant_from_london((struct moment){date_make(t.year, t.month, t.day), minute}) +
               SECONDS((int64_t)t.second);
    return true;
}

static bool read_span(icalcomponent *event, struct calendar_span *ret)
{
    icalproperty *start = icalcomponent_get_first_property(event, ICAL_DTSTART_PROPERTY);
    icalproperty *end = icalcomponent_get_first_property(event, ICAL_DTEND_PROPERTY);

    return start && end && read_time(icalproperty_get_dtstart(start), &ret->starts) &&
           read_time(icalproperty_get_dtend(end), &ret->ends) && ret->ends >= ret->starts;
}

bool calendar_part_overlaps(const struct calendar_part *p, instant starts, instant ends)
{
    for (size_t i = 0; i < p->span_count; i++) {
        const struct calendar_span *s = &p->spans[i];

        if (s->starts < ends && (s->ends > starts || (s->ends == s->starts && s->starts == starts)))
            return true;
    }
    return false;
}

bool calendar_utc_read(const char *s, instant *ret)
{
    struct icaltimetype t;

    if (strlen(s) != strlen("20240402T080000Z") || s[strlen(s) - 1] != 'Z')
        return false;
    t = icaltime_from_string(s);
    return !t.is_date && read_time(t, ret);
}

// ----------------------------------------------------------------------------------------- parts

static bool names_zone(icalcomponent *event)
{
    for (icalproperty *p = icalcomponent_get_first_property(event, ICAL_ANY_PROPERTY); p;
         p = icalcomponent_get_next_property(event, ICAL_ANY_PROPERTY))
        if (icalproperty_get_first_parameter(p, ICAL_TZID_PARAMETER))
            return true;
    return false;
}

static void copy_property(icalcomponent *from, icalproperty_kind kind, icalcomponent *to)
{
    icalproperty *p = icalcomponent_get_first_property(from, kind);

    if (p)
        icalcomponent_add_property(to, icalproperty_new_clone(p));
}

static icalcomponent *calendar_like(icalcomponent *feed)
{
    icalcomponent *c = must(icalcomponent_new(ICAL_VCALENDAR_COMPONENT));

    copy_property(feed, ICAL_VERSION_PROPERTY, c);
    copy_property(feed, ICAL_PRODID_PROPERTY, c);
    copy_property(feed, ICAL_CALSCALE_PROPERTY, c);
    return c;
}

static void write_part(struct arena *a, icalcomponent *calendar, struct calendar_part *ret)
{
    char *text = icalcomponent_as_ical_string_r(calendar);
    char hex[65];

    if (!text)
        out_of_memory();
    ret->text = calendar_refold(a, text);
    ret->length = strlen(ret->text);
    icalmemory_free_buffer(text);
    sha256_hex(ret->text, ret->length, hex);
    (void)snprintf(ret->tag, sizeof ret->tag, "\"%.*s\"", CALENDAR_TAG_SIZE - 3, hex);
}

// Events in the order of their UIDs; those of one UID as they stand in the feed.
struct event {
    icalcomponent *component;
    const char *uid;
    size_t place;
};

static int by_uid(const void *x, const void *y)
{
    const struct event *a = x, *b = y;
    int uids = strcmp(a->uid, b->uid);

    return uids ? uids : (a->place > b->place) - (a->place < b->place);
}

static bool list_events(struct arena *a, icalcomponent *feed, struct event **ret, size_t *ret_count,
                        struct error *err)
{
    const int most = icalcomponent_count_components(feed, ICAL_VEVENT_COMPONENT);
    struct event *events = ARENA_ARRAY(a, struct event, most + 1);
    size_t count = 0;

    for (icalcomponent *c = icalcomponent_get_first_component(feed, ICAL_VEVENT_COMPONENT); c;
         c = icalcomponent_get_next_component(feed, ICAL_VEVENT_COMPONENT)) {
        const char *uid = icalcomponent_get_uid(c);

        if (!uid || !*uid)
            return fail(err, FAULT_INPUT, "calendar: event %zu has no UID", count + 1);
        events[count] = (struct event){c, arena_strdup(a, uid), count};
        count++;
    }
    qsort(events, count, sizeof *events, by_uid);
    *ret = events;
    *ret_count = count;
    return true;
}

// The events of one UID.
static bool read_part(struct arena *a, icalcomponent *feed, const struct event *events,
                      size_t count, struct calendar_part *ret, struct error *err)
{
    AUTO(component_done) icalcomponent *calendar = calendar_like(feed);
    struct calendar_span *spans = ARENA_ARRAY(a, struct calendar_span, count);
    bool zone = false;

    ret->uid = events[0].uid;
    for (size_t i = 0; i < count; i++) {
        icalproperty *changed =
            icalcomponent_get_first_property(events[i].component, ICAL_LASTMODIFIED_PROPERTY);
        instant at;

        if (!read_span(events[i].component, &spans[i]))
            return fail(err, FAULT_INPUT, "calendar: event %s has no time", ret->uid);
        if (changed && read_time(icalproperty_get_lastmodified(changed), &at) &&
            at > ret->changed_at)
            ret->changed_at = at;
        zone |= names_zone(events[i].component);
    }
    ret->spans = spans;
    ret->span_count = count;
    if (zone)
        icalcomponent_add_component(calendar, calendar_zone_new());
    for (size_t i = 0; i < count; i++)
        icalcomponent_add_component(calendar, must(icalcomponent_new_clone(events[i].component)));
    write_part(a, calendar, ret);
    return true;
}

static const char *name_of(struct arena *a, icalcomponent *feed)
{
    icalproperty *p = icalcomponent_get_first_property(feed, ICAL_NAME_PROPERTY);
    const char *name = p ? icalproperty_get_name(p) : NULL;

    return arena_strdup(a, name ? name : "Deadlines");
}

bool calendar_parts_read(struct arena *a, const char *feed, struct calendar_parts *ret,
                         struct error *err)
{
    AUTO(component_done) icalcomponent *c = icalparser_parse_string(feed);
    struct calendar_part *parts;
    struct event *events = NULL;
    size_t count = 0, done = 0;

    if (!c || icalcomponent_isa(c) != ICAL_VCALENDAR_COMPONENT)
        return fail(err, FAULT_INPUT, "calendar: this is none");
    if (!list_events(a, c, &events, &count, err))
        return false;
    parts = ARENA_ARRAY(a, struct calendar_part, count + 1);
    for (size_t i = 0; i < count;) {
        size_t same = 1;

        while (i + same < count && strcmp(events[i].uid, events[i + same].uid) == 0)
            same++;
        if (!read_part(a, c, events + i, same, &parts[done++], err))
            return false;
        i += same;
    }
    *ret = (struct calendar_parts){.name = name_of(a, c), .items = parts, .count = done};
    return true;
}

static int compare_uid(const void *uid, const void *part)
{
    return strcmp(uid, ((const struct calendar_part *)part)->uid);
}

const struct calendar_part *calendar_parts_find(const struct calendar_parts *p, const char *uid)
{
    return p->count ? bsearch(uid, p->items, p->count, sizeof *p->items, compare_uid) : NULL;
}
