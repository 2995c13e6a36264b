// Taking a mail: understood, matched, judged, recorded (timely.record_mail), in one transaction.
#include "replies.h"

#include "clean.h"
#include "document.h"
#include "mail_read.h"
#include "outbox.h"
#include "reply_judge.h"
#include "reply_told.h"
#include "sha256.h"
#include "zone.h"

#include <string.h>

// -------------------------------------------------------------------------------------- the place

const char *mail_place_key(struct arena *a, const struct config *c)
{
    if (!c->imap_url)
        return ""; // the key of none
    return arena_printf(a, "%s %s %s", c->imap_url, c->imap_user, c->imap_folder);
}

bool mail_place_read(struct db *store, const char *mailbox, struct mail_place *ret,
                     struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;

    if (!db_ask(store, "SELECT uid_validity, last_uid FROM timely.mailbox WHERE mailbox = $1", 1,
                &mailbox, &r, err))
        return false;
    *ret = (struct mail_place){.mailbox = mailbox, .known = PQntuples(r) > 0};
    if (ret->known) {
        ret->uid_validity = (uint32_t)db_int(r, 0, 0);
        ret->last_uid = (uint32_t)db_int(r, 0, 1);
    }
    return true;
}

bool mail_place_write(struct db *store, const struct mail_place *p, struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    const char *values[] = {p->mailbox, arena_printf(a, "%u", p->uid_validity),
                            arena_printf(a, "%u", p->last_uid)};

    return db_ask(store,
                  "INSERT INTO timely.mailbox AS m (mailbox, uid_validity, last_uid)"
                  " VALUES ($1, $2::bigint, $3::bigint) ON CONFLICT (mailbox) DO UPDATE SET"
                  " last_uid = CASE WHEN m.uid_validity = excluded.uid_validity"
                  " THEN greatest(m.last_uid, excluded.last_uid) ELSE excluded.last_uid END,"
                  " uid_validity = excluded.uid_validity",
                  3, values, NULL, err);
}

// A mailbox that could never be opened has a row too: of UIDVALIDITY 0, which no server gives.
bool mail_place_looked(struct db *store, const char *mailbox, const char *problem,
                       struct error *err)
{
    const char *values[] = {mailbox, problem};

    return db_ask(store,
                  "INSERT INTO timely.mailbox AS m (mailbox, uid_validity, last_uid, read_at,"
                  " problem) VALUES ($1, 0, 0, CASE WHEN $2::text IS NULL THEN now() END, $2)"
                  " ON CONFLICT (mailbox) DO UPDATE SET"
                  " read_at = coalesce(excluded.read_at, m.read_at), problem = excluded.problem",
                  2, values, NULL, err);
}

// --------------------------------------------------------------------------------------- matching

struct taking {
    struct arena *arena;
    struct db *store;
    const struct replies_context *context;
    const struct incoming *incoming;
    struct mail_read mail;
    json_t *doc, *messages;
    struct taken result;
};

static const char match_sql[] =
    "WITH in_post AS (SELECT professional_id, lower(email) AS email FROM timely.staff"
    " WHERE coalesce(active_from <= $4::date, true) AND coalesce(active_to > $4::date, true))"
    " SELECT o.object_id, h.staff_id, lower(h.email), lower(s.email), s.deputy_id,"
    " h.sequence_said, h.answer, h.answer_sequence,"
    " (extract(epoch FROM h.answered_at) * 1000000)::bigint,"
    " (SELECT min(professional_id) FROM in_post WHERE email = $3), o.sequence,"
    " (SELECT min(professional_id) FROM in_post WHERE email = $5),"
    " EXISTS (SELECT FROM timely.invite_answer a WHERE a.object_id = o.object_id"
    " AND a.staff_id = h.staff_id AND a.method = $6 AND a.answer = $7 AND a.sequence = $8::integer"
    " AND a.stamped_at = $9::timestamptz AND a.proposed_start IS NOT DISTINCT FROM $10::timestamp)"
    " FROM timely.calendar_object o LEFT JOIN (timely.invite_holder h"
    " LEFT JOIN timely.staff s ON s.professional_id = h.staff_id)"
    " ON h.object_id = o.object_id AND $2 IN (lower(h.email), lower(s.email))"
    " WHERE o.uid = $1 ORDER BY h.staff_id LIMIT 1";

