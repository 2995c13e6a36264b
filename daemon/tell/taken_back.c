// What was taken back (taken_back.h).
#include "taken_back.h"

#include "book.h"
#include "weekly_gather.h"
#include "zone.h"

#include <string.h>

static const char read_sql[] =
    "SELECT t.message_id, CASE WHEN o.kind = 'weekly'"
    " AND (o.put_at AT TIME ZONE 'Europe/London')::date >= $2::date THEN o.staff_id END"
    " FROM timely.taken_back t JOIN timely.outbox o USING (message_id)"
    " WHERE o.kind <> 'weekly' OR $1::boolean";

bool taken_back_read(struct arena *a, struct db *store, instant now, bool open,
                     struct taken_back *ret, struct error *err)
{
    AUTO(pgresult_done) PGresult *rows = NULL;
    const char *values[] = {open ? "t" : "f",
                            date_iso(a, week_monday(london_from_instant(now).on))};
    const char **numbers, **lists;

    *ret = (struct taken_back){0};
    if (!db_ask(store, read_sql, 2, values, &rows, err))
        return false;
    if (PQntuples(rows) == 0)
        return true;
    numbers = ARENA_ARRAY(a, const char *, PQntuples(rows));
    lists = ARENA_ARRAY(a, const char *, PQntuples(rows));
    for (int i = 0; i < PQntuples(rows); i++) {
        const char *staff_id = db_text(rows, i, 1);

        numbers[i] = db_text(rows, i, 0);
        if (staff_id)
            lists[ret->list_count++] = arena_strdup(a, staff_id);
    }
    ret->lists = lists;
    ret->messages = db_text_array(a, numbers, (size_t)PQntuples(rows));
    return db_ask(store, "SELECT timely.look_again_at($1::bigint[], $2::timestamptz)", 2,
                  (const char *[]){ret->messages, instant_iso(a, now)}, NULL, err);
}

bool taken_back_done(struct db *store, const struct taken_back *t, struct error *err)
{
    return !t->messages ||
           db_ask(store, "DELETE FROM timely.taken_back WHERE message_id = ANY ($1::bigint[])", 1,
                  &t->messages, NULL, err);
}

bool taken_back_has_list(const struct taken_back *t, const char *staff_id)
{
    for (size_t i = 0; i < t->list_count; i++)
        if (strcmp(t->lists[i], staff_id) == 0)
            return true;
    return false;
}
