// Who asks, for what, by which method. Everything is answered from the body in memory on the loop;
// a report that needs the store is begun again in a fiber, with a connection.
#include "caldav.h"

#include "caldav_properties.h"
#include "caldav_report.h"
#include "clock.h"
#include "conditional.h"
#include "http_request.h"
#include "log.h"
#include "text.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ROOT "/caldav"
#define WELL_KNOWN "/.well-known/caldav"
#define STORE_PATIENCE SECONDS(5)
#define CREDENTIALS_MOST 1024 // in base64
#define PLAIN_TEXT "text/plain; charset=utf-8"

#define WHAT_WE_ARE "DAV", "1, 3, calendar-access", "Allow", "OPTIONS, GET, HEAD, PROPFIND, REPORT"

static const char *const headers[] = {WHAT_WE_ARE, NULL};
static const char *const challenge[] = {WHAT_WE_ARE, "WWW-Authenticate",
                                        "Basic realm=\"timely\", charset=\"UTF-8\"", NULL};
static const char *const soon[] = {WHAT_WE_ARE, "Retry-After", "30", NULL};

struct caldav {
    struct feeds *feeds;
    struct store_pool *pool;
    const char *prefix;
    char *root;              // "/caldav/" as clients know it
    const char *redirect[3]; // the headers that send a client there
};

static void answer_text(int status, const char *text, const char *const *with,
                        struct http_response *ret)
{
    *ret = (struct http_response){.status = status,
                                  .content_type = PLAIN_TEXT,
                                  .body = text,
                                  .length = strlen(text),
                                  .cache_control = "no-store",
                                  .headers = with};
}

static bool is_method(const struct http_request *q, const char *method)
{
    return strcmp(q->method, method) == 0;
}

// ------------------------------------------------------------------------------------------ access

// The password of Basic authentication (RFC 7617); "" when there is none. Fills `ret`.
static const char *read_password(const char *authorization, char ret[CREDENTIALS_MOST])
{
    const char *encoded;
    size_t length;
    char *colon;
    int decoded;

    if (!authorization || strncasecmp(authorization, "Basic ", 6) != 0)
        return "";
    encoded = authorization + 6 + strspn(authorization + 6, " ");
    length = strlen(encoded);
    if (length >= CREDENTIALS_MOST)
        return "";
    decoded = EVP_DecodeBlock((unsigned char *)ret, (const unsigned char *)encoded, (int)length);
    if (decoded < 0)
        return "";
    ret[decoded] = '\0'; // the padding has become NULs
    colon = strchr(ret, ':');
    return colon ? colon + 1 : "";
}

// ----------------------------------------------------------------------------------------- methods

// One request under way.
struct asking {
    const struct http_request *q;
    struct caldav_view view;
    struct feed_body *body;
    struct caldav_resource resource;
    struct db *store; // or NULL
    struct http_response *ret;
};

static void get(struct asking *k)
{
    const struct calendar_part *part = k->resource.part;
    bool unchanged;

    if (!part) {
        answer_text(200, "This is a calendar for programs that speak CalDAV.\n", headers, k->ret);
        return;
    }
    unchanged = k->q->if_none_match && conditional_etag_named(k->q->if_none_match, part->tag);
    *k->ret = (struct http_response){.status = unchanged ? 304 : 200,
                                     .content_type = "text/calendar; charset=utf-8",
                                     .body = part->text,
                                     .length = part->length,
                                     .etag = part->tag,
                                     .cache_control = "private, no-cache",
                                     .release = feed_body_release,
                                     .owner = feed_body_take(k->body)};
}

static enum caldav_kind below(enum caldav_kind kind)
{
    switch (kind) {
    case CALDAV_ROOT:
        return CALDAV_PRINCIPAL;
    case CALDAV_PRINCIPAL:
        return CALDAV_HOME;
    case CALDAV_HOME:
        return CALDAV_CALENDAR;
    case CALDAV_CALENDAR:
    case CALDAV_OBJECT:
        break;
    }
    return CALDAV_OBJECT;
}

static void write_children(struct asking *k, const struct caldav_wanted *wanted,
                           struct dav_writer *w)
{
    const struct calendar_parts *parts = k->view.parts;
    struct caldav_resource child = {.kind = below(k->resource.kind)};

    if (child.kind != CALDAV_OBJECT) {
        caldav_write_properties(w, &k->view, child, NULL, wanted);
        return;
    }
    for (size_t i = 0; i < parts->count && !caldav_is_full(w); i++) {
        child.part = &parts->items[i];
        caldav_write_properties(w, &k->view, child, NULL, wanted);
    }
}

static void propfind(struct asking *k, const xmlNode *request)
{
    const bool alone = k->resource.kind == CALDAV_OBJECT || same_key(k->q->depth, "0");
    struct caldav_wanted wanted;
    struct dav_writer *w;

    if (request && !dav_is(request, DAV_NS, "propfind")) {
        caldav_refuse(400, "", k->ret);
    } else if (!caldav_wanted_read(k->view.arena, request, &wanted)) {
        caldav_refuse(403, "", k->ret);
    } else if (!alone && !same_key(k->q->depth, "1")) { // without one it is infinity
        caldav_refuse(403, "d:propfind-finite-depth", k->ret);
    } else {
        w = dav_writer_new("d:multistatus");
        caldav_write_properties(w, &k->view, k->resource, NULL, &wanted);
        if (!alone)
            write_children(k, &wanted, w);
        caldav_multistatus(w, k->ret);
    }
}

