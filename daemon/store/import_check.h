// What is wrong with staged rows, told row by row by the server in one question a file.
#pragma once

#include "import_csv.h"

// Leaves aside the rows of pg_temp.stage that have a value that is none of its kind, too long or
// missing where it must be, and those that repeat the key of a row before them: reported and
// moved from the stage to pg_temp.aside.
MUST_USE bool import_check(struct import_file *f, struct error *err);

// Leaves aside the rows that a statement tells, which gives line, what is wrong with them, and the
// column's name (or NULL).
MUST_USE bool import_check_rows(struct import_file *f, const char *select, struct error *err);

// "file: N rows, M left aside".
void import_tell_rows(const struct import_file *f, struct text *report);

// Reports what a statement tells of rows that are kept: columns as above.
MUST_USE bool import_report_rows(struct import_file *f, const char *select, struct error *err);
