// Putting messages into timely.outbox, and settling them. A settlement names the state and the
// claim that it leaves, so that two who believe that they hold a message cannot both settle it, and
// one that is told twice is written once.
#include "outbox.h"

#include "document.h"
#include "mail.h"
#include "text.h"

#define RETRY_BASE_S 30
#define RETRY_MOST_S 3600
#define ANSWER_CHARS_MAX 190

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

void settlement_becomes(struct arena *a, struct settlement *s, enum outcome outcome,
                        const char *answer)
{
    AUTO(string_done) char *line = text_one_line(answer, ANSWER_CHARS_MAX);

    s->outcome = outcome;
    s->answer = arena_strdup(a, line);
}

// The claim $2 of the message $1, unless it was settled before or somebody else has taken it since.
#define IS_OURS                                                                                    \
    " WHERE message_id = $1::bigint AND claim_number = $2::bigint"                                 \
    " AND state IN ('claimed', 'handing_over') RETURNING *)"

// Whether nobody else has taken it. The store need not keep this at once: db_make_last comes later.
#define ANSWER " SELECT o.claim_number = $2::bigint, set_config('synchronous_commit', 'off', true)"
#define OF_MESSAGE " FROM timely.outbox o WHERE o.message_id = $1::bigint"

// A message that will be tried again is due once more; every other outcome is its last state. One
// whose hand-over could not begin has been tried, too.
#define TRIES "(attempts + (state = 'claimed')::integer)"
static const char retry_sql[] =
    "WITH mine AS (UPDATE timely.outbox SET state = 'due', lease_until = NULL, claimed_by = NULL,"
    " last_answer = $4, maybe_repeat = maybe_repeat OR $3 = 'unsure', attempts = " TRIES ","
    " not_before = now() + make_interval(secs => least($5::integer * " TRIES "::bigint * " TRIES ","
    " $6::integer)::double precision)" IS_OURS ANSWER OF_MESSAGE;

// Of what the agenda can say anew its key is free again.
#define IS_TAKEN_BACK "$3 = 'superseded' AND kind IN ('digest', 'alarm', 'weekly')"

// The audit has what, to whom, when, about which deadlines, under which rules: ids and hashes.
static const char settle_sql[] =
    "WITH mine AS (UPDATE timely.outbox SET state = $3, lease_until = NULL, last_answer = $4,"
    " settled_at = $5::timestamptz, given_up = $3 IN ('refused', 'expired'),"
    " dedupe = CASE WHEN " IS_TAKEN_BACK " THEN concat('taken-back:', message_id, ':', dedupe)"
    " ELSE dedupe END" IS_OURS
    ", back AS (INSERT INTO timely.taken_back SELECT message_id FROM mine WHERE " IS_TAKEN_BACK ")"
    ", held AS (UPDATE timely.invite_holder h"
    " SET sequence_sent = m.sequence, shown = m.shows FROM mine m"
    " WHERE $3 = 'sent' AND m.kind = 'invite' AND h.object_id = m.object_id"
    " AND h.staff_id = m.staff_id AND coalesce(h.sequence_sent, 0) <= m.sequence),"
    " about AS (SELECT CASE WHEN count(*) = 1 THEN min(d.deadline_id) END AS deadline_id,"
    " string_agg(concat(d.deadline_id, ':', d.timescale, '/', d.rule_version), ',') AS deadlines"
    " FROM (SELECT d.* FROM timely.message_deadline a JOIN timely.deadline d USING (deadline_id)"
    " WHERE a.message_id = $1::bigint ORDER BY a.deadline_id) d),"
    " told AS (INSERT INTO timely.audit (at, what, message_id, deadline_id, staff_id, detail)"
    " SELECT $5::timestamptz, 'message.' || $3, m.message_id, a.deadline_id, m.staff_id,"
    " concat('kind=', m.kind, ' sequence=', m.sequence, ' attempts=', m.attempts,"
    " ' repeat=', m.maybe_repeat, ' sha256=', $6::text, ' deadlines=', a.deadlines)"
    " FROM mine m CROSS JOIN about a)" ANSWER
    ", (SELECT timely.put_message($7::jsonb, $5::timestamptz) FROM mine"
    " WHERE $7::jsonb IS NOT NULL)" OF_MESSAGE;

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
            s->answer && *s->answer ? s->answer : "no reason was given",
            s->outcome == OUTCOME_EXPIRED ? "given up" : "refused"),
    };

    return outbox_message(a, c, &m);
}

// For the operator, as timely.put_message takes it; NULL: nobody is told.
static const char *trouble(struct arena *a, const struct config *c, const struct settlement *s)
{
    bool never = s->outcome == OUTCOME_REFUSED || s->outcome == OUTCOME_EXPIRED;
    AUTO(json_done) json_t *mail = NULL;

    if (!never || s->of_operator || !c->operator_email)
        return NULL;
    mail = trouble_mail(a, c, s);
    return json_line(a, mail);
}

bool outbox_settle(struct db *store, const struct config *c, const struct settlement *s,
                   struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    const char *values[7] = {arena_printf(a, "%lld", s->message_id),
                             arena_printf(a, "%lld", s->claim_number), outcome_word(s->outcome),
                             s->answer};
    const char *sql = settle_sql;
    int count = 7;

    if (s->outcome == OUTCOME_RETRY || s->outcome == OUTCOME_UNSURE) {
        sql = retry_sql;
        count = 6;
        values[4] = arena_printf(a, "%d", RETRY_BASE_S);
        values[5] = arena_printf(a, "%d", RETRY_MOST_S);
    } else {
        values[4] = instant_iso(a, s->at);
        values[5] = s->redirected ? arena_printf(a, "%s redirected=t", s->sha256) : s->sha256;
        values[6] = trouble(a, c, s);
    }
    return db_send_often(store, sql, count, values, err);
}

bool outbox_settled(struct db *store, bool *ret_ours, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;

    if (!db_answer(store, &r, err))
        return false;
    *ret_ours = PQntuples(r) > 0 && db_bool(r, 0, 0);
    return true;
}
