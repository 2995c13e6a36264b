// Text: a string that grows, and what hostile text needs before it may be shown.
#pragma once

#include "error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct text {
    char *s; // NUL-terminated once anything was added; else NULL
    size_t length;
    size_t room;
};

void text_add(struct text *t, const char *s);
void text_add_n(struct text *t, const char *s, size_t length);
void text_addf(struct text *t, const char *fmt, ...) PRINTF_LIKE(2, 3);
void text_add_csv(struct text *t, const char *field); // RFC 4180; NULL is an empty field
const char *text_str(const struct text *t);           // never NULL
void text_clear(struct text *t);
void text_done(struct text *t); // frees; for AUTO()

// In order of bytes; a missing text (NULL) is the empty one, as the store keeps keys.
static inline int text_cmp(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "");
}

// Equal, or both missing.
static inline bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

// Two keys that are there and equal: a missing key, as in SQL, is the key of nothing.
static inline bool same_key(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

// True when the bytes are well-formed UTF-8 (no surrogates, no overlong forms).
bool utf8_valid(const char *s, size_t length);

// Reads the first character: its bytes (1 to 4), or 0 when they are malformed or `length` is 0.
size_t utf8_decode(const char *s, size_t length, uint32_t *ret);

// True for characters that a reader does not see but that change what is shown or where lines end:
// controls (tab and line ends too), bidirectional overrides and isolates, U+2028, U+2029, U+FEFF
// and the non-characters U+FFFE and U+FFFF.
bool utf8_hidden(uint32_t character);

// Adds one line safe to show: hidden characters become blanks,
// malformed bytes become U+FFFD, at most `max_chars` characters (an ellipsis marks a cut).
// Returns how many were added.
size_t text_add_line(struct text *t, const char *s, size_t length, size_t max_chars);
char *text_one_line(const char *s, size_t max_chars); // the same by itself; the caller frees

// For AUTO(), of what the caller frees.
static inline void string_done(char **s)
{
    free(*s);
}
