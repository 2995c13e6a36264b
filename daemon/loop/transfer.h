// Transfers by libcurl's multi interface on the event loop. The caller prepares an easy handle and
// performs it here; the calling fiber waits, the loop goes on.
#pragma once

#include "fiber.h"

#include <curl/curl.h>

// One multi handle a loop: connections are kept and reused. Call once a process before the others,
// from one thread. The process ignores SIGPIPE from here on. transfer_done comes before loop_free.
MUST_USE bool transfer_init(struct loop *l, int max_connections, struct error *err);
void transfer_done(void);

// Performs the handle to its end. The CURLcode, and through *response (may be NULL) the last code
// the server answered (0: none). Never touches the handle's options but PRIVATE. After loop_stop it
// still runs to its end: hand-overs in flight finish. The handle's callbacks run outside fibers and
// must not wait. Set NOSIGNAL and timeouts: nothing else ends a transfer with a silent peer.
CURLcode transfer_perform(CURL *easy, long *response);
