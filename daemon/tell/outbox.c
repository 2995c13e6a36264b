// The statements on timely.outbox. Each transition names the state and the claim that it leaves, so
// that two who believe that they hold a message cannot both settle it.
#include "outbox.h"

#include "json.h"
#include "mail.h"
#include "sha256.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLAIM_LEASE_S 60
#define RETRY_BASE_S 30
#define RETRY_MOST_S 3600

// ------------------------------------------------------------------------------------ putting in

json_t *outbox_message(struct arena *a, const struct config *c, const struct outbox_mail *m)
{
    json_t *o = json_object();

    json_set_text(o, "kind", m->kind);
    json_set_text(o, "dedupe", m->dedupe);
    json_set_text(o, "staff_id", m->staff_id);
    json_set_text(o, "recipient", m->recipient);
    json_set_text(o, "subject", m->subject);
    json_set_text(o, "text", m->text);
    json_set_text(o, "html", m->html);
    json_set_text(o, "message_id", mail_message_id(a, c->from_email, m->dedupe));
    return o;
}

bool outbox_put(struct db *store, json_t *message, instant now, struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    char *text = json_dumps(message, JSON_COMPACT);
    const char *values[] = {text, instant_iso(a, now)};
    bool ok;

    if (!text)
        return fail(err, FAULT_INPUT, "a message could not be written as JSON");
    ok = db_ask(store, "SELECT timely.put_message($1::jsonb, $2::timestamptz)", 2, values, NULL,
                err);
    free(text);
    return ok;
}

// -------------------------------------------------------------------------------------- claiming

// No earlier message m about the same calendar object waits for the same person.
#define NONE_BEFORE                                                                                \
    "NOT EXISTS (SELECT FROM timely.outbox e WHERE e.object_id = m.object_id"                      \
    " AND e.staff_id = m.staff_id AND e.state IN ('due', 'claimed', 'handing_over')"               \
    " AND (e.sequence, e.message_id) < (m.sequence, m.message_id))"

// The right-hand sides see the row as it was: one that was being handed over may have left.
static const char claim_sql[] =
    "UPDATE timely.outbox o SET state = 'claimed', claimed_by = $1,"
    " claim_number = o.claim_number + 1, lease_until = now() + make_interval(secs => $2::integer),"
    " maybe_repeat = o.maybe_repeat OR o.state = 'handing_over'"
    " WHERE o.message_id IN (SELECT m.message_id FROM timely.outbox m"
    " WHERE ((m.state = 'due' AND m.not_before <= now())"
    " OR (m.state IN ('claimed', 'handing_over') AND m.lease_until < now()))"
    " AND " NONE_BEFORE " ORDER BY m.not_before, m.message_id FOR UPDATE SKIP LOCKED LIMIT 1)"
    " RETURNING o.message_id, o.claim_number, coalesce(o.object_id, 0), o.attempts, o.sequence,"
    " o.kind, o.staff_id, o.recipient, o.subject, o.body_text, o.body_html, o.body_calendar,"
    " o.rfc_message_id, (extract(epoch FROM o.put_at) * 1000000)::bigint,"
    " o.feed_kind, o.feed_owner,"
    " (SELECT c.uid FROM timely.calendar_object c WHERE c.object_id = o.object_id),"
    " (SELECT f.rfc_message_id FROM timely.outbox f WHERE f.object_id = o.object_id"
    " AND f.staff_id = o.staff_id AND f.state = 'sent' ORDER BY f.message_id LIMIT 1)";

static struct outgoing outgoing_row(struct arena *a, const PGresult *r)
{
#define TEXT(column) arena_strdup(a, db_text(r, 0, column))
    return (struct outgoing){.message_id = db_int(r, 0, 0),
                             .claim_number = db_int(r, 0, 1),
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
                             .first_message_id = TEXT(17)};
#undef TEXT
}

