// The Monday list in words, with the digest of that morning in it: what is new first, and each
// deadline once. Pure.
#pragma once

#include "agenda_decide.h"
#include "agenda_words.h"
#include "weekly.h"

// Of a mail with a list. In the arena of the voice.
struct weekly weekly_words(const struct agenda_voice *v, const struct agenda_mail *m);

// Whether a list says a deadline that the digest in the same mail does not say already.
bool weekly_says(const struct agenda_mail *m, const struct concern *c);
// The same, and not as one of a number. `words` are those of the mail.
bool weekly_names(const struct agenda_mail *m, const struct weekly *words, const struct concern *c);
