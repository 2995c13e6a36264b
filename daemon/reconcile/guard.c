// The mass-change guard (guard.h). Its hold is a row of timely.hold: open, then confirmed (lifted
// until the round is written), rejected (in force without asking again) or resolved; one that has
// done its work has an applied_at.
#include "guard.h"

#include <string.h>

// A handful of changes is never a mass, however few deadlines are open.
#define AT_LEAST 20

static bool over(const struct reconcile_input *in, long long touched, long long open)
{
    return touched >= AT_LEAST && touched * 100 > open * in->config->max_change_percent;
}

// What is too much, in words; NULL when nothing is.
static bool too_much(struct arena *a, const struct reconcile_input *in,
                     const struct change_counts *counts, const char **ret, struct error *err)
{
    struct open_count *open;
    size_t open_count;
    long long all = 0;

    if (!book_open_counts(a, in->store, &open, &open_count, err))
        return false;
    *ret = NULL;
    for (size_t i = 0; i < open_count; i++) {
        int t = library_timescale(in->library, open[i].timescale);

        all += open[i].open;
        if (t >= 0 && over(in, counts->touched[t], open[i].open))
            *ret = arena_printf(a, "%lld of %lld open deadlines of %s would change at once",
                                counts->touched[t], open[i].open, open[i].timescale);
    }
    if (over(in, counts->total, all))
        *ret = arena_printf(a, "%lld deadlines would change at once; %lld are open", counts->total,
                            all);
    return true;
}

static bool lifted(const struct reconcile_input *in, bool *ret, struct error *err)
{
    AUTO(pgresult_done) PGresult *rows = NULL;

    // Who confirms that a table's rows are gone for good confirms what follows from it.
    if (!db_ask(in->store,
                "SELECT FROM timely.hold WHERE kind <> 'calendar' AND decided = 'confirmed' AND "
                "applied_at IS NULL",
                0, NULL, &rows, err))
        return false;
    *ret = PQntuples(rows) > 0;
    return true;
}

static bool hold(const struct reconcile_input *in, const char *why, const char *business_now,
                 struct error *err)
{
    const char *values[] = {why, business_now};

    return db_ask(
        in->store,
        "INSERT INTO timely.hold AS h (kind, about, text, opened_at) "
        "SELECT 'mass-change', 'reconcile', $1, $2::timestamptz WHERE NOT EXISTS "
        "(SELECT FROM timely.hold WHERE kind = 'mass-change' AND decided = 'rejected' AND "
        "applied_at IS NULL) "
        "ON CONFLICT (kind, about) WHERE decided IS NULL DO UPDATE SET text = excluded.text",
        2, values, NULL, err);
}

static bool resolve(const struct reconcile_input *in, const char *business_now, struct error *err)
{
    return db_ask(
        in->store,
        "UPDATE timely.hold SET decided = coalesce(decided, 'resolved'), "
        "decided_at = coalesce(decided_at, $1::timestamptz), applied_at = $1::timestamptz "
        "WHERE kind = 'mass-change' AND applied_at IS NULL AND decided IS DISTINCT FROM 'resolved'",
        1, &business_now, NULL, err);
}

bool guard_measure(struct arena *a, const struct reconcile_input *in,
                   const struct change_counts *counts, bool whole, const char *business_now,
                   const char **ret_why, struct error *err)
{
    const char *why;
    bool confirmed;

    if (!too_much(a, in, counts, &why, err))
        return false;
    if (!why) {
        *ret_why = NULL;
        return !whole || resolve(in, business_now, err);
    }
    if (!lifted(in, &confirmed, err) || (!confirmed && !hold(in, why, business_now, err)))
        return false;
    *ret_why = confirmed ? NULL : why;
    return true;
}

bool guard_used(const struct reconcile_input *in, const char *business_now, struct error *err)
{
    return db_ask(in->store,
                  "UPDATE timely.hold SET applied_at = $1::timestamptz "
                  "WHERE kind = 'mass-change' AND decided = 'confirmed' AND applied_at IS NULL",
                  1, &business_now, NULL, err);
}
