// Transfers by libcurl, against servers of the web and of mail that live on the same loop.
#include "fixture.h"
#include "transfer.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
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

// A mail server that thinks for THINKS_MS about every whole mail; libcurl 7.88 stands still
// meanwhile.
#define THINKS_MS 300

struct post;

struct guest {
    struct post *post;
    struct bufferevent *peer;
    struct event *thought;
    bool in_data;
};

struct post {
    struct loop *loop;
    struct evconnlistener *door;
    char url[60];
    struct guest guests[4];
    int guest_count, mails, sending, longest_tick_ms;
};

static void on_thought(evutil_socket_t fd, short what, void *arg)
{
    struct guest *g = arg;

    (void)fd;
    (void)what;
    evbuffer_add_printf(bufferevent_get_output(g->peer), "250 taken\r\n");
}

static void hear(struct guest *g, const char *line)
{
    static const struct timeval thinks = {.tv_usec = THINKS_MS * 1000};
    struct evbuffer *out = bufferevent_get_output(g->peer);

    if (g->in_data && strcmp(line, ".") == 0) {
        g->in_data = false;
        g->post->mails++;
        event_add(g->thought, &thinks);
    } else if (!g->in_data) {
        g->in_data = strcmp(line, "DATA") == 0;
        evbuffer_add_printf(out, g->in_data ? "354 go on\r\n" : "250 yes\r\n");
    }
}

static void on_words(struct bufferevent *b, void *arg)
{
    char *line;

    while ((line = evbuffer_readln(bufferevent_get_input(b), NULL, EVBUFFER_EOL_CRLF))) {
        hear(arg, line);
        free(line);
    }
}

static void on_guest(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *from, int size,
                     void *arg)
{
    struct post *p = arg;
    struct guest *g = &p->guests[p->guest_count];

    (void)l;
    (void)from;
    (void)size;
    MUST(p->guest_count++ < 4);
    g->post = p;
    g->peer = bufferevent_socket_new(loop_base(p->loop), fd, BEV_OPT_CLOSE_ON_FREE);
    g->thought = event_new(loop_base(p->loop), -1, 0, on_thought, g);
    bufferevent_setcb(g->peer, on_words, NULL, NULL, g);
    bufferevent_enable(g->peer, EV_READ | EV_WRITE);
    evbuffer_add_printf(bufferevent_get_output(g->peer), "220 here\r\n");
}

static void post_start(struct post *p, int max_connections)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    struct error err = {0};

    *p = (struct post){.loop = loop_new()};
    p->door = evconnlistener_new_bind(loop_base(p->loop), on_guest, p, LEV_OPT_CLOSE_ON_FREE, 8,
                                      (struct sockaddr *)&address, sizeof address);
    assert_non_null(p->door);
    assert_int_equal(
        getsockname(evconnlistener_get_fd(p->door), (struct sockaddr *)&address, &size), 0);
    (void)snprintf(p->url, sizeof p->url, "smtp://127.0.0.1:%d/", ntohs(address.sin_port));
    assert_true(transfer_init(p->loop, max_connections, &err));
}

static void post_end(struct post *p)
{
    for (int i = 0; i < p->guest_count; i++) {
        // Before the goodbye, which nobody would answer.
        shutdown(bufferevent_getfd(p->guests[i].peer), SHUT_RDWR);
        bufferevent_free(p->guests[i].peer);
        event_free(p->guests[i].thought);
    }
    transfer_done();
    evconnlistener_free(p->door);
    loop_free(p->loop);
}

static size_t give_word(char *to, size_t size, size_t count, void *arg)
{
    bool *given = arg;

    (void)size;
    MUST(count >= 4);
    if (*given)
        return 0;
    *given = true;
    memcpy(to, "hi\r\n", 4);
    return 4;
}

static void send_word(const char *url)
{
    CURL *easy = curl_easy_init();
    struct curl_slist *to = curl_slist_append(NULL, "a@example.org");
    bool given = false;
    long response = 0;

    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, 10L);
    curl_easy_setopt(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, 1L);
    curl_easy_setopt(easy, CURLOPT_MAIL_FROM, "b@example.org");
    curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, to);
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, give_word);
    curl_easy_setopt(easy, CURLOPT_READDATA, &given);
    MUST_EQUAL(transfer_perform(easy, &response), CURLE_OK);
    MUST_EQUAL(response, 250);
    curl_slist_free_all(to);
    curl_easy_cleanup(easy);
}

static void run_send_two(void *arg)
{
    struct post *p = arg;

    send_word(p->url);
    send_word(p->url);
    p->sending--;
}

static void run_tick(void *arg)
{
    struct post *p = arg;

    while (p->sending > 0) {
        int64_t before = clock_monotonic();
        int ms;

        fiber_sleep(10000);
        ms = (int)((clock_monotonic() - before) / 1000);
        p->longest_tick_ms = ms > p->longest_tick_ms ? ms : p->longest_tick_ms;
    }
}

static void test_a_thoughtful_mail_server_does_not_hold_up_the_loop(void **state)
{
    struct post p;

    (void)state;
    post_start(&p, 2);
    p.sending = 1;
    fiber_start(p.loop, "send", run_send_two, &p);
    fiber_start(p.loop, "tick", run_tick, &p);
    loop_run(p.loop);
    post_end(&p);
    assert_int_equal(p.mails, 2);
    assert_int_equal(p.guest_count, 1);
    assert_in_range(p.longest_tick_ms, 10, THINKS_MS / 2);
}

static void test_a_thoughtful_mail_server_does_not_hold_up_other_mails(void **state)
{
    int64_t start = clock_monotonic(), took;
    struct post p;

    (void)state;
    post_start(&p, 3);
    p.sending = 3;
    for (int i = 0; i < 3; i++)
        fiber_start(p.loop, "send", run_send_two, &p);
    loop_run(p.loop);
    took = clock_monotonic() - start;
    post_end(&p);
    assert_int_equal(p.mails, 6);
    assert_int_equal(p.guest_count, 3);
    assert_true(took < INT64_C(4) * THINKS_MS * 1000); // one by one: six
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
        cmocka_unit_test(test_a_thoughtful_mail_server_does_not_hold_up_the_loop),
        cmocka_unit_test(test_a_thoughtful_mail_server_does_not_hold_up_other_mails),
        cmocka_unit_test(test_no_transfer_at_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
