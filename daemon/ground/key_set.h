// Key set: which keys a mapping has had so far. A part of the tree reader; nobody else needs it.
#pragma once

#include "arena.h"

struct key_set {
    void *root; // zero to begin with
};

// The line where `key` was first added, or 0 when it is new and was added now. The key must live as
// long as the set; the arena holds what the set notes.
int key_set_add(struct key_set *set, struct arena *a, const char *key, int line);
void key_set_done(struct key_set *set);
