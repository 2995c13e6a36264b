// One person's change: today's answer beside the stored one, as a document for record_person. Pure.
#pragma once

#include "invites.h"

// Everything about one person in one round.
struct person_work {
    const char *person_id;
    struct timeline
        source_facts; // of the case database, accepted now; unsorted, with facts of held tables
    struct timeline timeline;       // those and local events, sorted: what is evaluated
    bool facts_changed;             // the source's facts are to be written
    bool gone;                      // the source no longer knows the person
    const struct person_info *info; // NULL: as stored
    const char *seen_hex;           // sums of the accepted reading; NULL: as stored
    struct evaluation evaluation;
    const struct stored_person *stored;
    struct pairing pairing;
};

// What the mass-change guard counts, by timescale of the library.
struct change_counts {
    long long *touched; // newly missed, reopened, closed, ended, withdrawn or moved
    long long total;
};

struct change_context {
    const struct library *library;
    const struct config *config;
    const struct directory *directory;
    struct book *book; // of this round; invites are planned into it
    instant now;
    struct date today;
    bool first_start; // nothing was ever recorded: past rungs are summarised, nobody is invited
    bool quiet;       // no messages
};

// Who is responsible today, from the person's facts.
struct responsible responsible_of(const struct library *l, const struct timeline *t,
                                  struct date today, struct date *ret_worker_since);

// One deadline of today's answer beside the stored one.
struct deadline_change {
    bool withdrawn;                       // the source knows nothing of it any more
    const struct deadline *deadline;      // NULL when withdrawn
    const struct stored_deadline *stored; // NULL: new, or known once and withdrawn
    const char *word;                     // "opened", "moved", "met", …; NULL: as it was
    const char *uid;                      // of the stored one, else a new one
    int sequence;
    bool at_first_start;
};

const char *stored_state_word(enum state s); // open, met, ended, unknown

// Every deadline of the answer, and every stored one that is in it no more. In the arena.
size_t person_changes(struct arena *a, const struct person_work *w, bool first_start,
                      struct deadline_change **ret);

// Plans the person's invites into the book and the document (invites.h); returns how many messages.
size_t person_invites(struct arena *a, const struct change_context *c, const struct person_work *w,
                      const struct responsible *who, const struct deadline_change *changes,
                      size_t count, json_t *doc);

// Adds what this person's change touches to the counts.
void person_count(const struct change_context *c, const struct person_work *w,
                  struct change_counts *counts);

// When somebody visited the child last and saw them, as far as is recorded; DATE_NONE: never.
struct date person_last_seen_on(const struct library *l, const struct timeline *t,
                                struct date today);

// What is to be recorded of a person. The caller owns it (json_decref).
json_t *person_document(struct arena *a, const struct change_context *c,
                        const struct person_work *w, size_t *ret_deadlines, size_t *ret_messages);
