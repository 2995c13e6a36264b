// Cutting a feed. Its lines are ours (calendar_object.c), so they are taken as they stand; libical
// reads the few values that are asked for.
#include "calendar_parts.h"

#include "calendar_lines.h"
#include "calendar_zone.h"
#include "sha256.h"
#include "zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

// ---------------------------------------------------------------------------------------- values

// What stands behind the first line that begins so, with a line end before it: "\r\nUID". Whole;
// "" where there is none.
static const char *value_of(struct arena *a, const char *lines, const char *begin)
{
    const char *line = strstr(lines, begin), *value = line ? strchr(line, ':') : NULL, *end;

    if (!value)
        return "";
    value++;
    for (end = strstr(value, "\r\n"); end && end[2] == ' ';)
        end = strstr(end + 2, "\r\n");
    return end ? calendar_unfold(a, arena_strndup(a, value, (size_t)(end - value))) : "";
}

static const char *text_of(struct arena *a, const char *lines, const char *begin)
{
    icalvalue *v = icalvalue_new_from_string(ICAL_TEXT_VALUE, value_of(a, lines, begin));
    const char *text = v ? arena_strdup(a, icalvalue_get_text(v)) : "";

    if (v)
        icalvalue_free(v);
    return text;
}

static bool time_of(struct arena *a, const char *lines, const char *begin, instant *ret)
{
    return read_time(icaltime_from_string(value_of(a, lines, begin)), ret);
}

// ----------------------------------------------------------------------------------------- parts

// An event and its lines.
struct event {
    const char *text, *uid;
    size_t place; // in the feed
};

// In the order of their UIDs; those of one UID as they stand in the feed.
static int by_uid(const void *x, const void *y)
{
    const struct event *a = x, *b = y;
    int uids = strcmp(a->uid, b->uid);

    return uids ? uids : (a->place > b->place) - (a->place < b->place);
}

static bool list_events(struct arena *a, const char *feed, struct event **ret, size_t *ret_count,
                        struct error *err)
{
    static const char begin[] = "\r\nBEGIN:VEVENT\r\n", end[] = "\r\nEND:VEVENT\r\n";
    struct event *events = NULL;
    size_t count = 0, room = 0;

    for (const char *from = feed, *to; (from = strstr(from, begin)) && (to = strstr(from, end));
         from = to) {
        struct event e = {.place = count};

        from += strlen("\r\n");
        e.text = arena_strndup(a, from, (size_t)(to - from) + strlen(end));
        e.uid = text_of(a, e.text, "\r\nUID");
        if (!*e.uid)
            return fail(err, FAULT_INPUT, "calendar: event %zu has no UID", count + 1);
        events = arena_grow(a, events, sizeof *events, count, &room);
        events[count++] = e;
    }
    if (count > 1)
        qsort(events, count, sizeof *events, by_uid);
    *ret = events;
    *ret_count = count;
    return true;
}

static bool read_times(struct arena *a, const struct event *e, struct calendar_part *part,
                       struct calendar_span *ret, struct error *err)
{
    instant changed;

    if (!time_of(a, e->text, "\r\nDTSTART", &ret->starts) ||
        !time_of(a, e->text, "\r\nDTEND", &ret->ends) || ret->ends < ret->starts)
        return fail(err, FAULT_INPUT, "calendar: event %s has no time", e->uid);
    if (time_of(a, e->text, "\r\nLAST-MODIFIED", &changed) && changed > part->changed_at)
        part->changed_at = changed;
    return true;
}

static void write_part(struct arena *a, const struct event *events, size_t count,
                       struct calendar_part *ret)
{
    AUTO(text_done) struct text text = {0};
    bool zone = false;
    char hex[65];

    for (size_t i = 0; i < count; i++)
        zone |= strstr(events[i].text, "\r\nDTSTART;TZID=") != NULL;
    text_add(&text, CALENDAR_BEGIN);
    if (zone)
        text_add(&text, calendar_zone);
    for (size_t i = 0; i < count; i++)
        text_add(&text, events[i].text);
    text_add(&text, CALENDAR_END);
    ret->text = arena_strdup(a, text.s);
    ret->length = text.length;
    sha256_hex(ret->text, ret->length, hex);
    (void)snprintf(ret->tag, sizeof ret->tag, "\"%.*s\"", CALENDAR_TAG_SIZE - 3, hex);
}

// The events of one UID.
static bool read_part(struct arena *a, const struct event *events, size_t count,
                      struct calendar_part *ret, struct error *err)
{
    struct calendar_span *spans = ARENA_ARRAY(a, struct calendar_span, count);

    ret->uid = events[0].uid;
    for (size_t i = 0; i < count; i++)
        if (!read_times(a, &events[i], ret, &spans[i], err))
            return false;
    ret->spans = spans;
    ret->span_count = count;
    write_part(a, events, count, ret);
    return true;
}

bool calendar_parts_read(struct arena *a, const char *feed, struct calendar_parts *ret,
                         struct error *err)
{
    struct calendar_part *parts;
    struct event *events = NULL;
    size_t count = 0, done = 0;

    if (strncmp(feed, "BEGIN:VCALENDAR\r\n", strlen("BEGIN:VCALENDAR\r\n")) != 0)
        return fail(err, FAULT_INPUT, "calendar: this is none");
    if (!list_events(a, feed, &events, &count, err))
        return false;
    parts = ARENA_ARRAY(a, struct calendar_part, count + 1);
    for (size_t i = 0, same; i < count; i += same) {
        for (same = 1; i + same < count && strcmp(events[i].uid, events[i + same].uid) == 0;)
            same++;
        if (!read_part(a, events + i, same, &parts[done++], err))
            return false;
    }
    *ret = (struct calendar_parts){
        .name = text_of(a, feed, "\r\nNAME"), .items = parts, .count = done};
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
