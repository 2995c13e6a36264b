// How timely proves to a mail server who it is: by a password from a file, or by a token.
#pragma once

#include "config.h"

struct mail_proof {
    const char *password, *bearer; // one of them, or neither
};

// The password where there is a file for it, else a token where the configuration says how one is
// fetched. Waits. In the arena.
MUST_USE bool mail_proof(struct arena *a, const struct config *c, const char *password_file,
                         struct mail_proof *ret, struct error *err);
