// Tokens of links (page_token.h): HMAC-SHA-256 (RFC 2104), its first 144 bits in base64 (RFC 4648
// 5).
#include "page_token.h"

#include "arena.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#define TOKEN_BYTES (PAGE_TOKEN_CHARS * 3 / 4)

bool page_secret_read(struct db *store, struct page_secret *ret, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;

    if (!db_ask(store, "SELECT encode(value, 'hex') FROM timely.secret WHERE name = 'page-links'",
                0, NULL, &r, err))
        return false;
    if (PQntuples(r) != 1 || OPENSSL_hexstr2buf_ex(ret->bytes, sizeof ret->bytes, &ret->length,
                                                   db_text(r, 0, 0), '\0') != 1)
        return fail(err, FAULT_INPUT, "the store has no secret for links: restore timely.secret");
    return true;
}

void page_secret_done(struct page_secret *s)
{
    OPENSSL_cleanse(s->bytes, sizeof s->bytes);
}

const char *page_token(struct arena *a, const struct page_secret *s, const char *about)
{
    unsigned char mac[EVP_MAX_MD_SIZE];
    char *token = arena_alloc(a, PAGE_TOKEN_CHARS + 1);

    if (!HMAC(EVP_sha256(), s->bytes, (int)s->length, (const unsigned char *)about, strlen(about),
              mac, NULL))
        out_of_memory();
    EVP_EncodeBlock((unsigned char *)token, mac, TOKEN_BYTES);
    for (char *c = token; *c; c++)
        *c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
    return token;
}
