// Replay: the history walked again, as the daemon would have lived through it, sending and storing
// nothing (register 2.12, 2.13, 2.15).
//
// It begins like a first start: what stands open then is one summary a manager, and there is no
// list in its first week. What is known at a
// time is known_from() of the facts as they are now; who is responsible is told from the
// allocations of the time, who is in post from today's directory. Deadlines, invites and mails are
// decided by the daemon's own code; only the store is played by memory. Pure.
#pragma once

#include "chronicle.h"
#include "config.h"
#include "directory.h"

struct replay_input {
    const struct library *library;
    const struct config *config;
    const struct directory *directory;
    const struct chronicle *chronicle; // of the library
    struct date from, to;              // both days included
    const char *reader; // whose mails are kept as they would read, a staff_id; NULL: nobody's
};

enum replayed_kind {
    REPLAYED_SUMMARY,
    REPLAYED_DIGEST,
    REPLAYED_ALARM,
    REPLAYED_OPERATOR, // of what nobody could be told
    REPLAYED_WEEKLY,   // the list of a week, with the digest of that morning in it
    REPLAYED_INVITE,
    REPLAYED_UPDATE,
    REPLAYED_CANCEL,
};
#define REPLAYED_KINDS 8
const char *replayed_word(enum replayed_kind k); // summary, digest, …

// Something new that a mail says about one deadline; or something that a week's list says, of a
// deadline or of last week.
struct replayed_line {
    const struct child_names *child; // NULL for a figure: then it has a `why` and nothing else
    const char *timescale, *title, *subject_ref;
    struct date due_on;
    const char *role; // in which it reaches its reader: of the rung, or in the meeting
    const char *rung; // NULL where no ladder speaks: in summaries, lists and invites
    const char *why;  // NULL for a plain reminder
};

// A mail as it would read. Where it would have links there are the places for them (mail_links.h).
struct replayed_words {
    const char *message_id, *recipient, *subject, *text;
    const char *html, *calendar; // or NULL
};

struct replayed_mail {
    instant at;
    enum replayed_kind kind;
    const struct staff *to;             // NULL: the operator
    const struct replayed_words *words; // of the input's reader; NULL of anybody else
    struct replayed_line *lines;
    size_t count;
    size_t standing; // lines besides that its reader was told before, and that it lists again
};

// Duties that were not met by the end of the day they were due, as it was known then.
struct replayed_breaches {
    size_t count;
    size_t at_start;   // due before the replay began
    size_t told_ahead; // somebody was told of them in time
    size_t known_late; // known only when no office hour was left before they were due
    size_t ownerless;  // to be told in time, and nobody was left to be told
    size_t unheard;    // the rest: first told of when it was too late
};

struct replay {
    struct replayed_mail *mails; // in order
    size_t count, room;
    size_t lines;  // of all
    size_t unread; // lines for which there was nobody, nor an operator to hear of it
    struct replayed_breaches breaches;
};

// The result lives in the arena and points into the library, the directory and the chronicle.
void replay_run(struct arena *a, const struct replay_input *in, struct replay *ret);
