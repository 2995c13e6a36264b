// Wellness: what timely's self-audit says of the store, for health and metrics. Codes and numbers,
// no words.
#pragma once

#include "db.h"
#include "metrics.h"

struct wellness;

struct wellness *wellness_new(void);
void wellness_free(struct wellness *w);

// Asks the store anew, where the last answer is 10 seconds old (more on a store so large that
// asking takes long). Waits.
MUST_USE bool wellness_refresh(struct wellness *w, struct db *db, struct error *err);

// Adds the codes of what is not well, divided by blanks; nothing where all is. Not those of the
// daemon itself: its heartbeat is looked at more often.
void wellness_codes(const struct wellness *w, struct text *ret);

// Samples of timely_unwell, one for each code that there is, for metrics_write; they live until the
// next refresh.
const struct metric *wellness_metrics(const struct wellness *w, size_t *ret_count);
