// Saying a word about a deadline: that somebody has it in hand until a day, or that it was done and
// is not yet recorded. A page and a command say it in the same way: judged here against who is
// responsible today, then written down. The due date stays what it is, and stays owed.
#pragma once

#include "library.h"
#include "owed.h"

struct word {
    bool done; // done, not yet recorded; else in hand
    const char *staff_id;
    struct date last_day; // of what is in hand; when it was done, the judge finds it
    const char *reason;   // of what is in hand
    const char *said_by;  // "by link to X", "signed in as X", "by command by USER"
};

struct judging {
    const struct library *library;
    const struct directory *directory;
    instant now; // business time
};

// Who acts on the deadline today; NULL: nobody is left. Pure.
const struct staff *acting_on(struct arena *a, const struct judging *j, const struct owed *o);

// Why a word about a deadline that is another by now does not count.
#define WORD_TOO_LATE "the deadline has changed meanwhile: please look at it again"

// Judges the word and writes it down, with its line in the audit and with the reason cleaned and
// the last day found. *ret_refused: why it does not count, as the end of a sentence; NULL: it does.
// In hand may be said by who acts, the allocated worker, and whoever the ladder would tell today;
// that it was done only by who acts, once for a due date, and not while its meeting is booked for
// later. Waits. Arena-owned: the reason.
MUST_USE bool word_say(struct arena *a, struct db *store, const struct judging *j,
                       const struct owed *o, struct word *w, const char **ret_refused,
                       struct error *err);
