// Reading a mail that has come back: a calendar's reply, a bounce, or neither. Pure: bytes in, what
// they say out. Everything in it is a stranger's: size, depth and number of parts are bounded
// before it is read (GMime reads MIME), and what is given out is clean.
#pragma once

#include "calendar_reply.h"
#include "mail_verdict.h"

enum mail_matter {
    MATTER_NONE,   // neither: none of our business
    MATTER_REPLY,  // a calendar's reply to an invite
    MATTER_BOUNCE, // a mail of ours could not be delivered (RFC 3464, Action: failed)
};

struct bounce {
    const char *recipient;  // Final-Recipient: a valid address in small letters, or NULL
    const char *status;     // "5.1.1"; "" when it is not given
    const char *diagnostic; // one clean line, at most 200 characters; ""
    const char *message_id; // of our mail, without angle brackets; NULL: it does not say
};

struct mail_read {
    enum mail_matter matter;
    const char *why;             // MATTER_NONE: why, in fixed words
    const char *from;            // the one address of From, in small letters, or NULL
    const char *message_id;      // without angle brackets, or NULL
    bool automatic;              // no person sent it (RFC 3834 5, or a null return path)
    enum mail_verdict verdict;   // of the topmost field of the server that is believed
    struct calendar_reply reply; // MATTER_REPLY
    struct bounce bounce;        // MATTER_BOUNCE
};

#define MAIL_READ_BYTES_MAX ((size_t)1 << 20)

// `authserv_id`: whose Authentication-Results are believed, or NULL. Texts in the arena.
void mail_read(struct arena *a, const char *bytes, size_t length, const char *authserv_id,
               struct mail_read *ret);

// Whether the server's BODYSTRUCTURE of a mail leaves it possible that mail_read finds something.
// In doubt, yes.
bool mail_may_matter(const char *structure);
