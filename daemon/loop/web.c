// A transfer of libcurl for one question (web.h).
#include "web.h"

#include "text.h"
#include "transfer.h"

#include <string.h>

#define CONNECT_TIMEOUT_S 10
#define RETRY_AFTER_MOST_S 86400

struct asking {
    const struct web_request *request;
    CURL *easy;
    struct curl_slist *headers;
    struct text answer;
    bool too_long;
    char words[CURL_ERROR_SIZE];
};

static void asking_done(struct asking *k)
{
    curl_easy_cleanup(k->easy);
    curl_slist_free_all(k->headers);
    text_done(&k->answer);
}

// Runs on the thread of the transfers.
static size_t take(char *data, size_t size, size_t count, void *arg)
{
    struct asking *k = arg;

    k->too_long |= k->answer.length + size * count > k->request->answer_most;
    if (k->too_long)
        return 0;
    text_add_n(&k->answer, data, size * count);
    return size * count;
}

static void set_answer(struct asking *k)
{
    curl_easy_setopt(k->easy, CURLOPT_ACCEPT_ENCODING, "");
    curl_easy_setopt(k->easy, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(k->easy, CURLOPT_WRITEDATA, k);
    curl_easy_setopt(k->easy, CURLOPT_ERRORBUFFER, k->words);
}

static void set_patience(CURL *easy, int timeout_s)
{
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, (long)timeout_s);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT,
                     (long)(timeout_s < CONNECT_TIMEOUT_S ? timeout_s : CONNECT_TIMEOUT_S));
}

static void set_request(struct asking *k)
{
    const struct web_request *q = k->request;

    curl_easy_setopt(k->easy, CURLOPT_URL, q->url);
    curl_easy_setopt(k->easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(k->easy, CURLOPT_USERAGENT, "timely/" TIMELY_VERSION);
    if (q->ca_file)
        curl_easy_setopt(k->easy, CURLOPT_CAINFO, q->ca_file);
    if (q->follow) {
        curl_easy_setopt(k->easy, CURLOPT_REDIR_PROTOCOLS_STR,
                         strncmp(q->url, "https:", 6) == 0 ? "https" : "http,https");
        curl_easy_setopt(k->easy, CURLOPT_FOLLOWLOCATION, 1L);
        curl_easy_setopt(k->easy, CURLOPT_MAXREDIRS, 3L);
    }
    if (q->body) {
        curl_easy_setopt(k->easy, CURLOPT_POSTFIELDS, q->body);
        curl_easy_setopt(k->easy, CURLOPT_FRESH_CONNECT, 1L);
    }
    for (const char *const *h = q->headers; h && *h; h++) {
        k->headers = curl_slist_append(k->headers, *h);
        if (!k->headers)
            out_of_memory();
    }
    curl_easy_setopt(k->easy, CURLOPT_HTTPHEADER, k->headers);
}

bool web_ask(struct arena *a, const struct web_request *q, struct web_answer *ret,
             struct error *err)
{
    AUTO(asking_done) struct asking k = {.request = q, .easy = curl_easy_init()};
    long status = 0, sent = 0;
    curl_off_t wait = 0;
    CURLcode done;

    if (!k.easy)
        out_of_memory();
    set_request(&k);
    set_answer(&k);
    set_patience(k.easy, q->timeout_s);
    done = transfer_perform(k.easy, &status);
    curl_easy_getinfo(k.easy, CURLINFO_REQUEST_SIZE, &sent);
    curl_easy_getinfo(k.easy, CURLINFO_RETRY_AFTER, &wait);
    *ret = (struct web_answer){.status = (int)status,
                               .retry_after_s =
                                   (int)(wait < RETRY_AFTER_MOST_S ? wait : RETRY_AFTER_MOST_S),
                               .text = arena_strndup(a, text_str(&k.answer), k.answer.length),
                               .length = k.answer.length,
                               .may_have_arrived = sent > 0};
    if (k.too_long)
        return fail(err, FAULT_AWAY, "an answer longer than %zu bytes", q->answer_most);
    return done == CURLE_OK ||
           fail(err, FAULT_AWAY, "%s", *k.words ? k.words : curl_easy_strerror(done));
}
