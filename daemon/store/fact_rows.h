// Rows of the fact contract, as binary COPY brings them: from the case database's view, from the
// accepted facts and from local events alike.
#pragma once

#include "db.h"
#include "fact.h"
#include "library.h"

// The columns of the contract, in order, for a SELECT list.
extern const char *const fact_columns;
#define FACT_COLUMN_COUNT 17

// A SELECT of the accepted facts and local events of the persons for whom `where` holds ("": of
// everybody), by person in order of bytes, whatever the database's own order is: for
// fact_rows_by_person. In the arena.
const char *accepted_facts_select(struct arena *a, const char *where);

// One row, still in the copy's buffer.
struct fact_row {
    const char *data[FACT_COLUMN_COUNT];
    int length[FACT_COLUMN_COUNT]; // -1: NULL
    const char *whole;             // all columns, for hashing
    size_t whole_length;
};
enum fact_column {
    COLUMN_PERSON,
    COLUMN_KIND,
    COLUMN_REF,
    COLUMN_AT,
    COLUMN_PRECISE,
    COLUMN_UNTIL,
    COLUMN_EPISODE,
    COLUMN_MEETING,
    COLUMN_CODE,
    COLUMN_WHO,
    COLUMN_ORIGIN,
    COLUMN_RECORDED,
    COLUMN_SCHEDULED,
    COLUMN_ENDS,
    COLUMN_PLACE,
    COLUMN_URL,
    COLUMN_ATTENDEES
};

// Runs `COPY (select) TO STDOUT (FORMAT binary)`, where select gives the contract's columns, and
// calls row() for each. Waits. Row() returning false ends the copy with its error.
MUST_USE bool fact_rows_copy(struct db *db, const char *select,
                             bool (*row)(void *arg, const struct fact_row *r, struct error *err),
                             void *arg, struct error *err);

// What is wrong with a row, or NULL: no person, no key, no date, a date that nobody can mean.
const char *fact_row_fault(const struct fact_row *r);

// The row as a fact; texts are copied into the arena. `event` is -1 for a kind that the library
// does not know. Call only for rows without fault.
struct fact fact_from_row(struct arena *a, const struct library *l, const struct fact_row *r);

// Calls each() once for each person with the person's timeline (sorted, in an arena that is reset
// afterwards). `select` must order its rows by person_id. Faulty rows go to fault() and are left
// out.
struct person_rows {
    const struct library *library;
    bool (*each)(void *arg, struct arena *a, struct timeline *t, struct error *err);
    void (*fault)(void *arg, const struct fact_row *r, const char *what); // may be NULL
    void *arg;
};
MUST_USE bool fact_rows_by_person(struct db *db, const char *select, const struct person_rows *p,
                                  struct error *err);

// One tuple of a binary COPY: walks over the header of the first chunk and the trailer. Returns the
// number of columns (at most `max`), 0 at the end, -1 for a malformed chunk. Shared by the other
// readers of the store.
int copy_tuple(const char **at, const char *end, const char **data, int *length, int max);
int64_t copy_int64(const char *p);
