// Posting to a webhook (webhook.h).
#include "webhook.h"

#include "web.h"

#define POST_TIMEOUT_S 20
#define ANSWER_BYTES_MAX ((size_t)64 << 10)

bool webhook_post(const char *url, const char *json, struct error *err)
{
    static const char *const headers[] = {"Content-Type: application/json", NULL};
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct web_answer said;
    struct error why;

    if (!web_ask(a,
                 &(struct web_request){.url = url,
                                       .body = json,
                                       .headers = headers,
                                       .timeout_s = POST_TIMEOUT_S,
                                       .answer_most = ANSWER_BYTES_MAX},
                 &said, &why))
        return fail(err, FAULT_AWAY, "the webhook: %s", why.text);
    if (said.status < 200 || said.status > 299)
        return fail(err, FAULT_AWAY, "the webhook answered %d", said.status);
    return true;
}
