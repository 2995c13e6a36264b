// Patience (backoff.h).
#include "backoff.h"

#include "clock.h"
#include "fiber.h"
#include "log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_S 60
#define MOST_TRIES 8 // beyond a minute

bool backoff_wait(struct backoff *b, const char *event, const struct error *err)
{
    int most = b->most_s ? b->most_s : MOST_S;
    int seconds;

    if (strncmp(b->last, err->text, sizeof b->last - 1) != 0) {
        log_warning(event, "reason=\"%s\"", err->text);
        snprintf(b->last, sizeof b->last, "%.*s", (int)sizeof b->last - 1, err->text);
    }
    b->tries = b->tries < MOST_TRIES ? b->tries + 1 : MOST_TRIES;
    seconds = b->tries * b->tries < most ? b->tries * b->tries : most;
    return fiber_sleep(SECONDS(seconds) + random() % (SECONDS(1) / 2)) != WAKE_STOPPING;
}

void backoff_reset(struct backoff *b)
{
    *b = (struct backoff){.most_s = b->most_s};
}
