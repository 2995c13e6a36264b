// How a line reads in a mail. Pure.
#pragma once

#include "agenda_plan.h"
#include "config.h"
#include "digest.h"
#include "weekly_gather.h"

struct agenda_voice {
    struct arena *arena;
    const struct config *config;
    const struct directory *directory;
    instant now;
};

struct date agenda_today(const struct agenda_voice *v); // in England

// Why a line comes, and why to this recipient; NULL for a plain reminder. Arena-owned.
const char *agenda_reason(const struct agenda_voice *v, const struct line *l);

// The same for a deadline in a week's list; NULL for one that is due and not booked. Arena-owned.
const char *agenda_week_words(const struct agenda_voice *v, const struct concern *c);

// A line as mails list it. Arena-owned.
struct digest_line agenda_digest_line(const struct agenda_voice *v, const struct line *l);
// A deadline as mails list it for `to`, told before and without a reason. The library has its
// timescale.
struct digest_line agenda_owed_line(const struct agenda_voice *v, const struct library *l,
                                    const struct owed *o, const struct staff *to);

// Who a child is allocated to, by name, where that is another one than the reader, and if so that
// they are not in post; else NULL.
const char *agenda_worker(const struct agenda_voice *v, const struct owed *o,
                          const struct staff *to);
