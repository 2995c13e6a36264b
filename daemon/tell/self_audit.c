// Reading the self-audit (self_audit.h).
#include "self_audit.h"

#include "book.h"
#include "zone.h"

bool self_audit(struct arena *a, struct db *store, instant now, struct unwell **ret,
                size_t *ret_count, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;
    const char *values[] = {date_iso(a, london_from_instant(now).on), instant_iso(a, now)};
    struct unwell *list;

    if (!db_ask(store,
                "SELECT code, stops, count, (extract(epoch FROM since) * 1000000)::bigint, words"
                " FROM timely.self_audit($1::date, $2::timestamptz) WHERE count > 0",
                2, values, &r, err))
        return false;
    *ret_count = (size_t)PQntuples(r);
    list = ARENA_ARRAY(a, struct unwell, *ret_count + 1);
    for (int i = 0; i < PQntuples(r); i++)
        list[i] = (struct unwell){.code = arena_strdup(a, db_text(r, i, 0)),
                                  .stops = db_bool(r, i, 1),
                                  .count = db_int(r, i, 2),
                                  .since = db_int(r, i, 3),
                                  .words = arena_strdup(a, db_text(r, i, 4))};
    *ret = list;
    return true;
}

const char *unwell_sentence(struct arena *a, const struct unwell *u)
{
    const char *since = moment_words(a, london_from_instant(u->since));

    return u->count > 1 ? arena_printf(a, "%s (%lld, since %s)", u->words, u->count, since)
                        : arena_printf(a, "%s (since %s)", u->words, since);
}
