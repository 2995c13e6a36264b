// What everybody who writes JSON with jansson needs. Header only: ground itself does without.
#pragma once

#include "arena.h"
#include "error.h"

#include <jansson.h>
#include <stdlib.h>

// For AUTO().
static inline void json_done(json_t **j)
{
    json_decref(*j);
}

// NULL is written as null.
static inline void json_set_text(json_t *o, const char *key, const char *s)
{
    json_object_set_new(o, key, s ? json_string(s) : json_null());
}

// On one line. Arena-owned.
static inline const char *json_line(struct arena *a, const json_t *o)
{
    char *text = json_dumps(o, JSON_COMPACT);
    const char *kept;

    if (!text)
        out_of_memory();
    kept = arena_strdup(a, text);
    free(text);
    return kept;
}
