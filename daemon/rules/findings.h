// Findings about one person's facts: what contradicts itself, is missing or comes in an impossible
// order.
#pragma once

#include "history.h"

// Fills the findings of an evaluation whose deadlines are known.
void findings_of(struct arena *a, const struct history *h, const struct timeline *t,
                 struct evaluation *e);
