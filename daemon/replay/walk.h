// What the steps of a replay share. For the replay's own files only.
#pragma once

#include "memory.h"

struct walk {
    const struct replay_input *in;
    struct arena *arena;   // of the result
    struct arena *scratch; // of one moment
    struct memory memory;
    const bool *blind;
    instant now, started_at;
    struct date today, weekly_on; // the Monday of the last list
    struct replay *result;
};

// The earlier of two times, either of which may be 0: never.
static inline instant sooner(instant a, instant b)
{
    return a == 0 || (b != 0 && b < a) ? b : a;
}

// A mail without lines yet. `to` NULL: the operator. It may move when another one is added.
struct replayed_mail *walk_mail(struct walk *w, enum replayed_kind kind, const struct staff *to,
                                instant at, size_t lines);
void walk_line(struct walk *w, struct replayed_mail *mail, const struct replayed_line *line);
// Whether its words are to be kept, and keeps them: `message` is as the outbox would take it.
bool walk_is_read(const struct walk *w, const struct staff *to);
void walk_words(struct walk *w, struct replayed_mail *mail, const json_t *message);
// Takes a mail back that has not left; it stays as one without lines until the end.
void walk_drop(struct walk *w, struct replayed_mail *mail);

// The facts known by now; *ret_next: when the next one will be, 0 for never. In the arena given.
struct timeline walk_known_facts(const struct walk *w, struct arena *a, const struct chronicled *c,
                                 instant *ret_next);

// Takes up what has become known of the persons whose time has come, as a reconcile does: changed
// deadlines, calendar objects and their messages.
void walk_persons(struct walk *w);

// A round of the agenda.
void walk_agenda(struct walk *w);
