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

struct handover_answer {
    enum handover result;
    int code;       // the server's last code; 0 for none
    char text[200]; // a line for the log and the operator, without addresses
};

// Fills the answer. `text` becomes one line without hidden characters; words that hold an "@", and
// the words `secret` (an address or NULL) is made of before its "@", are left out.
void handover_say(struct handover_answer *ret, enum handover result, int code, const char *text,
                  const char *secret);
