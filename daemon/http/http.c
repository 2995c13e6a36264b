// The HTTP server on evhttp: listening, and writing answers. What evhttp lacks is in connections.c
// (deadlines, caps), http_request.c (strictness) and http_later.c (answers that take time); what it
// does badly is avoided here: Nagle's delay, copies of bodies, HEAD.
#include "http.h"

#include "clock.h"
#include "conditional.h"
#include "connections.h"
#include "http_address.h"
#include "http_later.h"
#include "http_request.h"
#include "http_tls.h"
#include "log.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEADERS_MOST 16384
#define PLAIN_TEXT "text/plain; charset=utf-8"
#define FILES_APART 64 // descriptors for everything that is no connection of ours
#define STOP_TIME SECONDS(5)

// An office of 2,000 behind one address fits in; all of them idle by TLS are some 130 MB.
const struct http_limits http_limits_default = {
    .connections = 8000, .connections_per_address = 2500, .request_s = 10, .idle_s = 60};

struct http_server {
    struct http_server *next; // in `servers`
    struct evhttp *evhttp;
    struct evhttp_bound_socket *bound;
    struct connections *connections;
    struct http_later *later;
    struct event *accept_again;
    void (*handler)(void *arg, const struct http_request *q, struct http_response *ret);
    void *arg;
    SSL_CTX *tls; // NULL: clear text
    char *cert_file, *key_file;
    char *socket_path; // NULL: TCP
    int port;
    bool stopping;
    struct http_counts counts;
    struct http_reading reading;
    struct evbuffer *body; // empty between answers
    int64_t dated;         // the second for which `date` was written
    char date[HTTP_DATE_SIZE];
};

// The one mutable variable of this file: libevent calls on_accept_error with an argument of
// evhttp's, and leaves us no way to hand it our own.
static struct http_server *servers;

// Answering

static const char *phrase(int status)
{
    switch (status) {
    case 200:
        return "OK";
    case 204:
        return "No Content";
    case 207:
        return "Multi-Status";
    case 301:
        return "Moved Permanently";
    case 303:
        return "See Other";
    case 304:
        return "Not Modified";
    case 400:
        return "Bad Request";
    case 401:
        return "Unauthorized";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 409:
        return "Conflict";
    case 412:
        return "Precondition Failed";
    case 413:
        return "Content Too Large";
    case 414:
        return "URI Too Long";
    case 415:
        return "Unsupported Media Type";
    case 429:
        return "Too Many Requests";
    case 503:
        return "Service Unavailable";
    case 507:
        return "Insufficient Storage";
    default:
        return "Internal Server Error";
    }
}

static void count(struct http_counts *c, int status)
{
    c->requests++;
    if (status == 304)
        c->answered_304++;
    else if (status < 400)
        c->answered_2xx++;
    else if (status < 500)
        c->answered_4xx++;
    else
        c->answered_5xx++;
}

static const char *date_now(struct http_server *s)
{
    int64_t now = clock_real() / SECONDS(1);

    if (now != s->dated) {
        conditional_write_date(now, s->date);
        s->dated = now;
    }
    return s->date;
}

// evhttp refuses a value with line ends in it; an answer without its header would be another
// answer.
static void add(struct evkeyvalq *headers, const char *name, const char *value, bool *ok)
{
    if (value && evhttp_add_header(headers, name, value) != 0)
        *ok = false;
}

static void add_number(struct evkeyvalq *headers, const char *name, size_t number, bool *ok)
{
    char digits[24];

    snprintf(digits, sizeof digits, "%zu", number);
    add(headers, name, digits, ok);
}

static void add_body_headers(struct evkeyvalq *headers, const struct http_response *r, bool *ok)
{
    add_number(headers, "Content-Length", r->length, ok);
    add(headers, "Content-Type", r->content_type, ok);
    add(headers, "Content-Encoding", r->gzipped ? "gzip" : NULL, ok);
    add(headers, "Last-Modified", r->last_modified, ok);
    add(headers, "X-Content-Type-Options", "nosniff", ok);
    add(headers, "Referrer-Policy", "no-referrer", ok);
}

