// Answers that take time: each is made in a fiber of its own, from a copy of its request, while its
// connection waits. So many at once and no more.
#pragma once

#include "http.h"

struct connections;
struct evhttp_request;
struct http_later;

// `answer` sends what was made; it is called in the fiber.
struct http_later *http_later_new(struct loop *l, struct connections *connections,
                                  void (*answer)(void *arg, struct evhttp_request *req, bool head,
                                                 const struct http_response *r),
                                  void *arg);
// Every one must have ended. NULL is nothing.
void http_later_free(struct http_later *l);

// Copies *q and starts r->later. False when as many are under way as may be.
MUST_USE bool http_later_start(struct http_later *l, struct evhttp_request *req,
                               const struct http_request *q, const struct http_response *r);

// Waits until all have ended, also after loop_stop.
void http_later_wait(struct http_later *l);
