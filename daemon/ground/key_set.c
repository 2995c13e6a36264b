// Key set: the C library's balanced search tree, so that a hostile mapping of 200,000 keys is
// checked for duplicates in n log n. By itself because <search.h> has a `struct entry` of its own.
#include "key_set.h"

#include <search.h>
#include <string.h>

struct seen {
    const char *key;
    int line;
};

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct seen *)a)->key, ((const struct seen *)b)->key);
}

int key_set_add(struct key_set *set, struct arena *a, const char *key, int line)
{
    struct seen *own = ARENA_NEW(a, struct seen);

    *own = (struct seen){.key = key, .line = line};

    struct seen **found = tsearch(own, &set->root, compare);

    if (!found)
        out_of_memory();
    return *found == own ? 0 : (*found)->line;
}

static void keep(void *seen)
{
    (void)seen; // the arena's
}

void key_set_done(struct key_set *set)
{
    tdestroy(set->root, keep);
    set->root = NULL;
}
