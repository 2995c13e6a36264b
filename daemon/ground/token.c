// Tokens (token.h).
#include "token.h"

#include "sha256.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <string.h>

#define RANDOM_BYTES 32
#define DERIVED_BYTES (TOKEN_DERIVED_CHARS * 3 / 4)

static const char *letters(struct arena *a, const unsigned char *bytes, size_t length)
{
    char *token = arena_alloc(a, (length + 2) / 3 * 4 + 1);

    EVP_EncodeBlock((unsigned char *)token, bytes, (int)length);
    for (char *c = token; *c; c++)
        *c = *c == '+' ? '-' : *c == '/' ? '_' : *c == '=' ? '\0' : *c;
    return token;
}

bool token_new(struct arena *a, const char **ret, struct error *err)
{
    unsigned char random[RANDOM_BYTES];

    if (RAND_bytes(random, sizeof random) != 1)
        return fail(err, FAULT_AWAY, "no random numbers for a secret address");
    *ret = letters(a, random, sizeof random);
    OPENSSL_cleanse(random, sizeof random);
    return true;
}

const char *token_derived(struct arena *a, const void *secret, size_t length, const char *about)
{
    unsigned char mac[EVP_MAX_MD_SIZE];

    if (!HMAC(EVP_sha256(), secret, (int)length, (const unsigned char *)about, strlen(about), mac,
              NULL))
        out_of_memory();
    return letters(a, mac, DERIVED_BYTES);
}

const char *token_hash(struct arena *a, const char *token)
{
    char *hex = arena_alloc(a, 65);

    sha256_hex(token, strlen(token), hex);
    return hex;
}
