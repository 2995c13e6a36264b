// Tree: libyaml reads the syntax, event by event; this file allows the strict subset and builds the
// nodes. It goes on after a complaint wherever what follows can still be trusted. What a key may be
// called and what a text must say is for those who read the tree.
#include "tree.h"

#include "key_set.h"
#include "paths.h"
#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

// Past this many the file is something else altogether.
enum { MAX_COMPLAINTS = 100 };

// A mapping or sequence that is still open.
struct frame {
    struct node *node;
    size_t room;
    struct key_set keys; // of a mapping
    bool key_read;
    struct entry pending; // whose value comes next; key NULL when it was refused
};

struct reader {
    struct arena *arena;
    const char *file;
    const char *bytes; // without the byte order mark
    size_t length;
    struct complaints complaints;
    yaml_parser_t parser;
    struct frame frames[TREE_MAX_DEPTH];
    size_t depth;
    size_t nodes;
    int documents;
    struct node *root;
    bool stop; // no use in reading on
};

static void refuse(struct reader *r, yaml_mark_t at, const char *fmt, ...) PRINTF_LIKE(3, 4);

static void refuse(struct reader *r, yaml_mark_t at, const char *fmt, ...)
{
    char what[400];
    va_list args;

    va_start(args, fmt);
    vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    complain(&r->complaints, r->file, (int)at.line + 1, (int)at.column + 1, "%s", what);
    if (r->complaints.count >= MAX_COMPLAINTS)
        r->stop = true;
}

// ---- characters: checked before libyaml sees them, which gives no place for a bad byte, and which
// a file of many %TAG lines keeps busy for hours

static bool allowed(uint32_t c)
{
    return c == '\t' || c == '\n' || c == '\r' || !utf8_hidden(c);
}

// Moves over one character. CR LF, LF and a lone CR end a line, as they do for libyaml.
static void advance(yaml_mark_t *at, uint32_t c, bool lf_follows)
{
    if (c == '\n' || (c == '\r' && !lf_follows)) {
        at->line++;
        at->column = 0;
    } else {
        at->column++;
    }
}

static void check_characters(struct reader *r)
{
    const char *s = r->bytes;
    const char *end = s + r->length;
    yaml_mark_t at = {0};

    while (s < end && !r->stop) {
        uint32_t c = 0;
        size_t bytes = utf8_decode(s, (size_t)(end - s), &c);

        if (bytes == 0)
            refuse(r, at, "the byte 0x%02x is not UTF-8, expected text in UTF-8",
                   (unsigned char)*s);
        else if (!allowed(c))
            refuse(r, at,
                   "the invisible character U+%04X, expected visible text, blanks and "
                   "line ends",
                   c);
        else if (c == '%' && at.column == 0)
            refuse(r, at, "a directive (a line that begins with '%%'), expected values alone");
        s += bytes ? bytes : 1;
        advance(&at, c, s < end && *s == '\n');
    }
}

// ---- building

static struct frame *top(struct reader *r)
{
    return r->depth ? &r->frames[r->depth - 1] : NULL;
}

static bool awaits_key(const struct frame *f)
{
    return f && f->node->kind == NODE_MAPPING && !f->key_read;
}

static void attach(struct reader *r, struct node *node)
{
    struct frame *f = top(r);

    if (!f) {
        r->root = node;
        return;
    }

    struct node *parent = f->node;

    if (parent->kind == NODE_SEQUENCE) {
        parent->items =
            arena_grow(r->arena, parent->items, sizeof(struct node *), parent->count, &f->room);
        parent->items[parent->count++] = node;
        return;
    }
    f->key_read = false;
    if (!f->pending.key)
        return;
    f->pending.value = node;
    parent->entries =
        arena_grow(r->arena, parent->entries, sizeof(struct entry), parent->count, &f->room);
    parent->entries[parent->count++] = f->pending;
}

static struct node *new_node(struct reader *r, enum node_kind kind, yaml_mark_t at)
{
    struct node *node = ARENA_NEW(r->arena, struct node);

    node->kind = kind;
    node->line = (int)at.line + 1;
    node->column = (int)at.column + 1;
    node->text = "";
    if (++r->nodes > TREE_MAX_NODES) {
        refuse(r, at, "too many values, expected at most %d in a file", TREE_MAX_NODES);
        r->stop = true;
    }
    return node;
}

static void close_frame(struct reader *r)
{
    key_set_done(&r->frames[--r->depth].keys);
}