static bool add_headers(struct http_server *s, struct evkeyvalq *headers,
                        const struct http_response *r)
{
    bool ok = true;

    add(headers, "Date", date_now(s), &ok);
    add(headers, "ETag", r->etag, &ok);
    add(headers, "Cache-Control", r->cache_control, &ok);
    add(headers, "Vary", r->etag ? "Accept-Encoding" : NULL, &ok);
    for (const char *const *h = r->headers; h && *h; h += 2)
        add(headers, h[0], h[1], &ok);
    if (r->age_s > 0)
        add_number(headers, "Age", (size_t)r->age_s, &ok);
    if (r->retry_after_s > 0)
        add_number(headers, "Retry-After", (size_t)r->retry_after_s, &ok);
    if (r->status != 304) // which stands for headers that the client has already
        add_body_headers(headers, r, &ok);
    return ok;
}

struct release {
    void (*release)(void *owner);
    void *owner;
};

static void on_body_written(const void *data, size_t length, void *arg)
{
    struct release *r = arg;

    (void)data;
    (void)length;
    r->release(r->owner);
    free(r);
}

// Lends the body to the connection; it is released when it was written or the connection is gone.
static void lend_body(struct http_server *s, const struct http_response *r)
{
    struct release *release = NULL;

    if (r->release) {
        release = must(malloc(sizeof *release));
        *release = (struct release){r->release, r->owner};
    }
    if (evbuffer_add_reference(s->body, r->body, r->length, release ? on_body_written : NULL,
                               release) != 0)
        out_of_memory();
}

static void on_answered(struct evhttp_request *req, void *arg)
{
    struct http_server *s = arg;

    connections_answered(s->connections, evhttp_request_get_connection(req));
}

// evhttp writes when the loop has said that the socket takes more. It nearly always does, so asking
// would only cost: what can be written is written now, and the loop carries on with the rest. How
// it went, errors too, evhttp finds by itself.
static void write_at_once(struct evhttp_request *req)
{
    struct bufferevent *bev = evhttp_connection_get_bufferevent(evhttp_request_get_connection(req));
    struct evbuffer *out = bufferevent_get_output(bev);

    if (bufferevent_openssl_get_ssl(bev))
        return;
    evbuffer_unfreeze(out, 1);
    (void)evbuffer_write(out, bufferevent_getfd(bev));
    evbuffer_freeze(out, 1);
    if (evbuffer_get_length(out) == 0)
        bufferevent_trigger(bev, EV_WRITE, BEV_OPT_DEFER_CALLBACKS);
}

static void send_answer(struct http_server *s, struct evhttp_request *req, bool head, bool last,
                        const struct http_response *r)
{
    struct evkeyvalq *headers = evhttp_request_get_output_headers(req);
    int status = r->status;
    bool lend;

    if (!add_headers(s, headers, r)) {
        log_error("http.bad_answer", "status=%d reason=\"a header with a line end\"", status);
        evhttp_clear_headers(headers);
        evhttp_add_header(headers, "Content-Length", "0");
        status = 500;
    }
    if (last)
        evhttp_add_header(headers, "Connection", "close");
    // evhttp would send the body after the answer to a HEAD as well.
    lend = !head && status == r->status && status != 304 && r->length > 0;
    if (lend)
        lend_body(s, r);
    else if (r->release)
        r->release(r->owner);
    count(&s->counts, status);
    evhttp_request_set_on_complete_cb(req, on_answered, s);
    evhttp_send_reply(req, status, phrase(status), lend ? s->body : NULL);
    write_at_once(req);
}

static void answer(void *arg, struct evhttp_request *req, bool head, const struct http_response *r)
{
    struct http_server *s = arg;

    send_answer(s, req, head, s->stopping, r);
}

static void answer_busy(struct http_server *s, struct evhttp_request *req, bool head)
{
    static const char *const headers[] = {"Retry-After", "2", NULL};
    static const char body[] = "Too much is asked at once. Please ask again in a moment.\n";
    const struct http_response r = {.status = 503,
                                    .content_type = PLAIN_TEXT,
                                    .body = body,
                                    .length = strlen(body),
                                    .cache_control = "no-store",
                                    .headers = headers};

    answer(s, req, head, &r);
}