static const char *time_words(struct arena *a, struct moment m)
{
    return date_known(m.on) ? moment_iso(a, m) : NULL;
}

static bool find_invite(const struct taking *t, struct held_invite *ret, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;
    struct arena *a = t->arena;
    const struct calendar_reply *reply = &t->mail.reply;
    const char *values[] = {reply->uid,
                            reply->attendee,
                            t->mail.from,
                            date_iso(a, london_from_instant(t->context->now).on),
                            reply->delegate,
                            reply_method_word(reply->method),
                            reply->partstat,
                            arena_printf(a, "%d", reply->sequence),
                            instant_iso(a, reply->stamped_at),
                            time_words(a, reply->starts)};

    if (!db_ask(t->store, match_sql, sizeof values / sizeof *values, values, &r, err))
        return false;
    *ret = (struct held_invite){0};
    if (PQntuples(r) > 0)
        *ret = (struct held_invite){
            .object_id = db_int(r, 0, 0),
            .staff_id = arena_strdup(a, db_text(r, 0, 1)),
            .emails = {arena_strdup(a, db_text(r, 0, 2)), arena_strdup(a, db_text(r, 0, 3))},
            .deputy_id = arena_strdup(a, db_text(r, 0, 4)),
            .sequence = (int)db_int(r, 0, 10),
            .sequence_said = (int)db_int(r, 0, 5),
            .answer = arena_strdup(a, db_text(r, 0, 6)),
            .answer_sequence = (int)db_int(r, 0, 7),
            .answered_at = db_int(r, 0, 8),
            .sender_id = arena_strdup(a, db_text(r, 0, 9)),
            .delegate_id = arena_strdup(a, db_text(r, 0, 11)),
            .said_before = db_bool(r, 0, 12)};
    return true;
}

// -------------------------------------------------------------------------------------- documents

static json_t *answer_document(const struct taking *t, const struct reply_judgement *j)
{
    const struct calendar_reply *r = &t->mail.reply;
    json_t *o = json_object();

    json_set_text(o, "method", reply_method_word(r->method));
    json_set_text(o, "answer", r->partstat);
    json_object_set_new(o, "sequence", json_integer(r->sequence));
    json_set_text(o, "stamped_at", instant_iso(t->arena, r->stamped_at));
    json_set_text(o, "sent_by", j->sent_by);
    json_object_set_new(o, "acknowledges", json_boolean(j->acknowledges));
    json_set_text(o, "proposed_start", time_words(t->arena, r->starts));
    json_set_text(o, "proposed_end", time_words(t->arena, r->ends));
    json_set_text(o, "comment", r->comment);
    return o;
}

static void ignore(struct taking *t, const char *why)
{
    t->result.as = TAKEN_IGNORED;
    t->result.why = why;
}

static bool take_answer(struct taking *t, struct error *err)
{
    struct held_invite h;
    struct reply_judgement j;

    if (!find_invite(t, &h, err))
        return false;
    reply_judge(&t->mail, &h, t->context->real_now, &j);
    t->result.object_id = h.object_id;
    if (h.object_id)
        json_object_set_new(t->doc, "object_id", json_integer(h.object_id));
    json_set_text(t->doc, "staff_id", h.staff_id);
    if (j.ignored) {
        ignore(t, j.ignored);
        return true;
    }
    t->result.as = TAKEN_ANSWER;
    json_object_set_new(t->doc, "answer", answer_document(t, &j));
    json_object_set_new(t->doc, "newest", json_boolean(j.newest));
    return !j.tells ||
           reply_told(t->arena, t->store, t->context, &t->mail.reply, &h, &j, t->messages, err);
}

