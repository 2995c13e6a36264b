// HTTP: evhttp with the guards that it lacks: caps on connections, total and per address; an
// absolute deadline for every request; sizes; methods; odd requests refused; HEAD; TCP_NODELAY;
// answers that take time, each made in a fiber of its own.
#pragma once

#include "client.h"
#include "fiber.h"

#include <stddef.h>

#define HTTP_BODY_MOST ((size_t)128 * 1024) // every name of a feed of 1,000 entries in one REPORT

struct http_request {
    const char *method; // "GET", "HEAD", or one of those in http_method.c
    const char *path;   // decoded once, no query; absolute, without ".." or NUL
    bool head;
    const char *if_none_match;     // all such headers joined by commas, or NULL
    const char *if_modified_since; // or NULL
    bool accepts_gzip;
    // As they were sent, or NULL: none, or more than one.
    const char *authorization, *depth, *content_type;
    const char *body; // of `length` bytes; GET and HEAD have none
    size_t length;
    const char *forwarded_for; // the last such header, or NULL
    const char *identity;      // who has signed in, as a trusted proxy says; NULL: nobody
    struct client client;      // whom limits on clients are about
};

// What the handler answers with. Pointers stay valid until `release(owner)` is called (NULL:
// static).
struct http_response {
    // Set: the answer takes time, and nothing else here is looked at. It is called soon in a fiber
    // of its own, with a copy of the request, and fills in the answer (which is no later one). Its
    // client may have gone when it returns. Where too many are under way already the answer is a
    // 503 that asks to come back. It is called also after loop_stop, when its waits end early.
    void (*later)(void *arg, const struct http_request *q, struct http_response *ret);
    void *later_arg;

    int status; // 200, 304, 404, 503 …
    const char *content_type;
    const void *body;
    size_t length;
    const char *etag;          // quoted, or NULL
    const char *last_modified; // IMF-fixdate, or NULL
    const char *cache_control; // or NULL
    bool gzipped;
    const char *const *headers; // further ones: name, value, …, NULL; or NULL
    int retry_after_s;          // 0: none
    int age_s;                  // for which the body was not confirmed; 0: none
    void (*release)(void *owner);
    void *owner;
};

// At a limit of connections the one that has waited longest for its client gives way to the new
// one.
struct http_limits {
    int connections, connections_per_address; // the latter not for trusted proxies
    int request_s; // from the first byte (of a connection: from its start) to the last
    int idle_s;    // between requests of a connection
    struct proxies trusted;
};
extern const struct http_limits http_limits_default;

struct http_counts {        // for /metrics
    unsigned long requests; // those read whole; what evhttp itself refuses is not among them
    unsigned long answered_2xx, answered_304, answered_4xx, answered_5xx; // a redirect is a 2xx
    unsigned long refused_connections; // closed because of a limit on their number
    unsigned long open_connections;
};

struct http_server;

// Listens on "127.0.0.1:8480", "[::1]:8480" or a socket's path "unix:/run/…". Port 0 takes a free
// one. TLS when cert and key files are given (version 1.2 at least). FAULT_INPUT for a bad address
// or certificate, FAULT_AWAY when the address is taken. Raises the process's limit of open files
// where it may, and keeps the number of connections below it; ignores SIGPIPE. The handler runs on
// the loop, in no fiber, and does not wait: it answers from memory, or later. It sees every method
// and refuses those that it does not take.
MUST_USE bool http_listen(struct loop *l, const char *address, const char *cert_file,
                          const char *key_file, const struct http_limits *limits,
                          void (*handler)(void *arg, const struct http_request *q,
                                          struct http_response *ret),
                          void *arg, struct http_server **ret, struct error *err);
int http_port(const struct http_server *s); // 0 for a socket
struct http_counts http_counts_of(const struct http_server *s);
// Reads the files again, for connections from now on; true without TLS. What is in use stays on
// failure.
MUST_USE bool http_reload_certificate(struct http_server *s, struct error *err);
// Takes no new connections, finishes the requests in flight and frees the server. Waits, at most 5
// s for its clients and without end for the answers that are being made, also after loop_stop.
void http_stop(struct http_server *s);
