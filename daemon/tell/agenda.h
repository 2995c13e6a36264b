// The agenda: from deadlines whose ladder has something to say to digests, alarms and summaries in
// the outbox (register 2.12, 2.13).
#pragma once

#include "config.h"
#include "directory.h"
#include "library.h"

struct agenda_report {
    size_t deadlines; // whose ladders were asked
    size_t lines;     // new ones that were said
    size_t mails;     // put into the outbox
    size_t silent;    // rungs that passed before the first start
    size_t waiting;   // lines that wait for the next working morning, or the next week's list
    size_t nobody;    // lines for which nobody is left
    instant next_at;  // business time of the next thing; 0: none
};

// One round at business time `now`. May be repeated at will: what was said is never said again, and
// what a crash left half done is finished. Does nothing before the first reading is recorded
// (timely.state.first_started_at). `library` and `config` are looked at anew after every wait, so
// that a reload may replace what they point to; a week's list is made of one library through all of
// its waits, which lives on until the end (daemon.h, `before`). Waits.
MUST_USE bool agenda_round(struct db *store, struct library *const *library,
                           const struct config *config, const struct directory *directory,
                           instant now, struct agenda_report *ret, struct error *err);
