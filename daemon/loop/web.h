// One question over HTTP, by libcurl, and its whole answer: for the services that the daemon asks.
#pragma once

#include "arena.h"
#include "error.h"

#include <stddef.h>

struct web_request {
    const char *url;            // http or https
    const char *body;           // of a POST; NULL: it is a GET
    const char *const *headers; // "Name: value", closed by NULL; or NULL for none of its own
    const char *ca_file;        // NULL: the system's certificates
    int timeout_s;
    size_t answer_most; // bytes, unpacked: a small packed answer cannot become a large one
    bool follow;        // redirects, three at most, never from https to http
};

struct web_answer {
    int status;        // of HTTP; 0: there was none
    int retry_after_s; // what its Retry-After asks for (RFC 9110 10.2.3); 0: nothing
    const char *text;  // in the arena, closed by a NUL beyond `length`
    size_t length;
    bool may_have_arrived; // the request, though its answer did not
};

// Asks. True for an answer of any status. False (FAULT_AWAY, in words that may hold the host's
// name) when none came whole; `ret` is filled all the same. A POST has a connection of its own:
// libcurl would say it again on a second one when a kept connection breaks. Waits.
MUST_USE bool web_ask(struct arena *a, const struct web_request *q, struct web_answer *ret,
                      struct error *err);
