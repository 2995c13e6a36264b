// Claiming messages of timely.outbox, and keeping the claims. A claim is a lease of seconds with a
// number: who is slow or paused for longer than the lease finds the number risen, and does no harm.
#include "log.h"
#include "outbox.h"

#include <stdio.h>
#include <stdlib.h>

// Until the row is asked about again it is certain for so long from the moment of asking: the
// server counts from a later one.
static void hold(struct claim *c, long long message_id, long long number, int64_t asked_at)
{
    c->message_id = message_id;
    c->number = number;
    atomic_store(&c->until, asked_at + SECONDS(LEASE_S));
}

void claim_forget(struct claim *c)
{
    c->message_id = c->number = 0;
    atomic_store(&c->until, 0);
}

#define A_LEASE "now() + make_interval(secs => $1::integer)"

// -------------------------------------------------------------------------------------- claiming

// No earlier message m about the same calendar object waits for the same person.
#define NONE_BEFORE                                                                                \
    "NOT EXISTS (SELECT FROM timely.outbox e WHERE e.object_id = m.object_id"                      \
    " AND e.staff_id = m.staff_id AND e.state IN ('due', 'claimed', 'handing_over')"               \
    " AND (e.sequence, e.message_id) < (m.sequence, m.message_id))"

#define IS_WAITING "m.state IN ('due', 'claimed', 'handing_over')"

// The right-hand sides see the row as it was: one that was being handed over may have left. The
// oldest goes first, however often it was tried: after an outage what has waited longest.
static const char claim_sql[] =
    "UPDATE timely.outbox o SET state = 'claimed', claimed_by = $2,"
    " claim_number = o.claim_number + 1, lease_until = " A_LEASE ","
    " maybe_repeat = o.maybe_repeat OR o.state = 'handing_over'"
    " WHERE o.message_id IN (SELECT m.message_id FROM timely.outbox m WHERE " IS_WAITING
    " AND (m.state = 'due' OR $3::boolean) AND m.free_at <= now() AND " NONE_BEFORE
    " ORDER BY m.put_at, m.message_id FOR UPDATE SKIP LOCKED LIMIT 1)"
    " RETURNING o.message_id, o.claim_number, coalesce(o.object_id, 0), o.attempts, o.sequence,"
    " o.kind, o.staff_id, o.recipient, o.subject, o.body_text, o.body_html, o.body_calendar,"
    " o.rfc_message_id, (extract(epoch FROM o.put_at) * 1000000)::bigint,"
    " o.feed_kind, o.feed_owner,"
    " (SELECT c.uid FROM timely.calendar_object c WHERE c.object_id = o.object_id),"
    " (SELECT f.rfc_message_id FROM timely.outbox f WHERE f.object_id = o.object_id"
    " AND f.staff_id = o.staff_id AND f.state = 'sent' ORDER BY f.message_id LIMIT 1), "
    "o.maybe_repeat";

static struct outgoing outgoing_row(struct arena *a, const PGresult *r)
{
#define TEXT(column) arena_strdup(a, db_text(r, 0, column))
    return (struct outgoing){.message_id = db_int(r, 0, 0),
                             .object_id = db_int(r, 0, 2),
                             .attempts = (int)db_int(r, 0, 3),
                             .sequence = (int)db_int(r, 0, 4),
                             .kind = TEXT(5),
                             .staff_id = TEXT(6),
                             .recipient = TEXT(7),
                             .subject = TEXT(8),
                             .text = TEXT(9),
                             .html = TEXT(10),
                             .calendar = TEXT(11),
                             .rfc_message_id = TEXT(12),
                             .put_at = db_int(r, 0, 13),
                             .feed = {TEXT(14), TEXT(15)},
                             .uid = TEXT(16),
                             .first_message_id = TEXT(17),
                             .may_be_there = db_bool(r, 0, 18)};
#undef TEXT
}

static const char *lease_seconds(struct arena *a)
{
    return arena_printf(a, "%d", LEASE_S);
}

bool outbox_claim(struct arena *a, struct db *store, const char *worker, bool take_over,
                  struct claim *ret_claim, struct outgoing *ret, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;
    const char *values[] = {lease_seconds(a), worker, take_over ? "t" : "f"};
    int64_t asked_at = clock_monotonic();

    claim_forget(ret_claim);
    if (!db_ask(store, claim_sql, 3, values, &r, err))
        return false;
    if (PQntuples(r) == 0)
        return true;
    hold(ret_claim, db_int(r, 0, 0), db_int(r, 0, 1), asked_at);
    *ret = outgoing_row(a, r);
    return true;
}

