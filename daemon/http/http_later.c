// Answers that take time. The client may go, or its time may be up, while its answer is made: the
// connection tells us, and what was made is thrown away.
#include "http_later.h"

#include "arena.h"
#include "connections.h"

#include <event2/http.h>
#include <stdlib.h>

#define UNDER_WAY_MOST 64

struct http_later {
    struct loop *loop;
    struct connections *connections;
    void (*answer)(void *arg, struct evhttp_request *req, bool head, const struct http_response *r);
    void *arg;
    int under_way;
    struct bell ended;
};

struct one {
    struct http_later *all;
    struct arena *arena; // of this and of the request's texts
    struct http_request q;
    struct evhttp_request *req; // NULL: the client has gone
    void (*later)(void *arg, const struct http_request *q, struct http_response *ret);
    void *later_arg;
};

static void on_gone(void *arg)
{
    struct one *o = arg;

    // evhttp frees the request with its connection, unless it has torn them apart before.
    if (!evhttp_request_get_connection(o->req))
        evhttp_request_free(o->req);
    o->req = NULL;
}

static void make_answer(void *arg)
{
    struct one *o = arg;
    struct http_later *l = o->all;
    struct http_response r = {0};

    o->later(o->later_arg, &o->q, &r);
    if (o->req) {
        connections_tell(l->connections, evhttp_request_get_connection(o->req), NULL, NULL);
        l->answer(l->arg, o->req, o->q.head, &r);
    } else if (r.release) {
        r.release(r.owner);
    }
    arena_free(o->arena);
    l->under_way--;
    bell_ring(&l->ended);
}

static struct http_request copy(struct arena *a, const struct http_request *q)
{
    struct http_request c = *q; // the method is a constant

    c.path = arena_strdup(a, q->path);
    c.if_none_match = arena_strdup(a, q->if_none_match);
    c.if_modified_since = arena_strdup(a, q->if_modified_since);
    c.authorization = arena_strdup(a, q->authorization);
    c.depth = arena_strdup(a, q->depth);
    c.content_type = arena_strdup(a, q->content_type);
    c.identity = arena_strdup(a, q->identity);
    c.forwarded_for = NULL; // what it says is in the client
    c.body = q->body ? arena_strndup(a, q->body, q->length) : NULL;
    return c;
}

bool http_later_start(struct http_later *l, struct evhttp_request *req,
                      const struct http_request *q, const struct http_response *r)
{
    struct arena *a;
    struct one *o;

    if (l->under_way == UNDER_WAY_MOST)
        return false;
    l->under_way++;
    a = arena_new();
    o = ARENA_NEW(a, struct one);
    *o = (struct one){.all = l,
                      .arena = a,
                      .q = copy(a, q),
                      .req = req,
                      .later = r->later,
                      .later_arg = r->later_arg};
    connections_tell(l->connections, evhttp_request_get_connection(req), on_gone, o);
    fiber_start(l->loop, "answer", make_answer, o);
    return true;
}

void http_later_wait(struct http_later *l)
{
    while (l->under_way > 0)
        (void)bell_wait_to_end(&l->ended, -1);
}

struct http_later *http_later_new(struct loop *l, struct connections *connections,
                                  void (*answer)(void *arg, struct evhttp_request *req, bool head,
                                                 const struct http_response *r),
                                  void *arg)
{
    struct http_later *all = calloc(1, sizeof *all);

    if (!all)
        out_of_memory();
    *all = (struct http_later){.loop = l, .connections = connections, .answer = answer, .arg = arg};
    return all;
}

void http_later_free(struct http_later *l)
{
    free(l);
}
