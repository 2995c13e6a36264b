// What a server that took a mail in says of its sender: one Authentication-Results field (RFC
// 8601). Pure.
#pragma once

#include "arena.h"

enum mail_verdict {
    VERDICT_UNASKED, // no server is believed
    VERDICT_NONE,    // the server that is believed says nothing, or neither of the next
    VERDICT_PASS,
    VERDICT_FAIL, // or its word cannot be read to the end
};

// Whether a field's value, as it stands in the mail (folded, nothing decoded), is the word of that
// server; if so *ret is what it says.
bool mail_verdict_of(struct arena *a, const char *value, const char *authserv_id,
                     enum mail_verdict *ret);
