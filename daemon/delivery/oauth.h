// Tokens that stand for a password at mail servers (XOAUTH2): the client credentials grant of OAuth
// 2.0 (RFC 6749 4.4). A token is kept until shortly before it expires, for all who ask with the
// same client. Neither token nor secret is ever part of an error.
#pragma once

#include "arena.h"

struct oauth_client {
    const char *token_url; // https
    const char *id, *secret, *scope;
};

// The kept token, or a new one. FAULT_AWAY says why there is none. Waits. In the arena.
MUST_USE bool oauth_token(struct arena *a, const struct oauth_client *c, const char **ret,
                          struct error *err);

// A mail server has refused this token: the next call of oauth_token fetches another.
void oauth_refused(const char *token);
