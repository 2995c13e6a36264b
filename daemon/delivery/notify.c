// GOV.UK Notify: a signed token (by libjwt), a question (by libcurl), its answer (by jansson).
#include "notify.h"

#include "json.h"
#include "refusals.h"
#include "text.h"
#include "web.h"

#include <curl/curl.h>
#include <jwt.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_BYTES_MAX ((size_t)256 << 10)
#define UUID_CHARS 36

struct sending {
    struct arena *arena;
    const struct notify_service *service;
    const struct notify_mail *mail;
    instant now;
    struct handover_answer *ret;
};

static void token_done(jwt_t **t)
{
    jwt_free(*t);
}

static void curl_string_done(char **s)
{
    curl_free(*s);
}

// A 400 is said of a message, or of our key or template and then to all: what else it takes tells.
static enum handover_about about(const struct sending *k, int status)
{
    if (status == 413)
        return ABOUT_MESSAGE;
    if (status != 400)
        return ABOUT_SERVER;
    return refusals_refused(k->service->url, k->mail->to) == REFUSAL_OF_ALL ? ABOUT_UNKNOWN
                                                                            : ABOUT_RECIPIENT;
}

static void say(const struct sending *k, enum handover result, int status, const char *text)
{
    handover_say(k->ret, result, status, text, k->mail->to);
    if (result == HANDOVER_RETRY || result == HANDOVER_UNSURE)
        k->ret->about = about(k, status);
    else if (result == HANDOVER_SENT)
        refusals_taken(k->service->url, k->mail->to);
}

// --------------------------------------------------------------------------------- who is asking

static bool is_uuid(const char *s)
{
    for (int i = 0; i < UUID_CHARS; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;

        if (dash ? s[i] != '-' : !strchr("0123456789abcdef", s[i]) || !s[i])
            return false;
    }
    return true;
}

// "name-SERVICE-SECRET", both of them UUIDs.
static const char *secret_of(const char *key)
{
    return key + strlen(key) - UUID_CHARS;
}

static const char *service_of(const char *key)
{
    return secret_of(key) - 1 - UUID_CHARS;
}

bool notify_key_valid(const char *key)
{
    return strlen(key) > (size_t)2 * UUID_CHARS + 1 && is_uuid(secret_of(key)) &&
           secret_of(key)[-1] == '-' && is_uuid(service_of(key)) && service_of(key)[-1] == '-';
}

// RFC 7519: the service as issuer, and the time at which it was made.
static const char *bearer_of(const struct sending *k)
{
    const char *key = k->service->key;
    AUTO(token_done) jwt_t *token = NULL;
    char *encoded;
    const char *header;

    if (jwt_new(&token) != 0 ||
        jwt_set_alg(token, JWT_ALG_HS256, (const unsigned char *)secret_of(key), UUID_CHARS) != 0 ||
        jwt_add_grant(token, "iss", arena_strndup(k->arena, service_of(key), UUID_CHARS)) != 0 ||
        jwt_add_grant_int(token, "iat", (long)(k->now / SECONDS(1))) != 0)
        out_of_memory();
    encoded = jwt_encode_str(token);
    if (!encoded)
        out_of_memory();
    header = arena_printf(k->arena, "Authorization: Bearer %s", encoded);
    free(encoded);
    return header;
}

static bool ask(const struct sending *k, const char *path, const char *body, struct web_answer *ret,
                struct error *err)
{
    const char *headers[] = {bearer_of(k), "Content-Type: application/json", "Expect:", NULL};

    return web_ask(
        k->arena,
        &(struct web_request){.url = arena_printf(k->arena, "%s%s", k->service->url, path),
                              .body = body,
                              .headers = headers,
                              .ca_file = k->service->ca_file,
                              .timeout_s = k->service->timeout_s > 0 ? k->service->timeout_s : 1,
                              .answer_most = ANSWER_BYTES_MAX},
        ret, err);
}

// ------------------------------------------------------------------------------ what it answers

