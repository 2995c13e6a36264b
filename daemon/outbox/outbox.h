// The outbox: putting messages in, claiming some, holding them, and settling them, each a short
// statement. What may become of a message, by whom and on what condition, stands beside
// timely.outbox in sql/store/0001_store.sql. Leases and retries go by the server's clock; how long
// we have held a lease, by our own.
#pragma once

#include "book.h"
#include "config.h"

#include <stdatomic.h>

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

// One message that a sender holds. A lease that is over is doubted by the first who sees it, for as
// long again; where it was not renewed by then it is anybody's to take. So what the dead have left
// is taken up after twice that time, and no holder is robbed because the store slept or its clock
// was put forward: before that, its own clock says that the lease is over. The number fences: each
// claim of a message has a higher one.
#define LEASE_S 6
struct claim {
    long long message_id; // 0: nothing
    long long number;
    _Atomic int64_t until; // of clock_monotonic: so long the lease is surely ours; 0: no more
};

// As many as a sender may hold at a time.
#define BATCH_MOST 256

// Whether the lease is not over, as far as our own clock says.
bool claim_is_sure(const struct claim *c);
// Lets go of it, without a word to the store.
void claim_forget(struct claim *c);

// A message that was claimed.
struct outgoing {
    long long message_id, object_id; // object_id 0: none
    int attempts, sequence;
    const char *kind, *staff_id, *recipient, *subject, *text, *html, *calendar, *rfc_message_id;
    struct feed_address feed;
    const char *uid;              // of the calendar object; NULL: none
    long long page_id;            // of an invite: the deadline to whose page its words link; or 0
    const char *first_message_id; // of the first mail that left about it to this person; or NULL
    instant put_at;
    bool may_be_there; // a try before this one may have arrived
};

// Claims the oldest messages that are due and that no earlier one for the same object and person
// stands before, `most` of them or fewer; none: nothing is due. With take_over also those that
// another sender left in the middle, and others whose lease is over are doubted. claims[i] is that
// of (*ret)[i], oldest first. Waits. Arena-owned.
MUST_USE bool outbox_claim(struct arena *a, struct db *store, const char *worker, bool take_over,
                           size_t most, struct claim *claims, struct outgoing **ret,
                           size_t *ret_count, struct error *err);

// Says that the hand-over of these claims (some empty, or all) begins, for a whole lease: from here
// on a crash means that their messages may have left. It also makes last whatever this connection
// wrote before that the store had not to keep at once. One that was lost to another sender ends at
// once (until 0) and is said in the log. Waits.
MUST_USE bool outbox_hand_over(struct db *store, struct claim *const *claims, size_t count,
                               struct error *err);

// Gives each of these claims a whole lease from now; as outbox_hand_over for those that were lost.
// The claims may change while this waits. Of empty ones (or none at all) the store is not asked.
MUST_USE bool outbox_renew(struct db *store, struct claim *const *claims, size_t count,
                           struct error *err);

// What these claims still hold and was not settled is due again, as if it had never been claimed:
// no byte of it has left. Waits.
MUST_USE bool outbox_let_go(struct db *store, struct claim *const *claims, size_t count,
                            struct error *err);

// After the server's clock was stepped back: what waits for a moment further away than any wait
// that is ever given is due now, and a lease of that kind is whole from now on, for its holder to
// renew. Waits.
MUST_USE bool outbox_forget_ahead(struct db *store, struct error *err);

// Real seconds until the next message can be claimed, or a lease doubted; -1 when none waits.
// Waits.
MUST_USE bool outbox_next_in(struct db *store, bool take_over, double *ret_seconds,
                             struct error *err);

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

// What became of a claim. The texts live as long as it may have to wait for a store that went away.
struct settlement {
    long long message_id, claim_number;
    enum outcome outcome; // OUTCOME_NONE: nothing to settle
    bool of_operator;     // nobody is told of what became of the operator's own mail
    bool redirected;      // it went to the mailbox for everything, not to its recipient
    bool said;            // in the log
    instant at;           // business time
    char sha256[65];      // of the bytes that were handed over; "" for none
    const char *answer;   // one line of UTF-8
};

// It became this, with an answer that is cut to a line. Arena-owned.
void settlement_becomes(struct arena *a, struct settlement *s, enum outcome outcome,
                        const char *answer);

// Has it written down, with the audit; for what will never be sent the operator is told, once a
// day. As db_send_often: the store learns it even if we crash now, and outbox_settled must come
// before anything else is asked of this connection. Waits.
MUST_USE bool outbox_settle(struct db *store, const struct config *c, const struct settlement *s,
                            struct error *err);

// That the store has it. A crash of the store in the next moments may undo it, until db_make_last:
// it must be settled once more then, which does no harm where it was not undone. *ret_ours is false
// when somebody else has had the message since. Waits.
MUST_USE bool outbox_settled(struct db *store, bool *ret_ours, struct error *err);
