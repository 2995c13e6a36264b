// Any bytes sent to the real server, in pieces of any size: whatever comes back is whole answers of
// HTTP one after the other, the calendar is among them exactly as often as its address was asked
// for, and when the client has gone nothing of it is left.
#include "http.h"
#include "log.h"

#include <assert.h>
#include <ctype.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PATH "/feed/key.ics"
#define SECRET "the calendar of one person\n"
#define ETAG "\"v1\""
#define QUIET_TURNS 3 // of the loop, in which nothing came: nothing more will
#define PIECES_MOST 64

static struct loop *loop;
static struct http_server *server;
static char address[64];
static unsigned long given;

static void on_request(void *arg, const struct http_request *q, struct http_response *ret)
{
    (void)arg;
    *ret = (struct http_response){
        .status = 404, .content_type = "text/plain", .body = "none\n", .length = 5};
    assert(q->path[0] == '/' && !strstr(q->path, "/../"));
    if (strcmp(q->path, PATH) != 0)
        return;
    *ret = (struct http_response){
        .status = q->if_none_match && strcmp(q->if_none_match, ETAG) == 0 ? 304 : 200,
        .content_type = "text/calendar",
        .body = SECRET,
        .length = strlen(SECRET),
        .etag = ETAG};
    given += ret->status == 200 && !q->head;
}

static void remove_socket(void)
{
    char *path = address + strlen("unix:");

    unlink(path);
    *strrchr(path, '/') = '\0';
    rmdir(path);
}

static void start(void)
{
    static const char *const proxies[] = {"unix:"};
    struct http_limits limits = http_limits_default;
    char folder[] = "/tmp/fuzz-http-XXXXXX";
    struct error err;

    limits.trusted = (struct proxies){proxies, 1, "X-Remote-User"};
    log_set_level(LOG_ERROR);
    loop = loop_new();
    assert(mkdtemp(folder));
    (void)snprintf(address, sizeof address, "unix:%s/s", folder);
    atexit(remove_socket);
    if (!http_listen(loop, address, NULL, NULL, &limits, on_request, NULL, &server, &err))
        abort();
}

static int connect_to_server(void)
{
    struct sockaddr_un sun = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    (void)snprintf(sun.sun_path, sizeof sun.sun_path, "%s", address + strlen("unix:"));
    assert(fd >= 0 && connect(fd, (struct sockaddr *)&sun, sizeof sun) == 0);
    return fd;
}

struct answers {
    char *bytes;
    size_t length, room;
    bool ended;
};

// Everything that has come by now. False: nothing.
static bool take(int fd, struct answers *a)
{
    ssize_t n;

    if (a->room - a->length < 65536) {
        a->room = a->room * 2 + 131072;
        a->bytes = realloc(a->bytes, a->room);
        assert(a->bytes);
    }
    n = recv(fd, a->bytes + a->length, 65536, 0);
    a->ended = a->ended || n == 0;
    if (n <= 0)
        return false;
    a->length += (size_t)n;
    return true;
}

static void turn(int fd, struct answers *a)
{
    for (int quiet = 0; quiet < QUIET_TURNS; quiet++) {
        event_base_loop(loop_base(loop), EVLOOP_NONBLOCK);
        if (take(fd, a))
            quiet = -1;
    }
}

static void send_in_pieces(int fd, const uint8_t *data, size_t size, size_t piece,
                           struct answers *a)
{
    if (piece < size / PIECES_MOST + 1)
        piece = size / PIECES_MOST + 1;
    while (size > 0 && !a->ended) {
        const size_t n = size < piece ? size : piece;
        const ssize_t sent = send(fd, data, n, MSG_NOSIGNAL);

        turn(fd, a);
        if (sent <= 0)
            return;
        data += sent;
        size -= (size_t)sent;
    }
}

// What evhttp refuses by itself it refuses in the version it was asked in, as HTTP/0.12.
static bool is_status_line(const char *s, const char *end)
{
    const char *blank = memchr(s, ' ', (size_t)(end - s));

    return strncmp(s, "HTTP/", 5) == 0 && blank && end - blank > 4 && isdigit(blank[1]) &&
           blank[4] == ' ';
}

struct answer {
    size_t headers, body; // lengths
    bool unmeasured;      // a refusal of evhttp's own: all that follows belongs to it
};

static struct answer read_answer(const char *s, size_t left)
{
    const char *end = memmem(s, left, "\r\n\r\n", 4);
    const char *length;

    assert(end && is_status_line(s, end));
    length = memmem(s, (size_t)(end - s), "\r\nContent-Length: ", 18);
    return (struct answer){.headers = (size_t)(end - s) + 4,
                           .body = length ? strtoul(length + 18, NULL, 10) : 0,
                           .unmeasured =
                               !length && *((const char *)memchr(s, ' ', left) + 1) >= '4'};
}

// The answer to a HEAD says the length of what does not follow.
static bool body_follows(const char *s, size_t left, size_t body)
{
    return body > 0 && body <= left && strncmp(s, "HTTP/", 5) != 0;
}

// How often the calendar is among whole answers.
static unsigned long check_answers(const struct answers *all)
{
    const char *s = all->bytes;
    size_t left = all->length;
    unsigned long calendars = 0;

    while (left > 0) {
        const struct answer a = read_answer(s, left);

        s += a.headers;
        left -= a.headers;
        if (a.unmeasured) {
            assert(all->ended && !memmem(s, left, SECRET, strlen(SECRET)));
            break;
        }
        if (!body_follows(s, left, a.body))
            continue;
        calendars += a.body == strlen(SECRET) && memcmp(s, SECRET, a.body) == 0;
        s += a.body;
        left -= a.body;
    }
    return calendars;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct answers a = {0};
    int fd;

    if (size == 0)
        return 0;
    if (!server)
        start();
    given = 0;
    fd = connect_to_server();
    send_in_pieces(fd, data + 1, size - 1, data[0] ? data[0] : SIZE_MAX, &a);
    // evhttp does not close after a CONNECT whose version it cannot read, which we never see: what
    // follows the refusal cannot be told apart then.
    assert(memmem(data, size, "CONNECT ", 8) || check_answers(&a) == given);
    close(fd);
    for (int i = 0; i < QUIET_TURNS; i++)
        event_base_loop(loop_base(loop), EVLOOP_NONBLOCK);
    assert(http_counts_of(server).open_connections == 0);
    free(a.bytes);
    return 0;
}
