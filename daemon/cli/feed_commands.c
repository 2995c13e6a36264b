// `timely feed`: subscriptions to calendars. What changes something is one statement, with its line
// in the audit.
#include "feed_commands.h"

#include "columns.h"
#include "feed_kinds.h"
#include "operator.h"
#include "table.h"
#include "token.h"
#include "welcome_mail.h"

#include <string.h>

// Whose deadlines a feed shows.
struct owner {
    const struct feed_kind *kind;
    const char *id;
};

static bool owner_given(const char *kind, const char *id, struct owner *ret, struct error *err)
{
    const char *words[16], *list = "", *near;
    AUTO(arena_auto_free) struct arena *a = arena_new();

    *ret = (struct owner){feed_kind_named(kind), id};
    if (ret->kind)
        return true;
    for (size_t i = 0; i < feed_kind_count; i++) {
        words[i] = feed_kinds[i].word;
        list = arena_printf(a, "%s%s%s", list,
                            i == 0                     ? ""
                            : i + 1 == feed_kind_count ? " or "
                                                       : ", ",
                            words[i]);
    }
    near = nearest_word(kind, words, feed_kind_count);
    return fail(err, FAULT_INPUT, "\"%s\": expected %s%s%s%s", kind, list,
                near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

// ----------------------------------------------------------------------------------------- adding

static bool is_type_of_meeting(struct session *s, const char *id, bool *ret, struct error *err)
{
    *ret = false;
    if (!session_library(s, err))
        return false;
    for (size_t i = 0; i < s->library->timescale_count && !*ret; i++)
        *ret = same_key(s->library->timescales[i].meeting, id);
    return true;
}

// A feed of somebody unknown would be empty for ever and nobody would see why.
static bool is_known(struct session *s, const struct owner *o, bool *ret, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;

    if (!o->kind->naming)
        return is_type_of_meeting(s, o->id, ret, err);
    if (!db_ask(s->store, o->kind->naming, 1, &o->id, &r, err))
        return false;
    *ret = PQntuples(r) > 0;
    return true;
}

// Who has it: by nature, or as the command says; NULL for a screen that many look at.
static bool holder_of(struct session *s, const struct owner *o, const char *given, const char **ret,
                      struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;
    bool known;

    *ret = given;
    if (o->kind->holder) {
        if (!db_ask(s->store, o->kind->holder, 1, &o->id, &r, err))
            return false;
        *ret = arena_strdup(s->arena, db_text(r, 0, 0));
        return !given || same_text(given, *ret) ||
               fail(err, FAULT_INPUT, "%s %s is the calendar of %s alone", o->kind->word, o->id,
                    *ret);
    }
    if (!given)
        return true;
    if (!is_known(s, &(struct owner){feed_kind_named("worker"), given}, &known, err))
        return false;
    return known || fail(err, FAULT_INPUT, "%s is not in the directory", given);
}

// The address of who has left would never open, and a mail to who has not begun would not leave.
// Says why in err where it is to be refused.
static bool may_have_one(struct session *s, const char *holder, bool by_mail, bool *ret,
                         struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;
    struct date from, to;

    *ret = true;
    if (!holder)
        return true;
    if (!db_ask(s->store,
                "SELECT active_from, active_to FROM timely.staff WHERE professional_id = $1", 1,
                &holder, &r, err))
        return false;
    *ret = false;
    if (PQntuples(r) == 0) {
        fail(err, FAULT_INPUT, "%s is not in the directory: the address would not open", holder);
        return true;
    }
    from = column_date(r, 0, 0);
    to = column_date(r, 0, 1);
    if (date_known(to) && date_cmp(to, session_today(s)) <= 0)
        fail(err, FAULT_INPUT, "%s has left, on %s: the address would not open", holder,
             date_words(s->arena, to));
    else if (by_mail && date_known(from) && date_cmp(from, session_today(s)) > 0)
        fail(err, FAULT_INPUT, "%s begins on %s: until then no mail goes to them", holder,
             date_words(s->arena, from));
    else
        *ret = true;
    return true;
}

static bool add_feed(struct session *s, const struct owner *o, const char *holder,
                     const char *token, const char **ret_id, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;
    const char *values[] = {
        o->kind->word, o->id, session_now(s), session_user(s), token_hash(s->arena, token), holder};

    if (!db_ask(
            s->store,
            "WITH added AS (INSERT INTO timely.feed (owner_kind, owner_id, token_hash, added_at,"
            " added_by, holder_id) VALUES ($1, $2, $5, $3::timestamptz, $4, $6) RETURNING feed_id)"
            ", dirty AS (INSERT INTO timely.feed_dirty VALUES ($1, $2) ON CONFLICT DO NOTHING)"
            ", told AS (INSERT INTO timely.audit (at, what, staff_id, detail)"
            " SELECT $3::timestamptz, 'feed.added', $6, format('feed %s by %s', feed_id, $4::text)"
            " FROM added) SELECT feed_id FROM added",
            6, values, &r, err))
        return false;
    *ret_id = arena_strdup(s->arena, db_text(r, 0, 0));
    return true;
}

// The same address for programs that open a calendar by its scheme; some refuse it, so it comes
// second.
static const char *webcal(struct arena *a, const char *address)
{
    const char *rest = strstr(address, "://");

    return arena_printf(a, "webcal%s", rest ? rest : "://");
}

static void print_for_people(struct session *s, const struct owner *o, const char *address,
                             const char *holder)
{
    text_addf(&s->out, "%s\n%s\n", address, webcal(s->arena, address));
    text_add(&s->out, "Two forms of one address: Outlook takes the first. It is shown only now.\n");
    if (holder)
        text_addf(
            &s->out,
            "Whoever has it reads the calendar: give it to %s alone. It ends when they leave.\n",
            holder);
    else
        text_addf(&s->out,
                  "Whoever has it reads the calendar, and it ends with nobody: %s %s was given no "
                  "--for.\n",
                  o->kind->word, o->id);
    if (strncmp(address, "https://", 8) != 0)
        text_add(&s->out, "Outlook on the web and Google take only https: see \"public url\" in "
                          "timely.yaml(5).\n");
}

static void print_address(struct session *s, const struct owner *o, const char *id,
                          const char *holder, const char *token)
{
    static const struct column columns[] = {{"feed_id", NULL, CELL_NUMBER, 0},
                                            {"owner_kind", NULL, CELL_TEXT, 0},
                                            {"owner_id", NULL, CELL_TEXT, 0},
                                            {"address", NULL, CELL_TEXT, 0},
                                            {"holder_id", NULL, CELL_TEXT, 0}};
    const char *address = arena_printf(s->arena, "%s/feed/%s.ics", s->config.public_url, token);
    const char *cells[] = {id, o->kind->word, o->id, address, holder};

    if (s->format == FORMAT_PEOPLE) {
        print_for_people(s, o, address, holder);
        return;
    }
    struct table *t = table_begin(s, columns, 5);

    table_row(t, cells);
    table_end(t);
}

// The holder's mailbox, as the directory has it.
static bool mailbox_of(struct session *s, const char *holder, const char **ret, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;

    if (!holder)
        return fail(err, FAULT_INPUT, "--mail needs somebody to write to: --for STAFF");
    if (!db_ask(s->store, "SELECT email FROM timely.staff WHERE professional_id = $1", 1, &holder,
                &r, err))
        return false;
    *ret = PQntuples(r) > 0 ? arena_strdup(s->arena, db_text(r, 0, 0)) : NULL;
    return *ret || fail(err, FAULT_INPUT, "%s has no mail address in the directory", holder);
}

static enum status mail_address(struct session *s, const struct owner *o, const char *holder,
                                struct error *err)
{
    struct feed_address of = {o->kind->word, o->id};
    const char *recipient = NULL;

    if (!mailbox_of(s, holder, &recipient, err) ||
        !welcome_put(s->arena, s->store, &s->config, &of, holder, recipient,
                     business_now(&s->clock), err))
        return status_of(err);
    text_addf(&s->out, "A mail with the address goes to %s%s. It is made as the mail leaves.\n",
              recipient, s->config.delivery == DELIVERY_OFF ? ", once delivery is on" : "");
    return STATUS_DONE;
}

static enum status run_feed_add(struct session *s, const struct arguments *g, struct error *err)
{
    const char *token, *id, *holder;
    struct owner o;
    bool known, may;

    if (!owner_given(g->words[0], g->words[1], &o, err) || !session_store(s, err) ||
        !is_known(s, &o, &known, err))
        return status_of(err);
    if (!known) {
        fail(err, FAULT_INPUT, "%s %s is not known: expected %s%s", o.kind->word, o.id, o.kind->of,
             o.kind->naming ? ", as in the directory or the case database" : "");
        return STATUS_NO;
    }
    if (!holder_of(s, &o, argument(g, "for"), &holder, err) ||
        !may_have_one(s, holder, argument(g, "mail") != NULL, &may, err))
        return status_of(err);
    if (!may)
        return STATUS_NO;
    if (argument(g, "mail"))
        return mail_address(s, &o, holder, err);
    if (!token_new(s->arena, &token, err) || !add_feed(s, &o, holder, token, &id, err))
        return status_of(err);
    print_address(s, &o, id, holder, token);
    return STATUS_DONE;
}

// ------------------------------------------------------------------------------ the live ones

struct subscription {
    struct owner owner;
    const char *id, *holder;
};

struct subscriptions {
    struct subscription *items;
    size_t count;
};

// The live ones that a command means: one by its number, or all of an owner.
static bool find_live(struct session *s, const struct arguments *g, struct subscriptions *ret,
                      struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;
    bool by_number = g->count == 1;
    const char *values[] = {g->words[0], by_number ? NULL : g->words[1]};
    struct owner o;

    if (by_number ? !operator_number("feed", g->words[0], err)
                  : !owner_given(g->words[0], g->words[1], &o, err))
        return false;
    if (!session_store(s, err) ||
        !db_ask(s->store,
                by_number ? "SELECT feed_id, owner_kind, owner_id, holder_id FROM timely.feed"
                            " WHERE feed_id = $1::bigint AND revoked_at IS NULL"
                          : "SELECT feed_id, owner_kind, owner_id, holder_id FROM timely.feed"
                            " WHERE owner_kind = $1 AND owner_id = $2 AND revoked_at IS NULL"
                            " ORDER BY feed_id",
                by_number ? 1 : 2, values, &r, err))
        return false;
    ret->count = (size_t)PQntuples(r);
    ret->items = ARENA_ARRAY(s->arena, struct subscription, ret->count + 1);
    for (size_t i = 0; i < ret->count; i++)
        ret->items[i] = (struct subscription){
            {feed_kind_named(db_text(r, (int)i, 1)), arena_strdup(s->arena, db_text(r, (int)i, 2))},
            arena_strdup(s->arena, db_text(r, (int)i, 0)),
            arena_strdup(s->arena, db_text(r, (int)i, 3))};
    return true;
}

static enum status no_feed(struct error *err, const struct arguments *g)
{
    if (g->count == 1)
        fail(err, FAULT_INPUT, "there is no live feed %s; \"timely feed list\" lists them",
             g->words[0]);
    else
        fail(err, FAULT_INPUT, "%s %s has no feed", g->words[0], g->words[1]);
    return STATUS_NO;
}

static bool revoke(struct session *s, const struct subscription *f, struct error *err)
{
    const char *values[] = {f->id, session_now(s), session_user(s)};

    return db_ask(s->store,
                  "WITH revoked AS (UPDATE timely.feed SET revoked_at = $2::timestamptz"
                  " WHERE feed_id = $1::bigint AND revoked_at IS NULL RETURNING feed_id, holder_id)"
                  " INSERT INTO timely.audit (at, what, staff_id, detail)"
                  " SELECT $2::timestamptz, 'feed.revoked', holder_id,"
                  " format('feed %s by %s', feed_id, $3::text) FROM revoked",
                  3, values, NULL, err);
}

static enum status run_feed_rotate(struct session *s, const struct arguments *g, struct error *err)
{
    const char *token, *id;
    struct subscriptions live;
    bool may;

    if (!find_live(s, g, &live, err))
        return status_of(err);
    if (live.count == 0)
        return no_feed(err, g);
    if (live.count > 1) {
        fail(err, FAULT_INPUT,
             "%s %s has %zu feeds: rotate one by its number; \"timely feed list\" lists them",
             g->words[0], g->words[1], live.count);
        return STATUS_USAGE;
    }
    if (!may_have_one(s, live.items[0].holder, false, &may, err))
        return status_of(err);
    if (!may)
        return STATUS_NO;
    if (!token_new(s->arena, &token, err) || !db_begin(s->store, "", err) ||
        !revoke(s, &live.items[0], err) ||
        !add_feed(s, &live.items[0].owner, live.items[0].holder, token, &id, err) ||
        !db_commit(s->store, err))
        return status_of(err);
    print_address(s, &live.items[0].owner, id, live.items[0].holder, token);
    return STATUS_DONE;
}

static enum status run_feed_revoke(struct session *s, const struct arguments *g, struct error *err)
{
    struct subscriptions live;

    if (!find_live(s, g, &live, err))
        return status_of(err);
    if (live.count == 0)
        return no_feed(err, g);
    if (!db_begin(s->store, "", err))
        return status_of(err);
    for (size_t i = 0; i < live.count; i++)
        if (!revoke(s, &live.items[i], err))
            return status_of(err);
    if (!db_run(s->store, "NOTIFY timely_feed", err) || !db_commit(s->store, err))
        return status_of(err);
    text_addf(&s->out, "%zu feed%s of %s %s revoked.\n", live.count, live.count == 1 ? "" : "s",
              live.items[0].owner.kind->word, live.items[0].owner.id);
    return STATUS_DONE;
}

static enum status run_feed_list(struct session *s, const struct arguments *g, struct error *err)
{
    static const struct column columns[] = {{"feed_id", "Feed", CELL_NUMBER, 0},
                                            {"owner_kind", "Of", CELL_TEXT, 0},
                                            {"owner_id", "", CELL_TEXT, 0},
                                            {"added_at", "Added", CELL_TEXT, 0},
                                            {"added_by", "By", CELL_TEXT, 0},
                                            {"revoked_at", "Revoked", CELL_TEXT, 0},
                                            {"rendered_at", "Rendered", CELL_TEXT, 0},
                                            {"holder_id", "Held by", CELL_TEXT, 0},
                                            {"suspended_because", "Sleeps, because", CELL_TEXT, 0}};
    AUTO(pgresult_done) PGresult *r = NULL;
    struct table *t;

    (void)g;
    if (!session_store(s, err) ||
        !db_ask(s->store,
                "SELECT f.feed_id, f.owner_kind, f.owner_id, f.added_at, f.added_by, f.revoked_at,"
                " b.rendered_at, f.holder_id, f.suspended_because FROM timely.feed AS f"
                " LEFT JOIN timely.feed_body AS b USING (owner_kind, owner_id) ORDER BY f.feed_id",
                0, NULL, &r, err))
        return status_of(err);
    t = table_begin(s, columns, 9);
    for (int i = 0; i < PQntuples(r); i++) {
        const char *cells[] = {
            db_text(r, i, 0),
            db_text(r, i, 1),
            db_text(r, i, 2),
            session_time(s, db_text(r, i, 3)),
            db_text(r, i, 4),
            session_time(s, db_text(r, i, 5)),
            session_time(s, db_text(r, i, 6)),
            db_text(r, i, 7),
            db_text(r, i, 8),
        };

        table_row(t, cells);
    }
    table_end(t);
    if (s->format == FORMAT_PEOPLE && PQntuples(r) == 0)
        text_add(&s->out, "No feeds.\n");
    return STATUS_DONE;
}

const struct command commands_feed[] = {
    {"feed add", "KIND ID",
     "makes a calendar address, shown once; KIND: worker, team, service, administrator, chair, "
     "meeting, child",
     (const char *const[]){"for STAFF", "mail", NULL}, run_feed_add},
    {"feed list", "", "lists the calendar addresses, without their secret", NULL, run_feed_list},
    {"feed rotate", "KIND|NUMBER [ID]", "makes a new address and revokes the old one", NULL,
     run_feed_rotate},
    {"feed revoke", "KIND|NUMBER [ID]", "revokes one address, or all of an owner", NULL,
     run_feed_revoke},
    {0},
};
