// Paragraphs in 72 columns, counted in characters.
#include "paragraph.h"

#include <string.h>

static size_t columns(const char *s, size_t length)
{
    size_t count = 0;

    for (size_t i = 0; i < length; i++)
        count += ((unsigned char)s[i] & 0xC0) != 0x80;
    return count;
}

// Bytes of the first `count` characters.
static size_t bytes_of(const char *s, size_t length, size_t count)
{
    size_t at = 0;

    for (; at < length; at++)
        if (((unsigned char)s[at] & 0xC0) != 0x80 && count-- == 0)
            break;
    return at;
}

// How much of the word goes on a line of its own at most.
static size_t piece_of(const char *word, size_t length, size_t room)
{
    if (columns(word, length) <= room || strncmp(word, "https://", 8) == 0 ||
        strncmp(word, "http://", 7) == 0)
        return length;
    return bytes_of(word, length, room);
}

void paragraph_add(struct text *out, const char *first, const char *rest, const char *words)
{
    size_t indent = columns(rest, strlen(rest)), column = columns(first, strlen(first));
    bool fresh = true;

    text_add(out, first);
    for (words += strspn(words, " "); *words; words += strspn(words, " ")) {
        size_t length = piece_of(words, strcspn(words, " "), PARAGRAPH_COLUMNS - indent);
        size_t width = columns(words, length);

        if (!fresh && column + 1 + width > PARAGRAPH_COLUMNS) {
            text_addf(out, "\n%s", rest);
            column = indent;
        } else if (!fresh) {
            text_add(out, " ");
            column++;
        }
        text_add_n(out, words, length);
        column += width;
        words += length;
        fresh = false;
    }
    text_add(out, "\n");
}
