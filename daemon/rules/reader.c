// The helpers of reader.h, and the reader of events.yaml.
#include "reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void reader_complain(const struct reader *r, const struct node *n, const char *fmt, ...)
{
    char text[600];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    complain(r->phrases.complaints, r->phrases.file, n->line, n->column, "%s", text);
}

bool reader_is(const struct reader *r, const struct node *n, enum node_kind kind, const char *what)
{
    if (n && n->kind == kind)
        return true;
    if (n)
        reader_complain(r, n, "expected %s", what);
    return false;
}

void reader_known_keys(const struct reader *r, const struct node *mapping, const char *const *keys,
                       size_t count)
{
    for (size_t i = 0; i < mapping->count; i++) {
        const struct entry *e = &mapping->entries[i];
        const char *near;

        if (code_in(e->key, keys, count, false) && count > 0)
            continue;
        near = nearest_word(e->key, keys, count);
        complain(r->phrases.complaints, r->phrases.file, e->line, e->column,
                 near ? "unknown key \"%s\"; did you mean \"%s\"?" : "unknown key \"%s\"", e->key,
                 near);
    }
}

const struct node *reader_scalar(const struct reader *r, const struct node *mapping,
                                 const char *key, bool required)
{
    const struct node *n = node_get(mapping, key);

    if (!n) {
        if (required)
            reader_complain(r, mapping, "the key \"%s\" is missing", key);
        return NULL;
    }
    if (!reader_is(r, n, NODE_SCALAR, "a text"))
        return NULL;
    if (required && !*n->text) {
        reader_complain(r, n, "\"%s\" is empty", key);
        return NULL;
    }
    return n;
}

const char *reader_text(const struct reader *r, const struct node *mapping, const char *key,
                        bool required)
{
    const struct node *n = reader_scalar(r, mapping, key, required);

    return n ? n->text : NULL;
}

bool reader_choice(const struct reader *r, const struct node *mapping, const char *key,
                   const char *yes, const char *no, bool otherwise)
{
    const struct node *n = reader_scalar(r, mapping, key, false);

    if (!n)
        return otherwise;
    if (strcmp(n->text, yes) == 0)
        return true;
    if (strcmp(n->text, no) != 0)
        reader_complain(r, n, "\"%s\": expected \"%s\" or \"%s\"", n->text, yes, no);
    return false;
}

const struct node *const *reader_list(const struct reader *r, const struct node *mapping,
                                      const char *key, size_t *ret_count)
{
    const struct node *n = node_get(mapping, key);
    const struct node **items;

    *ret_count = 0;
    if (!n)
        return NULL;
    if (n->kind == NODE_SCALAR) {
        items = ARENA_ARRAY(r->phrases.arena, const struct node *, 1);
        items[0] = n;
        *ret_count = 1;
        return items;
    }
    if (!reader_is(r, n, NODE_SEQUENCE, "a text or a list"))
        return NULL;
    items = ARENA_ARRAY(r->phrases.arena, const struct node *, n->count + 1);
    for (size_t i = 0; i < n->count; i++)
        if (reader_is(r, n->items[i], NODE_SCALAR, "a text"))
            items[(*ret_count)++] = n->items[i];
    return items;
}

