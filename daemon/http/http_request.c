// Checks on what evhttp has parsed. evhttp takes almost anything; whoever stands before us (a
// proxy) must not understand a request differently, so what is ambiguous is refused.
#include "http_request.h"

#include <ctype.h>
#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define IDENTITY_MOST 254 // a mail address (RFC 5321 4.5.3.1.3)

enum { OK = 0, BAD_REQUEST = 400, TOO_LARGE = 413, URI_TOO_LONG = 414 };

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static bool has_dot_segment(const char *path)
{
    for (const char *s = path; s; s = strchr(s + 1, '/')) {
        size_t length = strcspn(s + 1, "/");

        if ((length == 1 && s[1] == '.') || (length == 2 && s[1] == '.' && s[2] == '.'))
            return true;
    }
    return false;
}

int http_path_read(const char *target, char ret[HTTP_PATH_MOST])
{
    size_t n = 0;

    // evhttp takes a target with blanks in it.
    if (target[0] != '/' || target[strcspn(target, " \t#")])
        return BAD_REQUEST;
    for (const char *s = target; *s && *s != '?'; s++) {
        int c = (unsigned char)*s;

        if (c == '%') {
            int high = hex(s[1]);
            int low = high < 0 ? -1 : hex(s[2]);

            if (low < 0)
                return BAD_REQUEST;
            c = high * 16 + low;
            s += 2;
        }
        if (c < 0x20 || c == 0x7f)
            return BAD_REQUEST;
        if (n == HTTP_PATH_MOST - 1)
            return URI_TOO_LONG;
        ret[n++] = (char)c;
    }
    ret[n] = '\0';
    return has_dot_segment(ret) ? BAD_REQUEST : OK;
}

const char *http_path_behind(const char *prefix, const char *path)
{
    size_t length = strlen(prefix);

    return strncmp(path, prefix, length) == 0 && path[length] == '/' ? path + length : path;
}

// True for "gzip;q=0", "gzip; q=0.000" and the like.
static bool weighs_nothing(const char *parameters, size_t length)
{
    const char *q = memmem(parameters, length, "q=", 2);

    if (!q)
        q = memmem(parameters, length, "Q=", 2);
    return q && strtod(q + 2, NULL) <= 0;
}

bool http_accepts_gzip(const char *accept_encoding)
{
    int gzip = -1, any = -1; // -1: not named

    for (const char *s = accept_encoding; s && *s;) {
        size_t item, name;

        s += strspn(s, " \t,");
        item = strcspn(s, ",");
        name = strcspn(s, " \t;,");
        if ((name == 4 && strncasecmp(s, "gzip", 4) == 0) ||
            (name == 6 && strncasecmp(s, "x-gzip", 6) == 0))
            gzip = !weighs_nothing(s + name, item - name);
        else if (name == 1 && *s == '*')
            any = !weighs_nothing(s + name, item - name);
        s += item;
    }
    return gzip >= 0 ? gzip == 1 : any == 1;
}

// RFC 9110 5.6.2.
static bool is_token(const char *s)
{
    if (!*s)
        return false;
    for (; *s; s++) {
        if (!isalnum((unsigned char)*s) && !strchr("!#$%&'*+-.^_`|~", *s))
            return false;
    }
    return true;
}

bool http_identity_is_plain(const char *value)
{
    size_t length = strlen(value);

    for (const char *s = value; *s; s++) {
        if (*s <= ' ' || *s > '~' || *s == ',')
            return false;
    }
    return length > 0 && length <= IDENTITY_MOST;
}

static void join(struct text *list, const char *value)
{
    if (list->length > 0)
        text_add(list, ", ");
    text_add(list, value);
}

// A header of which several cannot all be meant.
struct single {
    int count;
    const char *value;
};

struct seen {
    struct single host, if_modified_since, authorization, depth, content_type, content_length;
    struct single identity;
    const char *identity_header; // NULL: none is believed
    const char *forwarded_for;   // the last one
};

static void see(struct single *s, const char *value)
{
    s->count++;
    s->value = value;
}

static const char *only(const struct single *s)
{
    return s->count == 1 ? s->value : NULL;
}

