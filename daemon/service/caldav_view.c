// Names of resources, tokens, and the shapes that answers have in common.
#include "caldav_view.h"

#include "http_request.h"

#include <event2/http.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define SYNC_TOKEN "data:,"
#define XML "application/xml; charset=utf-8"
#define ANSWER_MOST ((size_t)16 * 1024 * 1024)

// ------------------------------------------------------------------------------------------ names

static const char *href_of_object(const struct caldav_view *v, const char *uid)
{
    char *encoded = evhttp_uriencode(uid, -1, 0);
    const char *href;

    if (!encoded)
        out_of_memory();
    href = arena_printf(v->arena, "%s/caldav/%lld/home/deadlines/%s.ics", v->prefix, v->feed_id,
                        encoded);
    free(encoded);
    return href;
}

const char *caldav_href(const struct caldav_view *v, struct caldav_resource r)
{
    switch (r.kind) {
    case CALDAV_ROOT:
        return arena_printf(v->arena, "%s/caldav/", v->prefix);
    case CALDAV_PRINCIPAL:
        return arena_printf(v->arena, "%s/caldav/%lld/", v->prefix, v->feed_id);
    case CALDAV_HOME:
        return arena_printf(v->arena, "%s/caldav/%lld/home/", v->prefix, v->feed_id);
    case CALDAV_CALENDAR:
        return arena_printf(v->arena, "%s/caldav/%lld/home/deadlines/", v->prefix, v->feed_id);
    case CALDAV_OBJECT:
        break;
    }
    return href_of_object(v, r.part->uid);
}

static bool find_object(const struct caldav_view *v, const char *name, struct caldav_resource *ret)
{
    const size_t length = strlen(name), suffix = strlen(".ics");

    if (length <= suffix || strcmp(name + length - suffix, ".ics") != 0)
        return false;
    ret->kind = CALDAV_OBJECT;
    ret->part = calendar_parts_find(v->parts, arena_strndup(v->arena, name, length - suffix));
    return ret->part != NULL;
}

bool caldav_resolve(const struct caldav_view *v, const char *path, struct caldav_resource *ret)
{
    const struct {
        const char *step;
        enum caldav_kind kind;
    } steps[] = {{"/caldav", CALDAV_ROOT},
                 {arena_printf(v->arena, "/%lld", v->feed_id), CALDAV_PRINCIPAL},
                 {"/home", CALDAV_HOME},
                 {"/deadlines", CALDAV_CALENDAR}};

    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        size_t length = strlen(steps[i].step);

        if (strncmp(path, steps[i].step, length) != 0)
            return false;
        path += length;
        if (strcmp(path, "") == 0 || strcmp(path, "/") == 0) {
            *ret = (struct caldav_resource){.kind = steps[i].kind};
            return true;
        }
    }
    return path[0] == '/' && find_object(v, path + 1, ret);
}

bool caldav_resolve_href(const struct caldav_view *v, const char *href, struct caldav_resource *ret)
{
    const char *host = strstr(href, "://");
    char path[HTTP_PATH_MOST];

    if (host && href[0] != '/')
        href = strchr(host + strlen("://"), '/');
    return href && http_path_read(href, path) == 0 &&
           caldav_resolve(v, http_path_behind(v->prefix, path), ret);
}

// ------------------------------------------------------------------------------------ sync tokens

struct caldav_known caldav_known(const struct feed_body *b)
{
    return (struct caldav_known){b->version, b->stale_on};
}

const char *caldav_sync_token(struct arena *a, struct caldav_known known)
{
    return date_known(known.stale_on)
               ? arena_printf(a, SYNC_TOKEN "%" PRId64 "-%d", known.version, known.stale_on.day)
               : arena_printf(a, SYNC_TOKEN "%" PRId64, known.version);
}

// Up to so many digits; NULL where there are none, or more. Gives what stands behind them.
static const char *read_digits(const char *from, size_t most, int64_t *ret)
{
    const size_t count = strspn(from, "0123456789");

    if (count == 0 || count > most)
        return NULL;
    *ret = strtoll(from, NULL, 10);
    return from + count;
}

bool caldav_sync_read(const char *token, struct caldav_known *ret)
{
    const char *rest;
    int64_t day = 0;

    if (strncmp(token, SYNC_TOKEN, strlen(SYNC_TOKEN)) != 0)
        return false;
    rest = read_digits(token + strlen(SYNC_TOKEN), 18, &ret->version);
    ret->stale_on = DATE_NONE;
    if (rest && *rest == '-') {
        rest = read_digits(rest + 1, 7, &day);
        ret->stale_on = (struct date){(int)day};
    }
    return rest && *rest == '\0';
}

// ---------------------------------------------------------------------------------------- answers

static void answer_xml(int status, struct dav_writer *w, struct http_response *ret)
{
    *ret =
        (struct http_response){.status = status, .content_type = XML, .cache_control = "no-store"};
    ret->body = dav_finish(w, &ret->length);
    ret->release = dav_release;
    ret->owner = (void *)ret->body;
}

void caldav_refuse(int status, const char *precondition, struct http_response *ret)
{
    struct dav_writer *w = dav_writer_new("d:error");

    if (*precondition)
        dav_empty(w, precondition);
    answer_xml(status, w, ret);
}

bool caldav_is_full(struct dav_writer *w)
{
    return dav_written(w) > ANSWER_MOST;
}

void caldav_multistatus(struct dav_writer *w, struct http_response *ret)
{
    if (!caldav_is_full(w)) {
        answer_xml(207, w, ret);
        return;
    }
    dav_writer_free(w);
    caldav_refuse(507, "", ret);
}
