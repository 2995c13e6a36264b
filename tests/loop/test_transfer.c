// Transfers by libcurl, against an HTTP server that lives on the same loop.
#include "fixture.h"
#include "transfer.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <netinet/in.h>
#include <sys/socket.h>

#define LATER_MS 200

struct web {
    struct loop *loop;
    struct evhttp *http;
    int port;
    int connections; // distinct ones seen
    struct evhttp_connection *seen[8];
    struct event *timers[16];
    int timer_count;
};

static void count_connection(struct web *w, struct evhttp_connection *c)
{
    for (int i = 0; i < w->connections; i++) {
        if (w->seen[i] == c)
            return;
    }
    MUST(w->connections < 8);
    w->seen[w->connections++] = c;
}

static void reply(struct evhttp_request *request)
{
    struct evbuffer *b = evbuffer_new();

    evbuffer_add_printf(b, "hello");
    evhttp_send_reply(request, 200, "OK", b);
    evbuffer_free(b);
}

static void reply_now(struct evhttp_request *request, void *arg)
{
    count_connection(arg, evhttp_request_get_connection(request));
    reply(request);
}

static void on_later(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    reply(arg);
}

static void reply_later(struct evhttp_request *request, void *arg)
{
    struct web *w = arg;
    struct timeval tv = {.tv_usec = LATER_MS * 1000};

    MUST(w->timer_count < 16);
    w->timers[w->timer_count] = event_new(loop_base(w->loop), -1, 0, on_later, request);
    event_add(w->timers[w->timer_count++], &tv);
}

static void web_start(struct web *w, int max_connections)
{
    struct evhttp_bound_socket *bound;
    struct sockaddr_in address;
    socklen_t size = sizeof(address);
    struct error err = {0};

    *w = (struct web){.loop = loop_new()};
    w->http = evhttp_new(loop_base(w->loop));
    bound = evhttp_bind_socket_with_handle(w->http, "127.0.0.1", 0);
    assert_non_null(bound);
    assert_int_equal(
        getsockname(evhttp_bound_socket_get_fd(bound), (struct sockaddr *)&address, &size), 0);
    w->port = ntohs(address.sin_port);
    evhttp_set_cb(w->http, "/now", reply_now, w);
    evhttp_set_cb(w->http, "/later", reply_later, w);
    assert_true(transfer_init(w->loop, max_connections, &err));
}

static void web_end(struct web *w)
{
    transfer_done();
    transfer_done(); // is nothing
    for (int i = 0; i < w->timer_count; i++)
        event_free(w->timers[i]);
    evhttp_free(w->http);
    loop_free(w->loop);
}

struct get {
    struct web *web;
    const char *path;
    CURLcode code;
    long response;
    size_t length;
    long timeout_ms;
};

static size_t count_bytes(char *data, size_t size, size_t count, void *arg)
{
    (void)data;
    *(size_t *)arg += size * count;
    return size * count;
}

static void run_get(void *arg)
{
    struct get *g = arg;
    CURL *easy = curl_easy_init();
    char url[100];

    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d%s", g->web->port, g->path);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, g->timeout_ms);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, count_bytes);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &g->length);
    g->code = transfer_perform(easy, &g->response);
    curl_easy_cleanup(easy);
}

static void test_answers_and_refusals(void **state)
{
    struct web w;
    struct get gets[] = {
        {.path = "/now"}, {.path = "/absent"}, {.path = "/later", .timeout_ms = 50}};

    (void)state;
    web_start(&w, 4);
    for (size_t i = 0; i < 3; i++) {
        gets[i].web = &w;
        fiber_start(w.loop, "get", run_get, &gets[i]);
    }
    loop_run(w.loop);
    web_end(&w);
    assert_int_equal(gets[0].code, CURLE_OK);
    assert_int_equal(gets[0].response, 200);
    assert_int_equal(gets[0].length, 5);
    assert_int_equal(gets[1].code, CURLE_OK);
    assert_int_equal(gets[1].response, 404);
    assert_int_equal(gets[2].code, CURLE_OPERATION_TIMEDOUT);
    assert_int_equal(gets[2].response, 0);
}

static void run_unreachable(void *arg)
{
    CURL *easy = curl_easy_init();
    long response = -1;

    (void)arg;
    curl_easy_setopt(easy, CURLOPT_URL, "http://127.0.0.1:1/");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    MUST_EQUAL(transfer_perform(easy, &response), CURLE_COULDNT_CONNECT);
    MUST_EQUAL(response, 0);
    MUST_EQUAL(transfer_perform(easy, NULL), CURLE_COULDNT_CONNECT);
    curl_easy_cleanup(easy);
}

static void test_nobody_there(void **state)
{
    struct web w;

    (void)state;
    web_start(&w, 1);
    fiber_start(w.loop, "get", run_unreachable, NULL);
    loop_run(w.loop);
    web_end(&w);
}

static void run_many(void *arg)
{
    struct get *g = arg;

    for (int i = 0; i < 100; i++)
        run_get(g);
}

static void test_one_connection_is_used_again(void **state)
{
    struct web w;
    struct get g = {.web = &w, .path = "/now"};

    (void)state;
    web_start(&w, 1);
    fiber_start(w.loop, "get", run_many, &g);
    loop_run(w.loop);
    assert_int_equal(w.connections, 1);
    assert_int_equal(g.length, 500);
    web_end(&w);
}

static void test_transfers_overlap(void **state)
{
    struct web w;
    struct get gets[4];
    int64_t start = clock_monotonic();

    (void)state;
    web_start(&w, 4);
    for (int i = 0; i < 4; i++) {
        gets[i] = (struct get){.web = &w, .path = "/later"};
        fiber_start(w.loop, "get", run_get, &gets[i]);
    }
    loop_run(w.loop);
    web_end(&w);
    for (int i = 0; i < 4; i++)
        assert_int_equal(gets[i].length, 5);
    assert_true(clock_monotonic() - start < INT64_C(3) * LATER_MS * 1000);
}

static void run_stop(void *arg)
{
    (void)arg;
    fiber_sleep(50000);
    loop_stop(fiber_loop());
}

static void test_a_transfer_in_flight_ends_after_a_stop(void **state)
{
    struct web w;
    struct get g = {.web = &w, .path = "/later"};

    (void)state;
    web_start(&w, 1);
    fiber_start(w.loop, "get", run_get, &g);
    fiber_start(w.loop, "stop", run_stop, NULL);
    loop_run(w.loop);
    web_end(&w);
    assert_int_equal(g.code, CURLE_OK);
    assert_int_equal(g.length, 5);
}

static void test_no_transfer_at_all(void **state)
{
    struct web w;

    (void)state;
    web_start(&w, 1);
    web_end(&w); // nothing was asked: nothing is left
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers_and_refusals),
        cmocka_unit_test(test_nobody_there),
        cmocka_unit_test(test_one_connection_is_used_again),
        cmocka_unit_test(test_transfers_overlap),
        cmocka_unit_test(test_a_transfer_in_flight_ends_after_a_stop),
        cmocka_unit_test(test_no_transfer_at_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
