// The secret of links (page_secret.h).
#include "page_secret.h"

#include <openssl/crypto.h>

static const char secret_sql[] =
    "SELECT encode(value, 'hex') FROM timely.secret WHERE name = 'page-links'";

bool page_secret_read(struct db *store, struct page_secret *ret, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;

    if (!db_ask_often(store, secret_sql, 0, NULL, &r, err))
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
