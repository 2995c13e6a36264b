// Tree: a strict reading of YAML, used for rules, overlays and configuration.
//
// The subset: one document; mappings, sequences and scalars; no anchors, aliases, tags or merge
// keys; no duplicate keys; valid UTF-8; bounded in size, depth and number of nodes. Every scalar
// is text: `no`, `012` and `1:30` are what they look like. Every node knows its line and column.
#pragma once

#include "arena.h"

enum node_kind { NODE_SCALAR, NODE_SEQUENCE, NODE_MAPPING };

struct node {
    enum node_kind kind;
    int line, column;        // from 1
    const char *text;        // of a scalar; never NULL for one
    struct entry *entries;   // of a mapping, in file order
    struct node **items;     // of a sequence
    size_t count;            // of entries or items
};

struct entry {
    const char *key;
    int line, column;
    struct node *value;
};

struct tree {
    const char *file; // as the reader was told; used in messages
    struct node *root;
};

// All that is wrong with a file, in order, each as "file:line:column: what, and what was expected".
struct complaints {
    struct arena *arena;
    const char **items;
    size_t count, room;
};

void complain(struct complaints *c, const char *file, int line, int column, const char *fmt, ...)
    PRINTF_LIKE(5, 6);

// Turns a list of complaints into one error, a line each; returns false when there are any.
bool complaints_end(const struct complaints *c, struct error *err);

#define TREE_MAX_BYTES (4u << 20)
#define TREE_MAX_DEPTH 32
#define TREE_MAX_NODES 200000

// Reads a file (or `length` bytes that came from `name`). Everything lives in the arena. FAULT_INPUT
// with every complaint found; a file that cannot be opened is FAULT_INPUT with the system's reason.
MUST_USE bool tree_read_file(struct arena *a, const char *path, struct tree *ret, struct error *err);
MUST_USE bool tree_read(struct arena *a, const char *name, const char *bytes, size_t length,
                        struct tree *ret, struct error *err);

// The value under a key of a mapping, or NULL.
struct node *node_get(const struct node *mapping, const char *key);

// The known word nearest to `word` (small edit distance), or NULL: for "did you mean".
const char *nearest_word(const char *word, const char *const *known, size_t count);