static void take_key(struct reader *r, const yaml_event_t *e, const char *key)
{
    struct frame *f = top(r);
    yaml_mark_t at = e->start_mark;
    int line = (int)at.line + 1;

    f->key_read = true;
    f->pending = (struct entry){.line = line, .column = (int)at.column + 1};
    if (!*key) {
        refuse(r, at, "an empty key, expected a name before the ':'");
        return;
    }
    if (strcmp(key, "<<") == 0 && e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE) {
        refuse(r, at, "a merge key '<<', expected the entries themselves");
        return;
    }

    int first = key_set_add(&f->keys, r->arena, key, line);

    if (!first) {
        f->pending.key = key;
        return;
    }

    AUTO(string_done) char *shown = text_one_line(key, 60);

    refuse(r, at, "'%s' stands twice, expected each key once; it is first on line %d", shown,
           first);
}

// An escape in quotes can still smuggle in what check_characters refused.
static void check_escapes(struct reader *r, const yaml_event_t *e)
{
    const char *s = (const char *)e->data.scalar.value;
    size_t left = e->data.scalar.length;
    uint32_t c;

    for (size_t bytes; left > 0 && (bytes = utf8_decode(s, left, &c)) > 0; left -= bytes) {
        if (!allowed(c)) {
            refuse(r, e->start_mark,
                   "an escape for the invisible character U+%04X, expected visible text", c);
            return;
        }
        s += bytes;
    }
}

static void check_properties(struct reader *r, yaml_mark_t at, const yaml_char_t *anchor,
                             const yaml_char_t *tag)
{
    if (!anchor && !tag)
        return;

    AUTO(string_done) char *name = text_one_line((const char *)(anchor ? anchor : tag), 60);

    if (anchor)
        refuse(r, at, "an anchor '&%s', expected the value alone (it cannot be named and reused)",
               name);
    else
        refuse(r, at, "a tag '%s', expected the value alone (every value is text)", name);
}

static void take_scalar(struct reader *r, const yaml_event_t *e)
{
    const char *text =
        arena_strndup(r->arena, (const char *)e->data.scalar.value, e->data.scalar.length);

    check_properties(r, e->start_mark, e->data.scalar.anchor, e->data.scalar.tag);
    check_escapes(r, e);
    if (awaits_key(top(r)))
        take_key(r, e, text);
    else {
        struct node *node = new_node(r, NODE_SCALAR, e->start_mark);

        node->text = text;
        attach(r, node);
    }
}

static void take_alias(struct reader *r, const yaml_event_t *e)
{
    struct frame *f = top(r);
    AUTO(string_done) char *name = text_one_line((const char *)e->data.alias.anchor, 60);

    refuse(r, e->start_mark,
           "an alias '*%s', expected the value itself (quote a text that "
           "begins with '*')",
           name);
    if (awaits_key(f)) {
        f->key_read = true;
        f->pending = (struct entry){0};
    } else {
        attach(r, new_node(r, NODE_SCALAR, e->start_mark));
    }
}

static void open_frame(struct reader *r, enum node_kind kind, const yaml_event_t *e)
{
    struct frame *f = top(r);
    struct node *node = new_node(r, kind, e->start_mark);

    if (awaits_key(f)) {
        refuse(r, e->start_mark, "a key that is itself a list or mapping, expected a text");
        f->key_read = true;
        f->pending = (struct entry){0};
    } else {
        attach(r, node);
    }
    if (r->depth == TREE_MAX_DEPTH) {
        refuse(r, e->start_mark, "nested too deeply, expected at most %d levels", TREE_MAX_DEPTH);
        r->stop = true;
        return;
    }
    r->frames[r->depth++] = (struct frame){.node = node};
}

// ---- events

static void take_document(struct reader *r, const yaml_event_t *e)
{
    if (++r->documents > 1) {
        refuse(r, e->start_mark, "a second document, expected one in a file");
        r->stop = true;
    }
}

static void take(struct reader *r, const yaml_event_t *e)
{
    switch (e->type) {
    case YAML_DOCUMENT_START_EVENT:
        take_document(r, e);
        break;
    case YAML_ALIAS_EVENT:
        take_alias(r, e);
        break;
    case YAML_SCALAR_EVENT:
        take_scalar(r, e);
        break;
    case YAML_SEQUENCE_START_EVENT:
        check_properties(r, e->start_mark, e->data.sequence_start.anchor,
                         e->data.sequence_start.tag);
        open_frame(r, NODE_SEQUENCE, e);
        break;
    case YAML_MAPPING_START_EVENT:
        check_properties(r, e->start_mark, e->data.mapping_start.anchor, e->data.mapping_start.tag);
        open_frame(r, NODE_MAPPING, e);
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        close_frame(r);
        break;
    case YAML_STREAM_END_EVENT:
        r->stop = true;
        break;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        break;
    }
}

