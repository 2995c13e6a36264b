// Fetching a token by libcurl; what the server says is read by jansson.
#include "oauth.h"

#include "json.h"

#include "clock.h"
#include "text.h"
#include "transfer.h"

#include <stdlib.h>
#include <string.h>

#define ANSWER_BYTES_MAX ((size_t)64 << 10)
#define TOKEN_BYTES_MAX ((size_t)16 << 10)
#define FETCH_TIMEOUT_S 30L
#define CONNECT_TIMEOUT_S 10L
#define EARLY_S 120 // a token is given up so long before its end
#define SAID_CHARS_MAX 200

// One a process, as there is one client in the configuration; by the loop's thread alone.
static struct {
    char *whose; // for which client, URL and scope
    char *token;
    int64_t until; // monotonic
} kept;

struct answer {
    struct text text;
    bool too_long;
};

static void handle_done(CURL **easy)
{
    curl_easy_cleanup(*easy);
}

static void answer_done(struct answer *n)
{
    text_done(&n->text);
}

static void curl_string_done(char **s)
{
    curl_free(*s);
}

static void line_done(char **s)
{
    free(*s);
}

// Runs on the thread of the transfers.
static size_t take(char *data, size_t size, size_t count, void *arg)
{
    struct answer *n = arg;

    n->too_long |= n->text.length + size * count > ANSWER_BYTES_MAX;
    if (n->too_long)
        return 0;
    text_add_n(&n->text, data, size * count);
    return size * count;
}

static void add_field(CURL *easy, struct text *form, const char *name, const char *value)
{
    AUTO(curl_string_done) char *escaped = curl_easy_escape(easy, value, 0);

    if (!escaped)
        out_of_memory();
    text_addf(form, "%s%s=%s", form->length ? "&" : "", name, escaped);
}

static void set_request(CURL *easy, const struct oauth_client *c, struct answer *n, char *words)
{
    AUTO(text_done) struct text form = {0};

    add_field(easy, &form, "grant_type", "client_credentials");
    add_field(easy, &form, "client_id", c->id);
    add_field(easy, &form, "client_secret", c->secret);
    add_field(easy, &form, "scope", c->scope);
    curl_easy_setopt(easy, CURLOPT_URL, c->token_url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, text_str(&form));
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "timely/" TIMELY_VERSION);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, FETCH_TIMEOUT_S);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, CONNECT_TIMEOUT_S);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, n);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, words);
}

static const char *string_in(const json_t *answer, const char *key)
{
    const char *s = json_string_value(json_object_get(answer, key));

    return s ? s : "";
}

// RFC 6749 5.2: a word and perhaps a sentence.
static bool refused(struct error *err, long code, const json_t *answer)
{
    AUTO(line_done) char *word = text_one_line(string_in(answer, "error"), SAID_CHARS_MAX);
    AUTO(line_done)
    char *why = text_one_line(string_in(answer, "error_description"), SAID_CHARS_MAX);

    return fail(err, FAULT_AWAY, "no token for the mail servers: answer %ld %s %s", code, word,
                why);
}

static bool usable(const char *token)
{
    for (const char *c = token; *c; c++)
        if (*c <= ' ' || *c > '~')
            return false;
    return *token && strlen(token) <= TOKEN_BYTES_MAX;
}

static void keep(const char *whose, const char *token, json_int_t seconds)
{
    free(kept.whose);
    free(kept.token);
    kept.whose = strdup(whose);
    kept.token = strdup(token);
    if (!kept.whose || !kept.token)
        out_of_memory();
    seconds = seconds > 86400 ? 86400 : seconds;
    kept.until = clock_monotonic() + SECONDS(seconds > EARLY_S ? seconds - EARLY_S : 0);
}

static bool fetch(struct arena *a, const struct oauth_client *c, const char *whose,
                  const char **ret, struct error *err)
{
    AUTO(handle_done) CURL *easy = curl_easy_init();
    AUTO(answer_done) struct answer n = {0};
    AUTO(json_done) json_t *answer = NULL;
    char words[CURL_ERROR_SIZE] = "";
    CURLcode done;
    long code;

    if (!easy)
        out_of_memory();
    set_request(easy, c, &n, words);
    done = transfer_perform(easy, &code);
    if (done != CURLE_OK)
        return fail(err, FAULT_AWAY, "no token for the mail servers: %s",
                    n.too_long ? "an answer that is too long"
                    : *words   ? words
                               : curl_easy_strerror(done));
    answer = json_loadb(text_str(&n.text), n.text.length, 0, NULL);
    if (code != 200 || !usable(string_in(answer, "access_token")))
        return refused(err, code, answer);
    *ret = arena_strdup(a, string_in(answer, "access_token"));
    keep(whose, *ret, json_integer_value(json_object_get(answer, "expires_in")));
    return true;
}

bool oauth_token(struct arena *a, const struct oauth_client *c, const char **ret, struct error *err)
{
    const char *whose = arena_printf(a, "%s %s %s", c->token_url, c->id, c->scope);

    if (kept.token && same_text(kept.whose, whose) && clock_monotonic() < kept.until) {
        *ret = arena_strdup(a, kept.token);
        return true;
    }
    return fetch(a, c, whose, ret, err);
}

void oauth_refused(const char *token)
{
    if (same_key(kept.token, token))
        kept.until = 0;
}
