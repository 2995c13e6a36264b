// What an answer to an invite counts for: whose it is, and whether it changes, acknowledges or
// tells anything. Pure.
//
// An answer counts when the mail is from the attendee whom it names, or from a colleague who is
// named as sending it (SENT-BY); the ORGANIZER is not looked at, since servers strip it. It
// acknowledges when a person gave it (RFC 3834), about the newest version, themselves or as the
// attendee's deputy, and where a server's verdict on senders is asked for, with its pass: a From
// alone is anybody's to write. Who says DECLINED or DELEGATED will not be there, whatever the
// method: a COUNTER may decline as well (RFC 5546 3.2.7, RFC 5545 3.2.12).
//
// Of two answers to one version the later DTSTAMP holds (RFC 5546 2.1.5). Some calendars stamp
// every answer with one moment: of different answers of one moment, the one that came last holds.
#pragma once

#include "mail_read.h"

// What is stored of the invite that a reply names. Addresses in small letters; staff numbers.
struct held_invite {
    long long object_id;     // 0: there is no such UID
    const char *staff_id;    // the holder whom the reply names; NULL: they hold none
    const char *emails[2];   // the holder's, as it was written to and as the directory has it now
    const char *deputy_id;   // of the holder, or NULL
    const char *sender_id;   // who in post has the address that the mail is from, or NULL
    const char *delegate_id; // likewise: that the invitation is passed on to
    int sequence;      // of the object; in a restored store it has been lifted beyond what was said
    int sequence_said; // the newest version that the holder was sent
    const char *answer; // so far; NULL: none
    int answer_sequence;
    instant answered_at;
    bool said_before; // the holder has given this same answer, stamped at the same moment
};

struct reply_judgement {
    const char *ignored; // why it counts for nothing, in one word with hyphens; NULL: it counts
    bool newest;         // it is the holder's answer from now on
    bool acknowledges;
    bool tells;          // a person has to hear of it
    bool stays_away;     // declined or passed on
    const char *sent_by; // staff number of who gave it in the holder's place, or NULL
};

// `received_at`: real time.
void reply_judge(const struct mail_read *m, const struct held_invite *h, instant received_at,
                 struct reply_judgement *ret);
