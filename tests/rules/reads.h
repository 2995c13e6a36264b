// What each timescale reads, told by the words of its rule: which events it names, and which other
// timescales. It knows no grammar, so that what the language gains is covered without a change
// here: every word of every phrase that is the name of an event, a subject, a kind of meeting or a
// timescale counts. May name too much, never too little.
#pragma once

#include "rules_check.h"

#include <ctype.h>

struct reads {
    const struct library *library;
    bool *event;     // by timescale, then event
    bool *timescale; // by timescale, then timescale; each reads itself
};

static inline bool *reads_event(const struct reads *r, size_t timescale, int event)
{
    return &r->event[timescale * r->library->event_count + (size_t)event];
}

static inline bool *reads_timescale(const struct reads *r, size_t timescale, size_t other)
{
    return &r->timescale[timescale * r->library->timescale_count + other];
}

// A booked meeting comes from what is said about the diary.
static inline void reads_diary(const struct reads *r, size_t timescale)
{
    static const char *const events[] = {"meeting-booked", "meeting-rearranged",
                                         "meeting-cancelled"};

    for (size_t i = 0; i < 3; i++)
        *reads_event(r, timescale, library_event(r->library, events[i])) = true;
}

static inline void reads_subject(const struct reads *r, size_t timescale, int subject)
{
    const struct subject_kind *s = &r->library->subjects[subject];

    if (s->starts >= 0)
        *reads_event(r, timescale, s->starts) = true;
    if (s->ends >= 0)
        *reads_event(r, timescale, s->ends) = true;
}

static inline void reads_recorded(const struct reads *r, size_t timescale, int event)
{
    const struct derived *d = &r->library->events[event].derived;

    *reads_event(r, timescale, event) = true;
    if (d->how == NTH_WITHIN)
        *reads_event(r, timescale, d->event) = true;
    if (d->how == TIME_SPENT)
        reads_subject(r, timescale, d->subject);
}

static inline void reads_word(const struct reads *r, size_t timescale, const char *word)
{
    const struct library *l = r->library;
    int event = library_event(l, word), other = library_timescale(l, word);

    if (event >= 0)
        reads_recorded(r, timescale, event);
    if (other >= 0)
        *reads_timescale(r, timescale, (size_t)other) = true;
    for (size_t i = 0; i < l->event_count; i++)
        if (l->events[i].booking && (event == (int)i || strcmp(l->events[i].booking, word) == 0))
            reads_diary(r, timescale);
    for (size_t i = 0; i < l->subject_count; i++)
        if (strcmp(l->subjects[i].name, word) == 0)
            reads_subject(r, timescale, (int)i);
}

static inline void reads_words(const struct reads *r, size_t timescale, const char *text)
{
    while (*text) {
        char word[100];
        size_t n = 0;

        while (isalnum((unsigned char)text[n]) || text[n] == '-' || text[n] == '_')
            n++;
        if (n > 0 && n < sizeof word) {
            memcpy(word, text, n);
            word[n] = '\0';
            reads_word(r, timescale, word);
        }
        text += n ? n : 1;
    }
}

// Everything but what is there to be read by people.
static inline void reads_node(const struct reads *r, size_t timescale, const struct node *n)
{
    static const char *const prose[] = {"title",    "source", "url",     "evidence",
                                        "examples", "tell",   "reading", NULL};

    if (n->kind == NODE_SCALAR)
        reads_words(r, timescale, n->text);
    for (size_t i = 0; n->kind == NODE_SEQUENCE && i < n->count; i++)
        reads_node(r, timescale, n->items[i]);
    for (size_t i = 0; n->kind == NODE_MAPPING && i < n->count; i++)
        if (!code_in(n->entries[i].key, prose, 7, false))
            reads_node(r, timescale, n->entries[i].value);
}

// What is read through a due date is read.
static inline void reads_onwards(const struct reads *r)
{
    size_t count = r->library->timescale_count;

    for (size_t by = 0; by < count; by++)
        for (size_t t = 0; t < count; t++)
            for (size_t of = 0; *reads_timescale(r, t, by) && of < count; of++)
                *reads_timescale(r, t, of) |= *reads_timescale(r, by, of);
    for (size_t t = 0; t < count; t++)
        for (size_t of = 0; of < count; of++)
            for (int e = 0; *reads_timescale(r, t, of) && e < (int)r->library->event_count; e++)
                *reads_event(r, t, e) |= *reads_event(r, of, e);
}

// Every clock knows births and deaths. In the arena.
static inline struct reads reads_of(struct arena *a, const struct library *l)
{
    struct reads r = {l, ARENA_ARRAY(a, bool, l->timescale_count * l->event_count),
                      ARENA_ARRAY(a, bool, l->timescale_count * l->timescale_count)};
    struct tree file = {0};
    struct error err;

    for (size_t i = 0; i < l->timescale_count; i++) {
        const struct timescale *t = &l->timescales[i];

        if (!file.file || strcmp(file.file, t->file) != 0)
            assert_true(tree_read_file(a, t->file, &file, &err));
        const struct node *rule = node_get(node_get(file.root, "timescales"), t->id);

        assert_non_null(rule);
        reads_node(&r, i, rule);
        *reads_timescale(&r, i, i) = true;
        *reads_event(&r, i, l->birth) = *reads_event(&r, i, l->death) = true;
    }
    reads_onwards(&r);
    return r;
}

// The shipped library with every timescale on, those that are a council's choice too.
static inline int load_everything(void **state)
{
    struct library *l = library_with(NULL);

    for (size_t i = 0; i < l->timescale_count; i++)
        l->timescales[i].on = true;
    *state = l;
    return 0;
}