// The first error of {"errors": [{"error": "BadRequestError", "message": "…"}]}.
static const char *words_of(const struct sending *k, const struct web_answer *said)
{
    AUTO(json_done) json_t *root = json_loadb(said->text, said->length, 0, NULL);
    const json_t *first = json_array_get(json_object_get(root, "errors"), 0);
    const char *kind = json_string_value(json_object_get(first, "error"));
    const char *message = json_string_value(json_object_get(first, "message"));

    return arena_printf(k->arena, "%d %s%s%s", said->status, kind ? kind : "",
                        kind && message ? ": " : "", message ? message : "");
}

// "email_address Not a valid email address": a message about a field begins with its name.
static bool is_about_address(const struct web_answer *said)
{
    AUTO(json_done) json_t *root = json_loadb(said->text, said->length, 0, NULL);
    size_t i;
    const json_t *one;

    json_array_foreach(json_object_get(root, "errors"), i, one)
    {
        const char *message = json_string_value(json_object_get(one, "message"));

        if (message && strncmp(message, "email_address ", strlen("email_address ")) == 0)
            return true;
    }
    return false;
}

// An error of the server's own may come after it has taken the message. For ever it refuses an
// address alone. Everything else is about us, our key (of a team, on trial) or our template, or is
// said by a proxy on the way, and may be put right.
static enum handover result_of(const struct web_answer *said)
{
    if (said->status == 201)
        return HANDOVER_SENT;
    if (said->status >= 500)
        return HANDOVER_UNSURE;
    return said->status == 400 && is_about_address(said) ? HANDOVER_REFUSED : HANDOVER_RETRY;
}

// ----------------------------------------------------------------------------------- two questions

// True: it is known whether the message is there. Else the answer is filled in.
static bool look_for(const struct sending *k, bool *ret_there)
{
    AUTO(curl_string_done) char *reference = curl_easy_escape(NULL, k->mail->reference, 0);
    AUTO(json_done) json_t *root = NULL;
    struct web_answer said;
    struct error err;

    if (!reference)
        out_of_memory();
    if (!ask(k, arena_printf(k->arena, "/v2/notifications?reference=%s", reference), NULL, &said,
             &err)) {
        say(k, HANDOVER_RETRY, 0, err.text);
        return false;
    }
    root = json_loadb(said.text, said.length, 0, NULL);
    if (said.status != 200 || !json_is_array(json_object_get(root, "notifications"))) {
        say(k, HANDOVER_RETRY, said.status, words_of(k, &said));
        return false;
    }
    *ret_there = json_array_size(json_object_get(root, "notifications")) > 0;
    return true;
}

static const char *body_of(const struct sending *k)
{
    AUTO(json_done) json_t *root = json_object();
    json_t *fields = json_object();
    const struct notify_mail *m = k->mail;

    json_set_text(fields, "subject", m->subject);
    json_set_text(fields, "message", m->text);
    json_set_text(root, "email_address", m->to);
    json_set_text(root, "template_id", k->service->template_id);
    json_set_text(root, "reference", m->reference);
    json_object_set_new(root, "personalisation", fields);
    if (k->service->reply_to_id)
        json_set_text(root, "email_reply_to_id", k->service->reply_to_id);
    return json_line(k->arena, root);
}

void notify_send(struct arena *a, const struct notify_service *s, const struct notify_mail *m,
                 instant now, struct handover_answer *ret)
{
    struct sending k = {a, s, m, now, ret};
    struct web_answer said;
    struct error err;
    bool there = false;

    if (m->may_be_there && !look_for(&k, &there))
        return;
    if (there)
        say(&k, HANDOVER_SENT, 200, "it was taken before, as its reference tells");
    else if (m->until && clock_monotonic() >= atomic_load(m->until))
        say(&k, HANDOVER_RETRY, 0, "the time in which it was ours to send has passed");
    else if (ask(&k, "/v2/notifications/email", body_of(&k), &said, &err))
        say(&k, result_of(&said), said.status, words_of(&k, &said));
    else
        say(&k, said.may_have_arrived ? HANDOVER_UNSURE : HANDOVER_RETRY, 0, err.text);
}
