// Complaint: telling the author of a file all that is wrong with it in one go, each with its place.
#pragma once

#include "arena.h"

// All that is wrong with a file, in order, each as "file:line:column: what, and what was expected".
struct complaints {
    struct arena *arena;
    const char **items;
    size_t count, room;
};

void complain(struct complaints *c, const char *file, int line, int column, const char *fmt, ...)
    PRINTF_LIKE(5, 6);

// Turns a list of complaints into one error (FAULT_INPUT), a line each, as many as fit and then how
// many more; returns false when there are any.
bool complaints_end(const struct complaints *c, struct error *err);

// The known word nearest to `word` (small edit distance), or NULL: for "did you mean".
const char *nearest_word(const char *word, const char *const *known, size_t count);
