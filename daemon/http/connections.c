// The table of connections. Each state has its own time, the same for all, so the connections of a
// state queue up in the order of their deadlines and one timer serves them all.
//
// evhttp does not say that it has accepted a connection. It asks for a bufferevent, and then makes
// its own connection the argument of that bufferevent's callbacks: that is where we find it.
#include "connections.h"

#include "clock.h"
#include "http_method.h"

#include <assert.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/http.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

// For making and writing one answer: a feed of 1 MB at 20 kB/s.
#define ANSWER_TIME SECONDS(60)
// What a client may send ahead while it is answered; more than the headers may have.
#define INPUT_MOST ((size_t)32 * 1024)
#define SINGLE_WRITE ((size_t)1024 * 1024)
#define BODIES_MOST 128 // connections that may send a body at a time
#define BUCKETS 1024

enum state { IDLE, READING, ANSWERING, STATES };

struct address {
    unsigned char key[CLIENT_KEY_SIZE];
    int count;
    struct address *next;
};

struct connection {
    struct connections *table;
    struct evhttp_connection *evcon;
    struct bufferevent *bev;
    struct evbuffer_cb_entry *watch;
    struct client client;
    bool trusted;            // a proxy, which speaks for others
    struct address *address; // NULL: not counted
    enum state state;
    int64_t deadline; // monotonic
    int fd;
    bool at_line;       // the next bytes are a request line that was not looked at
    const char *method; // as http_method_exchange has it; NULL: evhttp's own
    bool may_send_body;
    void (*gone)(void *arg); // or NULL
    void *gone_arg;
    TAILQ_ENTRY(connection) place;
};

TAILQ_HEAD(queue, connection);

struct connections {
    struct queue queues[STATES];
    int64_t times[STATES];
    size_t most;
    int most_per_address;
    struct proxies trusted;
    struct address *addresses[BUCKETS];
    struct connection **by_fd;
    size_t fds;
    struct bufferevent **expected; // given to evhttp in this turn of the loop
    size_t expected_count, expected_room;
    struct event *adopt, *sweep;
    int64_t sweep_at; // INT64_MAX: not armed
    size_t count, bodies;
    unsigned long refused;
};

// Deadlines

static void arm(struct connections *t, int64_t at)
{
    int64_t left = at - clock_monotonic();
    struct timeval tv;

    if (at >= t->sweep_at)
        return;
    if (left < 0)
        left = 0;
    tv = (struct timeval){.tv_sec = left / SECONDS(1), .tv_usec = left % SECONDS(1)};
    t->sweep_at = at;
    event_add(t->sweep, &tv);
}

static void enter(struct connection *c, enum state state)
{
    struct connections *t = c->table;

    c->state = state;
    c->deadline = clock_monotonic() + t->times[state];
    TAILQ_INSERT_TAIL(&t->queues[state], c, place);
    arm(t, c->deadline);
}

static void move(struct connection *c, enum state state)
{
    TAILQ_REMOVE(&c->table->queues[c->state], c, place);
    enter(c, state);
}

static void on_sweep(evutil_socket_t fd, short what, void *arg)
{
    struct connections *t = arg;
    int64_t now = clock_monotonic();

    (void)fd;
    (void)what;
    t->sweep_at = INT64_MAX;
    for (int i = 0; i < STATES; i++) {
        struct connection *c;

        while ((c = TAILQ_FIRST(&t->queues[i])) && c->deadline <= now)
            evhttp_connection_free(c->evcon);
        if (c)
            arm(t, c->deadline);
    }
}

// Methods

static void limit_input(struct connection *c, size_t body)
{
    evhttp_connection_set_max_body_size(c->evcon, (ev_ssize_t)body);
    // Without it evhttp reads on, without end, while an answer is not taken.
    bufferevent_setwatermark(c->bev, EV_READ, 0, INPUT_MOST + body);
}

static void allow_body(struct connection *c)
{
    if (c->table->bodies == BODIES_MOST)
        return; // evhttp answers 413
    c->table->bodies++;
    c->may_send_body = true;
    limit_input(c, HTTP_BODY_MOST);
}

static void end_body(struct connection *c)
{
    if (!c->may_send_body)
        return;
    c->table->bodies--;
    c->may_send_body = false;
    limit_input(c, 0);
}

static void look_at_line(struct connection *c)
{
    enum http_method_seen seen;

    if (!c->at_line)
        return;
    c->at_line = false; // also for the calls back that an exchange makes
    seen = http_method_exchange(bufferevent_get_input(c->bev), &c->method);
    c->at_line = seen == HTTP_METHOD_CUT;
    if (seen == HTTP_METHOD_EXCHANGED)
        allow_body(c);
}

