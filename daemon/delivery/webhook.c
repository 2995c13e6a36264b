// Posting to a webhook (webhook.h).
#include "webhook.h"

#include "fiber.h"
#include "web.h"

#define POST_TIMEOUT_S 20
#define ANSWER_BYTES_MAX ((size_t)64 << 10)
#define PATIENCE_S 20 // with one that asks for a moment

static bool post(struct arena *a, const char *url, const char *json, struct web_answer *said,
                 struct error *err)
{
    static const char *const headers[] = {"Content-Type: application/json", NULL};
    struct error why;

    return web_ask(a,
                   &(struct web_request){.url = url,
                                         .body = json,
                                         .headers = headers,
                                         .timeout_s = POST_TIMEOUT_S,
                                         .answer_most = ANSWER_BYTES_MAX},
                   said, &why) ||
           fail(err, FAULT_AWAY, "the webhook: %s", why.text);
}

// Too many at once, or not just now: it says itself for how long.
static bool asks_for_a_moment(const struct web_answer *said)
{
    return (said->status == 429 || said->status == 503) && said->retry_after_s > 0 &&
           said->retry_after_s <= PATIENCE_S;
}

bool webhook_post(const char *url, const char *json, struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct web_answer said;

    if (!post(a, url, json, &said, err))
        return false;
    if (asks_for_a_moment(&said) && fiber_sleep(SECONDS(said.retry_after_s)) != WAKE_STOPPING &&
        !post(a, url, json, &said, err))
        return false;
    return (said.status >= 200 && said.status <= 299) ||
           fail(err, FAULT_AWAY, "the webhook answered %d", said.status);
}
