// `timely rules --format html`: the whole library as a page that an authority's legal team reads,
// prints and signs off. One file that fetches nothing.
#pragma once

#include "library.h"
#include "text.h"

void rules_page(struct text *out, struct arena *a, const struct library *l);
