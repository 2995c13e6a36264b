// Visitors of pages (page_visitor.h).
#include "page_visitor.h"

static const char visitor_sql[] = "SELECT staff_id, name, form_secret, leads, opens FROM "
                                  "timely.page_visitor($1, $2, $3::boolean)";

static enum page_admission admission_of(const PGresult *r)
{
    if (PQntuples(r) == 0)
        return PAGE_UNKNOWN_VISITOR;
    if (db_bool(r, 0, 4))
        return PAGE_OPENS;
    return db_bool(r, 0, 3) ? PAGE_NOT_THEIRS : PAGE_LEADS_NOWHERE;
}

bool page_visitor_read(struct arena *a, struct db *db, const char *hash, const char *identity,
                       bool by_email, struct page_visitor *ret, enum page_admission *ret_admission,
                       struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;
    const char *values[] = {hash, identity, by_email ? "true" : "false"};

    if (!db_ask(db, visitor_sql, 3, values, &r, err))
        return false;
    *ret_admission = admission_of(r);
    if (*ret_admission == PAGE_OPENS)
        *ret = (struct page_visitor){arena_strdup(a, db_text(r, 0, 0)),
                                     arena_strdup(a, db_text(r, 0, 1)),
                                     arena_strdup(a, db_text(r, 0, 2))};
    return true;
}
