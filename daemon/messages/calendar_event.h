// One entry as the lines of a VEVENT (RFC 5545 3.6.1). A part of the calendar objects; nobody else
// needs it.
#pragma once

#include "calendar_object.h"
#include "text.h"

bool calendar_is_meeting(const struct calendar_entry *e);

// FAULT_INPUT for what cannot be an entry (calendar_object.h).
MUST_USE bool calendar_entry_check(const struct calendar_entry *e, struct error *err);

// Adds the lines of a checked entry, from BEGIN:VEVENT to before its end: what else belongs to an
// invite is added there.
void calendar_event_begin(struct arena *a, struct text *lines, const struct calendar_entry *e,
                          const char *title_prefix);
void calendar_event_end(struct text *lines);

// What SUMMARY says: one line, never empty. Arena-owned.
const char *calendar_event_title(struct arena *a, const struct calendar_entry *e,
                                 const char *prefix);
