// What people have read of (known_lines.h).
#include "known_lines.h"

#include "arena.h"
#include "columns.h"

#include <stdlib.h>
#include <string.h>

// The store keeps what a mail was about; which due date it said, the history knows.
static const char read_sql[] =
    "SELECT r.staff_id, r.deadline_id, (extract(epoch FROM r.put_at) * 1000000)::bigint,"
    " (SELECT h.due_on FROM timely.deadline_history h WHERE h.deadline_id = r.deadline_id"
    " AND h.known_at <= r.put_at ORDER BY h.history_id DESC LIMIT 1),"
    " EXISTS (SELECT FROM timely.notice n WHERE n.deadline_id = r.deadline_id"
    " AND n.staff_id = r.staff_id AND n.due_on = r.due_on AND n.owed_since = r.owed_since"
    " AND n.message_id <= r.message_id AND n.rung NOT LIKE 'former-worker, %')"
    " FROM (SELECT DISTINCT ON (o.staff_id, a.deadline_id) o.staff_id, a.deadline_id, o.put_at,"
    " o.message_id, d.due_on, d.owed_since FROM timely.message_deadline a"
    " JOIN timely.outbox o USING (message_id) JOIN timely.deadline d USING (deadline_id)"
    " WHERE a.deadline_id = ANY ($1::bigint[]) AND o.kind IN ('digest', 'alarm', 'weekly')"
    " AND o.put_at >= d.owed_since"
    " AND (NOT $2::boolean OR o.maybe_repeat OR o.state NOT IN ('due', 'superseded'))"
    " ORDER BY o.staff_id, a.deadline_id, o.put_at DESC, o.message_id DESC) r"
    " WHERE NOT EXISTS (SELECT FROM timely.notice n WHERE n.deadline_id = r.deadline_id"
    " AND n.staff_id = r.staff_id AND n.said_at >= r.put_at AND n.rung LIKE 'former-worker, %')";

static struct known_line known_row(struct arena *a, const PGresult *rows, int i)
{
    return (struct known_line){.staff_id = arena_strdup(a, db_text(rows, i, 0)),
                               .deadline_id = db_int(rows, i, 1),
                               .read_at = db_int(rows, i, 2),
                               .due_on = column_date(rows, i, 3),
                               .by_rung = db_bool(rows, i, 4)};
}

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
        ret->all[i] = known_row(a, rows, i);
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

const struct known_line *known_lines_find(const struct known_lines *r, const char *staff_id,
                                          long long deadline_id)
{
    struct known_line key = {.staff_id = staff_id, .deadline_id = deadline_id};

    return r->count ? bsearch(&key, r->all, r->count, sizeof key, by_reader) : NULL;
}