// A request line comes next, or has begun to come.
static void expect_line(struct connection *c)
{
    c->method = NULL;
    c->at_line = true;
    look_at_line(c);
}

static void on_input(struct evbuffer *input, const struct evbuffer_cb_info *info, void *arg)
{
    struct connection *c = arg;

    (void)input;
    if (info->n_added == 0)
        return;
    if (c->state == IDLE)
        move(c, READING);
    look_at_line(c);
}

// Addresses

static struct address **find_address(struct connections *t, const unsigned char *key)
{
    uint32_t h = 2166136261U;
    struct address **a;

    for (int i = 0; i < CLIENT_KEY_SIZE; i++)
        h = (h ^ key[i]) * 16777619U;
    a = &t->addresses[(h ^ (h >> 16)) % BUCKETS];
    while (*a && memcmp((*a)->key, key, CLIENT_KEY_SIZE) != 0)
        a = &(*a)->next;
    return a;
}

static struct address *count_address(struct connections *t, const unsigned char *key)
{
    struct address **a = find_address(t, key);

    if (!*a) {
        *a = must(calloc(1, sizeof **a));
        memcpy((*a)->key, key, CLIENT_KEY_SIZE);
    }
    (*a)->count++;
    return *a;
}

static void uncount_address(struct connections *t, struct address *address)
{
    if (--address->count == 0) {
        *find_address(t, address->key) = address->next;
        free(address);
    }
}

// Coming and going

// Tells a TLS client that the end is the end, so that it does not suspect a cut.
static void say_goodbye(struct bufferevent *bev)
{
    SSL *ssl = bufferevent_openssl_get_ssl(bev);

    if (!ssl || !SSL_is_init_finished(ssl))
        return;
    SSL_set_shutdown(ssl, SSL_RECEIVED_SHUTDOWN);
    SSL_shutdown(ssl);
    ERR_clear_error();
}

static void on_closed(struct evhttp_connection *evcon, void *arg)
{
    struct connection *c = arg;
    struct connections *t = c->table;

    (void)evcon;
    end_body(c);
    if (c->gone)
        c->gone(c->gone_arg);
    say_goodbye(c->bev);
    evbuffer_remove_cb_entry(bufferevent_get_input(c->bev), c->watch);
    TAILQ_REMOVE(&t->queues[c->state], c, place);
    t->by_fd[c->fd] = NULL;
    if (c->address)
        uncount_address(t, c->address);
    t->count--;
    free(c);
}

// The one that has waited longest for its client, idle ones first; NULL: all are being answered.
static struct connection *oldest_waiting(struct connections *t, const struct address *address)
{
    struct connection *c;

    for (int i = IDLE; i <= READING; i++) {
        TAILQ_FOREACH(c, &t->queues[i], place)
        {
            if (!address || c->address == address)
                return c;
        }
    }
    return NULL;
}

// Makes room for one more, among all (NULL) or among those of an address.
static bool make_room(struct connections *t, const struct address *address)
{
    struct connection *oldest = oldest_waiting(t, address);

    t->refused++;
    if (!oldest)
        return false;
    evhttp_connection_free(oldest->evcon);
    return true;
}

static bool has_room(struct connections *t, const unsigned char *key)
{
    const struct address *a = key ? *find_address(t, key) : NULL;

    if (a && a->count >= t->most_per_address && !make_room(t, a))
        return false;
    return t->count < t->most || make_room(t, NULL);
}

static void remember_fd(struct connections *t, struct connection *c)
{
    size_t i = (size_t)c->fd;

    if (i >= t->fds) {
        size_t fds = i + 64;

        t->by_fd = must(reallocarray(t->by_fd, fds, sizeof *t->by_fd));
        memset(t->by_fd + t->fds, 0, (fds - t->fds) * sizeof *t->by_fd);
        t->fds = fds;
    }
    assert(!t->by_fd[i]);
    t->by_fd[i] = c;
}

static void admit(struct connections *t, struct evhttp_connection *evcon, struct bufferevent *bev)
{
    struct client client;
    bool trusted, counted;
    struct connection *c;

    client_of_socket(bufferevent_getfd(bev), &t->trusted, &client, &trusted);
    counted = client.known && !trusted;
    if (!has_room(t, counted ? client.key : NULL)) {
        evhttp_connection_free(evcon);
        return;
    }
    c = must(calloc(1, sizeof *c));
    c->table = t;
    c->evcon = evcon;
    c->bev = bev;
    c->fd = bufferevent_getfd(bev);
    c->client = client;
    c->trusted = trusted;
    if (counted)
        c->address = count_address(t, client.key);
    limit_input(c, 0);
    bufferevent_set_max_single_write(bev, SINGLE_WRITE);
    bufferevent_set_timeouts(bev, NULL, NULL); // ours is a better one
    c->watch = must(evbuffer_add_cb(bufferevent_get_input(bev), on_input, c));
    evhttp_connection_set_closecb(evcon, on_closed, c);
    remember_fd(t, c);
    t->count++;
    enter(c, READING);
    expect_line(c);
}

