// What people have read of before: said to them again, it is a reminder and not news.
#pragma once

#include "date.h"
#include "db.h"

// Somebody who has read of a deadline since it is owed: in a digest, an alarm or the list of a week
// that has left; and not since that it is no longer theirs. Of a week that a list shows in numbers
// alone they have read nothing.
struct known_line {
    const char *staff_id;
    long long deadline_id;
    instant read_at;    // the last time
    struct date due_on; // which it had by then
    bool by_rung;       // told of the due date that it has now; else lists named it
};

struct known_lines {
    struct known_line *all;
    size_t count;
};

// Those of the deadlines whose numbers an array for the store holds. Where nothing is sent, what is
// put in counts as read. Arena-owned; to be sorted before it is asked. Waits.
MUST_USE bool known_lines_read(struct arena *a, struct db *store, const char *deadline_ids,
                               bool is_sending, struct known_lines *ret, struct error *err);

void known_lines_sort(struct known_lines *r);
// NULL: they have not.
const struct known_line *known_lines_find(const struct known_lines *r, const char *staff_id,
                                          long long deadline_id);
