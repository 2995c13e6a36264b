// Putting messages into timely.outbox, and settling them. A settlement names the state and the
// claim that it leaves, so that two who believe that they hold a message cannot both settle it.
#include "outbox.h"

#include "document.h"
#include "mail.h"
#include "sha256.h"

#include <stdio.h>

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
    AUTO(json_done) json_t *doc = json_object();

    json_set_text(doc, "now", instant_iso(a, now));
    json_object_set(doc, "message", message);
    return document_ask(store,
                        "SELECT timely.put_message($1::jsonb->'message',"
                        " ($1::jsonb->>'now')::timestamptz)",
                        doc, NULL, err);
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
