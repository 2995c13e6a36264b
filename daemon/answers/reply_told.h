// Who hears of an answer that needs a person, and the mails to them.
//
// The allocated worker of each child of the meeting hears of it, or who stands in for them; where
// it is their own answer, their manager. When the chair declines or passes the invitation on
// shortly before the last day in timescale, the chair's manager and the worker's team manager hear
// of it as well.
#pragma once

#include "replies.h"
#include "reply_judge.h"

// Adds to `messages`; none for a meeting whose day has passed. Waits.
MUST_USE bool reply_told(struct arena *a, struct db *store, const struct replies_context *c,
                         const struct calendar_reply *r, const struct held_invite *h,
                         const struct reply_judgement *j, json_t *messages, struct error *err);
