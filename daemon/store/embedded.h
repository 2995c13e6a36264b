// The embedded PostgreSQL: a private cluster in a folder, reached by a socket in it only.
#pragma once

#include "arena.h"

struct embedded;

// Creates the cluster in `dir` at first use (initdb with UTF-8, C.UTF-8, data checksums, no TCP,
// trust on the socket whose folder only we may enter), starts the server if nobody has, and holds a
// shared lock in dir. Run as root, the server runs as an unprivileged user (the owner of dir if
// that is not root, else "postgres", else "nobody"). Blocks: call before the event loop runs.
// FAULT_INPUT (status 2) with the name of the parent folder that bars the unprivileged user, or
// when dir holds something else; FAULT_AWAY when PostgreSQL's programs are not installed (naming
// the package) or the server does not start (naming its log). Where dir's path is too long for a
// socket a short private folder is used and remembered in dir.
MUST_USE bool embedded_open(const char *dir, struct embedded **ret, struct error *err);

// dbname=timely, as the superuser of the cluster. Lives as long as e.
const char *embedded_conninfo(const struct embedded *e);

// Gives the shared lock up; the last user stops the server (fast, waits for it). A user that was
// killed held nothing: the next one to close stops it.
void embedded_close(struct embedded *e);
