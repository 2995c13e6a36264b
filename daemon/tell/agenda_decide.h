// A round of the agenda, decided: which mails go now, with which lines, and what waits until when.
// Pure: the daemon reads and writes around it, a replay remembers (register 2.12).
//
// In two steps, since only the first tells of whom something must be remembered: agenda_gather
// plans the lines and names the people who might have a digest; agenda_decide makes the mails.
#pragma once

#include "agenda_plan.h"
#include "known_lines.h"
#include "taken_back.h"
#include "weekly_gather.h"

enum mail_kind {
    MAIL_SUMMARY, // what stood open at a first start, to a manager
    MAIL_ALARM,   // lines that cannot wait, of one family or meeting
    MAIL_DIGEST,
    MAIL_WEEKLY, // the list of the week, and in it the digest of that morning
    MAIL_NOBODY, // lines that nobody is left to be told of
};

// To one recipient; of MAIL_NOBODY there is none (NULL).
struct agenda_mail {
    enum mail_kind kind;
    const struct staff *to;
    const struct line *const *lines; // what the round has to say first
    size_t count;
    const struct week_reader *list; // of MAIL_WEEKLY alone
};

// What somebody was told last about a deadline that still stands, in a digest or an alarm; or what
// another one was told in the worker's place while they were away.
struct told {
    const char *staff_id;
    const struct owed *owed;
    const char *rung;
    instant said_at;
    bool moved;  // told as the worker before the present one, and not that it is no longer theirs
    bool unread; // no mail that says it has left: it is new to its reader still
    bool to_another; // in their place, while they were away
};

// Digests that somebody has had, the week's list among them. Nobody has a second one on a day, nor
// a fourth in a week unless a line cannot wait for the next week's list: it is due before then or
// on that day, or tells those above that a meeting of law or guidance was not held.
#define DIGESTS_A_WEEK 3
//
// Who has had one since last week's list reads in it of all that is late, and needs no reminder.
struct had {
    const char *staff_id; // "": nobody's, the operator's
    bool today;
    size_t this_week; // since Monday, today's too
    bool list_waits;  // the list of this week, and has surely not left: the next digest has it anew
};

// What is remembered of the people of digest_to.
struct recollection {
    struct had *had; // of those who had any since the day of last week's list
    size_t had_count;
    const struct told *told; // in any order
    size_t told_count;
    struct known_lines lines; // of the plan's lines, and of what was told (agenda_asks_known)
    struct taken_back taken_back;
};

struct agenda_decision {
    struct plan plan;          // when each deadline is to be looked at again
    const struct line **order; // the plan's lines by what becomes of them and recipient
    size_t order_count;        // without reminders that are needless, once it is decided
    const char **digest_to;    // staff_ids for whom a digest has something new; "" for nobody
    size_t digest_to_count;
    struct agenda_mail *mails; // summaries first
    size_t mail_count, mail_room;
    const struct line *const *silent; // to be recorded as said, without a word
    size_t silent_count;
    size_t line_count;    // new ones that are said
    size_t waiting_count; // lines that wait for the next working morning, or the next week
};

void agenda_gather(struct arena *a, const struct plan_input *in, struct agenda_decision *ret);
// `week` is the list that is due with this round, or NULL. The recollection's lists may be sorted
// on the way.
void agenda_decide(struct arena *a, const struct plan_input *in, struct recollection *known,
                   const struct week *week, struct agenda_decision *d);
