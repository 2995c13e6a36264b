// The operator's commands; here those about feeds and about readings that wait for a decision. What
// changes something is one statement, with its line in the audit.
#include "feeds.h"
#include "operator.h"
#include "table.h"

#include <string.h>

bool operator_number(const char *what, const char *word, struct error *err)
{
    size_t length = strlen(word);

    if (length == 0 || length > 18 || strspn(word, "0123456789") != length)
        return fail(err, FAULT_INPUT, "\"%s\": expected the number of a %s", word, what);
    return true;
}

// ----------------------------------------------------------------------------------------- feeds

struct owner {
    const char *kind, *id;
};

static bool owner_given(const struct arguments *g, struct owner *ret, struct error *err)
{
    static const char *const kinds[] = {"worker", "team"};
    const char *kind = g->words[0], *near;

    if (strcmp(kind, "worker") == 0 || strcmp(kind, "team") == 0) {
        *ret = (struct owner){kind, g->words[1]};
        return true;
    }
    near = nearest_word(kind, kinds, 2);
    return fail(err, FAULT_INPUT, "\"%s\": expected worker or team%s%s%s", kind,
                near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

// A feed of somebody unknown would be empty for ever and nobody would see why.
static bool is_known(struct session *s, const struct owner *o, bool *ret, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;
    const char *values[] = {o->kind, o->id};

    if (!db_ask(
            s->store,
            "SELECT CASE $1 WHEN 'team' THEN EXISTS (SELECT FROM timely.team WHERE team_id = $2)"
            " ELSE EXISTS (SELECT FROM timely.staff WHERE professional_id = $2) END",
            2, values, &r, err))
        return false;
    *ret = db_bool(r, 0, 0);
    return true;
}

static bool revoke_all(struct session *s, const struct owner *o, int *ret, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;
    const char *values[] = {o->kind, o->id, session_now(s), session_user(s)};

    if (!db_ask(
            s->store,
            "WITH revoked AS (UPDATE timely.feed SET revoked_at = $3::timestamptz"
            " WHERE owner_kind = $1 AND owner_id = $2 AND revoked_at IS NULL RETURNING feed_id)"
            ", told AS (INSERT INTO timely.audit (at, what, detail)"
            " SELECT $3::timestamptz, 'feed.revoked', format('feed %s by %s', feed_id, $4::text)"
            " FROM revoked) SELECT feed_id FROM revoked",
            4, values, &r, err))
        return false;
    *ret = PQntuples(r);
    return true;
}

static bool add_feed(struct session *s, const struct owner *o, const char *hash,
                     const char **ret_id, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;
    const char *values[] = {o->kind, o->id, session_now(s), session_user(s), hash};

    if (!db_ask(
            s->store,
            "WITH added AS (INSERT INTO timely.feed (owner_kind, owner_id, token_hash, added_at,"
            " added_by) VALUES ($1, $2, $5, $3::timestamptz, $4) RETURNING feed_id)"
            ", dirty AS (INSERT INTO timely.feed_dirty VALUES ($1, $2) ON CONFLICT DO NOTHING)"
            ", told AS (INSERT INTO timely.audit (at, what, detail)"
            " SELECT $3::timestamptz, 'feed.added', format('feed %s by %s', feed_id, $4::text)"
            " FROM added) SELECT feed_id FROM added",
            5, values, &r, err))
        return false;
    *ret_id = arena_strdup(s->arena, db_text(r, 0, 0));
    return true;
}

static void print_address(struct session *s, const struct owner *o, const char *id,
                          const char *token)
{
    static const struct column columns[] = {{"feed_id", NULL, CELL_NUMBER, 0},
                                            {"owner_kind", NULL, CELL_TEXT, 0},
                                            {"owner_id", NULL, CELL_TEXT, 0},
                                            {"address", NULL, CELL_TEXT, 0}};
    const char *address = arena_printf(s->arena, "%s/feed/%s.ics", s->config.public_url, token);
    const char *cells[] = {id, o->kind, o->id, address};

    if (s->format == FORMAT_PEOPLE) {
        text_addf(
            &s->out,
            "%s\nThis address is shown only now. Whoever has it reads the calendar: give it to "
            "the %s alone.\n",
            address, o->kind);
        return;
    }
    struct table *t = table_begin(s, columns, 4);

    table_row(t, cells);
    table_end(t);
}

static enum status no_feed(struct error *err, const struct owner *o)
{
    fail(err, FAULT_INPUT, "%s %s has no feed", o->kind, o->id);
    return STATUS_NO;
}

static enum status run_feed_add(struct session *s, const struct arguments *g, struct error *err)
{
    const char *token, *hash, *id;
    struct owner o;
    bool known;

    if (!owner_given(g, &o, err) || !session_store(s, err) || !is_known(s, &o, &known, err))
        return status_of(err);
    if (!known) {
        fail(err, FAULT_INPUT, "%s %s is not in the directory", o.kind, o.id);
        return STATUS_NO;
    }
    if (!feed_token_new(s->arena, &token, &hash, err) || !add_feed(s, &o, hash, &id, err))
        return status_of(err);
    print_address(s, &o, id, token);
    return STATUS_DONE;
}

static enum status run_feed_rotate(struct session *s, const struct arguments *g, struct error *err)
{
    const char *token, *hash, *id;
    struct owner o;
    int revoked;

    if (!owner_given(g, &o, err) || !session_store(s, err) ||
        !feed_token_new(s->arena, &token, &hash, err) || !db_begin(s->store, "", err) ||
        !revoke_all(s, &o, &revoked, err))
        return status_of(err);
    if (revoked == 0)
        return no_feed(err, &o);
    if (!add_feed(s, &o, hash, &id, err) || !db_commit(s->store, err))
        return status_of(err);
    print_address(s, &o, id, token);
    return STATUS_DONE;
}

static enum status run_feed_revoke(struct session *s, const struct arguments *g, struct error *err)
{
    struct owner o;
    int revoked;

    if (!owner_given(g, &o, err) || !session_store(s, err) || !revoke_all(s, &o, &revoked, err))
        return status_of(err);
    if (revoked == 0)
        return no_feed(err, &o);
    text_addf(&s->out, "%d feed%s of %s %s revoked.\n", revoked, revoked == 1 ? "" : "s", o.kind,
              o.id);
    return STATUS_DONE;
}

static enum status run_feed_list(struct session *s, const struct arguments *g, struct error *err)
{
    static const struct column columns[] = {
        {"feed_id", "Feed", CELL_NUMBER, 0},      {"owner_kind", "Of", CELL_TEXT, 0},
        {"owner_id", "", CELL_TEXT, 0},           {"added_at", "Added", CELL_TEXT, 0},
        {"added_by", "By", CELL_TEXT, 0},         {"revoked_at", "Revoked", CELL_TEXT, 0},
        {"rendered_at", "Rendered", CELL_TEXT, 0}};
    AUTO(pgresult_done) PGresult *r = NULL;
    struct table *t;

    (void)g;
    if (!session_store(s, err) ||
        !db_ask(s->store,
                "SELECT f.feed_id, f.owner_kind, f.owner_id, f.added_at, f.added_by, f.revoked_at,"
                " b.rendered_at FROM timely.feed AS f LEFT JOIN timely.feed_body AS b"
                " USING (owner_kind, owner_id) ORDER BY f.feed_id",
                0, NULL, &r, err))
        return status_of(err);
    t = table_begin(s, columns, 7);
    for (int i = 0; i < PQntuples(r); i++) {
        const char *cells[] = {
            db_text(r, i, 0),
            db_text(r, i, 1),
            db_text(r, i, 2),
            session_time(s, db_text(r, i, 3)),
            db_text(r, i, 4),
            session_time(s, db_text(r, i, 5)),
            session_time(s, db_text(r, i, 6)),
        };

        table_row(t, cells);
    }
    table_end(t);
    if (s->format == FORMAT_PEOPLE && PQntuples(r) == 0)
        text_add(&s->out, "No feeds.\n");
    return STATUS_DONE;
}

// ----------------------------------------------------------------------------------------- holds

static enum status run_hold_show(struct session *s, const struct arguments *g, struct error *err)
{
    static const struct column columns[] = {{"hold_id", "Hold", CELL_NUMBER, 0},
                                            {"kind", "Kind", CELL_TEXT, 0},
                                            {"about", NULL, CELL_TEXT, 0},
                                            {"opened_at", "Since", CELL_TEXT, 0},
                                            {"text", "What", CELL_TEXT, 500}};
    AUTO(pgresult_done) PGresult *r = NULL;
    struct table *t;

    (void)g;
    if (!session_store(s, err) ||
        !db_ask(s->store,
                "SELECT hold_id, kind, about, opened_at, text FROM timely.hold"
                " WHERE decided IS NULL ORDER BY hold_id",
                0, NULL, &r, err))
        return status_of(err);
    t = table_begin(s, columns, 5);
    for (int i = 0; i < PQntuples(r); i++) {
        const char *cells[] = {db_text(r, i, 0), db_text(r, i, 1), db_text(r, i, 2),
                               session_time(s, db_text(r, i, 3)), db_text(r, i, 4)};

        table_row(t, cells);
    }
    table_end(t);
    if (s->format == FORMAT_PEOPLE)
        text_add(&s->out,
                 PQntuples(r)
                     ? "\nIf the source is right, or a change of the calendar is: timely "
                       "hold confirm ID. If it is wrong and will be put right: timely hold "
                       "reject ID. The word all in place of the ID: every reading.\n"
                     : "Nothing is held.\n");
    return STATUS_DONE;
}

// One hold by its number, or all readings that are held: a change of the calendar wants a look of
// its own.
static enum status decide(struct session *s, const struct arguments *g, const char *decision,
                          struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;
    const char *values[] = {g->words[0], decision, NULL, session_user(s)};
    bool all = strcmp(g->words[0], "all") == 0;

    if ((!all && !operator_number("hold", g->words[0], err)) || !session_store(s, err))
        return status_of(err);
    values[2] = session_now(s); // the store's clock
    if (!db_ask(s->store,
                "WITH decided AS (UPDATE timely.hold SET decided = $2, decided_by = $4,"
                " decided_at = $3::timestamptz WHERE decided IS NULL"
                " AND (CASE WHEN $1 = 'all' THEN kind <> 'calendar' ELSE hold_id = $1::bigint END)"
                " RETURNING hold_id), told AS (INSERT INTO timely.audit (at, what, detail)"
                " SELECT $3::timestamptz, 'hold.' || $2, format('hold %s by %s', hold_id, $4::text)"
                " FROM decided) SELECT hold_id FROM decided ORDER BY hold_id",
                4, values, &r, err))
        return status_of(err);
    if (PQntuples(r) == 0) {
        if (all)
            fail(err, FAULT_INPUT, "no reading is held");
        else
            fail(err, FAULT_INPUT, "there is no open hold %s; \"timely hold show\" lists them",
                 g->words[0]);
        return STATUS_NO;
    }
    for (int i = 0; i < PQntuples(r); i++)
        text_addf(&s->out, "Hold %s is %s; the daemon's next reading goes by it.\n",
                  db_text(r, i, 0), decision);
    return STATUS_DONE;
}

static enum status run_hold_confirm(struct session *s, const struct arguments *g, struct error *err)
{
    return decide(s, g, "confirmed", err);
}

static enum status run_hold_reject(struct session *s, const struct arguments *g, struct error *err)
{
    return decide(s, g, "rejected", err);
}

const struct command commands_operator[] = {
    {"feed add", "worker|team ID", "makes a calendar address, shown once", NULL, run_feed_add},
    {"feed list", "", "lists the calendar addresses, without their secret", NULL, run_feed_list},
    {"feed rotate", "worker|team ID", "makes a new address and revokes the old ones", NULL,
     run_feed_rotate},
    {"feed revoke", "worker|team ID", "revokes the addresses of a worker or a team", NULL,
     run_feed_revoke},
    {"outbox", "", "lists messages, without their texts",
     (const char *const[]){"state STATE", NULL}, run_outbox_list},
    {"outbox list", "", "the same", (const char *const[]){"state STATE", NULL}, run_outbox_list},
    {"outbox show", "ID", "shows one message with its text", NULL, run_outbox_show},
    {"outbox retry", "ID", "sends a refused or given up message again", NULL, run_outbox_retry},
    {"invites", "PERSON", "lists who holds which invite about a person, and what they answered",
     NULL, run_invites},
    {"hold show", "", "lists readings and changes of the calendar that wait for a decision", NULL,
     run_hold_show},
    {"hold confirm", "ID|all",
     "the source is right: take the reading, or the change of the calendar", NULL,
     run_hold_confirm},
    {"hold reject", "ID|all", "it is wrong: go on with what was known", NULL, run_hold_reject},
    {"status", "", "says what was read, what is owed, what waits; status 1 when unwell", NULL,
     run_status},
    {0},
};
