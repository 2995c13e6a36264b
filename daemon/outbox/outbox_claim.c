// Claiming messages of timely.outbox, and keeping the claims. A claim is a lease of seconds with a
// number: who is slow or paused for longer than the lease finds the number risen, and does no harm.
// Both a claim and the word that the hand-over begins are waited for until the store can no longer
// lose them: a number is never given twice, and nothing leaves that was not said to be leaving.
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

bool claim_is_sure(const struct claim *c)
{
    return clock_monotonic() < atomic_load(&c->until);
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
    " AND e.staff_id = m.staff_id AND e.settled_at IS NULL"                                        \
    " AND (e.sequence, e.message_id) < (m.sequence, m.message_id))"

#define IS_WAITING "m.settled_at IS NULL"

// The right-hand sides see the row as it was: one that was being handed over may have left. The
// oldest goes first, however often it was tried: after an outage what has waited longest. A lease
// that is over is doubted first: where the store slept, or its clock was stepped, or it was out of
// reach, its holder has some seconds to renew it.
static const char claim_sql[] =
    "WITH seen AS (SELECT m.message_id, m.put_at, m.state = 'due' OR m.doubted AS is_free"
    " FROM timely.outbox m WHERE " IS_WAITING
    " AND m.not_before <= now() AND (m.state = 'due' OR ($4::boolean AND m.lease_until <= now()))"
    " AND " NONE_BEFORE
    " ORDER BY m.put_at, m.message_id FOR UPDATE SKIP LOCKED LIMIT $3::integer),"
    " doubt AS (UPDATE timely.outbox o SET doubted = true,"
    " lease_until = " A_LEASE
    " FROM seen WHERE o.message_id = seen.message_id AND NOT seen.is_free),"
    " mine AS (UPDATE timely.outbox o SET state = 'claimed', claimed_by = $2, doubted = false,"
    " claim_number = o.claim_number + 1, lease_until = " A_LEASE ","
    " maybe_repeat = o.maybe_repeat OR o.state = 'handing_over'"
    " FROM seen WHERE o.message_id = seen.message_id AND seen.is_free RETURNING o.*)"
    " SELECT o.message_id, o.claim_number, coalesce(o.object_id, 0), o.attempts, o.sequence,"
    " o.kind, o.staff_id, o.recipient, o.subject, o.body_text, o.body_html, o.body_calendar,"
    " o.rfc_message_id, (extract(epoch FROM o.put_at) * 1000000)::bigint,"
    " o.feed_kind, o.feed_owner,"
    " (SELECT c.uid FROM timely.calendar_object c WHERE c.object_id = o.object_id),"
    " (SELECT f.rfc_message_id FROM timely.outbox f WHERE f.object_id = o.object_id"
    " AND f.staff_id = o.staff_id AND f.state = 'sent' ORDER BY f.message_id LIMIT 1),"
    " o.maybe_repeat, coalesce(o.page_id, 0)"
    " FROM seen s LEFT JOIN mine o USING (message_id) ORDER BY s.put_at, s.message_id";

static struct outgoing outgoing_row(struct arena *a, const PGresult *r, int row)
{
#define TEXT(column) arena_strdup(a, db_text(r, row, column))
    return (struct outgoing){.message_id = db_int(r, row, 0),
                             .object_id = db_int(r, row, 2),
                             .attempts = (int)db_int(r, row, 3),
                             .sequence = (int)db_int(r, row, 4),
                             .kind = TEXT(5),
                             .staff_id = TEXT(6),
                             .recipient = TEXT(7),
                             .subject = TEXT(8),
                             .text = TEXT(9),
                             .html = TEXT(10),
                             .calendar = TEXT(11),
                             .rfc_message_id = TEXT(12),
                             .put_at = db_int(r, row, 13),
                             .feed = {TEXT(14), TEXT(15)},
                             .uid = TEXT(16),
                             .first_message_id = TEXT(17),
                             .may_be_there = db_bool(r, row, 18),
                             .page_id = db_int(r, row, 19)};
#undef TEXT
}

static const char *lease_seconds(struct arena *a)
{
    return arena_printf(a, "%d", LEASE_S);
}

// Takes those rows that are ours; how many.
static size_t take_rows(struct arena *a, const PGresult *r, int64_t asked_at, struct claim *claims,
                        struct outgoing *messages)
{
    size_t count = 0;

    for (int i = 0; i < PQntuples(r); i++) {
        if (!db_text(r, i, 0))
            continue; // it was doubted
        hold(&claims[count], db_int(r, i, 0), db_int(r, i, 1), asked_at);
        messages[count++] = outgoing_row(a, r, i);
    }
    return count;
}

bool outbox_claim(struct arena *a, struct db *store, const char *worker, bool take_over,
                  size_t most, struct claim *claims, struct outgoing **ret, size_t *ret_count,
                  struct error *err)
{
    const char *values[] = {lease_seconds(a), worker, arena_printf(a, "%zu", most),
                            take_over ? "t" : "f"};
    bool again = true;

    *ret = ARENA_ARRAY(a, struct outgoing, most + 1);
    *ret_count = 0;
    // Those that are doubted stand before no others: behind them there may be some that are due.
    while (again && *ret_count == 0) {
        AUTO(pgresult_done) PGresult *r = NULL;
        int64_t asked_at = clock_monotonic();

        if (!db_ask_often(store, claim_sql, 4, values, &r, err))
            return false;
        *ret_count = take_rows(a, r, asked_at, claims, *ret);
        again = PQntuples(r) > 0;
    }
    return true;
}

bool outbox_next_in(struct db *store, bool take_over, double *ret_seconds, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;
    const char *in, *may = take_over ? "t" : "f";

    if (!db_ask(
            store,
            // greatest() takes no notice of NULL, as the lease of what nobody has: of no
            // message at all it would be 0.
            "SELECT extract(epoch FROM min(greatest(m.not_before, m.lease_until, now())) - now())"
            " FROM timely.outbox m WHERE " IS_WAITING
            " AND (m.state = 'due' OR $1::boolean) AND " NONE_BEFORE,
            1, &may, &r, err))
        return false;
    in = db_text(r, 0, 0);
    *ret_seconds = in ? strtod(in, NULL) : -1;
    return true;
}

// --------------------------------------------------------------------------------- keeping claims

// Of each that is asked for whether it has a new lease, and else whether it was lost.
#define FOR_A_LEASE(and_set, of_state, is_lost)                                                    \
    "WITH held (message_id, number) AS (SELECT * FROM unnest($2::bigint[], $3::bigint[])),"        \
    " kept AS (UPDATE timely.outbox o SET doubted = false, lease_until = " A_LEASE and_set         \
    " FROM held h WHERE o.message_id = h.message_id AND o.claim_number = h.number"                 \
    " AND " of_state " RETURNING o.message_id)"                                                    \
    " SELECT h.message_id, h.number, k.message_id IS NOT NULL, " is_lost                           \
    " FROM held h JOIN timely.outbox o USING (message_id) LEFT JOIN kept k USING (message_id)"

static const char hand_over_sql[] =
    FOR_A_LEASE(", state = 'handing_over', attempts = attempts + 1", "o.state = 'claimed'", "true");

// One that is neither renewed nor lost was settled meanwhile. What others are at is passed over: it
// is being settled, or begins to be handed over, for a lease of its own; so nobody waits for
// somebody who waits for us.
static const char renew_sql[] =
    FOR_A_LEASE("",
                "o.message_id IN (SELECT message_id FROM timely.outbox"
                " WHERE message_id = ANY ($2::bigint[]) AND state IN ('claimed', 'handing_over')"
                " FOR UPDATE SKIP LOCKED)",
                "o.claim_number <> h.number");

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

// The numbers of messages and claims; how many are held.
static size_t numbers_of(struct arena *a, struct claim *const *claims, size_t count,
                         const char **ret_messages, const char **ret_numbers)
{
    const char **messages = ARENA_ARRAY(a, const char *, count + 1);
    const char **numbers = ARENA_ARRAY(a, const char *, count + 1);
    size_t held = 0;

    for (size_t i = 0; i < count; i++)
        if (claims[i]->message_id) {
            messages[held] = arena_printf(a, "%lld", claims[i]->message_id);
            numbers[held++] = arena_printf(a, "%lld", claims[i]->number);
        }
    *ret_messages = db_text_array(a, messages, held);
    *ret_numbers = db_text_array(a, numbers, held);
    return held;
}

static bool ask_for_a_lease(struct db *store, const char *sql, struct claim *const *claims,
                            size_t count, struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    AUTO(pgresult_done) PGresult *r = NULL;
    const char *values[] = {lease_seconds(a), NULL, NULL};
    int64_t asked_at = clock_monotonic();

    if (numbers_of(a, claims, count, &values[1], &values[2]) == 0)
        return true;
    if (!db_ask_often(store, sql, 3, values, &r, err))
        return false;
    take_in(r, claims, count, asked_at);
    return true;
}

bool outbox_hand_over(struct db *store, struct claim *const *claims, size_t count,
                      struct error *err)
{
    return ask_for_a_lease(store, hand_over_sql, claims, count, err);
}

bool outbox_renew(struct db *store, struct claim *const *claims, size_t count, struct error *err)
{
    return ask_for_a_lease(store, renew_sql, claims, count, err);
}

static const char let_go_sql[] =
    "UPDATE timely.outbox o SET state = 'due', lease_until = NULL, claimed_by = NULL,"
    " attempts = attempts - (state = 'handing_over')::integer"
    " FROM unnest($1::bigint[], $2::bigint[]) AS held (message_id, number)"
    " WHERE o.message_id = held.message_id AND o.claim_number = held.number"
    " AND o.state IN ('claimed', 'handing_over')";

bool outbox_let_go(struct db *store, struct claim *const *claims, size_t count, struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    const char *values[2];

    return numbers_of(a, claims, count, &values[0], &values[1]) == 0 ||
           db_ask_often(store, let_go_sql, 2, values, NULL, err);
}

// The longest waits are an hour, between two tries or of an update: but for an alarm's, until an
// opening of the office, which is that moment by whichever clock. A lease has seconds.
static const char ahead_sql[] =
    "UPDATE timely.outbox SET not_before = least(not_before, now()),"
    " lease_until = CASE WHEN state <> 'due' THEN " A_LEASE " END"
    " WHERE settled_at IS NULL"
    " AND (not_before > now() + interval '2 hours' OR lease_until > now() + interval '1 minute')"
    " AND NOT (state = 'due' AND kind = 'alarm' AND attempts = 0)";

bool outbox_forget_ahead(struct db *store, struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    const char *lease = lease_seconds(a);

    return db_ask(store, ahead_sql, 1, &lease, NULL, err);
}
