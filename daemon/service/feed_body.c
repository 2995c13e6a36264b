// Bodies of feeds, counted by reference. Their bytes are malloc's, as libpq's are where it is not
// Windows.
#include "feed_body.h"

#include "log.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Visible ASCII without quotes and backslashes, whatever else RFC 9110 allows: caches differ on the
// rest.
static bool copy_tag(const char *etag, struct feed_body *b)
{
    size_t length = strlen(etag);

    if (length >= 2 && etag[0] == '"' && etag[length - 1] == '"') {
        etag++;
        length -= 2;
    }
    if (length == 0 || length > FEED_ETAG_MOST)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (etag[i] <= 0x20 || etag[i] >= 0x7f || etag[i] == '"' || etag[i] == '\\')
            return false;
    }
    snprintf(b->etag, sizeof b->etag, "\"%.*s\"", (int)length, etag);
    snprintf(b->etag_gzip, sizeof b->etag_gzip, "\"%.*s-gzip\"", (int)length, etag);
    return true;
}

static unsigned char *copy_bytes(const char *bytea, size_t *ret_length)
{
    unsigned char *bytes = PQunescapeBytea((const unsigned char *)bytea, ret_length);

    if (!bytes)
        out_of_memory();
    if (*ret_length > 0)
        return bytes;
    PQfreemem(bytes);
    return NULL;
}

struct feed_body *feed_body_new(const char *plain, const char *gzip, const char *etag,
                                int64_t last_modified)
{
    struct feed_body *b = calloc(1, sizeof *b);

    if (!b)
        out_of_memory();
    b->references = 1;
    b->plain = copy_bytes(plain, &b->length);
    b->gzip = copy_bytes(gzip, &b->gzip_length);
    b->last_modified = last_modified;
    conditional_write_date(last_modified, b->last_modified_date);
    if (!b->plain || !copy_tag(etag, b)) {
        feed_body_release(b);
        return NULL;
    }
    return b;
}

const struct calendar_parts *feed_body_parts(struct feed_body *b)
{
    struct error err = {0};

    if (b->parts_arena)
        return &b->parts;
    b->parts_arena = arena_new();
    if (calendar_parts_read(b->parts_arena,
                            arena_strndup(b->parts_arena, (const char *)b->plain, b->length),
                            &b->parts, &err))
        return &b->parts;
    log_error("feed.unusable", "reason=\"%s\"", err.text);
    arena_free(b->parts_arena);
    b->parts_arena = NULL;
    return NULL;
}

struct feed_body *feed_body_take(struct feed_body *b)
{
    if (b)
        b->references++;
    return b;
}

void feed_body_release(void *body)
{
    struct feed_body *b = body;

    if (!b || --b->references > 0)
        return;
    feed_body_release(b->stale);
    free(b->plain);
    free(b->gzip);
    arena_free(b->parts_arena);
    free(b);
}
