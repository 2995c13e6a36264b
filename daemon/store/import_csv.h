// A CSV file into a staging table of texts, each row with the line that it begins on.
#pragma once

#include "arena.h"
#include "db.h"
#include "text.h"

enum import_kind {
    IMPORT_TEXT,
    IMPORT_TIME, // a day, or a day and a time; civil time
    IMPORT_DATE,
    IMPORT_INTEGER,
    IMPORT_NUMBER,
    IMPORT_BOOLEAN,
};

struct import_column {
    const char *name;
    enum import_kind kind;
    int max_chars; // 0: any length
    bool must;     // a row without a value is left aside
    bool optional; // the file may lack the column
    bool key;      // part of the record's key: shown in reports
    int position;  // in the file, from 1; 0 where it lacks the column. Set by import_stage
};

struct import_file {
    struct db *db;
    struct arena *arena;
    const char *path, *name; // name: for messages
    struct import_column *columns;
    size_t count;
    bool keys_repeat; // the same key again is no fault
    struct text *report;
    long rows;  // staged and not left aside
    long aside; // left aside
};

// Reads the file into pg_temp.stage (line bigint, and each column as text), which lasts until the
// end of the transaction that the caller has begun, as does pg_temp.aside, its like without a row.
// FAULT_INPUT when the file must be refused whole.
MUST_USE bool import_stage(struct import_file *f, struct error *err);

// Adds a column's name as an SQL identifier.
void import_add_name(struct text *sql, const char *name);