void reader_check_id(const struct reader *r, const struct entry *e)
{
    for (const char *p = e->key; *p; p++)
        if (!((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || *p == '-')) {
            complain(r->phrases.complaints, r->phrases.file, e->line, e->column,
                     "\"%s\": an id is lower case letters, digits and hyphens", e->key);
            return;
        }
}

static int find_subject(const struct library *l, const char *name)
{
    for (size_t i = 0; i < l->subject_count; i++)
        if (strcmp(l->subjects[i].name, name) == 0)
            return (int)i;
    return -1;
}

static void read_event(struct reader *r, const struct entry *e)
{
    static const char *const keys[] = {"title",   "of",    "record", "spell", "key",
                                       "booking", "codes", "from",   "when",  "ahead"};
    struct event_kind *k = &r->library->events[r->library->event_count];
    const struct node *of, *from, *when;
    const struct node *const *codes;
    const char **names;

    if (!reader_is(r, e->value, NODE_MAPPING, "an event: title, of, record, codes, from"))
        return;
    reader_known_keys(r, e->value, keys, sizeof keys / sizeof *keys);
    *k = (struct event_kind){.name = e->key, .of = -1};
    k->title = reader_text(r, e->value, "title", true);
    k->record = reader_text(r, e->value, "record", false);
    k->booking = reader_text(r, e->value, "booking", false);
    k->spell = reader_choice(r, e->value, "spell", "yes", "no", false);
    k->ahead = reader_choice(r, e->value, "ahead", "yes", "no", false);
    k->key_is_meeting = reader_choice(r, e->value, "key", "meeting", "record", false);
    from = reader_scalar(r, e->value, "from", false);
    k->local = from && strstr(from->text, "local event");
    when = reader_scalar(r, e->value, "when", false);
    if (when && from)
        reader_complain(r, when,
                        "an event that follows from others is recorded nowhere: "
                        "expected either \"from\" or \"when\"");
    of = reader_scalar(r, e->value, "of", false);
    if (of && (k->of = find_subject(r->library, of->text)) < 0)
        reader_complain(r, of, "\"%s\": no such subject", of->text);
    codes = reader_list(r, e->value, "codes", &k->code_count);
    names = ARENA_ARRAY(r->phrases.arena, const char *, k->code_count + 1);
    for (size_t i = 0; i < k->code_count; i++)
        names[i] = codes[i]->text;
    k->codes = names;
    if (k->title)
        r->library->event_count++;
}

// What follows from other events may name any of them, so all are read before it.
static void read_derivations(struct reader *r, const struct node *events)
{
    for (size_t i = 0; i < events->count; i++) {
        const struct node *when = events->entries[i].value->kind == NODE_MAPPING
                                      ? node_get(events->entries[i].value, "when")
                                      : NULL;
        int event = library_event(r->library, events->entries[i].key);

        if (when && when->kind == NODE_SCALAR && event >= 0)
            phrase_derived(&r->phrases, when, &r->library->events[event].derived);
    }
}

static int subject_event(struct reader *r, const struct node *subject, const char *key,
                         bool required)
{
    const struct node *n = reader_scalar(r, subject, key, required);
    int event = n ? library_event(r->library, n->text) : -1;

    if (n && event < 0)
        reader_complain(r, n, "\"%s\": no such event in this file", n->text);
    return event;
}

static void read_subjects(struct reader *r, const struct node *subjects)
{
    static const char *const keys[] = {"title", "starts", "ends", "only one"};
    struct library *l = r->library;

    l->subjects = ARENA_ARRAY(r->phrases.arena, struct subject_kind, subjects->count + 2);
    for (size_t i = 0; i < subjects->count; i++) {
        const struct entry *e = &subjects->entries[i];

        if (!reader_is(r, e->value, NODE_MAPPING, "a subject: title, starts, ends"))
            continue;
        reader_known_keys(r, e->value, keys, sizeof keys / sizeof *keys);
        l->subjects[l->subject_count++] = (struct subject_kind){
            .name = e->key,
            .title = reader_text(r, e->value, "title", true),
            .only_one = reader_choice(r, e->value, "only one", "yes", "no", false)};
    }
    l->person = (int)l->subject_count;
    l->subjects[l->subject_count++] =
        (struct subject_kind){.name = "person", .title = "person", .starts = -1, .ends = -1};
}

void read_events(struct reader *r, const struct node *root)
{
    static const char *const keys[] = {"subjects", "events"};
    const struct node *subjects, *events;
    struct library *l = r->library;

    if (!reader_is(r, root, NODE_MAPPING, "subjects and events"))
        return;
    reader_known_keys(r, root, keys, 2);
    subjects = node_get(root, "subjects");
    events = node_get(root, "events");
    if (!subjects || !events || subjects->kind != NODE_MAPPING || events->kind != NODE_MAPPING) {
        reader_complain(r, root,
                        "expected the keys \"subjects\" and \"events\", each a list of names");
        return;
    }
    read_subjects(r, subjects);
    l->events = ARENA_ARRAY(r->phrases.arena, struct event_kind, events->count + 1);
    for (size_t i = 0; i < events->count; i++)
        read_event(r, &events->entries[i]);
    read_derivations(r, events);
    for (size_t i = 0, s = 0; i < subjects->count && s < l->subject_count; i++) {
        if (subjects->entries[i].value->kind != NODE_MAPPING)
            continue;
        l->subjects[s].starts = subject_event(r, subjects->entries[i].value, "starts", true);
        l->subjects[s++].ends = subject_event(r, subjects->entries[i].value, "ends", false);
    }
}