static void on_adopt(evutil_socket_t fd, short what, void *arg)
{
    struct connections *t = arg;

    (void)fd;
    (void)what;
    for (size_t i = 0; i < t->expected_count; i++) {
        struct bufferevent *bev = t->expected[i];
        void *evcon;

        bufferevent_getcb(bev, NULL, NULL, NULL, &evcon);
        if (evcon) // else evhttp has given it up meanwhile
            admit(t, evcon, bev);
        bufferevent_decref(bev);
    }
    t->expected_count = 0;
}

void connections_expect(struct connections *t, struct bufferevent *bev)
{
    if (t->expected_count == t->expected_room) {
        t->expected_room = t->expected_room ? t->expected_room * 2 : 64;
        t->expected = must(reallocarray(t->expected, t->expected_room, sizeof *t->expected));
    }
    bufferevent_incref(bev);
    t->expected[t->expected_count++] = bev;
    event_active(t->adopt, EV_TIMEOUT, 0);
}

static struct connection *find(struct connections *t, struct evhttp_connection *evcon)
{
    int fd = bufferevent_getfd(evhttp_connection_get_bufferevent(evcon));
    struct connection *c = fd >= 0 && (size_t)fd < t->fds ? t->by_fd[fd] : NULL;

    assert(c && c->evcon == evcon);
    return c;
}

const char *connections_method(struct connections *t, struct evhttp_connection *evcon)
{
    return find(t, evcon)->method;
}

void connections_answering(struct connections *t, struct evhttp_connection *evcon)
{
    struct connection *c = find(t, evcon);

    end_body(c); // it is read
    move(c, ANSWERING);
}

void connections_tell(struct connections *t, struct evhttp_connection *evcon,
                      void (*gone)(void *arg), void *arg)
{
    struct connection *c = find(t, evcon);

    c->gone = gone;
    c->gone_arg = arg;
}

void connections_answered(struct connections *t, struct evhttp_connection *evcon)
{
    struct connection *c = find(t, evcon);

    // What came ahead of its turn is the beginning of the next request.
    move(c, evbuffer_get_length(bufferevent_get_input(c->bev)) > 0 ? READING : IDLE);
    expect_line(c);
}

struct client connections_client(struct connections *t, struct evhttp_connection *evcon,
                                 const char *forwarded_for)
{
    const struct connection *c = find(t, evcon);
    struct client client = c->client;

    if (c->trusted && forwarded_for)
        (void)client_of_forwarded(forwarded_for, &client);
    return client;
}

const char *connections_identity_header(struct connections *t, struct evhttp_connection *evcon)
{
    return find(t, evcon)->trusted ? t->trusted.identity_header : NULL;
}

void connections_close(struct connections *t, bool all)
{
    for (int i = 0; i < STATES; i++) {
        struct connection *c;

        if (i == ANSWERING && !all)
            continue;
        while ((c = TAILQ_FIRST(&t->queues[i])))
            evhttp_connection_free(c->evcon);
    }
}

size_t connections_count(const struct connections *t)
{
    return t->count;
}

unsigned long connections_refused(const struct connections *t)
{
    return t->refused;
}

struct connections *connections_new(struct event_base *base, const struct http_limits *limits)
{
    struct connections *t = must(calloc(1, sizeof *t));

    for (int i = 0; i < STATES; i++)
        TAILQ_INIT(&t->queues[i]);
    t->times[IDLE] = SECONDS(limits->idle_s);
    t->times[READING] = SECONDS(limits->request_s);
    t->times[ANSWERING] = ANSWER_TIME;
    t->most = (size_t)limits->connections;
    t->most_per_address = limits->connections_per_address;
    t->trusted = limits->trusted;
    t->sweep_at = INT64_MAX;
    t->adopt = must(event_new(base, -1, 0, on_adopt, t));
    t->sweep = must(event_new(base, -1, 0, on_sweep, t));
    return t;
}

void connections_free(struct connections *t)
{
    if (!t)
        return;
    assert(t->count == 0);
    on_adopt(-1, 0, t); // those given up before their turn
    event_free(t->adopt);
    event_free(t->sweep);
    free(t->by_fd);
    free(t->expected);
    free(t);
}
