// The operator's mail about addresses from which mail came back: each is told of once, all that are
// new in one mail a day.
#include "replies.h"

#include "clean.h"
#include "outbox.h"
#include "text.h"

#define SHOWN_CHARS_MAX 160

static const char untold_sql[] =
    "SELECT b.email, coalesce(b.staff_id, '(the operator, or the redirect)'), b.status,"
    " b.diagnostic, b.message_id FROM timely.bounced($1::timestamptz) b WHERE b.told_at IS NULL"
    " AND NOT EXISTS (SELECT FROM timely.outbox o WHERE o.dedupe = $2) ORDER BY b.email";

static json_t *mail_about(struct arena *a, const struct config *c, const char *dedupe,
                          const PGresult *r)
{
    AUTO(text_done) struct text text = {0};
    struct outbox_mail m = {.kind = "operator",
                            .dedupe = dedupe,
                            .recipient = c->operator_email,
                            .subject = PQntuples(r) == 1
                                           ? "timely: mail to an address comes back"
                                           : "timely: mail to some addresses comes back"};

    text_add(&text, "These people do not get what timely writes to them:\n\n");
    for (int i = 0; i < PQntuples(r); i++)
        text_addf(&text, "%s, %s\n  %s %s (message %s)\n",
                  clean_line(a, db_text(r, i, 1), SHOWN_CHARS_MAX),
                  clean_line(a, db_text(r, i, 0), SHOWN_CHARS_MAX), db_text(r, i, 2),
                  clean_line(a, db_text(r, i, 3), SHOWN_CHARS_MAX), db_text(r, i, 4));
    text_add(&text, "\nPlease correct the address where the directory comes from, and import it "
                    "again, or have\nthe mailbox put right. timely goes on writing to them until "
                    "then. `timely findings`\nlists them as long as it lasts.\n");
    m.text = text_str(&text);
    return outbox_message(a, c, &m);
}

static bool tell(struct arena *a, struct db *store, const struct config *c, instant now,
                 bool *ret_told, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;
    const char *at = instant_iso(a, now);
    const char *values[] = {at, arena_printf(a, "operator:bounced:%.10s", at)};
    json_t *mail;
    bool ok;

    if (!db_ask(store, untold_sql, 2, values, &r, err))
        return false;
    *ret_told = PQntuples(r) > 0;
    if (!*ret_told)
        return true;
    mail = mail_about(a, c, values[1], r);
    ok = outbox_put(store, mail, now, err);
    json_decref(mail);
    return ok && db_ask(store,
                        "UPDATE timely.bounced_address SET told_at = $1::timestamptz WHERE told_at"
                        " IS NULL AND email IN (SELECT email FROM timely.bounced($1::timestamptz))",
                        1, values, NULL, err);
}

bool bounces_tell(struct db *store, const struct config *c, instant now, bool *ret_told,
                  struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();

    *ret_told = false;
    if (!c->operator_email)
        return true;
    if (!db_begin(store, "", err))
        return false;
    if (!tell(a, store, c, now, ret_told, err)) {
        db_rollback(store);
        return false;
    }
    return db_commit(store, err);
}