// The connection cannot be trusted to be in step with us.
static void refuse(struct http_server *s, struct evhttp_request *req, int status)
{
    const struct http_response r = {.status = status,
                                    .content_type = PLAIN_TEXT,
                                    .body = phrase(status),
                                    .length = strlen(phrase(status))};

    send_answer(s, req, evhttp_request_get_command(req) == EVHTTP_REQ_HEAD, true, &r);
}

static void on_request(struct evhttp_request *req, void *arg)
{
    struct http_server *s = arg;
    struct http_request q = {0};
    struct http_response r = {0};
    struct evhttp_connection *evcon = evhttp_request_get_connection(req);
    int refused =
        http_request_read(req, connections_method(s->connections, evcon),
                          connections_identity_header(s->connections, evcon), &s->reading, &q);

    connections_answering(s->connections, evcon);
    if (refused) {
        refuse(s, req, refused);
        return;
    }
    q.client = connections_client(s->connections, evcon, q.forwarded_for);
    s->handler(s->arg, &q, &r);
    if (!r.later)
        answer(s, req, q.head, &r);
    else if (!http_later_start(s->later, req, &q, &r))
        answer_busy(s, req, q.head);
}

// Accepting

// Never NULL: evhttp would make one of its own, in clear text.
static struct bufferevent *on_connection(struct event_base *base, void *arg)
{
    struct http_server *s = arg;
    struct bufferevent *bev;

    if (s->tls) {
        bev = must(bufferevent_openssl_socket_new(
            base, -1, must(SSL_new(s->tls)), BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE));
        bufferevent_openssl_set_allow_dirty_shutdown(bev, 1);
    } else {
        bev = must(bufferevent_socket_new(base, -1, 0));
    }
    connections_expect(s->connections, bev);
    return bev;
}

// The connection that cannot be accepted stays in the queue and would wake the loop without end.
static void on_accept_error(struct evconnlistener *listener, void *arg)
{
    const struct timeval pause = {.tv_usec = 250000};

    log_warning("http.cannot_accept", "reason=\"%s\"", strerror(errno));
    evconnlistener_disable(listener);
    for (struct http_server *s = servers; s; s = s->next) {
        if (s->evhttp == arg)
            event_add(s->accept_again, &pause);
    }
}

static void on_accept_again(evutil_socket_t fd, short what, void *arg)
{
    struct http_server *s = arg;

    (void)fd;
    (void)what;
    if (s->bound)
        evconnlistener_enable(evhttp_bound_socket_get_listener(s->bound));
}

// libevent would write to standard error by itself. What it says of a request is only in its debug
// messages, which are left out.
static void on_libevent_says(int severity, const char *message)
{
    if (severity >= EVENT_LOG_WARN)
        log_warning("http.libevent", "reason=\"%s\"", message);
}

// Listening

static bool listen_on(struct http_server *s, const char *address, struct error *err)
{
    int fd;

    if (!http_address_open(address, &fd, &s->port, &s->socket_path, err))
        return false;
    s->bound = must(evhttp_accept_socket_with_handle(s->evhttp, fd));
    evconnlistener_set_error_cb(evhttp_bound_socket_get_listener(s->bound), on_accept_error);
    return true;
}

// The limits as this process can keep them.
static struct http_limits feasible(const struct http_limits *wanted)
{
    struct http_limits ret = *wanted;
    const rlim_t needed = (rlim_t)wanted->connections + FILES_APART;
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return ret;
    if (files.rlim_cur < needed) {
        files.rlim_cur = files.rlim_max < needed ? files.rlim_max : needed;
        (void)setrlimit(RLIMIT_NOFILE, &files);
        getrlimit(RLIMIT_NOFILE, &files);
    }
    if (files.rlim_cur < needed) {
        ret.connections = files.rlim_cur > 2 * (rlim_t)FILES_APART
                              ? (int)files.rlim_cur - FILES_APART
                              : FILES_APART;
        log_warning("http.few_files", "wanted=%d connections=%d", wanted->connections,
                    ret.connections);
    }
    return ret;
}