bool outbox_claim(struct arena *a, struct db *store, const char *worker, struct outgoing *ret,
                  bool *ret_found, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;
    const char *values[] = {worker, arena_printf(a, "%d", CLAIM_LEASE_S)};

    if (!db_ask(store, claim_sql, 2, values, &r, err))
        return false;
    *ret_found = PQntuples(r) > 0;
    if (*ret_found)
        *ret = outgoing_row(a, r);
    return true;
}

bool outbox_hand_over(struct db *store, const struct outgoing *o, int lease_s, bool *ret_ours,
                      struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    AUTO(pgresult_done) PGresult *r = NULL;
    const char *values[] = {arena_printf(a, "%lld", o->message_id),
                            arena_printf(a, "%lld", o->claim_number),
                            arena_printf(a, "%d", lease_s)};

    if (!db_ask(store,
                "UPDATE timely.outbox SET state = 'handing_over', attempts = attempts + 1,"
                " lease_until = now() + make_interval(secs => $3::integer)"
                " WHERE message_id = $1::bigint AND claim_number = $2::bigint"
                " AND state = 'claimed' RETURNING message_id",
                3, values, &r, err))
        return false;
    *ret_ours = PQntuples(r) > 0;
    return true;
}

// -------------------------------------------------------------------------------------- settling

const char *outcome_word(enum outcome o)
{
    static const char *const words[] = {"none",   "sent",    "refused",   "retry",
                                        "unsure", "expired", "superseded"};

    return words[o];
}

// A message that will be tried again is due once more; every other outcome is its last state.
static const char retry_sql[] =
    "UPDATE timely.outbox SET state = 'due', lease_until = NULL, claimed_by = NULL,"
    " last_answer = $4, maybe_repeat = maybe_repeat OR $3 = 'unsure',"
    " not_before = now() + make_interval(secs => least($5::integer * greatest(attempts, 1)::bigint"
    " * greatest(attempts, 1), $6::integer)::double precision)"
    " WHERE message_id = $1::bigint AND claim_number = $2::bigint"
    " AND state IN ('claimed', 'handing_over') RETURNING message_id";

// The audit has what, to whom, when, about which deadlines, under which rules: ids and hashes.
static const char settle_sql[] =
    "WITH mine AS (UPDATE timely.outbox SET state = $3, lease_until = NULL, last_answer = $4,"
    " settled_at = $5::timestamptz WHERE message_id = $1::bigint AND claim_number = $2::bigint"
    " AND state IN ('claimed', 'handing_over') RETURNING *),"
    " held AS (UPDATE timely.invite_holder h"
    " SET sequence_sent = greatest(h.sequence_sent, m.sequence) FROM mine m"
    " WHERE $3 = 'sent' AND m.kind = 'invite' AND h.object_id = m.object_id"
    " AND h.staff_id = m.staff_id),"
    " about AS (SELECT d.deadline_id, d.timescale, d.rule_version FROM timely.deadline d"
    " WHERE d.deadline_id IN (SELECT n.deadline_id FROM timely.notice n JOIN mine USING "
    "(message_id)"
    " UNION SELECT s.deadline_id FROM timely.object_deadline s JOIN mine USING (object_id)"
    " UNION SELECT m.deadline_id FROM timely.message_deadline m JOIN mine USING (message_id))),"
    " told AS (INSERT INTO timely.audit (at, what, message_id, deadline_id, staff_id, detail)"
    " SELECT $5::timestamptz, 'message.' || $3, m.message_id,"
    " (SELECT CASE WHEN count(*) = 1 THEN min(deadline_id) END FROM about), m.staff_id,"
    " concat('kind=', m.kind, ' sequence=', m.sequence, ' attempts=', m.attempts,"
    " ' repeat=', m.maybe_repeat, ' sha256=', $6::text, ' deadlines=',"
    " (SELECT string_agg(concat(deadline_id, ':', timescale, '/', rule_version), ','"
    " ORDER BY deadline_id) FROM about)) FROM mine m)"
    " SELECT message_id FROM mine";