static char byte_at(const struct reader *r, yaml_mark_t at)
{
    const char *s = r->bytes;
    const char *end = s + r->length;

    for (size_t left = at.index; s < end; s++) {
        bool starts_character = ((unsigned char)*s & 0xC0) != 0x80;

        if (starts_character && left-- == 0)
            return *s;
    }
    return '\0';
}

// libyaml's words for the commonest slips, and words for those who do not know its terms.
static const struct {
    const char *theirs, *ours;
} slips[] = {
    {"mapping values are not allowed in this context",
     "a second ':' or a wrong indentation, expected one 'key: value' a line (quote a text that "
     "holds ': ')"},
    {"could not find expected ':'", "no ':' after this key, expected 'key: value'"},
    {"did not find expected key",
     "neither a key nor the end of the mapping, expected a key at the indentation of the others"},
    {"did not find expected '-' indicator",
     "neither an item nor the end of the list, expected '- ' at the indentation of the others"},
    {"found unexpected end of stream", "the file ends too soon, expected a closing quote"},
    {"did not find expected ',' or ']'", "a list in '[' that does not end, expected ',' or ']'"},
    {"did not find expected ',' or '}'", "a mapping in '{' that does not end, expected ',' or '}'"},
    {"did not find expected alphabetic or numeric character",
     "a text that begins with '&' or '*', expected it in quotes"},
    {"found unknown escape character", "an unknown escape, expected '\\\\' for a backslash"},
};

static void refuse_syntax(struct reader *r)
{
    const yaml_parser_t *p = &r->parser;
    const char *problem = p->problem ? p->problem : "not YAML";
    yaml_mark_t at = p->problem_mark;

    if (p->error == YAML_MEMORY_ERROR)
        out_of_memory();
    if (strstr(problem, "cannot start any token")) {
        char c = byte_at(r, at);

        if (c == '\t')
            refuse(r, at, "a tab, expected blanks");
        else
            refuse(r, at, "a text that begins with '%c', expected it in quotes", c);
        return;
    }
    for (size_t i = 0; i < sizeof slips / sizeof *slips; i++) {
        if (strcmp(problem, slips[i].theirs) == 0)
            problem = slips[i].ours;
    }
    if (p->context && p->context_mark.line != at.line)
        refuse(r, at, "%s (what this belongs to begins on line %zu)", problem,
               p->context_mark.line + 1);
    else
        refuse(r, at, "%s", problem);
}

static void read_events(struct reader *r)
{
    yaml_event_t e;

    if (!yaml_parser_initialize(&r->parser))
        out_of_memory();
    yaml_parser_set_encoding(&r->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r->parser, (const unsigned char *)r->bytes, r->length);
    while (!r->stop) {
        if (!yaml_parser_parse(&r->parser, &e)) {
            refuse_syntax(r);
            break;
        }
        take(r, &e);
        yaml_event_delete(&e);
    }
    while (r->depth > 0)
        close_frame(r);
    yaml_parser_delete(&r->parser);
}

// ---- public

bool tree_read(struct arena *a, const char *name, const char *bytes, size_t length,
               struct tree *ret, struct error *err)
{
    static const char mark[] = "\xEF\xBB\xBF"; // what some editors put before UTF-8
    const size_t mark_length = sizeof mark - 1;

    if (length > TREE_MAX_BYTES)
        return fail(err, FAULT_INPUT, "%s: %zu bytes long, expected at most %u", name, length,
                    TREE_MAX_BYTES);
    if (length >= mark_length && memcmp(bytes, mark, mark_length) == 0) {
        bytes += mark_length;
        length -= mark_length;
    }

    struct reader r = {
        .arena = a,
        .file = arena_strdup(a, name),
        .bytes = bytes ? bytes : "",
        .length = length,
        .complaints = {.arena = a},
    };

    check_characters(&r);
    if (r.complaints.count == 0)
        read_events(&r);
    if (!complaints_end(&r.complaints, err))
        return false;
    if (!r.root)
        attach(&r, new_node(&r, NODE_SCALAR, (yaml_mark_t){0}));
    *ret = (struct tree){.file = r.file, .root = r.root};
    return true;
}

bool tree_read_file(struct arena *a, const char *path, struct tree *ret, struct error *err)
{
    char *bytes;
    size_t length;

    return read_whole_file(a, path, TREE_MAX_BYTES, &bytes, &length, err) &&
           tree_read(a, path, bytes, length, ret, err);
}

struct node *node_get(const struct node *mapping, const char *key)
{
    if (!mapping || mapping->kind != NODE_MAPPING)
        return NULL;
    for (size_t i = 0; i < mapping->count; i++) {
        if (strcmp(mapping->entries[i].key, key) == 0)
            return mapping->entries[i].value;
    }
    return NULL;
}