static int read_header(const struct evkeyval *h, struct http_reading *memory, struct seen *seen)
{
    const char *name = h->key, *value = h->value;

    if (!is_token(name))
        return BAD_REQUEST;
    if (seen->identity_header && strcasecmp(name, seen->identity_header) == 0)
        see(&seen->identity, value);
    if (strcasecmp(name, "Host") == 0) {
        see(&seen->host, value);
    } else if (strcasecmp(name, "If-None-Match") == 0) {
        join(&memory->if_none_match, value);
    } else if (strcasecmp(name, "If-Modified-Since") == 0) {
        see(&seen->if_modified_since, value);
    } else if (strcasecmp(name, "Authorization") == 0) {
        see(&seen->authorization, value);
    } else if (strcasecmp(name, "Accept-Encoding") == 0) {
        join(&memory->accept_encoding, value);
    } else if (strcasecmp(name, "X-Forwarded-For") == 0) {
        seen->forwarded_for = value;
    } else if (strcasecmp(name, "Transfer-Encoding") == 0) {
        return BAD_REQUEST;
    } else if (strcasecmp(name, "Depth") == 0) {
        see(&seen->depth, value);
    } else if (strcasecmp(name, "Content-Type") == 0) {
        see(&seen->content_type, value);
    } else if (strcasecmp(name, "Content-Length") == 0) {
        see(&seen->content_length, value);
    }
    return OK;
}

// Whether evhttp and whoever stands before us agree on where the body ends.
static int check_length(const struct single *length, bool has_body)
{
    if (length->count == 0)
        return OK;
    if (length->count > 1 || length->value[strspn(length->value, "0123456789")])
        return BAD_REQUEST;
    // evhttp does not read the body of a HEAD: it would be taken for the next request.
    return has_body || strcmp(length->value, "0") == 0 ? OK : TOO_LARGE;
}

// *ret is NULL where a proxy has signed nobody in, and sends none or an empty one.
static int read_identity(const struct single *identity, const char **ret)
{
    *ret = NULL;
    if (identity->count == 0 || (identity->count == 1 && !*identity->value))
        return OK;
    if (identity->count > 1 || !http_identity_is_plain(identity->value))
        return BAD_REQUEST;
    *ret = identity->value;
    return OK;
}

static const char *native_method(struct evhttp_request *req)
{
    switch ((int)evhttp_request_get_command(req)) {
    case EVHTTP_REQ_GET:
        return "GET";
    case EVHTTP_REQ_HEAD:
        return "HEAD";
    default:
        return NULL;
    }
}

// evhttp answers in the version that it was asked in, whatever that is, and never closes after a
// CONNECT. So such a request is made one that it can refuse.
static int read_first_line(struct evhttp_request *req)
{
    if (req->major == 1 && req->type != EVHTTP_REQ_CONNECT)
        return OK;
    req->type = EVHTTP_REQ_GET;
    req->major = 1;
    req->minor = 1;
    return BAD_REQUEST;
}

int http_request_read(struct evhttp_request *req, const char *method, const char *identity_header,
                      struct http_reading *memory, struct http_request *ret)
{
    const struct evkeyvalq *headers = evhttp_request_get_input_headers(req);
    struct evbuffer *body = evhttp_request_get_input_buffer(req);
    const char *native = native_method(req);
    struct seen seen = {.identity_header = identity_header};
    const char *identity = NULL;
    int refused = read_first_line(req);

    if (!refused)
        refused = http_path_read(evhttp_request_get_uri(req), memory->path);
    text_clear(&memory->if_none_match);
    text_clear(&memory->accept_encoding);
    for (const struct evkeyval *h = headers->tqh_first; h && !refused; h = h->next.tqe_next)
        refused = read_header(h, memory, &seen);
    if (!refused)
        refused = check_length(&seen.content_length, !native);
    if (!refused)
        refused = read_identity(&seen.identity, &identity);
    if (refused)
        return refused;
    if (seen.host.count > 1 || (seen.host.count == 0 && req->minor >= 1) || !native == !method)
        return BAD_REQUEST;
    if (native && evbuffer_get_length(body) > 0)
        return TOO_LARGE;
    *ret = (struct http_request){
        .method = native ? native : method,
        .path = memory->path,
        .head = evhttp_request_get_command(req) == EVHTTP_REQ_HEAD,
        .if_none_match = memory->if_none_match.length ? text_str(&memory->if_none_match) : NULL,
        .if_modified_since = only(&seen.if_modified_since),
        .accepts_gzip = http_accepts_gzip(text_str(&memory->accept_encoding)),
        .authorization = only(&seen.authorization),
        .depth = only(&seen.depth),
        .content_type = only(&seen.content_type),
        .body = native ? NULL : (const char *)evbuffer_pullup(body, -1),
        .length = evbuffer_get_length(body),
        .forwarded_for = seen.forwarded_for,
        .identity = identity,
    };
    return OK;
}