static const char *sent_words(struct arena *a, const struct settlement *s)
{
    return arena_printf(a, "%s%s", s->sha256, s->redirected ? " redirected=t" : "");
}

static bool run_settlement(struct db *store, struct arena *a, const struct settlement *s,
                           bool *ret_ours, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;
    bool again = s->outcome == OUTCOME_RETRY || s->outcome == OUTCOME_UNSURE;
    const char *values[] = {arena_printf(a, "%lld", s->message_id),
                            arena_printf(a, "%lld", s->claim_number),
                            outcome_word(s->outcome),
                            s->answer,
                            again ? arena_printf(a, "%d", RETRY_BASE_S) : instant_iso(a, s->at),
                            again ? arena_printf(a, "%d", RETRY_MOST_S) : sent_words(a, s)};

    if (!db_ask(store, again ? retry_sql : settle_sql, 6, values, &r, err))
        return false;
    *ret_ours = PQntuples(r) > 0;
    return true;
}

// One mail a day and kind of trouble: the first message is named, the list has the others.
static json_t *trouble_mail(struct arena *a, const struct config *c, const struct settlement *s)
{
    const char *word = outcome_word(s->outcome);
    const char *day = arena_strndup(a, instant_iso(a, s->at), 10);
    struct outbox_mail m = {
        .kind = "operator",
        .dedupe = arena_printf(a, "operator:%s:%s", word, day),
        .recipient = c->operator_email,
        .subject = arena_printf(a, "timely: a message was %s",
                                s->outcome == OUTCOME_EXPIRED ? "given up" : "refused"),
        .text = arena_printf(
            a,
            "Message %lld %s: %s.\n\nIt will not be tried again. `timely outbox` shows "
            "it with every other one of today.\nNo further mail about messages that are %s will "
            "come today.\n",
            s->message_id,
            s->outcome == OUTCOME_EXPIRED ? "could not be handed over in time" : "was refused",
            *s->answer ? s->answer : "no reason was given",
            s->outcome == OUTCOME_EXPIRED ? "given up" : "refused"),
    };

    return outbox_message(a, c, &m);
}

static bool tell_operator(struct db *store, struct arena *a, const struct config *c,
                          const struct settlement *s, struct error *err)
{
    bool never = s->outcome == OUTCOME_REFUSED || s->outcome == OUTCOME_EXPIRED;
    json_t *mail;
    bool ok;

    if (!never || s->of_operator || !c->operator_email)
        return true;
    mail = trouble_mail(a, c, s);
    ok = outbox_put(store, mail, s->at, err);
    json_decref(mail);
    return ok;
}

bool outbox_settle(struct db *store, const struct config *c, const struct settlement *s,
                   bool *ret_ours, struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    bool ours = false;

    if (!db_begin(store, "", err))
        return false;
    if (!run_settlement(store, a, s, &ours, err) || (ours && !tell_operator(store, a, c, s, err))) {
        db_rollback(store);
        return false;
    }
    if (!db_commit(store, err))
        return false;
    *ret_ours = ours;
    return true;
}

bool outbox_next_in(struct db *store, double *ret_seconds, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;
    const char *seconds;

    if (!db_ask(store,
                // greatest() takes no notice of NULL: of no message at all it would be 0.
                "SELECT extract(epoch FROM min(greatest(CASE WHEN m.state = 'due' THEN m.not_before"
                " ELSE m.lease_until END, now())) - now()) FROM timely.outbox m"
                " WHERE m.state IN ('due', 'claimed', 'handing_over') AND " NONE_BEFORE,
                0, NULL, &r, err))
        return false;
    seconds = db_text(r, 0, 0);
    *ret_seconds = seconds ? strtod(seconds, NULL) : -1;
    return true;
}
