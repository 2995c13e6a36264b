// Fetching a token; what the server says is read by jansson.
#include "oauth.h"

#include "clock.h"
#include "json.h"
#include "text.h"
#include "web.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_BYTES_MAX ((size_t)64 << 10)
#define TOKEN_BYTES_MAX ((size_t)16 << 10)
#define FETCH_TIMEOUT_S 30
#define EARLY_S 120 // a token is given up so long before its end
#define SAID_CHARS_MAX 200

// One a process, as there is one client in the configuration; by the loop's thread alone.
static struct {
    char *whose; // for which client, URL and scope
    char *token;
    int64_t until; // monotonic
} kept;

static void curl_string_done(char **s)
{
    curl_free(*s);
}

static void add_field(struct text *form, const char *name, const char *value)
{
    AUTO(curl_string_done) char *escaped = curl_easy_escape(NULL, value, 0);

    if (!escaped)
        out_of_memory();
    text_addf(form, "%s%s=%s", form->length ? "&" : "", name, escaped);
}

static const char *form_of(struct arena *a, const struct oauth_client *c)
{
    AUTO(text_done) struct text form = {0};

    add_field(&form, "grant_type", "client_credentials");
    add_field(&form, "client_id", c->id);
    add_field(&form, "client_secret", c->secret);
    add_field(&form, "scope", c->scope);
    return arena_strdup(a, text_str(&form));
}

static const char *string_in(const json_t *answer, const char *key)
{
    const char *s = json_string_value(json_object_get(answer, key));

    return s ? s : "";
}

// RFC 6749 5.2: a word and perhaps a sentence.
static bool refused(struct error *err, int status, const json_t *answer)
{
    AUTO(string_done) char *word = text_one_line(string_in(answer, "error"), SAID_CHARS_MAX);
    AUTO(string_done)
    char *why = text_one_line(string_in(answer, "error_description"), SAID_CHARS_MAX);

    return fail(err, FAULT_AWAY, "no token for the mail servers: answer %d %s %s", status, word,
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
    AUTO(json_done) json_t *answer = NULL;
    struct web_answer said;
    struct error why;

    if (!web_ask(a,
                 &(struct web_request){.url = c->token_url,
                                       .body = form_of(a, c),
                                       .timeout_s = FETCH_TIMEOUT_S,
                                       .answer_most = ANSWER_BYTES_MAX},
                 &said, &why))
        return fail(err, FAULT_AWAY, "no token for the mail servers: %s", why.text);
    answer = json_loadb(said.text, said.length, 0, NULL);
    if (said.status != 200 || !usable(string_in(answer, "access_token")))
        return refused(err, said.status, answer);
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
