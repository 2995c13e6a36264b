// Table: one list in three forms: aligned columns for people, CSV and JSON for scripts. What CSV
// and JSON say is stable; what people see may change.
#pragma once

#include "session.h"

enum cell { CELL_TEXT, CELL_NUMBER, CELL_YES_NO };

struct column {
    const char *name;    // in CSV and JSON; NULL: for people only
    const char *heading; // for people; NULL: for scripts only
    enum cell kind;      // of JSON: CELL_NUMBER prints digits, CELL_YES_NO true and false
    int most;            // characters shown to people; 0: 60
};

struct table;

// Prints into s->out in the session's format. Columns must outlive the table.
struct table *table_begin(struct session *s, const struct column *columns, size_t count);
// One text a column, NULL for nothing; copied.
void table_row(struct table *t, const char *const *cells);
// What was added; for people nothing is printed when there are no rows. Frees the table.
void table_end(struct table *t);

// Prints a text of several lines for people: what the database put into it moves no cursor and
// hides nothing.
void print_safe(struct session *s, const char *text);