static void server_free(struct http_server *s)
{
    struct http_server **place = &servers;

    while (*place != s)
        place = &(*place)->next;
    *place = s->next;
    if (s->bound)
        evhttp_del_accept_socket(s->evhttp, s->bound);
    if (s->connections)
        connections_close(s->connections, true);
    if (s->evhttp)
        evhttp_free(s->evhttp);
    http_later_free(s->later);
    connections_free(s->connections);
    if (s->accept_again)
        event_free(s->accept_again);
    if (s->socket_path)
        unlink(s->socket_path);
    SSL_CTX_free(s->tls);
    evbuffer_free(s->body);
    text_done(&s->reading.if_none_match);
    text_done(&s->reading.accept_encoding);
    free(s->socket_path);
    free(s->cert_file);
    free(s->key_file);
    free(s);
}

static struct http_server *server_new(struct loop *l, const struct http_limits *limits)
{
    struct http_server *s = must(calloc(1, sizeof *s));
    const struct http_limits kept = feasible(limits);

    s->next = servers;
    servers = s;
    s->body = must(evbuffer_new());
    s->evhttp = must(evhttp_new(loop_base(l)));
    s->accept_again = must(event_new(loop_base(l), -1, 0, on_accept_again, s));
    s->connections = connections_new(loop_base(l), &kept);
    s->later = http_later_new(l, s->connections, answer, s);
    evhttp_set_max_headers_size(s->evhttp, HEADERS_MOST);
    evhttp_set_max_body_size(s->evhttp, 0);
    // CONNECT is refused by us: evhttp would leave the connection open, out of step.
    evhttp_set_allowed_methods(s->evhttp, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD | EVHTTP_REQ_PATCH |
                                              EVHTTP_REQ_CONNECT);
    evhttp_set_default_content_type(s->evhttp, NULL);
    evhttp_set_bevcb(s->evhttp, on_connection, s);
    evhttp_set_gencb(s->evhttp, on_request, s);
    return s;
}

bool http_listen(struct loop *l, const char *address, const char *cert_file, const char *key_file,
                 const struct http_limits *limits,
                 void (*handler)(void *arg, const struct http_request *q,
                                 struct http_response *ret),
                 void *arg, struct http_server **ret, struct error *err)
{
    struct http_server *s;

    if (!cert_file != !key_file)
        return fail(err, FAULT_INPUT, "TLS needs both a certificate and its key");
    event_set_log_callback(on_libevent_says);
    signal(SIGPIPE, SIG_IGN); // a client that goes away must not end us
    s = server_new(l, limits);
    s->handler = handler;
    s->arg = arg;
    if (cert_file) {
        s->cert_file = must(strdup(cert_file));
        s->key_file = must(strdup(key_file));
    }
    if (!http_reload_certificate(s, err) || !listen_on(s, address, err)) {
        server_free(s);
        return false;
    }
    *ret = s;
    return true;
}

int http_port(const struct http_server *s)
{
    return s->port;
}

struct http_counts http_counts_of(const struct http_server *s)
{
    struct http_counts c = s->counts;

    c.open_connections = connections_count(s->connections);
    c.refused_connections = connections_refused(s->connections);
    return c;
}

bool http_reload_certificate(struct http_server *s, struct error *err)
{
    SSL_CTX *fresh = NULL;

    if (!s->cert_file)
        return true;
    if (!http_tls_new(s->cert_file, s->key_file, &fresh, err))
        return false;
    SSL_CTX_free(s->tls); // connections keep it as long as they need it
    s->tls = fresh;
    return true;
}

void http_stop(struct http_server *s)
{
    const int64_t deadline = clock_monotonic() + STOP_TIME;
    struct bell nobody = {0};

    s->stopping = true;
    evhttp_del_accept_socket(s->evhttp, s->bound);
    s->bound = NULL;
    connections_close(s->connections, false);
    while (connections_count(s->connections) > 0 && clock_monotonic() < deadline) {
        (void)bell_wait_to_end(&nobody, SECONDS(1) / 50);
        connections_close(s->connections, false);
    }
    connections_close(s->connections, true);
    http_later_wait(s->later);
    server_free(s);
}
