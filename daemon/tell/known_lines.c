// What people have read of (known_lines.h).
#include "known_lines.h"

#include "arena.h"

#include <stdlib.h>
#include <string.h>

// The store keeps what a list was about, not which due date it said: the present one, if that has
// not moved since.
static const char read_sql[] =
    "SELECT DISTINCT o.staff_id, a.deadline_id FROM timely.message_deadline a"
    " JOIN timely.outbox o USING (message_id) JOIN timely.deadline d USING (deadline_id)"
    " WHERE a.deadline_id = ANY ($1::bigint[]) AND o.kind IN ('digest', 'alarm', 'weekly')"
    " AND o.put_at >= d.owed_since"
    " AND (NOT $2::boolean OR o.maybe_repeat OR o.state NOT IN ('due', 'superseded'))"
    " AND NOT EXISTS (SELECT FROM timely.deadline_history h WHERE h.deadline_id = d.deadline_id"
    " AND h.known_at > o.put_at AND h.change = 'moved')"
    " AND NOT EXISTS (SELECT FROM timely.notice n WHERE n.deadline_id = d.deadline_id"
    " AND n.staff_id = o.staff_id AND n.said_at >= o.put_at AND n.rung LIKE 'former-worker, %')";

bool known_lines_read(struct arena *a, struct db *store, const char *deadline_ids, bool is_sending,
                      struct known_lines *ret, struct error *err)
{
    AUTO(pgresult_done) PGresult *rows = NULL;
    const char *values[] = {deadline_ids, is_sending ? "t" : "f"};

    if (!db_ask(store, read_sql, 2, values, &rows, err))
        return false;
    ret->count = (size_t)PQntuples(rows);
    ret->all = ARENA_ARRAY(a, struct known_line, ret->count + 1);
    for (int i = 0; i < PQntuples(rows); i++)
        ret->all[i] = (struct known_line){arena_strdup(a, db_text(rows, i, 0)), db_int(rows, i, 1)};
    return true;
}

static int by_reader(const void *x, const void *y)
{
    const struct known_line *a = x, *b = y;
    int by = strcmp(a->staff_id, b->staff_id);

    return by != 0 ? by : (a->deadline_id > b->deadline_id) - (a->deadline_id < b->deadline_id);
}

void known_lines_sort(struct known_lines *r)
{
    if (r->count > 1)
        qsort(r->all, r->count, sizeof *r->all, by_reader);
}

bool known_lines_has(const struct known_lines *r, const char *staff_id, long long deadline_id)
{
    struct known_line key = {staff_id, deadline_id};

    return r->count && bsearch(&key, r->all, r->count, sizeof key, by_reader);
}
