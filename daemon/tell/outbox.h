// The outbox: putting messages in, claiming one, and settling it. Claims are short statements,
// fenced by a number that rises with each claim; leases and retries go by the server's clock.
#pragma once

#include "book.h"
#include "config.h"

// One mail to be put in.
struct outbox_mail {
    const char *kind, *dedupe;
    const char *staff_id; // NULL: the operator
    const char *recipient, *subject, *text;
    const char *html; // or NULL
};

// As timely.put_message and timely.record_telling take it. The caller's.
json_t *outbox_message(struct arena *a, const struct config *c, const struct outbox_mail *m);

// Puts one mail in, once for its dedupe key. Waits.
MUST_USE bool outbox_put(struct db *store, json_t *message, instant now, struct error *err);

// Whose calendar a message is to bring; kind NULL: none.
struct feed_address {
    const char *kind, *id;
};

// A message that we have claimed.
struct outgoing {
    long long message_id, claim_number, object_id; // object_id 0: none
    int attempts, sequence;
    const char *kind, *staff_id, *recipient, *subject, *text, *html, *calendar, *rfc_message_id;
    struct feed_address feed;
    const char *uid;              // of the calendar object; NULL: none
    const char *first_message_id; // of the first mail that left about it to this person; or NULL
    instant put_at;
};

// The next message that is due and that no earlier one for the same object and person stands
// before. *ret_found is false when there is none. Waits. Texts in the arena.
MUST_USE bool outbox_claim(struct arena *a, struct db *store, const char *worker,
                           struct outgoing *ret, bool *ret_found, struct error *err);

// Says that the hand-over begins: from here on a crash means that the message may have left.
// *ret_ours is false when the claim was lost. Waits.
MUST_USE bool outbox_hand_over(struct db *store, const struct outgoing *o, int lease_s,
                               bool *ret_ours, struct error *err);

enum outcome {
    OUTCOME_NONE,
    OUTCOME_SENT,
    OUTCOME_REFUSED,
    OUTCOME_RETRY,
    OUTCOME_UNSURE, // a retry that may be a repeat
    OUTCOME_EXPIRED,
    OUTCOME_SUPERSEDED,
};
const char *outcome_word(enum outcome o);

// What became of a claim. Holds its own texts, so that it can wait for a store that went away.
struct settlement {
    long long message_id, claim_number;
    enum outcome outcome; // OUTCOME_NONE: nothing to settle
    bool of_operator;     // nobody is told of what became of the operator's own mail
    bool redirected;      // it went to the mailbox for everything, not to its recipient
    instant at;           // business time
    char sha256[65];      // of the bytes that were handed over; "" for none
    char answer[800];     // one line of UTF-8
};

// Writes it down, with the audit; for what will never be sent the operator is told, once a day.
// *ret_ours is false when somebody else has the message now. Waits.
MUST_USE bool outbox_settle(struct db *store, const struct config *c, const struct settlement *s,
                            bool *ret_ours, struct error *err);

// Real seconds until the next message is due; -1 when none waits. Waits.
MUST_USE bool outbox_next_in(struct db *store, double *ret_seconds, struct error *err);
