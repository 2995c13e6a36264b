// The case database, read only: what it holds of everybody, as sums that can be compared with what
// was accepted last time, and the facts of some persons.
//
// A reading streams every row once, unordered, and keeps for each person one 64-bit sum per source
// table: a row that appears, vanishes or changes alters the sum of its table; order does not.
#pragma once

#include "fact_rows.h"

#define MAX_ORIGINS 40

struct origin {
    const char *name; // table of the source
    long long rows;
    long long filenode;   // changes with every TRUNCATE; 0 where not told
    const char *leans_on; // table through which its facts are found, believed only as that one is;
                          // NULL: none
    const char *held; // why its rows are not believed now, and the kept ones used; NULL: believed
};

struct seen_person {
    const char *id;
    uint64_t sums[MAX_ORIGINS]; // by origin
    bool accepted_before;
};

// A row that is left aside, by key.
struct faulty_row {
    const char *person_id, *origin, *ref, *what; // person_id and ref may be NULL
};

struct reading {
    struct arena *arena;
    struct origin origins[MAX_ORIGINS];
    size_t origin_count;
    struct seen_person **persons; // open addressing by a hash of the id; `room` is a power of two
    size_t count, room;
    long long rows;
    struct faulty_row *faults; // at most MAX_FAULTS; fault_count counts on
    size_t fault_count, fault_room;
    bool torn; // a table's file node changed while it was read: throw the reading away
    bool some; // only some persons were read: counts of rows mean nothing
};
#define MAX_FAULTS 1000

// Reads everything (ids NULL) or these persons in one short snapshot. Waits. *ret is freed with
// reading_free.
MUST_USE bool source_read(struct db *source, const char *const *ids, size_t count,
                          struct reading **ret, struct error *err);
void reading_free(struct reading *r);
struct seen_person *reading_find(const struct reading *r,
                                 const char *person_id);    // NULL when absent
size_t reading_origin(struct reading *r, const char *name); // adds it when new
// Adds a row to a person's MAX_ORIGINS sums, as the reading does.
void reading_sum_row(struct reading *r, const struct fact_row *row, uint64_t *sums);
// The name under which rows of timely_source.person are counted, beside the tables.
extern const char source_person_origin[];

// Who a person is, for messages and rights.
struct person_info {
    const char *person_id, *family, *case_ref, *initials, *display_name;
    bool restricted;
};

// Notify mode: who changed since a place, a snapshot in words. *place (in the arena) moves to now;
// NULL is "from now on". *ret_all is set when a table was emptied or more than `max` persons
// changed: then everything is to be read.
MUST_USE bool source_changes(struct arena *a, struct db *source, size_t max, const char **place,
                             const char ***ret_ids, size_t *ret_count, bool *ret_all,
                             struct error *err);

// A SELECT over the source's facts of these persons, in no order, for fact_rows_copy.
const char *source_facts_select(struct arena *a, struct db *source, const char *const *ids,
                                size_t count);
// Their person rows, in no order. Waits. Persons that the source does not know are missing.
MUST_USE bool source_persons(struct arena *a, struct db *source, const char *const *ids,
                             size_t count, struct person_info **ret, size_t *ret_count,
                             struct error *err);
