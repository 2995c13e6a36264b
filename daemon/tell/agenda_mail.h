// The agenda's mails: lines for one recipient as a document for timely.record_telling. Pure.
//
// Dedupe keys say what the mail is and nothing of when it was made, so that a round that is done
// again after a crash puts nothing in twice.
#pragma once

#include "agenda_plan.h"
#include "outbox.h"

struct agenda_voice {
    struct arena *arena;
    const struct config *config;
    instant now;
};

// The key of a recipient's digest of a day; the operator's has staff_id "".
const char *agenda_digest_key(struct arena *a, const char *staff_id, struct date on);

// All of these are of one recipient. The documents are the caller's.
json_t *agenda_digest(const struct agenda_voice *v, const struct line *const *lines, size_t count);
json_t *agenda_alarm(const struct agenda_voice *v, const struct line *line);
// What nobody could be told: to the operator, by number; without an operator recorded in silence.
json_t *agenda_nobody(const struct agenda_voice *v, const struct line *const *lines, size_t count);
// The one mail of a first start to a manager; its rungs are recorded by agenda_silence.
json_t *agenda_summary(const struct agenda_voice *v, const struct staff *manager,
                       const struct line *const *lines, size_t count);
// Rungs that passed without a word.
json_t *agenda_silence(const struct agenda_voice *v, const struct line *const *lines, size_t count);
