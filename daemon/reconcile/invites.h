// Invites: which calendar objects a person's deadlines need, and which messages that calls for.
// Pure: the stored objects and today's answer in, a plan out.
//
// One meeting, one object: brothers and sisters booked under one meeting share the oldest. An
// object keeps its UID for life; its SEQUENCE rises when time, place or status changes. A hold
// becomes the meeting.
#pragma once

#include "book.h"
#include "config.h"
#include "directory.h"

struct invite_context {
    const struct library *library;
    const struct config *config;
    const struct directory *directory;
    struct date today;
    instant now;
    bool silent; // first start: objects are kept, nobody is mailed
};

// One owed or settled deadline as it will stand after this round.
struct invite_deadline {
    const char *uid, *object_uid;    // object_uid NULL: none yet
    const struct deadline *deadline; // NULL when the deadline is withdrawn
    int sequence;                    // of its own feed entry
};

// The child whom it is about: titles have the reference, words have what the authority chose.
struct invite_child {
    const char *person_id, *reference, *initials, *title, *words; // initials NULL: none to show
    const struct responsible *who;
    bool restricted;
};

// Adds "objects", "holders", "released", "detached" and "messages" for one person to a
// record_person document. The plan is also written into the book, so that a brother or sister
// handled later in the same round finds it. A message says in "about" which deadline called for it
// (its uid), and in "update" that its receiver has an earlier one. Returns how many were planned.
size_t invites_plan(struct arena *a, const struct invite_context *c, struct book *b,
                    const struct invite_child *child, const struct invite_deadline *deadlines,
                    size_t count, json_t *doc);
