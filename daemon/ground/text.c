// Text: a growing string on the heap, and the one UTF-8 decoder through which hostile text passes
// before it is logged, shown or taken as a rule.
#include "text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 256 // most texts stay below it

static void make_room(struct text *t, size_t more)
{
    size_t wanted;

    if (__builtin_add_overflow(t->length, more, &wanted) || wanted > PTRDIFF_MAX / 2)
        out_of_memory();
    wanted++; // the final NUL
    if (wanted <= t->room)
        return;

    size_t room = t->room < FIRST_ROOM ? FIRST_ROOM : t->room * 2;

    if (room < wanted)
        room = wanted;

    char *s = realloc(t->s, room);

    if (!s)
        out_of_memory();
    t->s = s;
    t->room = room;
}

void text_add_n(struct text *t, const char *s, size_t length)
{
    make_room(t, length);
    if (length > 0)
        memcpy(t->s + t->length, s, length);
    t->length += length;
    t->s[t->length] = '\0';
}

void text_add(struct text *t, const char *s)
{
    text_add_n(t, s, strlen(s));
}

// What is long is composed twice, the second time on the heap.
void text_addf(struct text *t, const char *fmt, ...)
{
    char brief[FIRST_ROOM], *composed = NULL;
    va_list args;

    va_start(args, fmt);

    int length = vsnprintf(brief, sizeof brief, fmt, args);

    va_end(args);
    if (length >= (int)sizeof brief) {
        va_start(args, fmt);
        length = vasprintf(&composed, fmt, args);
        va_end(args);
    }
    if (length < 0)
        out_of_memory();
    text_add_n(t, composed ? composed : brief, (size_t)length);
    free(composed);
}

void text_add_csv(struct text *t, const char *field)
{
    if (!field)
        field = "";
    if (!field[strcspn(field, ",\"\r\n")]) {
        text_add(t, field);
        return;
    }
    text_add(t, "\"");
    for (const char *quote; (quote = strchr(field, '"')) != NULL; field = quote + 1) {
        text_add_n(t, field, (size_t)(quote - field));
        text_add(t, "\"\"");
    }
    text_add(t, field);
    text_add(t, "\"");
}

const char *text_str(const struct text *t)
{
    return t->s ? t->s : "";
}

void text_clear(struct text *t)
{
    t->length = 0;
    if (t->s)
        t->s[0] = '\0';
}

void text_done(struct text *t)
{
    free(t->s);
    *t = (struct text){0};
}

size_t utf8_decode(const char *s, size_t length, uint32_t *ret)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *u = (const unsigned char *)s;

    if (length == 0)
        return 0;
    if (u[0] < 0x80) {
        *ret = u[0];
        return 1;
    }

    size_t bytes = u[0] >= 0xF8 ? 0 : u[0] >= 0xF0 ? 4 : u[0] >= 0xE0 ? 3 : u[0] >= 0xC0 ? 2 : 0;

    if (bytes == 0 || bytes > length)
        return 0;

    uint32_t c = u[0] & (0xFFu >> (bytes + 1));

    for (size_t i = 1; i < bytes; i++) {
        if ((u[i] & 0xC0) != 0x80)
            return 0;
        c = c << 6 | (u[i] & 0x3F);
    }
    if (c < least[bytes] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
        return 0;
    *ret = c;
    return bytes;
}

bool utf8_valid(const char *s, size_t length)
{
    uint32_t c;

    while (length > 0) {
        size_t bytes = utf8_decode(s, length, &c);

        if (bytes == 0)
            return false;
        s += bytes;
        length -= bytes;
    }
    return true;
}

bool utf8_hidden(uint32_t c)
{
    return c < 0x20 || (c >= 0x7F && c <= 0x9F) || (c >= 0x2028 && c <= 0x202E) ||
           (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF || c == 0xFFFE || c == 0xFFFF;
}

// How many characters of printable ASCII come next: they are shown as they are.
static size_t plain_run(const char *s, size_t most)
{
    size_t n = 0;

    while (n < most && s[n] >= ' ' && s[n] <= '~')
        n++;
    return n;
}

// Adds the first character; returns its bytes.
static size_t add_safe(struct text *t, const char *s, size_t length)
{
    uint32_t c;
    size_t bytes = utf8_decode(s, length, &c);

    if (bytes == 0)
        text_add(t, "\uFFFD");
    else if (utf8_hidden(c))
        text_add(t, " ");
    else
        text_add_n(t, s, bytes);
    return bytes ? bytes : 1;
}

size_t text_add_line(struct text *t, const char *s, size_t length, size_t max_chars)
{
    const char *end = s + length;
    size_t shown = 0;
    size_t before_last = 0; // where the ellipsis goes when there is more than fits

    while (s < end && shown < max_chars) {
        size_t left = (size_t)(end - s), room = max_chars - shown;
        size_t run = plain_run(s, left < room ? left : room);

        if (run > 0) {
            text_add_n(t, s, run);
            before_last = t->length - 1;
            s += run;
            shown += run;
            continue;
        }
        before_last = t->length;
        s += add_safe(t, s, left);
        shown++;
    }
    if (s < end && max_chars > 0) {
        t->length = before_last;
        text_add(t, "…");
    }
    return shown;
}

char *text_one_line(const char *s, size_t max_chars)
{
    struct text line = {0};

    text_add(&line, "");
    text_add_line(&line, s, s ? strlen(s) : 0, max_chars);
    return line.s;
}
