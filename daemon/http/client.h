// Who asks, as far as limits on clients tell them apart: by address. An address of IPv6 counts by
// its first 64 bits, since a household or a host has all the others to itself.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define CLIENT_KEY_SIZE 16

struct client {
    bool known; // false: it has no address (a socket in the file system)
    unsigned char key[CLIENT_KEY_SIZE];
};

// The proxies whose word is taken for whom they speak for: addresses as text, and "unix:" for
// whoever connects by a socket in the file system. The texts are the caller's.
struct proxies {
    const char *const *addresses;
    size_t count;
    const char *identity_header; // in which they say who has signed in; NULL: they sign nobody in
};

// The other end of a connected socket; *ret_trusted says whether it is among the proxies.
void client_of_socket(int fd, const struct proxies *trusted, struct client *ret, bool *ret_trusted);

// Whom a trusted proxy speaks for: the last entry of X-Forwarded-For, which it added itself; what
// stands before it is hearsay. False, and *ret as it was, when that is no address.
bool client_of_forwarded(const char *forwarded_for, struct client *ret);