// What came back, the address that failed and whose that is. Of a message that was redirected,
// which is told by how it left whatever is configured by now, the one mailbox failed and nobody
// else, be it under another address than ours of it.
static const char bounced_sql[] =
    "SELECT o.message_id, CASE WHEN s.redirected THEN coalesce($2, lower($3))"
    " ELSE lower(o.recipient) END, CASE WHEN NOT s.redirected THEN o.staff_id END"
    " FROM timely.outbox o CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM timely.audit a"
    " WHERE a.message_id = o.message_id AND a.what = 'message.sent'"
    " AND a.detail LIKE '% redirected=t%') AS redirected) s WHERE o.rfc_message_id = $1";

// Which message it was is told by its Message-ID, which nobody else can know.
static bool take_bounce(struct taking *t, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;
    const struct bounce *b = &t->mail.bounce;
    const char *values[] = {b->message_id, b->recipient, t->context->config->redirect_to};
    json_t *o;

    if (!db_ask(t->store, bounced_sql, 3, values, &r, err))
        return false;
    if (PQntuples(r) == 0 || !db_text(r, 0, 1)) {
        ignore(t, PQntuples(r) == 0 ? "unknown-message" : "no-recipient");
        return true;
    }
    o = json_object();
    json_set_text(o, "email", db_text(r, 0, 1));
    json_set_text(o, "staff_id", db_text(r, 0, 2));
    json_set_text(o, "status", b->status);
    json_set_text(o, "diagnostic", b->diagnostic);
    json_object_set_new(o, "message_id", json_integer(db_int(r, 0, 0)));
    json_object_set_new(t->doc, "bounce", o);
    json_set_text(t->doc, "staff_id", db_text(r, 0, 2));
    t->result.as = TAKEN_BOUNCE;
    return true;
}

static bool record(struct taking *t, struct error *err)
{
    static const char *const became[] = {NULL, "answer", "bounce", "ignored"};
    AUTO(pgresult_done) PGresult *r = NULL;
    const struct incoming *m = t->incoming;
    char hash[65];

    sha256_hex(m->bytes, m->length, hash);
    json_set_text(t->doc, "now", instant_iso(t->arena, t->context->now));
    json_set_text(t->doc, "mailbox", m->place->mailbox);
    json_object_set_new(t->doc, "uid_validity", json_integer(m->place->uid_validity));
    json_object_set_new(t->doc, "uid", json_integer(m->uid));
    json_set_text(t->doc, "sha256", hash);
    json_set_text(t->doc, "became", became[t->result.as]);
    json_set_text(t->doc, "why", t->result.why);
    json_object_set(t->doc, "messages", t->messages);
    if (!document_ask(t->store, "SELECT timely.record_mail($1::jsonb)", t->doc, &r, err))
        return false;
    t->result.again = !db_bool(r, 0, 0);
    t->result.mails = t->result.again ? 0 : json_array_size(t->messages);
    return true;
}

static bool take(struct taking *t, struct error *err)
{
    bool answer = t->mail.matter == MATTER_REPLY;

    return db_ask(t->store, "SELECT timely.take_turn()", 0, NULL, NULL, err) &&
           (answer ? take_answer(t, err) : take_bounce(t, err)) && record(t, err);
}

bool replies_take(struct arena *a, struct db *store, const struct replies_context *c,
                  const struct incoming *m, struct taken *ret, struct error *err)
{
    AUTO(json_done) json_t *doc = json_object();
    AUTO(json_done) json_t *messages = json_array();
    struct taking t = {
        .arena = a, .store = store, .context = c, .incoming = m, .doc = doc, .messages = messages};

    mail_read(a, m->bytes, m->length, c->config->mailbox_authserv_id, &t.mail);
    if (t.mail.matter == MATTER_NONE) {
        *ret = (struct taken){.as = TAKEN_NOT, .why = t.mail.why};
        return true;
    }
    if (!db_begin(store, "", err))
        return false;
    if (!take(&t, err)) {
        db_rollback(store);
        return false;
    }
    if (!db_commit(store, err))
        return false;
    *ret = t.result;
    return true;
}
