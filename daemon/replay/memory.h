// Memory: what the store would hold if the replay were real. For the replay's own files only.
#pragma once

#include "key_set.h"
#include "known_lines.h"
#include "owed.h"
#include "person_change.h"
#include "replay.h"

// A rung that was said.
struct notice {
    struct date due_on;
    instant owed_since;
    const char *rung, *staff_id;
    instant said_at;
    bool sent; // in a digest or an alarm; else it passed in silence, or went to the operator
};

// Somebody in whose mail it stood, in the list of a week or as told before.
struct listed {
    struct date due_on;
    instant owed_since;
    const char *staff_id;
    instant at; // the last time
};

// A deadline, with what the agenda keeps of it. Its number is that of its row: owed.deadline_id.
struct duty {
    struct owed owed; // but for who is responsible today, and when the child was seen (memory_owed)
    struct remembered *person;
    instant next_notice;  // 0: never
    instant known_at;     // since when it is known with its due date
    instant told_at;      // first told to anybody, with its due date; 0: not yet
    instant ownerless_at; // first without anybody to tell; 0: not yet
    bool breached;        // counted as such, with its due date
    struct notice *notices;
    size_t notice_count, notice_room;
    struct listed *listed; // once each
    size_t listed_count, listed_room;
    const char *uid;
    struct kept_object *object; // calendar object that serves it; NULL: none
    const char *named, *said;   // of the booking, as the object serves it
    const char *chaired_by;     // the meeting that it is about; NULL: the child's chair or officer
    const char *derivation;     // as the object says it
};

struct remembered {
    const struct chronicled *of;
    const char *reference, *initials; // for titles
    struct stored_person stored;      // its deadlines are numbered as the duties
    size_t room;
    struct duty **duties; // the withdrawn ones too
    size_t duty_count, duty_room;
    struct responsible who;
    struct date worker_since, seen_on;
    instant unallocated_at; // 0: somebody has the child, or never had
    instant next_at;        // when to look at the person again; 0: never
};

// Somebody who is told things.
struct reader {
    const char *staff_id;
    struct date digest_on; // of the last digest; DATE_NONE: none yet
    size_t in_week;        // digests in the week of the last one
    struct duty **told;    // in digests and alarms; what came in their place too
    size_t count, room;
};

// Somebody who was told of a calendar object.
struct kept_holder {
    const char *staff_id, *email, *children;
    instant told_at;                // when they were told last
    struct shown_entry said, shown; // by that mail, and by the one before it that left
    instant said_at;                // when that mail leaves
};

// A message about a calendar object: the number of its mail in the result.
struct kept_message {
    size_t mail;
    int sequence;
};

// A calendar object with the deadlines that it serves, its holders and its messages.
struct kept_object {
    struct stored_object object; // but for `serves` and `holders`: made afresh when it is read
    const struct remembered *made_for; // whose deadline gave it its UID
    struct duty **serves;
    size_t serve_count, serve_room;
    struct kept_holder *holders;
    size_t holder_count, holder_room;
    struct kept_message *messages;
    size_t message_count, message_room;
};

struct memory {
    struct arena *arena;
    const struct library *library;
    struct remembered *persons;
    size_t count;
    struct duty **duties; // by number
    size_t duty_count, duty_room;
    struct kept_object **objects; // in the order of their rows
    size_t object_count, object_room;
    struct reader *readers; // by staff_id
    size_t reader_count, reader_room;
    struct key_set said; // dedupe keys of the outbox
};

void memory_begin(struct arena *a, const struct chronicle *c, const struct library *l,
                  struct memory *ret);
void memory_end(struct memory *m); // what the arena does not own

// As owed_read gives it: the deadline with whoever is responsible now.
struct owed memory_owed(const struct duty *d);
// Made when there is none yet. It may move when another one is asked for.
struct reader *memory_reader(struct memory *m, const char *staff_id);
// How many digests a reader has had since the Monday of a day's week.
size_t memory_digests_in_week(const struct reader *r, struct date today);
void memory_digest(struct reader *r, struct date today);
void memory_say(struct memory *m, struct duty *d, const struct notice *n);
// Whether it counts as said: of the due date that it has, since it is owed (timely.said).
bool memory_is_said(const struct duty *d, const struct notice *n);
void memory_list(struct memory *m, struct duty *d, const char *staff_id, instant at);
// Whether somebody has read of it since it is owed, and what (known_lines.h).
bool memory_has_read(const struct duty *d, const char *staff_id, struct known_line *ret);
// What a reader was told last of a duty, in a mail, but for that it is no longer theirs; NULL:
// nothing.
const struct notice *memory_last_told(const struct duty *d, const char *staff_id);
// What anybody was told last of it as the child's worker.
const struct notice *memory_worker_told(const struct duty *d);
// Whether a reader knows that the child came to its present worker.
bool memory_knows_parting(struct arena *a, const struct duty *d, const char *staff_id);
// Others are responsible for a person: their team's ladders may speak at other times, and what
// nobody could be told may be theirs.
void memory_look_again(const struct remembered *p, instant now);
struct duty *memory_duty(const struct remembered *p, const char *uid); // NULL when unknown
// True when no message with this dedupe key was put into the outbox before.
bool memory_is_new(struct memory *m, const char *dedupe);

// The difference that a person's evaluation makes: changed deadlines are written over, new ones
// added, withdrawn ones forgotten. `first_notice` is beside the changes.
void memory_apply(struct memory *m, struct remembered *p, const struct deadline_change *changes,
                  size_t count, instant now, const instant *first_notice);

// The objects that a person's plan may touch, with the serving deadlines: those of the person's own
// deadlines, and the live ones of the meetings, with what their holders were told by now. In the
// arena given.
void memory_book(struct arena *a, const struct memory *m, const struct remembered *p,
                 const char *const *meetings, size_t meeting_count, instant now, struct book *ret);
struct kept_object *memory_object(const struct memory *m, const char *uid); // NULL when unknown
// Writes down a plan of invites (invites.h); of its messages, what calendars will show by them.
void memory_keep_objects(struct memory *m, struct remembered *p, const struct book *planned,
                         const json_t *doc, instant now);
