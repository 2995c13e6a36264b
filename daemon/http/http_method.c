// The exchange of one word at the beginning of a buffer.
#include "http_method.h"

#include "error.h"

#include <event2/buffer.h>
#include <string.h>

#define CARRIER "PATCH "

// Known words, so that those we refuse are refused in words: evhttp would answer 501.
static const char *const methods[] = {"OPTIONS",    "PROPFIND", "REPORT", "PUT",      "POST",
                                      "DELETE",     "PATCH",    "MKCOL",  "COPY",     "MOVE",
                                      "MKCALENDAR", "LOCK",     "UNLOCK", "PROPPATCH"};

#define WORD_MOST 11 // the longest with the blank behind it

static enum http_method_seen exchange(struct evbuffer *input, size_t length)
{
    if (evbuffer_drain(input, length) != 0 ||
        evbuffer_prepend(input, CARRIER, strlen(CARRIER)) != 0)
        out_of_memory();
    return HTTP_METHOD_EXCHANGED;
}

enum http_method_seen http_method_exchange(struct evbuffer *input, const char **ret)
{
    enum http_method_seen seen = HTTP_METHOD_KEPT;
    char line[WORD_MOST + 1] = "";
    const ev_ssize_t copied = evbuffer_copyout(input, line, WORD_MOST);
    const size_t have = copied > 0 ? (size_t)copied : 0;

    if (line[0] == 'G' || line[0] == 'H') // GET and HEAD: nearly all there is
        return HTTP_METHOD_KEPT;
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        const size_t length = strlen(methods[i]);

        if (have > length && memcmp(line, methods[i], length) == 0 && line[length] == ' ') {
            *ret = methods[i];
            return exchange(input, length + 1);
        }
        if (have <= length && memcmp(line, methods[i], have) == 0)
            seen = HTTP_METHOD_CUT;
    }
    return seen;
}
