// Addresses to listen on.
#pragma once

#include "error.h"

// Opens and binds "127.0.0.1:8480", "[::1]:8480" or "unix:/path", and listens. *ret_port is the
// port that it got, 0 for a socket of the file system; *ret_path that socket's path, else NULL, for
// the caller to remove and free. A socket that nobody listens on any more is removed before.
// FAULT_INPUT for what is no address, FAULT_AWAY when it is taken. The descriptor is the caller's.
MUST_USE bool http_address_open(const char *address, int *ret_fd, int *ret_port, char **ret_path,
                                struct error *err);
