// Key set: which keys there have been so far, as of a mapping that is read.
#pragma once

#include "arena.h"

struct key_set {
    void *root; // zero to begin with
};

// The line where `key` was first added, or 0 when it is new and was added now. The key must live as
// long as the set; the arena holds what the set notes.
int key_set_add(struct key_set *set, struct arena *a, const char *key, int line);
void key_set_done(struct key_set *set);
