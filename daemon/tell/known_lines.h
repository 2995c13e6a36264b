// What people have read of before: said to them again, it is a reminder and not news.
#pragma once

#include "db.h"

// Somebody who has read of a deadline, of its present due date since it is owed: in a digest, an
// alarm or the list of a week that has left; and not since that it is no longer theirs.
struct known_line {
    const char *staff_id;
    long long deadline_id;
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
bool known_lines_has(const struct known_lines *r, const char *staff_id, long long deadline_id);
