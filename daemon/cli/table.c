// Printing lists. Texts of the database pass through text_one_line before people see them; in CSV
// and JSON they stay as they are.
#include "table.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define MOST_SHOWN 60

struct table {
    struct session *session;
    const struct column *columns;
    size_t count, rows;
    char **shown; // for people: all cells, row by row
    size_t shown_count, shown_room;
    struct arena *arena;
};

struct table *table_begin(struct session *s, const struct column *columns, size_t count)
{
    struct arena *a = arena_new();
    struct table *t = ARENA_NEW(a, struct table);

    *t = (struct table){.session = s, .columns = columns, .count = count, .arena = a};
    if (s->format == FORMAT_CSV) {
        bool first = true;

        for (size_t i = 0; i < count; i++) {
            if (!columns[i].name)
                continue;
            text_addf(&s->out, "%s%s", first ? "" : ",", columns[i].name);
            first = false;
        }
        text_add(&s->out, "\n");
    } else if (s->format == FORMAT_JSON) {
        text_add(&s->out, "[");
    }
    return t;
}

static void add_csv(struct table *t, const char *const *cells)
{
    struct text *out = &t->session->out;
    bool first = true;

    for (size_t i = 0; i < t->count; i++) {
        if (!t->columns[i].name)
            continue;
        if (!first)
            text_add(out, ",");
        text_add_csv(out, cells[i]);
        first = false;
    }
    text_add(out, "\n");
}

static json_t *json_cell(enum cell kind, const char *cell)
{
    json_t *text;

    if (!cell || (kind != CELL_TEXT && !*cell))
        return json_null();
    switch (kind) {
    case CELL_NUMBER:
        return strchr(cell, '.') ? json_real(strtod(cell, NULL))
                                 : json_integer(strtoll(cell, NULL, 10));
    case CELL_YES_NO:
        return json_boolean(strcmp(cell, "yes") == 0);
    case CELL_TEXT:
        break;
    }
    text = json_string(cell);
    return text ? text : json_null();
}

static void add_json(struct table *t, const char *const *cells)
{
    json_t *row = json_object();
    char *printed;

    for (size_t i = 0; i < t->count; i++)
        if (t->columns[i].name)
            json_object_set_new(row, t->columns[i].name, json_cell(t->columns[i].kind, cells[i]));
    printed = json_dumps(row, JSON_REAL_PRECISION(12));
    json_decref(row);
    if (!printed)
        out_of_memory();
    text_addf(&t->session->out, "%s\n%s", t->rows ? "," : "", printed);
    free(printed);
}

static void add_shown(struct table *t, const char *const *cells)
{
    for (size_t i = 0; i < t->count; i++) {
        int most = t->columns[i].most ? t->columns[i].most : MOST_SHOWN;
        char *line = text_one_line(cells[i] ? cells[i] : "", (size_t)most);

        t->shown = arena_grow(t->arena, t->shown, sizeof *t->shown, t->shown_count, &t->shown_room);
        t->shown[t->shown_count++] = arena_strdup(t->arena, line);
        free(line);
    }
}

void table_row(struct table *t, const char *const *cells)
{
    switch (t->session->format) {
    case FORMAT_CSV:
        add_csv(t, cells);
        break;
    case FORMAT_JSON:
        add_json(t, cells);
        break;
    case FORMAT_PEOPLE:
        add_shown(t, cells);
        break;
    }
    t->rows++;
}

static size_t characters(const char *s)
{
    size_t n = 0;

    for (; *s; s++)
        n += (*s & 0xc0) != 0x80;
    return n;
}

static void print_shown_row(struct table *t, char *const *cells, const size_t *widths)
{
    struct text line = {0};

    for (size_t i = 0; i < t->count; i++) {
        if (!t->columns[i].heading)
            continue;
        size_t pad = widths[i] - characters(cells[i]);
        bool right = t->columns[i].kind == CELL_NUMBER;

        text_addf(&line, "%*s%s%*s  ", right ? (int)pad : 0, "", cells[i], right ? 0 : (int)pad,
                  "");
    }
    while (line.length && line.s[line.length - 1] == ' ')
        line.length--;
    text_add_n(&t->session->out, text_str(&line), line.length);
    text_add(&t->session->out, "\n");
    text_done(&line);
}

static void print_shown(struct table *t)
{
    size_t *widths = ARENA_ARRAY(t->arena, size_t, t->count);
    char **headings = ARENA_ARRAY(t->arena, char *, t->count);

    for (size_t i = 0; i < t->count; i++) {
        headings[i] = arena_strdup(t->arena, t->columns[i].heading ? t->columns[i].heading : "");
        widths[i] = characters(headings[i]);
    }
    for (size_t row = 0; row < t->shown_count; row += t->count)
        for (size_t i = 0; i < t->count; i++)
            if (characters(t->shown[row + i]) > widths[i])
                widths[i] = characters(t->shown[row + i]);
    print_shown_row(t, headings, widths);
    for (size_t row = 0; row < t->shown_count; row += t->count)
        print_shown_row(t, t->shown + row, widths);
}

void table_end(struct table *t)
{
    if (t->session->format == FORMAT_JSON)
        text_add(&t->session->out, t->rows ? "\n]\n" : "]\n");
    else if (t->session->format == FORMAT_PEOPLE && t->rows)
        print_shown(t);
    arena_free(t->arena);
}

void print_safe(struct session *s, const char *text)
{
    for (const char *p = text; *p;) {
        size_t length = strcspn(p, "\n");
        char *line = text_one_line(arena_strndup(s->arena, p, length), 2000);
        size_t shown = strlen(line);

        while (shown && line[shown - 1] == ' ')
            shown--;
        text_add(&s->out, arena_strndup(s->arena, line, shown));
        text_add(&s->out, "\n");
        free(line);
        p += length + (p[length] == '\n');
    }
}
