// The agenda's mails as documents for timely.record_telling, each with the rungs that it says.
// Pure.
//
// Dedupe keys say what the mail is and nothing of when it was made, so that a round that is done
// again after a crash puts nothing in twice.
#pragma once

#include "agenda_decide.h"
#include "agenda_words.h"
#include "outbox.h"

// The key of a recipient's digest of a day; the operator's has staff_id "". And of their list of a
// week, of that Monday; one that is made anew goes in the place of the day's digest.
const char *agenda_digest_key(struct arena *a, const char *staff_id, struct date on);
const char *agenda_weekly_key(struct arena *a, const char *staff_id, struct date monday);

// The documents are the caller's. Without a message where there is nobody to send it to.
json_t *agenda_document(const struct agenda_voice *v, const struct agenda_mail *m);
// Rungs that passed without a word.
json_t *agenda_silence(const struct agenda_voice *v, const struct line *const *lines, size_t count);
