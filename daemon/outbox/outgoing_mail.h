// The mail as which a claimed message leaves: made before the hand-over, so that a reload during it
// changes nothing.
#pragma once

#include "directory.h"
#include "mail.h"
#include "outbox.h"
#include "way_out.h"

struct outgoing_mail {
    long long feed_id; // that a welcome made; 0: none
    struct mail_picture picture;
    struct mail mail;
    const char *bytes;
    size_t length;
    struct way_out way;
};

// What it takes to make one.
struct mail_maker {
    struct arena *arena; // of everything that is made
    struct db *store;
    const struct config *config;
    const struct directory *directory;
    instant now; // business time
};

// The mail of `m`, whose words a welcome gets only here; where there will be none,
// *s says why. False only when the store fails. Waits.
MUST_USE bool outgoing_mail_make(const struct mail_maker *k, struct outgoing *m,
                                 struct settlement *s, struct outgoing_mail *ret,
                                 struct error *err);

// When it is settled: the address in a welcome that surely did not arrive ends. Waits.
MUST_USE bool outgoing_mail_end(struct db *store, const struct outgoing_mail *m,
                                const struct settlement *s, struct error *err);
