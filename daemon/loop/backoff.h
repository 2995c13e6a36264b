// Patience: the wait before another try after a failure.
#pragma once

#include "error.h"

#include <stdbool.h>

// Zero to begin with, but for most_s.
struct backoff {
    int most_s; // 0: a minute
    int tries;
    char last[200];
};

// Waits 1 s, 4 s, 9 s … at most most_s, with jitter, so that not all come back at once. Logs
// `event` with the error, once for a run of equal ones. False when the loop is stopping.
bool backoff_wait(struct backoff *b, const char *event, const struct error *err);
void backoff_reset(struct backoff *b); // after a success
