// Arena: memory that lives and ends together. One evaluation, one request or one file uses one
// arena; nothing in it is freed by itself.
#pragma once

#include "error.h"

#include <stddef.h>
#include <stdint.h>

struct arena;

// Allocation failure ends the process: the truth is in PostgreSQL and the service manager restarts
// us.
struct arena *arena_new(void);
void arena_free(struct arena *a);       // NULL is nothing
void arena_reset(struct arena *a);      // forgets all, keeps the memory for the next use
void arena_auto_free(struct arena **a); // for AUTO()

// Zeroed memory, aligned for any type.
void *arena_alloc(struct arena *a, size_t size);
char *arena_strdup(struct arena *a, const char *s);                 // NULL gives NULL
char *arena_strndup(struct arena *a, const char *s, size_t length); // adds the final NUL
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);

#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define ARENA_ARRAY(a, type, count) ((type *)arena_alloc((a), sizeof(type) * (size_t)(count)))

// Makes room for one more item in an array that grows in an arena: `items` may move.
// `count` is the number in use, `*room` the number allocated.
void *arena_grow(struct arena *a, void *items, size_t item_size, size_t count, size_t *room);

// qsort() with its scratch memory in the arena, so that a settled round allocates nothing; what is
// equal stays in order.
void arena_sort(struct arena *a, void *items, size_t count, size_t item_size,
                int (*order)(const void *, const void *));
