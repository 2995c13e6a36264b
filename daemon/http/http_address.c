// Addresses to listen on (http_address.h).
#include "http_address.h"

#include <ctype.h>
#include <errno.h>
#include <event2/util.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 1024

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

// Out of the hands of close_fd.
static int take_fd(int *fd)
{
    int taken = *fd;

    *fd = -1;
    return taken;
}

static bool fail_listen(const char *address, struct error *err)
{
    return fail(err, FAULT_AWAY, "cannot listen on %s: %s", address, strerror(errno));
}

// A socket that nobody listens on is left over from a process that was killed.
static void remove_dead_socket(const struct sockaddr_un *sun)
{
    AUTO(close_fd) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct stat st;

    if (lstat(sun->sun_path, &st) == 0 && S_ISSOCK(st.st_mode) && fd >= 0 &&
        connect(fd, (const struct sockaddr *)sun, sizeof *sun) != 0 && errno == ECONNREFUSED)
        unlink(sun->sun_path);
}

static bool read_unix_address(const char *address, struct sockaddr_un *ret, struct error *err)
{
    const char *path = address + strlen("unix:");

    memset(ret, 0, sizeof *ret);
    ret->sun_family = AF_UNIX;
    if (path[0] != '/' || strlen(path) >= sizeof ret->sun_path)
        return fail(err, FAULT_INPUT,
                    "%s: expected unix: and an absolute path of at most %zu bytes", address,
                    sizeof ret->sun_path - 1);
    memcpy(ret->sun_path, path, strlen(path) + 1);
    return true;
}

static bool fail_address(const char *address, struct error *err)
{
    return fail(err, FAULT_INPUT,
                "%s: expected an address and a port, as in 127.0.0.1:8480 or [::1]:8480, "
                "or unix:/path",
                address);
}

// libevent reads addresses, but no port 0 and no missing one.
static bool read_tcp_address(const char *address, struct sockaddr_storage *ret, socklen_t *ret_size,
                             struct error *err)
{
    const char *colon = strrchr(address, ':');
    int size = sizeof *ret;
    char host[64], *end;
    unsigned long port;

    if (!colon || (size_t)(colon - address) >= sizeof host || !isdigit((unsigned char)colon[1]))
        return fail_address(address, err);
    memcpy(host, address, (size_t)(colon - address));
    host[colon - address] = '\0';
    port = strtoul(colon + 1, &end, 10);
    if (*end || port > 65535 ||
        evutil_parse_sockaddr_port(host, (struct sockaddr *)ret, &size) != 0 ||
        (ret->ss_family == AF_INET6 && host[0] != '['))
        return fail_address(address, err);
    if (ret->ss_family == AF_INET6)
        ((struct sockaddr_in6 *)ret)->sin6_port = htons((uint16_t)port);
    else
        ((struct sockaddr_in *)ret)->sin_port = htons((uint16_t)port);
    *ret_size = (socklen_t)size;
    return true;
}

static bool open_socket(const char *address, const struct sockaddr *sa, socklen_t size, int *ret,
                        struct error *err)
{
    AUTO(close_fd)
    int fd = socket(sa->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const int on = 1;

    if (fd < 0)
        return fail_listen(address, err);
    if (sa->sa_family != AF_UNIX) {
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        // Accepted sockets inherit it. Without it every answer longer than a segment waits 40 ms.
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    if (bind(fd, sa, size) != 0 || listen(fd, BACKLOG) != 0)
        return fail_listen(address, err);
    *ret = take_fd(&fd);
    return true;
}

static int port_of(int fd)
{
    struct sockaddr_in6 own = {0}; // an address of IPv4 has its port in the same place
    socklen_t size = sizeof own;

    return getsockname(fd, (struct sockaddr *)&own, &size) == 0 ? ntohs(own.sin6_port) : 0;
}

bool http_address_open(const char *address, int *ret_fd, int *ret_port, char **ret_path,
                       struct error *err)
{
    struct sockaddr_storage tcp;
    struct sockaddr_un sun;
    socklen_t size = 0;

    *ret_port = 0;
    *ret_path = NULL;
    if (strncmp(address, "unix:", 5) == 0) {
        if (!read_unix_address(address, &sun, err))
            return false;
        remove_dead_socket(&sun);
        if (!open_socket(address, (struct sockaddr *)&sun, sizeof sun, ret_fd, err))
            return false;
        *ret_path = must(strdup(sun.sun_path));
        return true;
    }
    if (!read_tcp_address(address, &tcp, &size, err) ||
        !open_socket(address, (struct sockaddr *)&tcp, size, ret_fd, err))
        return false;
    *ret_port = port_of(*ret_fd);
    return true;
}
