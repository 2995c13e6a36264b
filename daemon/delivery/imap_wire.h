// The wire under imap.c: whole answers off a connection of libcurl's, each bounded and in time.
// Only for imap.c.
#pragma once

#include "error.h"
#include "text.h"

#include <curl/curl.h>

struct imap_wire {
    CURL *easy; // connected, with CONNECT_ONLY; the caller's
    curl_socket_t fd;
    int64_t until;  // monotonic: the end of the command in hand
    struct text in; // read and not yet taken
    size_t taken;
    // The last answer: its line, with a literal (RFC 3501 4.3) where the server put it.
    struct text answer;
    size_t literal_at, literal_length; // of the first one; at 0: none
};

void imap_wire_done(struct imap_wire *w);

// What is wrong with the other side, in words. FAULT_AWAY; false.
bool imap_away(struct error *err, const char *what);

// All of it. Waits.
MUST_USE bool imap_wire_send(struct imap_wire *w, const char *bytes, size_t length,
                             struct error *err);

// Reads the next answer, of at most 4 MB. Waits.
MUST_USE bool imap_wire_read(struct imap_wire *w, struct error *err);
