// Mails with the address of a calendar (welcome_mail.h).
#include "welcome_mail.h"

#include "feed_kinds.h"
#include "token.h"
#include "welcome.h"

bool welcome_put(struct arena *a, struct db *store, const struct config *c,
                 const struct feed_address *of, const char *holder, const char *recipient,
                 instant now, struct error *err)
{
    const char *stamp = instant_iso(a, now);
    struct outbox_mail m = {
        .kind = "welcome",
        .dedupe = arena_printf(a, "welcome:%s:%s:%s:%s", of->kind, of->id, holder, stamp),
        .staff_id = holder,
        .recipient = recipient,
        .subject = "Your calendar of deadlines: how to add it",
        .text = "The words are written as the mail leaves, since they hold an address that is a "
                "secret.\n"};
    json_t *message = outbox_message(a, c, &m);
    bool ok;

    json_object_set_new(message, "feed_kind", json_string(of->kind));
    json_object_set_new(message, "feed_owner", json_string(of->id));
    ok = outbox_put(store, message, now, err);
    json_decref(message);
    return ok;
}

// The name of the calendar, as the feed itself has it.
static bool read_name(struct arena *a, struct db *store, const struct feed_address *of,
                      const char **ret, struct error *err)
{
    const struct feed_kind *k = feed_kind_named(of->kind);
    AUTO(pgresult_done) PGresult *r = NULL;

    if (!k)
        return fail(err, FAULT_INPUT, "\"%s\": there are no such feeds", of->kind);
    *ret = arena_printf(a, "%s: %s", k->name, of->id);
    if (!k->naming)
        return true;
    if (!db_ask(store, k->naming, 1, &of->id, &r, err))
        return false;
    if (PQntuples(r) == 0)
        return fail(err, FAULT_INPUT, "%s %s is not known any more", of->kind, of->id);
    *ret = arena_printf(a, "%s: %s", k->name, db_text(r, 0, 0));
    return true;
}

bool welcome_write(struct arena *a, struct db *store, const struct config *c,
                   const struct outgoing *o, const char *reader, instant now, struct rendered *ret,
                   long long *ret_feed_id, struct error *err)
{
    struct welcome w = {.reader = reader, .service_name = c->service_name, .help = c->help};
    AUTO(pgresult_done) PGresult *r = NULL;
    const char *token;

    if (!read_name(a, store, &o->feed, &w.name, err) || !token_new(a, &token, err))
        return false;

    const char *values[] = {o->feed.kind,        o->feed.id,
                            o->staff_id,         token_hash(a, token),
                            instant_iso(a, now), arena_printf(a, "message %lld", o->message_id)};

    if (!db_ask(store,
                "WITH added AS (INSERT INTO timely.feed (owner_kind, owner_id, holder_id,"
                " token_hash, added_at, added_by) VALUES ($1, $2, $3, $4, $5::timestamptz, $6)"
                " RETURNING feed_id)"
                ", dirty AS (INSERT INTO timely.feed_dirty VALUES ($1, $2) ON CONFLICT DO NOTHING)"
                ", told AS (INSERT INTO timely.audit (at, what, staff_id, detail)"
                " SELECT $5::timestamptz, 'feed.added', $3, format('feed %s by %s', feed_id,"
                " $6::text) FROM added) SELECT feed_id FROM added",
                6, values, &r, err))
        return false;
    *ret_feed_id = db_int(r, 0, 0);
    w.address = arena_printf(a, "%s/feed/%s.ics", c->public_url, token);
    welcome_render(a, &w, ret);
    return true;
}

bool welcome_take_back(struct db *store, long long feed_id, struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    const char *values[] = {arena_printf(a, "%lld", feed_id)};

    return db_ask(store, "DELETE FROM timely.feed WHERE feed_id = $1::bigint", 1, values, NULL,
                  err);
}