// PROPFIND or REPORT. A PROPFIND may have no body (RFC 4918 9.1).
static enum caldav_reported ask_with_body(struct asking *k, struct error *err)
{
    AUTO(dav_document_done)
    xmlDoc *document = k->q->length > 0 ? dav_read(k->q->body, k->q->length) : NULL;
    const xmlNode *root = document ? xmlDocGetRootElement(document) : NULL;
    const bool report = is_method(k->q, "REPORT");

    if (!root && (report || k->q->length > 0)) {
        caldav_refuse(400, "", k->ret);
        return CALDAV_REPORTED;
    }
    if (report)
        return caldav_report(&k->view, k->resource, root, k->store, k->ret, err);
    propfind(k, root);
    return CALDAV_REPORTED;
}

static bool is_reading(const struct http_request *q)
{
    return is_method(q, "GET") || is_method(q, "HEAD") || is_method(q, "PROPFIND") ||
           is_method(q, "REPORT");
}

// --------------------------------------------------------------------------------------- requests

// Fills in the view of whoever asks; false: nobody that we know. The body is the caller's to
// release: it may be replaced in memory while the store is asked.
static bool authenticate(struct caldav *c, struct asking *k)
{
    char credentials[CREDENTIALS_MOST];
    const char *password = read_password(k->q->authorization, credentials);
    struct caldav_view *v = &k->view;
    struct feed_found feed;

    if (!feeds_find(c->feeds, password, strlen(password), clock_monotonic(), &feed))
        return false;
    k->body = feed_body_take(feed.body);
    v->feed_id = feed.feed_id;
    v->owner_kind = arena_strdup(v->arena, feed.owner_kind);
    v->owner_id = arena_strdup(v->arena, feed.owner_id);
    v->body = k->body;
    v->parts = k->body ? feed_body_parts(k->body) : NULL;
    return true;
}

static enum caldav_reported ask(struct asking *k, const char *path, struct error *err)
{
    if (!is_reading(k->q)) // 403 ends it; some clients try again after 405 or 501
        caldav_refuse(403, "d:need-privileges", k->ret);
    else if (!k->view.parts)
        answer_text(503, "This calendar is not ready yet. Please ask again in a few minutes.\n",
                    soon, k->ret);
    else if (!caldav_resolve(&k->view, path, &k->resource))
        answer_text(404, "There is nothing here.\n", headers, k->ret);
    else if (is_method(k->q, "GET") || is_method(k->q, "HEAD"))
        get(k);
    else
        return ask_with_body(k, err);
    return CALDAV_REPORTED;
}

static enum caldav_reported answer(struct caldav *c, const struct http_request *q, struct db *store,
                                   struct http_response *ret, struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct asking k = {
        .q = q, .view = {.arena = a, .prefix = c->prefix}, .store = store, .ret = ret};
    enum caldav_reported reported;

    if (!authenticate(c, &k)) {
        answer_text(401,
                    "Please give the secret part of your calendar's address as the password.\n",
                    challenge, ret);
        return CALDAV_REPORTED;
    }
    reported = ask(&k, http_path_behind(c->prefix, q->path), err);
    feed_body_release(k.body);
    if (!ret->headers)
        ret->headers = headers;
    log_debug("caldav.asked", "feed=%lld method=%s status=%d", k.view.feed_id, q->method,
              ret->status);
    return reported;
}

static void answer_away(const struct error *err, struct http_response *ret)
{
    log_warning("caldav.store_away", "reason=\"%s\"", err->text);
    answer_text(503, "What changed cannot be told now. Please ask again in a few minutes.\n", soon,
                ret);
}

// In a fiber.
static void answer_from_store(void *arg, const struct http_request *q, struct http_response *ret)
{
    struct caldav *c = arg;
    struct error err = {0};
    struct db *store;
    bool ok;

    if (!store_pool_take(c->pool, STORE_PATIENCE, &store, &err)) {
        answer_away(&err, ret);
        return;
    }
    ok = answer(c, q, store, ret, &err) == CALDAV_REPORTED;
    store_pool_give(c->pool, store, ok);
    if (!ok)
        answer_away(&err, ret);
}

void caldav_answer(struct caldav *c, const struct http_request *q, struct http_response *ret)
{
    struct error err = {0};

    if (strncmp(http_path_behind(c->prefix, q->path), WELL_KNOWN, strlen(WELL_KNOWN)) == 0)
        answer_text(301, "", c->redirect, ret);
    else if (is_method(q, "OPTIONS")) // asked before anybody is known
        answer_text(200, "", headers, ret);
    else if (answer(c, q, NULL, ret, &err) == CALDAV_NEEDS_STORE)
        *ret = (struct http_response){.later = answer_from_store, .later_arg = c};
}

bool caldav_takes(const char *path)
{
    return strcmp(path, WELL_KNOWN) == 0 || strcmp(path, WELL_KNOWN "/") == 0 ||
           strcmp(path, ROOT) == 0 || strncmp(path, ROOT "/", strlen(ROOT "/")) == 0;
}

struct caldav *caldav_new(struct feeds *feeds, struct store_pool *pool, const char *prefix)
{
    struct caldav *c = calloc(1, sizeof *c);

    if (!c || asprintf(&c->root, "%s" ROOT "/", prefix) < 0)
        out_of_memory();
    c->feeds = feeds;
    c->pool = pool;
    c->prefix = prefix;
    c->redirect[0] = "Location";
    c->redirect[1] = c->root;
    return c;
}

void caldav_free(struct caldav *c)
{
    if (!c)
        return;
    free(c->root);
    free(c);
}
