// The list of a week in a replay. For the replay's own files only.
#pragma once

#include "agenda_decide.h"
#include "walk.h"

// The list that is due at this moment, once; NULL when none is. In the scratch arena.
const struct week *walk_week(struct walk *w);
// When the next one will be; 0: never.
instant walk_next_list(const struct walk *w);

// What a mail with a list says besides what is new: last week's figures and each deadline.
void walk_list(struct walk *w, const struct agenda_mail *m, struct replayed_mail *mail);
