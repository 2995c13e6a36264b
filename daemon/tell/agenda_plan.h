// The plan of an agenda round: what is to be said about which deadline to whom, and when to look at
// each again. Pure (register 2.12, 2.13).
#pragma once

#include "agenda_said.h"
#include "owed.h"

enum saying {
    SAY_AT_ONCE, // an alarm of its own
    SAY_IN_DIGEST,
    SAY_SILENTLY, // passed before timely began: counted in a summary, never sent
};

// One deadline for one recipient. Texts of the library are copied, so that a line outlives a
// reload.
struct line {
    const struct owed *owed;
    const struct staff *to;   // NULL: nobody is left on the rung
    const char *why;          // why it comes to them and not to whom the rung means; NULL
    const char *const *rungs; // that are said with it, the latest last
    size_t rung_count;
    enum saying how;
    bool escalation;           // of the latest rung
    bool is_new;               // said anew; else it stands there again
    bool is_known;             // to its reader (agenda_known.h): said anew it is a reminder
    struct date date_was;      // when its reader read of it last; DATE_NONE: it has not moved
    bool late_booking;         // a rung of it says that the meeting is booked too late
    const struct staff *asked; // who is asked for an earlier date then; NULL: nobody
    bool reminder;             // no rung of its ladder says it (agenda_reminder.h)
    bool parting;              // it is no longer theirs (agenda_moved.h)
    const char *title, *force;
    bool statutory;   // law or guidance
    bool by_meeting;  // what meets it is a meeting, which can be booked
    int working_days; // from today to the due date, of the office; negative: since then, of England
};

struct plan_input {
    const struct library *library;
    const struct directory *directory;
    instant now, first_started_at;
    const struct owed *owed; // sorted by deadline_id
    size_t count;
    const struct said *said;
    size_t said_count;
};

struct telling; // ladder.h

// A deadline that is owed, with what was said about it and the tellings of its ladder, in order of
// time.
struct so_far {
    const struct plan_input *in;
    const struct owed *owed;
    const struct heard *heard;
    const struct telling *tellings;
    size_t count;
};

struct plan {
    struct line *lines; // by deadline
    size_t count, room;
    instant *next; // for each deadline: when its ladder is to be asked again; 0: never
};

void agenda_plan(struct arena *a, const struct plan_input *in, struct plan *ret);

// A deadline as it stands today, for nobody yet. Arena-owned.
struct line agenda_line(struct arena *a, const struct library *l, const struct owed *o,
                        const struct timescale *t, struct date today);