bool outbox_next_in(struct db *store, bool take_over, double *ret_seconds, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;
    const char *seconds, *may = take_over ? "t" : "f";

    if (!db_ask(store,
                // greatest() takes no notice of NULL: of no message at all it would be 0.
                "SELECT extract(epoch FROM min(greatest(m.free_at, now())) - now())"
                " FROM timely.outbox m WHERE " IS_WAITING
                " AND (m.state = 'due' OR $1::boolean) AND " NONE_BEFORE,
                1, &may, &r, err))
        return false;
    seconds = db_text(r, 0, 0);
    *ret_seconds = seconds ? strtod(seconds, NULL) : -1;
    return true;
}

// --------------------------------------------------------------------------------- keeping a claim

bool outbox_hand_over(struct db *store, struct claim *claim, bool *ret_ours, struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    AUTO(pgresult_done) PGresult *r = NULL;
    const char *values[] = {lease_seconds(a), arena_printf(a, "%lld", claim->message_id),
                            arena_printf(a, "%lld", claim->number)};
    int64_t asked_at = clock_monotonic();

    if (!db_ask(store,
                "UPDATE timely.outbox SET state = 'handing_over', attempts = attempts + 1,"
                " lease_until = " A_LEASE " WHERE message_id = $2::bigint"
                " AND claim_number = $3::bigint AND state = 'claimed' RETURNING message_id",
                3, values, &r, err))
        return false;
    *ret_ours = PQntuples(r) > 0;
    if (*ret_ours)
        hold(claim, claim->message_id, claim->number, asked_at);
    return true;
}

// One that is neither renewed nor lost was settled meanwhile.
static const char renew_sql[] =
    "WITH held (message_id, number) AS (SELECT * FROM unnest($2::bigint[], $3::bigint[])),"
    " renewed AS (UPDATE timely.outbox o SET lease_until = " A_LEASE
    " FROM held h WHERE o.message_id = h.message_id AND o.claim_number = h.number"
    " AND o.state IN ('claimed', 'handing_over') RETURNING o.message_id, h.number)"
    " SELECT h.message_id, h.number, r.number IS NOT NULL, o.claim_number <> h.number FROM held h"
    " JOIN timely.outbox o USING (message_id) LEFT JOIN renewed r USING (message_id, number)";

static struct claim *find(struct claim *const *claims, size_t count, long long message_id,
                          long long number)
{
    for (size_t i = 0; i < count; i++)
        if (claims[i]->message_id == message_id && claims[i]->number == number)
            return claims[i];
    return NULL;
}

static void take_in(const PGresult *r, struct claim *const *claims, size_t count, int64_t asked_at)
{
    for (int i = 0; i < PQntuples(r); i++) {
        struct claim *c = find(claims, count, db_int(r, i, 0), db_int(r, i, 1));

        if (!c)
            continue;
        if (db_bool(r, i, 2)) {
            hold(c, c->message_id, c->number, asked_at);
        } else if (db_bool(r, i, 3) && atomic_load(&c->until) > 0) {
            atomic_store(&c->until, 0);
            log_warning("message.claim-lost", "message=%lld", c->message_id);
        }
    }
}

bool outbox_renew(struct db *store, struct claim *const *claims, size_t count, struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    AUTO(pgresult_done) PGresult *r = NULL;
    const char **ids = ARENA_ARRAY(a, const char *, count + 1);
    const char **numbers = ARENA_ARRAY(a, const char *, count + 1);
    int64_t asked_at = clock_monotonic();
    size_t held = 0;

    for (size_t i = 0; i < count; i++)
        if (claims[i]->message_id) {
            ids[held] = arena_printf(a, "%lld", claims[i]->message_id);
            numbers[held++] = arena_printf(a, "%lld", claims[i]->number);
        }
    if (held == 0)
        return true;

    const char *values[] = {lease_seconds(a), db_text_array(a, ids, held),
                            db_text_array(a, numbers, held)};

    if (!db_ask(store, renew_sql, 3, values, &r, err))
        return false;
    take_in(r, claims, count, asked_at);
    return true;
}

// The longest waits are an hour: between two tries, and the quiet period of an update.
static const char ahead_sql[] =
    "UPDATE timely.outbox SET not_before = CASE WHEN state = 'due' THEN now() ELSE not_before END,"
    " lease_until = CASE WHEN state <> 'due' THEN " A_LEASE " END"
    " WHERE state IN ('due', 'claimed', 'handing_over') AND free_at > now() + interval '2 hours'";

bool outbox_forget_ahead(struct db *store, struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    const char *lease = lease_seconds(a);

    return db_ask(store, ahead_sql, 1, &lease, NULL, err);
}
