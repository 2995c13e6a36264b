// Programs run for the embedded cluster, as the user whom its server runs as: only for embedded.c.
#pragma once

#include "arena.h"

#include <sys/types.h>

// Who runs the server's programs. Root hands them to somebody else (`drop`), as PostgreSQL demands.
struct server_user {
    uid_t uid;
    gid_t gid;
    const char *name;
    bool drop;
};

// We ourselves; or, for root, the owner of the folder if that is not root, else "postgres", else
// "nobody". FAULT_AWAY when the machine has none of them.
MUST_USE bool server_user_find(struct arena *a, uid_t folder_owner, struct server_user *ret,
                               struct error *err);

// The first folder on the way to `path` (absolute, itself included) that the user cannot enter, or
// NULL. Lives in the arena.
const char *server_user_barred(const struct server_user *u, struct arena *a, const char *path);

// Runs a program to its end in the folder `dir_fd`, in a session of its own, with a small
// environment, no input, and its output added to postgres.log there; it inherits nothing else.
// argv[0] is a path. The exit status, or -1 when it could not be run or was killed. Blocks.
int server_user_run(const struct server_user *u, int dir_fd, const char *const *argv);
