// What the tests of the rules share: the shipped library, facts written as lines of text, and
// deadlines written back as text.
#pragma once

// Before cmocka, whose macro fail() would garble the declaration in error.h.
#include "evaluate.h"
#include "paths.h"
#include "text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static inline const char *rules_folder(struct arena *a)
{
    const char *path;
    struct error err;

    if (!data_path(a, "rules", &path, &err))
        fail_msg("%s", err.text);
    return path;
}

static inline struct library *library_with(const char *overlay)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    const char *dir = rules_folder(a);
    struct library *l;
    struct error err;

    if (!library_load(dir, overlay ? arena_printf(a, "%s/overlays/%s", dir, overlay) : NULL, &l,
                      &err))
        fail_msg("%s", err.text);
    return l;
}

// For a group's setup and teardown: *state is the shipped library without an overlay.
static inline int load_rules(void **state)
{
    *state = library_with(NULL);
    return 0;
}

static inline int free_rules(void **state)
{
    library_free(*state);
    return 0;
}

static inline struct date on(const char *text)
{
    struct date d;

    if (!date_parse(text, &d))
        fail_msg("%s is no date", text);
    return d;
}

static inline struct moment at(const char *text)
{
    struct moment m;

    if (!moment_parse(text, &m))
        fail_msg("%s is no moment", text);
    return m;
}

// One key of a fact: "ep=P1" (episode), "ref", "mt" (meeting), "code", "who", "until", "rec"
// (recorded), "for" (the moment a meeting is booked for).
static inline void set_key(struct arena *a, struct fact *f, const char *key, const char *value)
{
    if (strcmp(key, "ep") == 0) {
        f->episode = value;
    } else if (strcmp(key, "ref") == 0) {
        f->ref = value;
    } else if (strcmp(key, "mt") == 0) {
        f->meeting = value;
    } else if (strcmp(key, "code") == 0) {
        f->code = value;
    } else if (strcmp(key, "who") == 0) {
        f->who = value;
    } else if (strcmp(key, "until") == 0) {
        f->until = at(value);
    } else if (strcmp(key, "rec") == 0) {
        f->recorded = at(value);
    } else if (strcmp(key, "for") == 0) {
        struct booking_details *b = ARENA_NEW(a, struct booking_details);

        *b = (struct booking_details){.scheduled = at(value), .ends = MOMENT_NONE};
        f->booking = b;
    } else {
        fail_msg("no such key of a fact: %s", key);
    }
}

static inline void read_fact(struct arena *a, const struct library *l, char *line, struct fact *ret)
{
    char *save = NULL;
    char *event = strtok_r(line, " ", &save), *when = strtok_r(NULL, " ", &save), *pair;

    *ret = (struct fact){.until = MOMENT_NONE, .recorded = MOMENT_NONE, .origin = "table"};
    ret->event = library_event(l, event);
    if (ret->event < 0 || !when)
        fail_msg("%s: no such event, or no date", event);
    ret->at = at(when);
    while ((pair = strtok_r(NULL, " ", &save))) {
        char *equals = strchr(pair, '=');

        assert_non_null(equals);
        *equals = '\0';
        set_key(a, ret, pair, equals + 1);
    }
    if (!ret->ref)
        ret->ref = ret->episode ? ret->episode : arena_printf(a, "%s@%s", event, when);
}

// "EVENT DATE key=value …; EVENT DATE …". The key of a record is, unless told, its episode's.
static inline struct timeline facts_of(struct arena *a, const struct library *l, const char *text)
{
    struct timeline t = {.person_id = "1"};
    size_t room = 0;
    char *save = NULL;

    for (char *line = strtok_r(arena_strdup(a, text), ";\n", &save); line;
         line = strtok_r(NULL, ";\n", &save)) {
        line += strspn(line, " ");
        if (!*line)
            continue;
        t.facts = arena_grow(a, t.facts, sizeof *t.facts, t.count, &room);
        read_fact(a, l, line, &t.facts[t.count++]);
    }
    timeline_sort(&t);
    return t;
}

static inline struct evaluation evaluation_of(struct arena *a, const struct library *l,
                                              const char *text, const char *as_at)
{
    struct timeline t = facts_of(a, l, text);
    struct evaluation e;

    evaluate(a, l, &t, (struct sight){NULL}, on(as_at), &e);
    return e;
}

// "E1 2024-03-14 -> 2024-04-08 met 2024-04-05 in"
static inline const char *deadline_text(struct arena *a, const struct deadline *d,
                                        struct date as_at)
{
    const char *due = d->due_at.minute >= 0 ? moment_iso(a, d->due_at) : date_iso(a, d->due_on);
    const char *rest = "";

    if (d->state == STATE_MET)
        rest = arena_printf(a, " %s %s", date_iso(a, d->met_on), d->in_timescale ? "in" : "out");
    if (d->state == STATE_ENDED)
        rest = arena_printf(a, " %s: %s", date_iso(a, d->ended_on), d->why);
    return arena_printf(a, "%s %s -> %s %s%s", d->subject_ref, date_iso(a, d->trigger_on), due,
                        d->awaiting_record ? "awaiting" : state_word(d, as_at), rest);
}

// The deadlines of a timescale (of all, when it is NULL), joined by " | "; "" for none.
static inline const char *deadlines_text(struct arena *a, const struct evaluation *e,
                                         const char *timescale, struct date as_at)
{
    const char *all = "";

    for (size_t i = 0; i < e->count; i++) {
        const struct deadline *d = &e->deadlines[i];

        if (timescale && strcmp(d->timescale->id, timescale) != 0)
            continue;
        all =
            arena_printf(a, "%s%s%s%s%s", all, *all ? " | " : "", timescale ? "" : d->timescale->id,
                         timescale ? "" : " ", deadline_text(a, d, as_at));
    }
    return all;
}

static inline const struct deadline *only(const struct evaluation *e, const char *timescale)
{
    const struct deadline *found = NULL;

    for (size_t i = 0; i < e->count; i++)
        if (strcmp(e->deadlines[i].timescale->id, timescale) == 0) {
            assert_null(found);
            found = &e->deadlines[i];
        }
    assert_non_null(found);
    return found;
}
