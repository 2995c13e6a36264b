// Tokens: words that nobody can guess, for addresses and forms, in letters that need no escaping
// there (base64url, RFC 4648 5). The store keeps only their hashes.
#pragma once

#include "arena.h"
#include "error.h"

#include <stddef.h>

#define TOKEN_DERIVED_CHARS 24

// 32 random bytes in 43 letters. FAULT_AWAY without random numbers. Arena-owned.
MUST_USE bool token_new(struct arena *a, const char **ret, struct error *err);

// The same word each time for the same secret and what it is about: the first 144 bits of
// HMAC-SHA-256 (RFC 2104). Arena-owned.
const char *token_derived(struct arena *a, const void *secret, size_t length, const char *about);

// SHA-256 in hexadecimal. Arena-owned.
const char *token_hash(struct arena *a, const char *token);
