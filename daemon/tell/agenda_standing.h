// What people were told before, as it stands today. Pure.
#pragma once

#include "agenda_decide.h"

// Lines of earlier mails that are still their recipient's and whose rung still speaks; and what is
// no longer theirs, where they do not know it.
struct standing {
    struct line *lines; // by recipient
    size_t count, at;   // at: of the next recipient
};

void standing_recall(struct arena *a, const struct plan_input *in, const struct recollection *known,
                     struct standing *ret);

// Those of a recipient, by deadline. Recipients have to come in the order of their numbers.
size_t standing_of(struct standing *s, const struct staff *to, const struct line **ret);
