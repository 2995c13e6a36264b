// Calendar replies: what an attendee's calendar sends back about an invite (RFC 5546 3.2.3, 3.2.7,
// 3.2.8), read with libical. Pure. The text is a stranger's: it is bounded before it is read, and
// what is given out is clean. What the attendee says is their PARTSTAT (RFC 5545 3.2.12), with each
// method: Outlook declines and proposes another time in one COUNTER.
#pragma once

#include "arena.h"
#include "clock.h"
#include "date.h"

enum reply_method { REPLY_REPLY, REPLY_COUNTER, REPLY_DECLINECOUNTER };

struct calendar_reply {
    enum reply_method method;
    const char *uid;      // 1 to 255 printable bytes of ASCII
    const char *attendee; // whose answer it is: a valid address in small letters
    const char *sent_by;  // who gave it in their place (SENT-BY), likewise; NULL: themselves
    const char *partstat; // ACCEPTED, DECLINED, TENTATIVE, DELEGATED or NEEDS-ACTION
    const char *delegate; // to whom it was passed on (DELEGATED-TO), as attendee; NULL: not said
    int sequence;         // of the version that is answered
    instant stamped_at;   // DTSTAMP
    const char *comment;  // several clean lines, at most 500 characters; NULL: none
    // The time that a COUNTER proposes, in England; MOMENT_NONE: none, or in a zone that is not
    // known here. minute -1: a whole day.
    struct moment starts, ends;
};

const char *reply_method_word(enum reply_method m); // "REPLY"

// Reads one VCALENDAR with one of the three methods. Of several attendees the one with the address
// `from` (small letters) is meant, else the first. Texts in the arena. FAULT_INPUT says why it is
// none, without a word of what it holds: "longer than 256 kB", "not a reply", "no UID".
MUST_USE bool calendar_reply_read(struct arena *a, const char *bytes, size_t length,
                                  const char *from, struct calendar_reply *ret, struct error *err);
