// Content lines. What libical writes of a property it folds by itself, but 3.0.16 divides a line
// whose end falls on its limit between CR and LF, which no receiver reads: taking its folds out
// heals that too.
#include "calendar_lines.h"

#include <string.h>

#define LINE_OCTETS_MAX 75

void calendar_line(struct text *lines, const char *name, const char *value)
{
    text_add(lines, name);
    text_add(lines, ":");
    text_add(lines, value);
    text_add(lines, "\r\n");
}

void calendar_line_text(struct text *lines, const char *name, const char *words)
{
    icalvalue *text = must(icalvalue_new_text(words));
    char *escaped = must(icalvalue_as_ical_string_r(text));

    calendar_line(lines, name, escaped);
    icalmemory_free_buffer(escaped);
    icalvalue_free(text);
}

static void add_unfolded(struct text *out, const char *text)
{
    const char *fold;

    for (; (fold = strstr(text, "\r\n ")); text = fold + 3)
        text_add_n(out, text, (size_t)(fold - text));
    text_add(out, text);
}

void calendar_line_property(struct text *lines, icalproperty *p)
{
    char *line = must(icalproperty_as_ical_string_r(must(p)));

    add_unfolded(lines, line);
    icalmemory_free_buffer(line);
    icalproperty_free(p);
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

const char *calendar_fold(struct arena *a, const char *lines)
{
    AUTO(text_done) struct text out = {0};
    const char *end;

    for (; (end = strstr(lines, "\r\n")); lines = end + 2)
        add_folded(&out, lines, (size_t)(end - lines));
    return arena_strdup(a, text_str(&out));
}

void calendar_component_done(icalcomponent **c)
{
    if (*c)
        icalcomponent_free(*c);
}
