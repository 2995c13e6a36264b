// Replies: a mail of the service's mailbox is matched with the invite or the message that it is
// about, and recorded with what it calls for in one transaction, in which the place in the mailbox
// moves too. A statutory date never changes by it.
#pragma once

#include "config.h"
#include "db.h"
#include "directory.h"
#include "library.h"

#include <jansson.h>

// How far a mailbox was read.
struct mail_place {
    const char *mailbox; // its key in the store
    bool known;          // there is a row
    uint32_t uid_validity, last_uid;
};

// The key of the configured mailbox: its server, user and folder; "" where there is none.
// Arena-owned.
const char *mail_place_key(struct arena *a, const struct config *c);

// Reads the place of `mailbox`. Waits.
MUST_USE bool mail_place_read(struct db *store, const char *mailbox, struct mail_place *ret,
                              struct error *err);
// Begins at a place, or moves on over mails that are none of ours. Waits.
MUST_USE bool mail_place_write(struct db *store, const struct mail_place *p, struct error *err);
// Says that a look came to its end (NULL), or why it did not. Waits.
MUST_USE bool mail_place_looked(struct db *store, const char *mailbox, const char *problem,
                                struct error *err);

struct replies_context {
    const struct config *config;          // looked at anew after every wait, as
    const struct library *const *library; // the library that it points to
    const struct directory *directory;
    instant now, real_now; // business time; the clock that mails are stamped by
};

struct incoming {
    const struct mail_place *place;
    uint32_t uid;
    const char *bytes;
    size_t length;
};

enum taken_as { TAKEN_NOT, TAKEN_ANSWER, TAKEN_BOUNCE, TAKEN_IGNORED };

struct taken {
    enum taken_as as; // TAKEN_NOT: none of ours; nothing was written
    const char *why;  // of what was ignored or is none of ours, in fixed words; in the arena
    bool again;       // it was taken before: nothing happened
    long long object_id;
    size_t mails; // put into the outbox
};

// Takes one mail. Waits. FAULT_AWAY leaves all as it was, place and all.
MUST_USE bool replies_take(struct arena *a, struct db *store, const struct replies_context *c,
                           const struct incoming *m, struct taken *ret, struct error *err);

// Tells the operator of addresses from which mail came back and that were not told of yet: one mail
// a day. *ret_told: a mail was put in. Waits.
MUST_USE bool bounces_tell(struct db *store, const struct config *c, instant now, bool *ret_told,
                           struct error *err);
