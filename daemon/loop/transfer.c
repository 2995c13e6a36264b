// Transfers on threads. libcurl waits inside its calls, above all for the answer to a mail's final
// dot and to QUIT, and neither the event loop nor another transfer may wait with it: so each
// connection has a thread, with a multi handle that keeps the connection. Transfers go to the
// threads in one list and come back in another; an eventfd tells the loop of the second.
#include "transfer.h"

#include <assert.h>
#include <event2/event.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define LOOK_EVERY_MS 60000 // libcurl's own timers end the wait before

struct transfer {
    CURL *easy;
    bool own; // on the handle's own connection
    CURLcode code;
    struct bell done; // the loop's alone: no thread ever touches a bell
    struct transfer *next;
};

// One set of connections a process, by contract: transfer_perform is called with nothing but the
// easy handle.
static struct {
    pthread_mutex_t lock; // of the next three, with which `asked_more` goes
    struct transfer *asked, *ended;
    bool closing;
    pthread_cond_t asked_more;
    // The loop's own.
    pthread_t *threads;
    int count, most;
    int performing;
    int ended_fd;
    struct event *on_ended; // watched while somebody waits
} transfers = {.lock = PTHREAD_MUTEX_INITIALIZER, .asked_more = PTHREAD_COND_INITIALIZER};

static void append(struct transfer **list, struct transfer *t)
{
    while (*list)
        list = &(*list)->next;
    *list = t;
}

// -------------------------------------------------------------------------------- on the threads

static CURLcode perform(CURLM *multi, CURL *easy)
{
    CURLcode code = CURLE_FAILED_INIT;
    int running = 1, left;
    CURLMsg *m;

    if (curl_multi_add_handle(multi, easy) != CURLM_OK)
        return code;
    while (curl_multi_perform(multi, &running) == CURLM_OK && running > 0)
        if (curl_multi_poll(multi, NULL, 0, LOOK_EVERY_MS, NULL) != CURLM_OK)
            break;
    m = curl_multi_info_read(multi, &left);
    if (m && m->msg == CURLMSG_DONE)
        code = m->data.result;
    curl_multi_remove_handle(multi, easy);
    return code;
}

// From here on the transfer is the loop's again, and its frame may be gone at any moment.
static void hand_back(struct transfer *t)
{
    const uint64_t one = 1;

    pthread_mutex_lock(&transfers.lock);
    t->next = NULL;
    append(&transfers.ended, t);
    pthread_mutex_unlock(&transfers.lock);
    if (write(transfers.ended_fd, &one, sizeof one) != sizeof one)
        abort(); // an eventfd refuses only at 2^64 - 1
}

// NULL when there will be no more.
static struct transfer *next_asked(void)
{
    struct transfer *t;

    pthread_mutex_lock(&transfers.lock);
    while (!transfers.asked && !transfers.closing)
        pthread_cond_wait(&transfers.asked_more, &transfers.lock);
    t = transfers.asked;
    if (t)
        transfers.asked = t->next;
    pthread_mutex_unlock(&transfers.lock);
    return t;
}

static void *transfer_thread(void *arg)
{
    CURLM *multi = curl_multi_init();
    struct transfer *t;

    if (!multi)
        out_of_memory();
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, 1L);
    while ((t = next_asked())) {
        t->code = t->own ? curl_easy_perform(t->easy) : perform(multi, t->easy);
        hand_back(t);
    }
    curl_multi_cleanup(multi);
    return arg;
}

// ------------------------------------------------------------------------------------ on the loop

static void on_ended(evutil_socket_t fd, short what, void *arg)
{
    struct transfer *t, *next;
    uint64_t count;

    (void)what;
    (void)arg;
    (void)!read(fd, &count, sizeof count); // before the list is taken: what comes later tells again
    pthread_mutex_lock(&transfers.lock);
    t = transfers.ended;
    transfers.ended = NULL;
    pthread_mutex_unlock(&transfers.lock);
    for (; t; t = next) {
        next = t->next;
        bell_ring(&t->done);
    }
}

// Signals are for the loop: the threads, and whatever threads libcurl makes on them, take none.
static bool start_thread(void)
{
    sigset_t every, before;
    int failed;

    sigfillset(&every);
    pthread_sigmask(SIG_SETMASK, &every, &before);
    failed = pthread_create(&transfers.threads[transfers.count], NULL, transfer_thread, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    transfers.count += !failed;
    return !failed;
}

bool transfer_init(struct loop *l, int max_connections, struct error *err)
{
    assert(!transfers.threads && "transfer_init: called twice");
    (void)signal(SIGPIPE, SIG_IGN); // TLS to a peer that has gone would end the process
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return fail(err, FAULT_AWAY, "libcurl does not start");
    transfers.most = max_connections > 0 ? max_connections : 1;
    transfers.threads = calloc((size_t)transfers.most, sizeof *transfers.threads);
    transfers.ended_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (!transfers.threads || transfers.ended_fd < 0)
        out_of_memory();
    transfers.on_ended =
        event_new(loop_base(l), transfers.ended_fd, EV_READ | EV_PERSIST, on_ended, NULL);
    if (!transfers.on_ended)
        out_of_memory();
    return true;
}

static void set_closing(bool closing)
{
    pthread_mutex_lock(&transfers.lock);
    transfers.closing = closing;
    pthread_cond_broadcast(&transfers.asked_more);
    pthread_mutex_unlock(&transfers.lock);
}

void transfer_done(void)
{
    if (!transfers.threads)
        return;
    assert(transfers.performing == 0 && "transfer_done: a fiber waits for a transfer");
    set_closing(true);
    while (transfers.count > 0)
        pthread_join(transfers.threads[--transfers.count], NULL);
    set_closing(false);
    free(transfers.threads);
    transfers.threads = NULL;
    event_free(transfers.on_ended);
    close(transfers.ended_fd);
    curl_global_cleanup();
}

static void ask(struct transfer *t)
{
    pthread_mutex_lock(&transfers.lock);
    append(&transfers.asked, t);
    pthread_cond_signal(&transfers.asked_more);
    pthread_mutex_unlock(&transfers.lock);
}

// The eventfd is watched only while somebody waits for it: a loop that watches something never sees
// that it is stuck.
static void wait_for(struct transfer *t)
{
    if (transfers.performing++ == 0 && event_add(transfers.on_ended, NULL) != 0)
        abort();
    // More transfers than threads: none is free.
    if (transfers.performing <= transfers.count || transfers.count == transfers.most ||
        start_thread() || transfers.count > 0) {
        ask(t);
        bell_wait_to_end(&t->done, -1);
    }
    if (--transfers.performing == 0)
        event_del(transfers.on_ended);
}

CURLcode transfer_perform(CURL *easy, long *response)
{
    struct transfer t = {.easy = easy, .code = CURLE_FAILED_INIT};
    long answered = 0;

    assert(transfers.threads && "transfer_perform: transfer_init was not called");
    wait_for(&t);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &answered);
    if (response)
        *response = answered;
    return t.code;
}

CURLcode transfer_connect(CURL *easy)
{
    struct transfer t = {.easy = easy, .own = true, .code = CURLE_FAILED_INIT};

    assert(transfers.threads && "transfer_connect: transfer_init was not called");
    wait_for(&t);
    return t.code;
}
