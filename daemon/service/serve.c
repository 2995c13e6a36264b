// The process that serves. One fiber follows the store; requests are answered from memory by the
// HTTP server on the same loop, whether the store is there or not. Logs have numbers of feeds,
// never an address of one.
#include "serve.h"

#include "backoff.h"
#include "caldav.h"
#include "clock.h"
#include "feeds.h"
#include "http_request.h"
#include "log.h"
#include "metrics.h"
#include "pages.h"
#include "store_pool.h"
#include "text.h"
#include "wellness.h"

#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_EVERY SECONDS(1)
#define LOOK_GAP (SECONDS(1) / 10)   // between two looks, however often the store calls
#define SILENT_MOST (2 * LOOK_EVERY) // while the store answers
#define HEARTBEAT_OLDEST SECONDS(120)
#define STORE_AWAY_MOST_S 15 // between two tries
#define STORE_CONNECTIONS 4
#define PLAIN_TEXT "text/plain; charset=utf-8"

static const char heartbeat_sql[] =
    "SELECT floor(extract(epoch FROM now() - heartbeat_at) * 1000000)::bigint FROM timely.state";

struct serve {
    const struct serve_options *options;
    struct loop *loop;
    struct http_server *http;
    struct throttle *throttle;
    struct feeds *feeds;
    struct wellness *wellness;
    struct pages pages;
    struct store_pool *pool; // for answers that have to ask the store
    struct caldav *caldav;
    char *prefix; // the path of the public address, without its last "/"
    bool connected;
    int64_t looked_at; // monotonic; when the store last answered everything; 0: never
    bool has_heartbeat;
    int64_t heartbeat_age; // at looked_at, microseconds
    unsigned long looks, failures;
    struct bell follower_ended;
    bool listened;
    struct error *err;
};

// Following the store

static bool look(struct serve *s, struct db *db, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;

    if (!feeds_refresh(s->feeds, db, err) || !db_ask(db, heartbeat_sql, 0, NULL, &r, err))
        return false;
    s->has_heartbeat = PQntuples(r) == 1 && db_text(r, 0, 0);
    if (s->has_heartbeat)
        s->heartbeat_age = db_int(r, 0, 0);
    if (s->looked_at == 0)
        log_info("serve.ready", "feeds=%zu", feeds_count(s->feeds));
    s->looked_at = clock_monotonic();
    s->looks++;
    return wellness_refresh(s->wellness, db, err);
}

// True when the loop is to stop; false with *err when the connection is of no use any more.
static bool follow_connection(struct serve *s, struct db *db, struct error *err)
{
    if (!db_run(db, "LISTEN timely_feed", err))
        return false;
    while (!loop_stopping(s->loop)) {
        if (!look(s, db, err))
            return false;
        s->connected = true;
        // Many changes at once are one look.
        if (fiber_sleep(LOOK_GAP) == WAKE_STOPPING)
            break;
        if (db_wait_notify(db, LOOK_EVERY - LOOK_GAP, err) == WAKE_STOPPING &&
            err->fault != FAULT_NONE)
            return false;
    }
    return true;
}

static bool follow_once(struct serve *s, struct error *err)
{
    AUTO(db_auto_close) struct db *db = NULL;

    return db_open(&s->options->store, &db, err) && follow_connection(s, db, err);
}

static void follow_store(void *arg)
{
    struct serve *s = arg;
    struct backoff backoff = {.most_s = STORE_AWAY_MOST_S};

    while (!loop_stopping(s->loop)) {
        struct error err = {0};

        if (follow_once(s, &err) || loop_stopping(s->loop))
            break;
        if (s->connected)
            backoff_reset(&backoff);
        s->connected = false;
        s->failures++;
        (void)backoff_wait(&backoff, "serve.store_away", &err);
    }
    s->connected = false;
    bell_ring(&s->follower_ended);
}

// Health

static void answer_text(int status, const char *text, struct http_response *ret)
{
    *ret = (struct http_response){.status = status,
                                  .content_type = PLAIN_TEXT,
                                  .body = text,
                                  .length = strlen(text),
                                  .cache_control = "no-store"};
}

// A text made for this answer.
static void answer_made(int status, const char *content_type, struct text *text,
                        struct http_response *ret)
{
    answer_text(status, text_str(text), ret);
    ret->content_type = content_type;
    ret->release = free;
    ret->owner = text->s; // set: something was added
}

// Adds why not all is well; nothing where it is.
static void say_unwell(const struct serve *s, struct text *ret)
{
    const int64_t silent = clock_monotonic() - s->looked_at;
    const int64_t age = s->heartbeat_age + silent;

    if (s->looked_at == 0)
        text_add(ret, "the store has not answered yet");
    else if (!s->has_heartbeat)
        text_add(ret, "the daemon has not run on this store yet");
    else if (age < HEARTBEAT_OLDEST)
        wellness_codes(s->wellness, ret);
    else if (!s->connected)
        text_addf(ret, "the store has not answered for %lld s", (long long)(silent / SECONDS(1)));
    else
        text_addf(ret, "the daemon's last heartbeat is %lld s old", (long long)(age / SECONDS(1)));
}

