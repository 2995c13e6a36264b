// The book: the accepted state of persons as the store has it, to compare today's answer with, and
// the writing of what was decided. Decisions are made elsewhere; here they are read and written
// down.
#pragma once

#include "match.h"
#include "source.h"

#include <jansson.h>

// A deadline as stored: what the next answer is compared with.
struct stored_deadline {
    struct stored_key key;
    const char *uid, *person_id, *state, *why, *booked_group, *chaired_by;
    int sequence;
    struct date met_on;
    bool in_timescale;
    struct moment due_at; // minute -1 unless the clock counts hours
    struct moment booked; // MOMENT_NONE
    bool provisional, at_first_start;
    const char *object_uid; // calendar object that serves it, or NULL
};

// An object has the UID of the deadline for which it was made; where that one serves others by now,
// the same with this before it, as often as needed.
#define BOOK_SECOND_UID "own-"

// What an invite shows of an object in its receiver's calendar.
struct shown_entry {
    const char *kind;     // hold or meeting; NULL: nothing is shown
    const char *children; // whom it names: numbers of persons divided by blanks
    struct date on;
    struct moment starts, ends; // MOMENT_NONE for a hold
};

// A calendar object as stored, with its holders.
struct stored_holder {
    const char *staff_id, *email;
    const char *children;     // whom the last invite that was put in names; as shown_entry
    bool waiting;             // that one has not been handed over yet
    bool told;                // it was put in by this round
    struct shown_entry shown; // by the newest one that was handed over
};
struct served_deadline {
    const char *uid, *person_id,
        *worker_id;        // of the child; worker_id NULL when nobody is allocated
    const char *reference; // that messages may name the child by
    const char *initials;  // NULL: not known, or not for this child
    const char *named;     // by the child's booking: staff numbers divided by blanks, or NULL
    const char *said;      // when that booking was told: the later text is the later word; or NULL
    struct date due_on;
    const char *derivation; // the sentence of explain
};
struct stored_object {
    const char *uid, *kind, *status, *timescale, *meeting, *content_hash, *place, *url;
    int sequence;
    struct date starts_on;
    struct moment starts, ends;
    struct stored_holder *holders;
    size_t holder_count;
    struct served_deadline *serves; // owed deadlines, of any person
    size_t serve_count;
};

struct stored_person {
    const char *person_id, *worker_id, *team_id;
    const char *case_ref, *initials, *display_name, *family, *seen_hex;
    bool restricted;
    struct stored_deadline *deadlines; // every one but withdrawn ones
    size_t deadline_count;
    struct stored_deadline *withdrawn; // the source no longer knew of them
    size_t withdrawn_count;
    // In the book at all? A person who was never accepted has no row.
    bool known;
};

struct book {
    struct stored_person *persons; // in the order asked for
    size_t count;
    struct stored_object *objects;    // of these persons' deadlines, or of `meetings`
    size_t object_count, object_room; // a round adds the objects that it plans
};

// What is stored of these persons, and the live objects of these meetings. Waits.
MUST_USE bool book_read(struct arena *a, struct db *store, const char *const *ids, size_t count,
                        const char *const *meetings, size_t meeting_count, struct book *ret,
                        struct error *err);
struct stored_object *book_object(const struct book *b, const char *uid);
struct stored_object *book_meeting(const struct book *b, const char *meeting); // live only

// Persons in the store with their sums, unordered: person(arg, id, seen bytes, length); all (ids
// NULL) or these. Waits.
MUST_USE bool book_each_seen(struct db *store, const char *const *ids, size_t count,
                             bool (*person)(void *arg, const char *id, const unsigned char *seen,
                                            size_t length, struct error *err),
                             void *arg, struct error *err);

// Open deadlines by timescale (all persons): what the mass-change guard measures against.
struct open_count {
    const char *timescale;
    long long open;
};
MUST_USE bool book_open_counts(struct arena *a, struct db *store, struct open_count **ret,
                               size_t *ret_count, struct error *err);

// Records an array of persons' documents in one transaction (timely.record_persons). Waits.
MUST_USE bool book_record(struct db *store, json_t *docs, struct error *err);

// State row and small tables.
struct book_state {
    struct business_clock clock;
    const char *rules_version;
    struct date reconciled_on;
    bool started; // a first start has been recorded
    instant first_started_at;
};
MUST_USE bool book_state_read(struct arena *a, struct db *store, struct book_state *ret,
                              struct error *err);
// Business time as a literal for the store: "2024-04-02T08:00:00Z".
const char *instant_iso(struct arena *a, instant t);
