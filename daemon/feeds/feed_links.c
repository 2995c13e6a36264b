// Links (feed_links.h).
#include "feed_links.h"

#include "sha256.h"
#include "text.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#define TOKEN_BYTES 18 // 144 bits, in 24 letters of base64 without an end

struct links {
    struct arena *arena;
    const char *kind, *id; // of the owner
    unsigned char secret[64];
    size_t secret_length;
    struct text deadlines, hashes; // arrays of PostgreSQL's
};

static void links_done(struct links *l)
{
    OPENSSL_cleanse(l->secret, sizeof l->secret);
    text_done(&l->deadlines);
    text_done(&l->hashes);
}

static bool read_secret(struct links *l, struct db *store, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;

    if (!db_ask(store, "SELECT encode(value, 'hex') FROM timely.secret WHERE name = 'page-links'",
                0, NULL, &r, err))
        return false;
    if (PQntuples(r) != 1 || OPENSSL_hexstr2buf_ex(l->secret, sizeof l->secret, &l->secret_length,
                                                   db_text(r, 0, 0), '\0') != 1)
        return fail(err, FAULT_INPUT, "the store has no secret for links: restore timely.secret");
    return true;
}

// Letters that need no escaping in an address.
static const char *token_of(const struct links *l, const char *uid)
{
    const char *about = arena_printf(l->arena, "%s\x1f%s\x1f%s", l->kind, l->id, uid);
    unsigned char mac[EVP_MAX_MD_SIZE];
    char *token = arena_alloc(l->arena, 4 * (size_t)TOKEN_BYTES / 3 + 1);

    if (!HMAC(EVP_sha256(), l->secret, (int)l->secret_length, (const unsigned char *)about,
              strlen(about), mac, NULL))
        out_of_memory();
    EVP_EncodeBlock((unsigned char *)token, mac, TOKEN_BYTES);
    for (char *c = token; *c; c++)
        *c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
    return token;
}

static void add_link(struct links *l, struct feed_item *i, const char *public_url)
{
    const char *token = token_of(l, i->uid);
    char hash[65];

    sha256_hex(token, strlen(token), hash);
    text_addf(&l->deadlines, "%s%lld", l->deadlines.length ? "," : "{", i->deadline_id);
    text_addf(&l->hashes, "%s%s", l->hashes.length ? "," : "{", hash);
    i->link = arena_printf(l->arena, "%s/why/%s", public_url, token);
}

bool feed_links(struct arena *a, struct db *store, const char *public_url, const char *owner_kind,
                const char *owner_id, struct feed_item *items, size_t count, struct error *err)
{
    AUTO(links_done) struct links l = {.arena = a, .kind = owner_kind, .id = owner_id};

    if (!read_secret(&l, store, err))
        return false;
    for (size_t i = 0; i < count; i++)
        if (items[i].state != FEED_CANCELLED)
            add_link(&l, &items[i], public_url);
    text_add(&l.deadlines, l.deadlines.length ? "}" : "{}");
    text_add(&l.hashes, l.hashes.length ? "}" : "{}");

    const char *values[] = {owner_kind, owner_id, text_str(&l.deadlines), text_str(&l.hashes)};

    return db_ask(store,
                  "DELETE FROM timely.page_link WHERE owner_kind = $1 AND owner_id = $2"
                  " AND NOT token_hash = ANY ($3::text[])",
                  3, (const char *[]){owner_kind, owner_id, values[3]}, NULL, err) &&
           db_ask(store,
                  "INSERT INTO timely.page_link (owner_kind, owner_id, deadline_id, token_hash)"
                  " SELECT $1, $2, n.deadline_id, n.token_hash"
                  " FROM unnest($3::bigint[], $4::text[]) AS n (deadline_id, token_hash)"
                  " ON CONFLICT DO NOTHING",
                  4, values, NULL, err);
}