static void answer_health(const struct serve *s, struct http_response *ret)
{
    struct text t = {0};

    say_unwell(s, &t);
    if (t.length == 0) {
        answer_text(200, "ok\n", ret);
        return;
    }
    text_add(&t, "\n");
    answer_made(503, PLAIN_TEXT, &t, ret);
}

static bool is_well(const struct serve *s)
{
    AUTO(text_done) struct text t = {0};

    say_unwell(s, &t);
    return t.length == 0;
}

static void answer_metrics(const struct serve *s, struct http_response *ret)
{
    static const char answers[] = "Answers to requests that were read whole.";
    static const char limited[] = "Requests that were answered 429, by the limit that they met.";
    const struct http_counts c = http_counts_of(s->http);
    const struct throttle_counts refused = throttle_counts_of(s->throttle);
    const int64_t silent = clock_monotonic() - s->looked_at;
    const double never = -1;
    const struct metric samples[] = {
        {"timely_http_answers_total", answers, METRIC_COUNTER, "status", "2xx",
         (double)c.answered_2xx},
        {"timely_http_answers_total", answers, METRIC_COUNTER, "status", "304",
         (double)c.answered_304},
        {"timely_http_answers_total", answers, METRIC_COUNTER, "status", "4xx",
         (double)c.answered_4xx},
        {"timely_http_answers_total", answers, METRIC_COUNTER, "status", "5xx",
         (double)c.answered_5xx},
        {"timely_http_limited_total", limited, METRIC_COUNTER, "by", "address",
         (double)refused.address},
        {"timely_http_limited_total", limited, METRIC_COUNTER, "by", "unknown",
         (double)refused.unknown},
        {"timely_http_limited_total", limited, METRIC_COUNTER, "by", "feed", (double)refused.feed},
        {"timely_http_connections", "Connections that are open.", METRIC_GAUGE, NULL, NULL,
         (double)c.open_connections},
        {"timely_http_refused_connections_total",
         "Connections that were closed because of a limit on their number.", METRIC_COUNTER, NULL,
         NULL, (double)c.refused_connections},
        {"timely_feeds", "Live subscriptions.", METRIC_GAUGE, NULL, NULL,
         (double)feeds_count(s->feeds)},
        {"timely_feed_bytes", "Memory that the bodies of feeds take.", METRIC_GAUGE, NULL, NULL,
         (double)feeds_size(s->feeds)},
        {"timely_store_connected", "Whether the store is there.", METRIC_GAUGE, NULL, NULL,
         s->connected},
        {"timely_store_looks_total", "Times that the store was looked at for changes.",
         METRIC_COUNTER, NULL, NULL, (double)s->looks},
        {"timely_store_failures_total", "Times that the connection to the store was given up.",
         METRIC_COUNTER, NULL, NULL, (double)s->failures},
        {"timely_store_look_age_seconds", "Time since the last look; -1: there was none.",
         METRIC_GAUGE, NULL, NULL, s->looked_at ? (double)silent / 1e6 : never},
        {"timely_heartbeat_age_seconds", "Age of the daemon's last heartbeat; -1: there was none.",
         METRIC_GAUGE, NULL, NULL,
         s->has_heartbeat ? (double)(s->heartbeat_age + silent) / 1e6 : never},
        {"timely_well", "Whether all is well: what /healthz says.", METRIC_GAUGE, NULL, NULL,
         is_well(s)},
    };
    size_t codes;
    const struct metric *unwell = wellness_metrics(s->wellness, &codes);
    struct text t = {0};

    metrics_write(samples, sizeof samples / sizeof *samples, &t);
    metrics_write(unwell, codes, &t);
    answer_made(200, METRICS_CONTENT_TYPE, &t, ret);
}

// Requests

// A calendar that the store could not confirm of late says for how long (RFC 9111 5.1), so that
// nothing between here and its reader takes it for fresh.
static void answer_feed(struct serve *s, const struct http_request *q, int64_t now,
                        struct http_response *ret)
{
    const int64_t silent = now - s->looked_at;

    feeds_answer(s->feeds, q, now, ret);
    if (ret->etag && silent > SILENT_MOST)
        ret->age_s = (int)(silent / SECONDS(1));
}

static void answer_from_memory(struct serve *s, const struct http_request *q, int64_t now,
                               struct http_response *ret)
{
    if (strncmp(q->path, "/feed/", strlen("/feed/")) == 0)
        answer_feed(s, q, now, ret);
    else if (pages_has(q->path))
        pages_answer(&s->pages, q, ret);
    else if (strcmp(q->path, "/healthz") == 0)
        answer_health(s, ret);
    else if (strcmp(q->path, "/readyz") == 0)
        answer_text(s->looked_at ? 200 : 503,
                    s->looked_at ? "ok\n" : "the store has not answered yet\n", ret);
    else if (strcmp(q->path, "/metrics") == 0)
        answer_metrics(s, ret);
    else
        answer_text(404, "There is nothing here.\n", ret);
}

