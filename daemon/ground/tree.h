// Tree: a strict reading of YAML, used for rules, overlays and configuration.
//
// The subset: one document; mappings, sequences and scalars; no anchors, aliases, tags or merge
// keys; no duplicate keys; valid UTF-8; bounded in size, depth and number of nodes. Every scalar
// is text: `no`, `012` and `1:30` are what they look like, and so is `null`; a value that is left
// out is the text "", and so is an empty file. Every node knows its line and column (in
// characters).
#pragma once

#include "arena.h"
#include "complaint.h"

enum node_kind { NODE_SCALAR, NODE_SEQUENCE, NODE_MAPPING };

struct node {
    enum node_kind kind;
    int line, column;      // from 1
    const char *text;      // of a scalar; never NULL for one
    struct entry *entries; // of a mapping, in file order
    struct node **items;   // of a sequence
    size_t count;          // of entries or items
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

#define TREE_MAX_BYTES (4u << 20)
#define TREE_MAX_DEPTH 32
#define TREE_MAX_NODES 200000

// Reads a file (or `length` bytes that came from `name`). Everything lives in the arena.
// FAULT_INPUT with every complaint found; a file that cannot be opened is FAULT_INPUT with the
// system's reason.
MUST_USE bool tree_read_file(struct arena *a, const char *path, struct tree *ret,
                             struct error *err);
MUST_USE bool tree_read(struct arena *a, const char *name, const char *bytes, size_t length,
                        struct tree *ret, struct error *err);

// The value under a key of a mapping, or NULL; also NULL when the node is NULL or no mapping.
struct node *node_get(const struct node *mapping, const char *key);
