// Handover: what became of one message, and how a server's answer is told without telling on
// anybody.
#pragma once

#include "error.h"

#include <stddef.h>

enum handover {
    HANDOVER_SENT,    // the server took it (250 after DATA)
    HANDOVER_RETRY,   // not taken; the server or the way to it may be better later
    HANDOVER_REFUSED, // never: a permanent answer about this message or recipient
    HANDOVER_UNSURE,  // the connection broke after the data: perhaps taken
};

// Whom the answer is about, and so who else would have got it now.
enum handover_about {
    ABOUT_MESSAGE,
    ABOUT_RECIPIENT, // as greylisting is
    ABOUT_SERVER,    // it takes nothing now: any message would have got it
    ABOUT_UNKNOWN,   // one message, or us and so all: others are tried, and nothing ends over it
};

struct handover_answer {
    enum handover result;
    enum handover_about about;
    int code;       // the server's last code; 0 for none
    char text[200]; // a line for the log and the operator, without addresses
};

// Fills the answer, about the message. `text` becomes one line without hidden characters; words
// that hold an "@", and the words `secret` (an address or NULL) is made of before its "@", are left
// out.
void handover_say(struct handover_answer *ret, enum handover result, int code, const char *text,
                  const char *secret);
