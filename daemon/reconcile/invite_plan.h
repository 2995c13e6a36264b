// What the files that plan invites share (invites.h); nobody else needs it. Objects are changed in
// the book and written into the document; messages are only written.
#pragma once

#include "invites.h"
#include "json.h"

struct planner {
    struct arena *arena;
    const struct invite_context *context;
    struct book *book;
    const struct invite_child *child;
    json_t *objects, *holders, *released, *detached, *messages;
    const struct invite_deadline *about; // the deadline in hand
};

// The end of a booked meeting, after an hour where none is recorded; MOMENT_NONE where only its day
// is known.
struct moment invite_meeting_ends(const struct deadline *d);
// Whether a day, or what ends on it, is over.
bool is_past(const struct planner *p, struct date on, struct moment ends);

// ------------------------------------------------------------------------------- objects

bool object_is_live(const struct stored_object *o); // false for NULL
// Its event has ended: nobody is invited to it any more, and what people's calendars show of it
// stays.
bool object_is_over(const struct planner *p, const struct stored_object *o);
bool object_serves_others(const struct planner *p, const struct stored_object *o); // other children
bool is_listed(const char *list, const char *number); // among numbers divided by blanks

// The object that is to serve a deadline: the meeting's, else the one that it has, else one of its
// own. An object with others in it stays with them. Adding one may move the others in memory.
struct stored_object *object_for(struct planner *p, const struct invite_deadline *i,
                                 bool is_meeting, struct stored_object *has);

// Enters the deadline, with who is the child's worker now and whom its booking names, and takes it
// out again. True when it was there with another last day, or another reason for it.
bool object_serve(struct planner *p, struct stored_object *o, const struct invite_deadline *i);
void object_stop_serving(struct stored_object *o, const char *uid);

// Takes on the time, place and kind of what a deadline that it serves is for; true when that is
// another content than before.
bool object_fill(struct planner *p, struct stored_object *o, const struct invite_deadline *i);
void object_cancel(struct planner *p, struct stored_object *o); // with the next sequence
void object_write(struct planner *p, const struct stored_object *o);

// ------------------------------------------------------------------------------- messages

struct message {
    const struct stored_object *object;
    const char *staff_id, *name, *email;
    bool cancel;
    const char *title;
    struct shown_entry shown; // what the receiver's calendar shows already
};

// The numbers of the children whom this person may see in the object, in order, divided by blanks:
// those whose worker they are and those whose booking names them.
const char *message_children(struct planner *p, const struct stored_object *o,
                             const char *staff_id);
// Whether a mail of this object to this person says anything of the child in hand.
bool message_is_about(const struct planner *p, const struct stored_object *o, const char *staff_id);

// Puts an invite, an update or a cancellation in. False when the receivers' rules refuse it: then
// the operator is told instead, and nobody holds it.
bool message_put(struct planner *p, const struct message *m);
// A calendar showed a day to come, and the correction is one that has passed: no invite can say so.
// A plain mail to the child's worker, in office hours.
void warn_past_date(struct planner *p, const struct invite_deadline *i);
