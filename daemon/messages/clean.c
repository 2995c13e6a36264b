// Hostile text made harmless: lines without line ends or hidden characters, and addresses of the
// web that can be written as they are. The UTF-8 work is that of text.c.
#include "clean.h"

#include "text.h"

#include <string.h>

#define URL_BYTES_MAX 1000

const char *clean_line(struct arena *a, const char *s, size_t max_chars)
{
    AUTO(string_done) char *line = text_one_line(s ? s : "", max_chars);

    return arena_strdup(a, line);
}

const char *clean_line_or(struct arena *a, const char *s, size_t max_chars, const char *otherwise)
{
    const char *line = clean_line(a, s, max_chars);

    return clean_is_blank(line) ? otherwise : line;
}

// The start of the next line, or NULL after the last.
static const char *next_line(const char *end)
{
    if (*end == '\0')
        return NULL;
    return end + (end[0] == '\r' && end[1] == '\n' ? 2 : 1);
}

const char *clean_text(struct arena *a, const char *s, size_t max_chars)
{
    AUTO(text_done) struct text out = {0};
    size_t left = max_chars;

    while (s && left > 0) {
        size_t length = strcspn(s, "\r\n");

        left -= text_add_line(&out, s, length, left);
        s = next_line(s + length);
        if (s && left > 0) {
            text_add(&out, "\n");
            left--;
        }
    }
    return arena_strdup(a, text_str(&out));
}

const char *clean_without(struct arena *a, const char *s, const char *unwanted)
{
    char *copy = arena_strdup(a, s), *to = copy;

    for (; *s; s++)
        if (!strchr(unwanted, *s))
            *to++ = *s;
    *to = '\0';
    return copy;
}

bool clean_is_blank(const char *s)
{
    return s[strspn(s, " \n")] == '\0';
}

bool clean_is_url(const char *s)
{
    size_t length = strlen(s);

    if (strncmp(s, "https://", 8) != 0 && strncmp(s, "http://", 7) != 0)
        return false;
    for (const char *c = s; *c; c++)
        if (*c <= ' ' || *c > '~' || strchr("\"<>\\^`{|}", *c))
            return false;
    return length <= URL_BYTES_MAX;
}
