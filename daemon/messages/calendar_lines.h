// Content lines of calendars (RFC 5545 3.1): gathered whole in a text, folded once all are there.
#pragma once

#include "arena.h"
#include "text.h"

#include <libical/ical.h>

// Around the lines of every calendar that we write.
#define CALENDAR_BEGIN                                                                             \
    "BEGIN:VCALENDAR\r\n"                                                                          \
    "VERSION:2.0\r\n"                                                                              \
    "PRODID:-//timely//timely//EN\r\n"                                                             \
    "CALSCALE:GREGORIAN\r\n"
#define CALENDAR_END "END:VCALENDAR\r\n"

// One more line, "NAME:value". The value stands in it as it is: the caller's own words, or what was
// looked at before.
void calendar_line(struct text *lines, const char *name, const char *value);
// The same of a TEXT, which is escaped (3.3.11): whatever it holds, it stays in its line.
void calendar_line_text(struct text *lines, const char *name, const char *words);
// The same of a property with parameters, which libical quotes. Frees it.
void calendar_line_property(struct text *lines, icalproperty *p);

// Every line folded: at most 75 octets before each CR LF, never inside a UTF-8 character.
// Arena-owned.
const char *calendar_fold(struct arena *a, const char *lines);
const char *calendar_unfold(struct arena *a, const char *text); // every line whole

void calendar_component_done(icalcomponent **c); // frees; for AUTO()