static void on_request(void *arg, const struct http_request *q, struct http_response *ret)
{
    static const char *const allow[] = {"Allow", "GET, HEAD, OPTIONS", NULL};
    struct serve *s = arg;
    struct http_request inner = *q;
    const int64_t now = clock_monotonic();

    if (!throttle_request(s->throttle, &q->client, now, ret))
        return;
    inner.path = http_path_behind(s->prefix, q->path);
    if (caldav_takes(inner.path)) {
        caldav_answer(s->caldav, q, ret);
        if (ret->status == 401 && q->authorization) // a password that is none
            (void)throttle_unknown(s->throttle, &q->client, now, ret);
        return;
    }
    if (strcmp(q->method, "GET") == 0 || strcmp(q->method, "HEAD") == 0) {
        answer_from_memory(s, &inner, now, ret);
        return;
    }
    if (strcmp(q->method, "POST") == 0 && pages_takes_form(inner.path)) {
        pages_answer(&s->pages, &inner, ret);
        return;
    }
    if (strcmp(q->method, "OPTIONS") == 0)
        answer_text(200, "", ret);
    else
        answer_text(405, "This can only be read.\n", ret);
    ret->headers = allow;
}

// The path of "https://host/path/" is "/path"; of "https://host" it is "".
static char *path_of(const char *url)
{
    const char *host = url ? strstr(url, "://") : NULL;
    const char *path = host ? strchr(host + 3, '/') : NULL;
    char *ret = strdup(path ? path : "");

    if (!ret)
        out_of_memory();
    for (size_t n = strlen(ret); n > 0 && ret[n - 1] == '/'; n--)
        ret[n - 1] = '\0';
    return ret;
}

// The life of the process

static void on_end(evutil_socket_t number, short what, void *arg)
{
    struct serve *s = arg;

    (void)what;
    log_info("serve.stopping", "signal=%d", (int)number);
    loop_stop(s->loop);
}

static void on_reload(evutil_socket_t number, short what, void *arg)
{
    struct serve *s = arg;
    struct error err = {0};

    (void)number;
    (void)what;
    if (!s->http)
        return;
    if (http_reload_certificate(s->http, &err))
        log_info("serve.reloaded", "tls=%s", s->options->cert_file ? "yes" : "no");
    else
        log_error("serve.reload_refused", "reason=\"%s\"", err.text);
}

static bool in_the_open(const struct serve_options *o)
{
    return !o->cert_file && strncmp(o->listen, "127.", 4) != 0 &&
           strncmp(o->listen, "[::1]:", 6) != 0 && strncmp(o->listen, "unix:", 5) != 0;
}

static void serve_fiber(void *arg)
{
    struct serve *s = arg;
    const struct serve_options *o = s->options;
    struct bell never = {0};

    if (!http_listen(s->loop, o->listen, o->cert_file, o->key_file, &o->limits, on_request, s,
                     &s->http, s->err)) {
        loop_stop(s->loop);
        return;
    }
    s->listened = true;
    log_info("serve.listening", "address=%s port=%d tls=%s", o->listen, http_port(s->http),
             o->cert_file ? "yes" : "no");
    if (in_the_open(o))
        log_warning("serve.clear_text",
                    "reason=\"feeds cross the network unencrypted unless a proxy stands before\"");
    fiber_start(s->loop, "feeds", follow_store, s);
    if (o->listening)
        o->listening(o->arg);
    (void)bell_wait(&never, -1); // until the loop stops
    http_stop(s->http);
    s->http = NULL;
    (void)bell_wait_to_end(&s->follower_ended, -1);
}

static struct event *on_signal(struct serve *s, int number, event_callback_fn what)
{
    struct event *e = evsignal_new(loop_base(s->loop), number, what, s);

    if (!e || event_add(e, NULL) != 0)
        out_of_memory();
    return e;
}

bool serve_run(const struct serve_options *o, struct error *err)
{
    struct serve s = {.options = o, .loop = loop_new(), .err = err};
    struct event *const signals[] = {on_signal(&s, SIGTERM, on_end), on_signal(&s, SIGINT, on_end),
                                     on_signal(&s, SIGHUP, on_reload)};

    s.pool = store_pool_new(&o->store, STORE_CONNECTIONS);
    s.throttle = throttle_new(&o->rates);
    s.feeds = feeds_new(s.throttle);
    s.wellness = wellness_new();
    s.prefix = path_of(o->public_url);
    s.pages = (struct pages){.pool = s.pool,
                             .throttle = s.throttle,
                             .prefix = s.prefix,
                             .help = o->help,
                             .sign_on = o->limits.trusted.identity_header != NULL,
                             .by_email = o->identity_is_email};
    s.caldav = caldav_new(s.feeds, s.pool, s.prefix);
    loop_run_one(s.loop, "serve", serve_fiber, &s);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        event_free(signals[i]);
    caldav_free(s.caldav);
    store_pool_free(s.pool);
    loop_free(s.loop);
    wellness_free(s.wellness);
    feeds_free(s.feeds);
    throttle_free(s.throttle);
    free(s.prefix);
    return s.listened;
}
