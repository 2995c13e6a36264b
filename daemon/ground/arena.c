// Arena: blocks that are filled from the front and thrown away together. After a reset the next use
// finds one block as large as all the last use needed, so that a daemon's rounds settle on a single
// block and allocate nothing more.
#include "arena.h"

#include <sanitizer/asan_interface.h> // its macros are nothing without the sanitizer
#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BLOCK = 8 << 10, LARGEST_BLOCK = 1 << 20, ALIGNMENT = alignof(max_align_t) };

struct block {
    struct block *next;
    size_t used, size;
    alignas(max_align_t) char bytes[];
};

struct arena {
    struct block *blocks; // the first is the one being filled
    size_t next_size;
};

static struct block *block_new(size_t size)
{
    struct block *b = malloc(sizeof *b + size);

    if (!b)
        out_of_memory();
    b->next = NULL;
    b->used = 0;
    b->size = size;
    ASAN_POISON_MEMORY_REGION(b->bytes, size);
    return b;
}

static void block_free(struct block *b)
{
    ASAN_UNPOISON_MEMORY_REGION(b->bytes, b->size);
    free(b);
}

static size_t free_blocks(struct arena *a)
{
    size_t total = 0;

    while (a->blocks) {
        struct block *b = a->blocks;

        a->blocks = b->next;
        total += b->size;
        block_free(b);
    }
    return total;
}

struct arena *arena_new(void)
{
    struct arena *a = malloc(sizeof *a);

    if (!a)
        out_of_memory();
    *a = (struct arena){.next_size = FIRST_BLOCK};
    return a;
}

void arena_free(struct arena *a)
{
    if (!a)
        return;
    free_blocks(a);
    free(a);
}

void arena_auto_free(struct arena **a)
{
    arena_free(*a);
}

void arena_reset(struct arena *a)
{
    if (!a->blocks)
        return;
    if (a->blocks->next)
        a->blocks = block_new(free_blocks(a));
    a->blocks->used = 0;
    ASAN_POISON_MEMORY_REGION(a->blocks->bytes, a->blocks->size);
}

// A block with room for `size`. A large one goes behind the block being filled, whose rest stays
// useful.
static struct block *block_for(struct arena *a, size_t size)
{
    struct block *b;

    if (a->blocks && a->blocks->size - a->blocks->used >= size)
        return a->blocks;
    if (a->blocks && size > a->next_size / 2) {
        b = block_new(size);
        b->next = a->blocks->next;
        a->blocks->next = b;
        return b;
    }
    b = block_new(size > a->next_size ? size : a->next_size);
    b->next = a->blocks;
    a->blocks = b;
    if (a->next_size < LARGEST_BLOCK)
        a->next_size *= 2;
    return b;
}

void *arena_alloc(struct arena *a, size_t size)
{
    if (size > PTRDIFF_MAX / 2)
        out_of_memory();

    // Nothing asked still gets an address of its own.
    size_t rounded = ((size ? size : 1) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    struct block *b = block_for(a, rounded);
    char *p = b->bytes + b->used;

    b->used += rounded;
    ASAN_UNPOISON_MEMORY_REGION(p, size);
    return memset(p, 0, size);
}

char *arena_strndup(struct arena *a, const char *s, size_t length)
{
    char *copy = arena_alloc(a, length + 1);

    if (length > 0)
        memcpy(copy, s, length);
    return copy;
}

char *arena_strdup(struct arena *a, const char *s)
{
    return s ? arena_strndup(a, s, strlen(s)) : NULL;
}

// What is long is composed twice, the first time to be measured: nothing is allocated beside the
// arena.
char *arena_printf(struct arena *a, const char *fmt, ...)
{
    char brief[256];
    va_list args;

    va_start(args, fmt);

    int length = vsnprintf(brief, sizeof brief, fmt, args);

    va_end(args);
    if (length < 0)
        out_of_memory();
    if ((size_t)length < sizeof brief)
        return arena_strndup(a, brief, (size_t)length);

    char *s = arena_alloc(a, (size_t)length + 1);

    va_start(args, fmt);
    (void)vsnprintf(s, (size_t)length + 1, fmt, args);
    va_end(args);
    return s;
}

void *arena_grow(struct arena *a, void *items, size_t item_size, size_t count, size_t *room)
{
    size_t bytes;

    if (count < *room)
        return items;

    size_t wanted = count < 4 ? 8 : count * 2;

    if (__builtin_mul_overflow(wanted, item_size, &bytes))
        out_of_memory();

    void *moved = arena_alloc(a, bytes);

    if (count > 0)
        memcpy(moved, items, count * item_size);
    *room = wanted;
    return moved;
}

// Sorts both halves, then merges them; `spare` has room for the first.
static void merge_sort(char *items, size_t count, size_t size,
                       int (*order)(const void *, const void *), char *spare)
{
    size_t half = count / 2;
    char *left = spare, *left_end = spare + half * size;
    char *right = items + half * size, *right_end = items + count * size;

    if (count < 2)
        return;
    merge_sort(items, half, size, order, spare);
    merge_sort(right, count - half, size, order, spare);
    memcpy(spare, items, half * size);
    for (char *to = items; left < left_end; to += size) {
        char **from = right < right_end && order(right, left) < 0 ? &right : &left;

        memcpy(to, *from, size);
        *from += size;
    }
}

void arena_sort(struct arena *a, void *items, size_t count, size_t item_size,
                int (*order)(const void *, const void *))
{
    if (count > 1)
        merge_sort(items, count, item_size, order, arena_alloc(a, count / 2 * item_size));
}
