// Import of files: tables of the Standard Safeguarding Dataset into an embedded or test source, and
// the directory and local events into the store. Files are CSV (RFC 4180, UTF-8, columns found by
// the names in the header; nothing between two commas is NULL).
//
// A row that cannot be taken is left aside, told in the report as "file:line:column (key): what",
// and the rest is loaded: *left_aside becomes true (exit status 1). A file whose shape is wrong (a
// header, a number of fields, bytes that are no UTF-8, a quote without end) is refused whole and
// nothing of it is loaded: FAULT_INPUT, with file and line (exit status 2). FAULT_AWAY when the
// database is not there. Reports name columns and keys, never what stands in a row. All calls wait:
// inside a fiber only.
#pragma once

#include "clock.h"
#include "db.h"
#include "text.h"

struct library;

// Loads every ssd_*.csv in `dir` into the table that it is named after, in the one schema that
// holds the dataset's tables. The rows of such a table are replaced, in one transaction a table;
// tables without a file stay as they are. A file named after no table is reported and left aside.
// When files are refused the others are loaded all the same, and the error names those that were
// not.
MUST_USE bool import_ssd(struct db *source, const char *dir, struct text *report, bool *left_aside,
                         struct error *err);

// Replaces the whole directory (timely.staff, timely.team) by the file's, in one transaction. An
// address that is none is reported and kept out; so are references to nobody, which are kept. Teams
// above each other in a circle, or managers of each other, refuse the file. `now` is business time.
MUST_USE bool import_directory(struct db *store, const char *file, instant now, struct text *report,
                               bool *left_aside, struct error *err);

// Takes the days on which people are away (import_absences) or on duty for their teams
// (import_duty) from a file that has all of them: what earlier files said and this one does not
// holds no longer from today on; what is over stays as it was, and so does what is known of a
// person or team of whom a row was left aside. A file without a row is refused, unless it
// may_be_empty. References to nobody are reported and kept. In one transaction; `now` is business
// time.
MUST_USE bool import_absences(struct db *store, const char *file, bool may_be_empty, instant now,
                              struct text *report, bool *left_aside, struct error *err);
MUST_USE bool import_duty(struct db *store, const char *file, bool may_be_empty, instant now,
                          struct text *report, bool *left_aside, struct error *err);

// Adds what the file says to timely.local_event, in one transaction; what is there already as it
// stands is not added again, and nothing is deleted. Types of events that no rule knows (`known`,
// NULL: not asked) are kept and reported.
MUST_USE bool import_events(struct db *store, const char *file, const struct library *known,
                            struct text *report, bool *left_aside, struct error *err);
