// Folding. libical 3.0.16 folds by itself, but a line whose end falls on its limit it divides
// between CR and LF, which no receiver reads. Taking its folds out heals that too; then we fold.
#include "calendar_fold.h"

#include "text.h"

#include <string.h>

#define LINE_OCTETS_MAX 75

static void add_unfolded(struct text *out, const char *text)
{
    const char *fold;

    for (; (fold = strstr(text, "\r\n ")); text = fold + 3)
        text_add_n(out, text, (size_t)(fold - text));
    text_add(out, text);
}

// The most of the line that fits into `room` octets and ends with a character.
static size_t piece_of(const char *line, size_t length, size_t room)
{
    if (length <= room)
        return length;
    while (room > 1 && ((unsigned char)line[room] & 0xC0) == 0x80)
        room--;
    return room;
}

static void add_folded(struct text *out, const char *line, size_t length)
{
    size_t piece = piece_of(line, length, LINE_OCTETS_MAX);

    text_add_n(out, line, piece);
    while (piece < length) {
        line += piece;
        length -= piece;
        piece = piece_of(line, length, LINE_OCTETS_MAX - 1);
        text_add(out, "\r\n ");
        text_add_n(out, line, piece);
    }
    text_add(out, "\r\n");
}

const char *calendar_unfold(struct arena *a, const char *text)
{
    AUTO(text_done) struct text lines = {0};

    add_unfolded(&lines, text);
    return arena_strdup(a, text_str(&lines));
}

const char *calendar_refold(struct arena *a, const char *text)
{
    AUTO(text_done) struct text out = {0};
    const char *end;

    for (const char *line = calendar_unfold(a, text); (end = strstr(line, "\r\n")); line = end + 2)
        add_folded(&out, line, (size_t)(end - line));
    return arena_strdup(a, text_str(&out));
}
