// Addresses, all as those of IPv6 (RFC 4291, 2.5.5.2 for IPv4).
#include "client.h"

#include <event2/util.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#define BY_SOCKET "unix:"
#define ADDRESS_MOST 64

// False for what is no address of the internet.
static bool read_address(const struct sockaddr_storage *sa, struct in6_addr *ret)
{
    memset(ret, 0, sizeof *ret);
    if (sa->ss_family == AF_INET) {
        memset(ret->s6_addr + 10, 0xff, 2);
        memcpy(ret->s6_addr + 12, &((const struct sockaddr_in *)sa)->sin_addr, 4);
        return true;
    }
    if (sa->ss_family != AF_INET6)
        return false;
    *ret = ((const struct sockaddr_in6 *)sa)->sin6_addr;
    return true;
}

// "192.0.2.1", "2001:db8::1", and with a port behind.
static bool parse_address(const char *text, struct in6_addr *ret)
{
    struct sockaddr_storage sa = {0};
    int size = sizeof sa;

    return evutil_parse_sockaddr_port(text, (struct sockaddr *)&sa, &size) == 0 &&
           read_address(&sa, ret);
}

static void set_client(struct client *ret, const struct in6_addr *address)
{
    memset(ret, 0, sizeof *ret);
    ret->known = true;
    memcpy(ret->key, address, IN6_IS_ADDR_V4MAPPED(address) ? 16 : 8);
}

static bool is_trusted(const struct proxies *trusted, const struct in6_addr *address)
{
    for (size_t i = 0; i < trusted->count; i++) {
        struct in6_addr proxy;

        if (!address ? strcmp(trusted->addresses[i], BY_SOCKET) == 0
                     : parse_address(trusted->addresses[i], &proxy) &&
                           memcmp(&proxy, address, sizeof proxy) == 0)
            return true;
    }
    return false;
}

void client_of_socket(int fd, const struct proxies *trusted, struct client *ret, bool *ret_trusted)
{
    struct sockaddr_storage peer = {0};
    socklen_t size = sizeof peer;
    struct in6_addr address;

    *ret = (struct client){0};
    if (getpeername(fd, (struct sockaddr *)&peer, &size) != 0) {
        *ret_trusted = false;
    } else if (read_address(&peer, &address)) {
        set_client(ret, &address);
        *ret_trusted = is_trusted(trusted, &address);
    } else {
        *ret_trusted = is_trusted(trusted, NULL);
    }
}

bool client_of_forwarded(const char *forwarded_for, struct client *ret)
{
    const char *comma = strrchr(forwarded_for, ',');
    const char *last = comma ? comma + 1 : forwarded_for;
    char text[ADDRESS_MOST];
    struct in6_addr address;
    size_t length;

    last += strspn(last, " \t");
    length = strcspn(last, " \t");
    if (length >= sizeof text || last[length + strspn(last + length, " \t")])
        return false;
    memcpy(text, last, length);
    text[length] = '\0';
    if (!parse_address(text, &address))
        return false;
    set_client(ret, &address);
    return true;
}
