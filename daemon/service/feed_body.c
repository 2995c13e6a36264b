// Bodies of feeds, counted by reference. Their bytes are malloc's, as libpq's are where it is not
// Windows.
#include "feed_body.h"

#include "log.h"
#include "text.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define PLAIN_MOST ((size_t)64 << 20) // far beyond any feed

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

static bool unpack(struct feed_body *b)
{
    z_stream z = {.next_in = b->gzip, .avail_in = (uInt)b->gzip_length};
    struct text plain = {0};
    char piece[1 << 14];
    int status = inflateInit2(&z, 15 + 16);

    while (status == Z_OK && plain.length < PLAIN_MOST) {
        z.next_out = (Bytef *)piece;
        z.avail_out = sizeof piece;
        status = inflate(&z, Z_NO_FLUSH);
        text_add_n(&plain, piece, sizeof piece - z.avail_out);
    }
    (void)inflateEnd(&z);
    b->length = plain.length;
    b->plain = must(realloc(plain.s, plain.length + 1));
    return status == Z_STREAM_END && b->length > 0;
}

struct feed_body *feed_body_new(const char *gzip, const char *etag, int64_t last_modified)
{
    struct feed_body *b = must(calloc(1, sizeof *b));

    b->references = 1;
    b->stale_on = DATE_NONE;
    b->gzip = must(PQunescapeBytea((const unsigned char *)gzip, &b->gzip_length));
    b->last_modified = last_modified;
    conditional_write_date(last_modified, b->last_modified_date);
    if (!unpack(b) || !copy_tag(etag, b)) {
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
