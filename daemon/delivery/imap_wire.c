// Bytes in and out, and where an answer ends.
#include "imap_wire.h"

#include "fiber.h"

#include <stdlib.h>
#include <string.h>

#define ANSWER_BYTES_MAX ((size_t)4 << 20) // also of a list of UIDs
#define READ_BYTES ((size_t)16 << 10)

void imap_wire_done(struct imap_wire *w)
{
    text_done(&w->in);
    text_done(&w->answer);
}

bool imap_away(struct error *err, const char *what)
{
    return fail(err, FAULT_AWAY, "the mailbox's server %s", what);
}

static bool wait_for(struct imap_wire *w, bool for_read, struct error *err)
{
    int64_t left = w->until - clock_monotonic();

    switch (left > 0 ? fiber_wait_fd(w->fd, for_read, !for_read, left) : WAKE_TIMEOUT) {
    case WAKE_READY:
        return true;
    case WAKE_STOPPING:
        return fail(err, FAULT_AWAY, "stopping");
    case WAKE_TIMEOUT:
        break;
    }
    return imap_away(err, "does not answer");
}

bool imap_wire_send(struct imap_wire *w, const char *bytes, size_t length, struct error *err)
{
    while (length > 0) {
        size_t sent = 0;
        CURLcode code = curl_easy_send(w->easy, bytes, length, &sent);

        if (code != CURLE_OK && code != CURLE_AGAIN)
            return imap_away(err, "has closed the connection");
        if (code == CURLE_AGAIN && !wait_for(w, false, err))
            return false;
        bytes += sent;
        length -= sent;
    }
    return true;
}

// Reads until at least one byte more is there.
static bool read_more(struct imap_wire *w, struct error *err)
{
    char bytes[READ_BYTES];

    for (;;) {
        size_t n = 0;
        CURLcode code = curl_easy_recv(w->easy, bytes, sizeof bytes, &n);

        if (code == CURLE_OK && n > 0) {
            text_add_n(&w->in, bytes, n);
            return true;
        }
        if (code != CURLE_AGAIN)
            return imap_away(err, "has closed the connection");
        if (!wait_for(w, true, err))
            return false;
    }
}

// Takes `length` bytes of what was read into the answer.
static bool take(struct imap_wire *w, size_t length, struct error *err)
{
    if (w->answer.length + length > ANSWER_BYTES_MAX)
        return imap_away(err, "answers with more than can be meant");
    text_add_n(&w->answer, w->in.s + w->taken, length);
    w->taken += length;
    if (w->taken == w->in.length) {
        text_clear(&w->in);
        w->taken = 0;
    }
    return true;
}

static bool take_line(struct imap_wire *w, struct error *err)
{
    size_t looked = 0;

    for (;;) {
        size_t there = w->in.length - w->taken;
        const char *from = there ? w->in.s + w->taken : NULL;
        const char *end = there > looked ? memchr(from + looked, '\n', there - looked) : NULL;

        if (end)
            return take(w, (size_t)(end - from) + 1, err);
        looked = there;
        if (there > ANSWER_BYTES_MAX)
            return imap_away(err, "answers with more than can be meant");
        if (!read_more(w, err))
            return false;
    }
}

static bool take_bytes(struct imap_wire *w, size_t length, struct error *err)
{
    while (length > 0) {
        size_t there = w->in.length - w->taken, n = there < length ? there : length;

        if (n > 0 && !take(w, n, err))
            return false;
        length -= n;
        if (length > 0 && !read_more(w, err))
            return false;
    }
    return true;
}

// The length of the literal that a line ends with, as "{310}" or "{310+}".
static bool announces_literal(const struct text *line, size_t begin, size_t *ret)
{
    size_t end = line->length, digits = 0;

    while (end > begin && (line->s[end - 1] == '\n' || line->s[end - 1] == '\r'))
        end--;
    if (end - begin < 3 || line->s[end - 1] != '}')
        return false;
    end -= line->s[end - 2] == '+' ? 2 : 1;
    while (end - digits > begin && line->s[end - digits - 1] >= '0' &&
           line->s[end - digits - 1] <= '9')
        digits++;
    if (digits == 0 || digits > 9 || end - digits == begin || line->s[end - digits - 1] != '{')
        return false;
    *ret = (size_t)strtoul(line->s + end - digits, NULL, 10);
    return true;
}

bool imap_wire_read(struct imap_wire *w, struct error *err)
{
    size_t begin = 0, length;

    text_clear(&w->answer);
    w->literal_at = w->literal_length = 0;
    for (;;) {
        if (!take_line(w, err))
            return false;
        if (!announces_literal(&w->answer, begin, &length))
            return true;
        begin = w->answer.length;
        if (w->literal_at == 0) {
            w->literal_at = begin;
            w->literal_length = length;
        }
        if (!take_bytes(w, length, err))
            return false;
        begin = w->answer.length;
    }
}
