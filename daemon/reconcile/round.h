// What the parts of one round share. For reconcile.c and batch.c only.
#pragma once

#include "believe.h"
#include "person_change.h"
#include "reconcile.h"

// Persons handled at a time: bounds memory when a whole country changes at once.
#define PERSONS_AT_ONCE 20000
struct round {
    struct arena *arena;
    const struct reconcile_input *in;
    struct book_state state;
    instant now;
    struct date today;
    const char *now_text;
    bool first_start;
    bool everybody;          // is evaluated again, and the agenda looks anew at everything
    struct reading *reading; // NULL when the source was not read
    struct belief belief;
    const char **again; // persons to evaluate again from what is accepted
    size_t again_count;
    bool *blind;
    struct round_report report;
};

// The persons of one batch and what is found out about them.
struct batch {
    struct arena *arena;
    struct person_work *work;            // sorted by person_id
    const struct candidate **candidates; // beside work; NULL for those evaluated again only
    size_t count;
    struct book book;
    size_t *source_room, *all_room;
    uint64_t (
        *sums)[MAX_ORIGINS]; // beside work: of the facts fetched, to be those that were compared
};

// The next PERSONS_AT_ONCE persons from `from` on, those who changed first. Its arena is the
// caller's to free.
struct batch batch_next(struct round *r, size_t from);

// Reads facts, persons and what is stored of them; sets aside whom the source does not show as it
// was compared; evaluates the rest. Waits.
MUST_USE bool batch_prepare(struct round *r, struct batch *b, struct error *err);

// Writes the difference, a family in one transaction. Waits.
MUST_USE bool batch_record(struct round *r, struct batch *b, struct error *err);

struct change_context batch_context(const struct round *r, struct batch *b);
