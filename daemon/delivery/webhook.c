// Posting by libcurl (webhook.h).
#include "webhook.h"

#include "transfer.h"

#include <string.h>

#define POST_TIMEOUT_S 20L
#define CONNECT_TIMEOUT_S 10L

static void handle_done(CURL **easy)
{
    curl_easy_cleanup(*easy);
}

static void list_done(struct curl_slist **list)
{
    curl_slist_free_all(*list);
}

// Runs on the thread of the transfers. What is answered is of no interest.
static size_t drop(char *data, size_t size, size_t count, void *arg)
{
    (void)data;
    (void)arg;
    return size * count;
}

static void set_options(CURL *easy, const char *url, const char *json,
                        const struct curl_slist *headers)
{
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, json);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "timely/" TIMELY_VERSION);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, POST_TIMEOUT_S);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, CONNECT_TIMEOUT_S);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, drop);
}

bool webhook_post(const char *url, const char *json, struct error *err)
{
    AUTO(handle_done) CURL *easy = curl_easy_init();
    AUTO(list_done)
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    CURLcode done;
    long code;

    if (!easy || !headers)
        out_of_memory();
    set_options(easy, url, json, headers);
    done = transfer_perform(easy, &code);
    if (done == CURLE_UNSUPPORTED_PROTOCOL || done == CURLE_URL_MALFORMAT)
        return fail(err, FAULT_INPUT, "the webhook's address is neither http nor https");
    // libcurl's own words for the case, never those about this address.
    if (done != CURLE_OK)
        return fail(err, FAULT_AWAY, "the webhook: %s", curl_easy_strerror(done));
    if (code < 200 || code > 299)
        return fail(err, FAULT_AWAY, "the webhook answered %ld", code);
    return true;
}
