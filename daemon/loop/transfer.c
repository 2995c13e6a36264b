// libcurl's multi interface on libevent: curl says which sockets and which moment it cares for, we
// tell it when they come. Nothing of curl_multi is called from inside its callbacks, but
// curl_multi_assign, which is made for that.
#include "transfer.h"

#include <assert.h>
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>

// One multi handle a process, by contract: transfer_perform is called with nothing but the easy
// handle.
static struct {
    CURLM *multi;
    struct event_base *base;
    struct event *timer;
    int performing;
} transfers;

struct transfer {
    struct bell done;
    CURLcode code;
};

static void finish_done(void)
{
    CURLMsg *m;
    int left;

    while ((m = curl_multi_info_read(transfers.multi, &left))) {
        struct transfer *t = NULL;

        if (m->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&t);
        t->code = m->data.result;
        bell_ring(&t->done); // the fiber takes the handle out: m is not valid after that
    }
}

static void act(curl_socket_t fd, int what)
{
    int running;

    curl_multi_socket_action(transfers.multi, fd, what, &running);
    finish_done();
}

static void on_socket_event(evutil_socket_t fd, short what, void *arg)
{
    (void)arg;
    act(fd, (what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0));
}

static void on_timer_event(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
    act(CURL_SOCKET_TIMEOUT, 0);
}

// curl wants to hear of a socket, of other things than before, or no longer of it.
static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
    struct event *watched = socket_arg;
    short events = (short)(EV_PERSIST | (what & CURL_POLL_IN ? EV_READ : 0) |
                           (what & CURL_POLL_OUT ? EV_WRITE : 0));

    (void)easy;
    (void)arg;
    if (watched)
        event_free(watched);
    watched = NULL;
    if (what != CURL_POLL_REMOVE) {
        watched = event_new(transfers.base, fd, events, on_socket_event, NULL);
        if (!watched || event_add(watched, NULL) != 0)
            abort();
    }
    curl_multi_assign(transfers.multi, fd, watched);
    return 0;
}

static int on_timer(CURLM *multi, long ms, void *arg)
{
    struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};

    (void)multi;
    (void)arg;
    if (ms < 0)
        event_del(transfers.timer);
    else
        event_add(transfers.timer, &tv); // 0: from the loop, as soon as it turns
    return 0;
}

bool transfer_init(struct loop *l, int max_connections, struct error *err)
{
    assert(!transfers.multi && "transfer_init: called twice");
    (void)signal(SIGPIPE, SIG_IGN); // TLS to a peer that has gone would end the process
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return fail(err, FAULT_AWAY, "libcurl does not start");
    transfers.base = loop_base(l);
    transfers.multi = curl_multi_init();
    transfers.timer = event_new(transfers.base, -1, 0, on_timer_event, NULL);
    if (!transfers.multi || !transfers.timer)
        out_of_memory();
    curl_multi_setopt(transfers.multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(transfers.multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(transfers.multi, CURLMOPT_MAXCONNECTS, (long)max_connections);
    curl_multi_setopt(transfers.multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)max_connections);
    return true;
}

void transfer_done(void)
{
    if (!transfers.multi)
        return;
    assert(transfers.performing == 0 && "transfer_done: a transfer is in flight");
    curl_multi_cleanup(transfers.multi);
    event_free(transfers.timer);
    transfers.multi = NULL;
    transfers.timer = NULL;
    transfers.base = NULL;
    curl_global_cleanup();
}

CURLcode transfer_perform(CURL *easy, long *response)
{
    struct transfer t = {.code = CURLE_FAILED_INIT};
    long answered = 0;

    assert(transfers.multi && "transfer_perform: transfer_init was not called");
    curl_easy_setopt(easy, CURLOPT_PRIVATE, &t);
    if (curl_multi_add_handle(transfers.multi, easy) != CURLM_OK)
        return t.code;
    transfers.performing++;
    bell_wait_to_end(&t.done, -1);
    transfers.performing--;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &answered);
    curl_multi_remove_handle(transfers.multi, easy);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, NULL);
    if (response)
        *response = answered;
    return t.code;
}
