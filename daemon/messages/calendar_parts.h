// The calendar objects of a rendered feed, each by itself, as CalDAV serves them: one VCALENDAR
// with one UID and no METHOD (RFC 4791 4.1). Pure.
#pragma once

#include "arena.h"
#include "clock.h"

#include <stdint.h>

#define CALENDAR_TAG_SIZE 35

// A time from `starts` to before `ends`; a day of the calendar is the day in Europe/London.
struct calendar_span {
    instant starts, ends;
};

struct calendar_part {
    const char *uid;
    const char *text; // the events of this UID as they stand in the feed, with the VTIMEZONE if
                      // they need it
    size_t length;
    char tag[CALENDAR_TAG_SIZE]; // of the text, quoted: another for another one
    instant changed_at;          // LAST-MODIFIED
    const struct calendar_span *spans;
    size_t span_count;
};

struct calendar_parts {
    const char *name; // of the calendar
    const struct calendar_part *items;
    size_t count; // by uid, in the order of bytes
};

// Cuts what calendar_feed_render() has made. Arena-owned. FAULT_INPUT when it is no calendar, or
// an event has no UID or no time.
MUST_USE bool calendar_parts_read(struct arena *a, const char *feed, struct calendar_parts *ret,
                                  struct error *err);
const struct calendar_part *calendar_parts_find(const struct calendar_parts *p, const char *uid);

// Whether something of the part lies in the time from `starts` to before `ends` (RFC 4791 9.9): an
// event without length is in it at its start.
bool calendar_part_overlaps(const struct calendar_part *p, instant starts, instant ends);

// Reads "20240402T080000Z", a date with UTC time; false for all else.
bool calendar_utc_read(const char *s, instant *ret);
