// A server for the tests of what HTTP gives to its handlers: whole requests, and time to answer.
//   http_driver CONNINFO [CERT KEY]
//
//   /now      from memory
//   /say      what the request said, from memory
//   /hold     once somebody has asked for /go, or the server stops: what the request said
//   /stay     six seconds later, whatever else happens
//   /ask      the store's process that answered; /ask-long lets it take a while
//
// It says on standard error which port it listens on and how many answers are held.
#include "http.h"
#include "log.h"
#include "store_pool.h"
#include "text.h"

#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

struct driver {
    const char *cert_file, *key_file;
    struct loop *loop;
    struct http_server *http;
    struct store_pool *pool;
    int held;
    unsigned long gone_on; // how often /go was asked for
};

static void answer_text(int status, const char *body, struct http_response *ret)
{
    *ret = (struct http_response){
        .status = status, .content_type = "text/plain", .body = body, .length = strlen(body)};
}

static void answer_made(struct text *t, struct http_response *ret)
{
    answer_text(200, text_str(t), ret);
    ret->release = free;
    ret->owner = t->s;
}

static void say(const struct http_request *q, struct http_response *ret)
{
    struct text t = {0};

    text_addf(&t, "%s depth=%s type=%s length=%zu body=", q->method, q->depth ? q->depth : "-",
              q->content_type ? q->content_type : "-", q->length);
    text_add_n(&t, q->body ? q->body : "", q->length);
    answer_made(&t, ret);
}

static void hold(void *arg, const struct http_request *q, struct http_response *ret)
{
    struct driver *d = arg;
    const unsigned long gone_on = d->gone_on;
    struct text t = {0};

    log_info("driver.held", "held=%d", ++d->held);
    while (d->gone_on == gone_on && fiber_sleep(SECONDS(1) / 100) != WAKE_STOPPING)
        continue;
    log_info("driver.let_go", "held=%d", --d->held);
    text_addf(&t, "%s %s %s %s %.*s\n", q->method, q->path,
              q->authorization ? q->authorization : "-", q->if_none_match ? q->if_none_match : "-",
              (int)q->length, q->body ? q->body : "");
    answer_made(&t, ret);
}

static void stay(void *arg, const struct http_request *q, struct http_response *ret)
{
    struct bell nobody = {0};
    struct text t = {0};

    (void)arg;
    log_info("driver.held", "path=%s", q->path);
    (void)bell_wait_to_end(&nobody, SECONDS(6));
    text_add(&t, "stayed");
    answer_made(&t, ret);
}

static bool ask_pid(struct db *db, const char *path, struct text *t, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;

    if (strcmp(path, "/ask-long") == 0 && !db_ask(db, "SELECT pg_sleep(0.2)", 0, NULL, NULL, err))
        return false;
    if (!db_ask(db, "SELECT pg_backend_pid()", 0, NULL, &r, err))
        return false;
    text_add(t, db_text(r, 0, 0));
    return true;
}

static void ask(void *arg, const struct http_request *q, struct http_response *ret)
{
    struct driver *d = arg;
    struct error err = {0};
    struct text t = {0};
    struct db *db;
    bool ok;

    if (!store_pool_take(d->pool, SECONDS(5), &db, &err)) {
        answer_text(503, "away", ret);
        return;
    }
    ok = ask_pid(db, q->path, &t, &err);
    store_pool_give(d->pool, db, ok);
    if (ok)
        answer_made(&t, ret);
    else
        answer_text(503, "failed", ret);
}

static void on_request(void *arg, const struct http_request *q, struct http_response *ret)
{
    struct driver *d = arg;

    if (strcmp(q->path, "/hold") == 0)
        *ret = (struct http_response){.later = hold, .later_arg = d};
    else if (strcmp(q->path, "/stay") == 0)
        *ret = (struct http_response){.later = stay, .later_arg = d};
    else if (strncmp(q->path, "/ask", 4) == 0)
        *ret = (struct http_response){.later = ask, .later_arg = d};
    else if (strcmp(q->path, "/say") == 0)
        say(q, ret);
    else
        answer_text(200, "now", ret);
    d->gone_on += strcmp(q->path, "/go") == 0;
}

static void on_end(evutil_socket_t number, short what, void *arg)
{
    struct driver *d = arg;

    (void)number;
    (void)what;
    loop_stop(d->loop);
}

static void run(void *arg)
{
    struct driver *d = arg;
    struct error err = {0};
    struct bell never = {0};

    if (!http_listen(d->loop, "127.0.0.1:0", d->cert_file, d->key_file, &http_limits_default,
                     on_request, d, &d->http, &err)) {
        log_error("driver.failed", "reason=\"%s\"", err.text);
        loop_stop(d->loop);
        return;
    }
    log_info("driver.listening", "port=%d", http_port(d->http));
    (void)bell_wait(&never, -1);
    http_stop(d->http);
    log_info("driver.stopped", "held=%d", d->held);
}

int main(int argc, char **argv)
{
    struct driver d = {.loop = loop_new()};
    struct event *end = evsignal_new(loop_base(d.loop), SIGTERM, on_end, &d);
    struct db_options store = {.role_name = "later", .read_only = true};

    if (argc < 2 || !end || event_add(end, NULL) != 0)
        return 2;
    store.conninfo = argv[1];
    d.pool = store_pool_new(&store, 4);
    if (argc > 3) {
        d.cert_file = argv[2];
        d.key_file = argv[3];
    }
    loop_run_one(d.loop, "driver", run, &d);
    store_pool_free(d.pool);
    event_free(end);
    loop_free(d.loop);
    return 0;
}
