// Transfers by libcurl, on a thread for each connection: libcurl 7.88 stands still while it waits
// for the answer to a whole mail or to QUIT. The caller prepares an easy handle and performs it
// here; the calling fiber waits, the loop and the other transfers go on.
#pragma once

#include "fiber.h"

#include <curl/curl.h>

// At most max_connections threads, each made when it is first needed; each keeps its connection for
// the next transfer. Call once a process before the others, from one thread. The process ignores
// SIGPIPE from here on. transfer_done comes before loop_free, when no fiber waits for a transfer
// any more; it says goodbye on the kept connections and ends the threads.
MUST_USE bool transfer_init(struct loop *l, int max_connections, struct error *err);
void transfer_done(void);

// Performs the handle to its end. The CURLcode, and through *response (may be NULL) the last code
// the server answered (0: none). Never touches the handle's options. While all connections are busy
// it waits for one, first come first served; the handle's timeouts do not run meanwhile. After
// loop_stop it still runs to its end: hand-overs in flight finish. Set NOSIGNAL and timeouts:
// nothing else ends a transfer with a silent peer.
//
// The handle's callbacks run on a thread, beside the loop and the callbacks of other handles: they
// may touch only data of this handle, which nobody else does until this call returns, and must
// neither wait for a fiber nor log.
CURLcode transfer_perform(CURL *easy, long *response);

// The same on a connection that is the handle's own, with no other transfer's: for a handle with
// CONNECT_ONLY, on whose connection the caller speaks itself (curl_easy_send, curl_easy_recv) when
// this has returned. It lives as long as the handle.
CURLcode transfer_connect(CURL *easy);
