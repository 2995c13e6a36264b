// Any bytes make a tree that holds together or an error with a place; nothing else.
#include "tree.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void check(const struct node *n, int depth)
{
    if (n->line < 1 || n->column < 1 || depth > TREE_MAX_DEPTH)
        abort();
    if (n->kind == NODE_SCALAR && (!n->text || n->count > 0))
        abort();
    for (size_t i = 0; i < n->count; i++) {
        if (n->kind == NODE_MAPPING && !*n->entries[i].key)
            abort();
        check(n->kind == NODE_MAPPING ? n->entries[i].value : n->items[i], depth + 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct tree t = {0};
    struct error err = {0};

    if (tree_read(a, "fuzz", (const char *)bytes, length, &t, &err))
        check(t.root, 0);
    else if (err.fault != FAULT_INPUT || strncmp(err.text, "fuzz:", 5) != 0)
        abort();
    return 0;
}
