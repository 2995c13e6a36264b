// What everybody who writes JSON with jansson needs. Header only: ground itself does without.
#pragma once

#include <jansson.h>

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
