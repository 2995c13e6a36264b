// The connections of the HTTP server: every one is under an absolute deadline, and there are only
// so many of them, in all and from one address.
//
// evhttp has neither. Its timeouts start anew with every byte, so a client that sends one byte a
// second is never late; and it takes whatever connects.
#pragma once

#include "http.h"

struct bufferevent;
struct connections;
struct event_base;
struct evhttp_connection;

// The texts of limits->trusted stay the caller's.
struct connections *connections_new(struct event_base *base, const struct http_limits *limits);
// Every connection must be closed.
void connections_free(struct connections *t);

// To be called with the bufferevent that evhttp is about to use for a connection it has accepted.
// The connection is counted a moment later, before its first byte is read. Over a limit the oldest
// one that waits for its client gives way, or else the new one is closed.
void connections_expect(struct connections *t, struct bufferevent *bev);

// The method of the request that a connection is at: NULL where evhttp knows it, GET or HEAD.
// Others are PATCH to evhttp (http_method.h); these may have a body of at most HTTP_BODY_MOST
// bytes.
const char *connections_method(struct connections *t, struct evhttp_connection *evcon);

// A request was read whole, and its answer is being made and written.
void connections_answering(struct connections *t, struct evhttp_connection *evcon);
// Calls gone(arg) when the connection closes; NULL: nobody is to be called any more.
void connections_tell(struct connections *t, struct evhttp_connection *evcon,
                      void (*gone)(void *arg), void *arg);
// The answer is written: the connection waits for the next request.
void connections_answered(struct connections *t, struct evhttp_connection *evcon);

// Whom a request is from: the peer, or whom it speaks for if it is a trusted proxy.
// `forwarded_for`: the request's last X-Forwarded-For, or NULL.
struct client connections_client(struct connections *t, struct evhttp_connection *evcon,
                                 const char *forwarded_for);
// The header in which the peer says who has signed in; NULL: its word is not taken for that.
const char *connections_identity_header(struct connections *t, struct evhttp_connection *evcon);

// Closes those whose client has no answer to come; with `all`, every one. Not from within a
// callback of evhttp.
void connections_close(struct connections *t, bool all);

size_t connections_count(const struct connections *t);
// Connections that were closed because of a limit.
unsigned long connections_refused(const struct connections *t);
