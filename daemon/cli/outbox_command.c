// `timely outbox`: messages by number, state and staff number. Their texts are shown one at a time
// and only when asked for.
#include "mail_address.h"
#include "operator.h"
#include "table.h"
#include "trial_invite.h"

#include <string.h>

static bool state_given(const struct arguments *g, const char **ret, struct error *err)
{
    static const char *const states[] = {"due",     "claimed", "handing_over", "sent",
                                         "refused", "expired", "superseded",   NULL};
    int state;

    if (!argument_word(g, "state", states, -1, &state, err))
        return false;
    *ret = state < 0 ? NULL : states[state];
    return true;
}

enum status run_outbox_list(struct session *s, const struct arguments *g, struct error *err)
{
    static const struct column columns[] = {
        {"message_id", "Message", CELL_NUMBER, 0}, {"kind", "Kind", CELL_TEXT, 0},
        {"staff_id", "To", CELL_TEXT, 20},         {"state", "State", CELL_TEXT, 0},
        {"put_at", "Put in", CELL_TEXT, 0},        {"settled_at", "Settled", CELL_TEXT, 0},
        {"attempts", "Tries", CELL_NUMBER, 0},     {"last_answer", "Last answer", CELL_TEXT, 100}};
    AUTO(pgresult_done) PGresult *r = NULL;
    const char *state;
    struct table *t;

    if (!state_given(g, &state, err) || !session_store(s, err) ||
        !db_ask(s->store,
                "SELECT message_id, kind, coalesce(staff_id, 'operator'), state, put_at,"
                " settled_at, attempts, last_answer FROM timely.outbox"
                " WHERE $1::text IS NULL OR state = $1 ORDER BY message_id",
                1, &state, &r, err))
        return status_of(err);
    t = table_begin(s, columns, sizeof columns / sizeof *columns);
    for (int i = 0; i < PQntuples(r); i++) {
        const char *cells[] = {db_text(r, i, 0),
                               db_text(r, i, 1),
                               db_text(r, i, 2),
                               db_text(r, i, 3),
                               session_time(s, db_text(r, i, 4)),
                               session_time(s, db_text(r, i, 5)),
                               db_text(r, i, 6),
                               db_text(r, i, 7)};

        table_row(t, cells);
    }
    table_end(t);
    if (s->format == FORMAT_PEOPLE && PQntuples(r) == 0)
        text_add(&s->out, "No messages.\n");
    return STATUS_DONE;
}

static enum status no_message(struct error *err, const char *id, const char *what)
{
    fail(err, FAULT_INPUT, "there is no message %s%s", id, what);
    return STATUS_NO;
}

static void show_message(struct session *s, const PGresult *r)
{
    static const char *const labels[] = {"Message",    "Kind",      "To",     "State",
                                         "Put in",     "Settled",   "Tries",  "Last answer",
                                         "Message-ID", "Recipient", "Subject"};

    for (int i = 0; i < (int)(sizeof labels / sizeof *labels); i++) {
        const char *value = i == 4 || i == 5 ? session_time(s, db_text(r, 0, i)) : db_text(r, 0, i);

        if (value && *value)
            print_safe(s, arena_printf(s->arena, "%s: %s", labels[i], value));
    }
    text_add(&s->out, "\n");
    print_safe(s, db_text(r, 0, 11));
    if (db_text(r, 0, 12)) {
        text_add(&s->out, "\n");
        print_safe(s, db_text(r, 0, 12));
    }
}

enum status run_outbox_show(struct session *s, const struct arguments *g, struct error *err)
{
    static const struct column columns[] = {
        {"message_id", NULL, CELL_NUMBER, 0},   {"kind", NULL, CELL_TEXT, 0},
        {"staff_id", NULL, CELL_TEXT, 0},       {"state", NULL, CELL_TEXT, 0},
        {"put_at", NULL, CELL_TEXT, 0},         {"settled_at", NULL, CELL_TEXT, 0},
        {"attempts", NULL, CELL_NUMBER, 0},     {"last_answer", NULL, CELL_TEXT, 0},
        {"rfc_message_id", NULL, CELL_TEXT, 0}, {"recipient", NULL, CELL_TEXT, 0},
        {"subject", NULL, CELL_TEXT, 0},        {"text", NULL, CELL_TEXT, 0},
        {"calendar", NULL, CELL_TEXT, 0}};
    enum { COUNT = sizeof columns / sizeof *columns };
    AUTO(pgresult_done) PGresult *r = NULL;
    const char *cells[COUNT];
    struct table *t;

    if (!operator_number("message", g->words[0], err) || !session_store(s, err) ||
        !db_ask(s->store,
                "SELECT message_id, kind, coalesce(staff_id, 'operator'), state, put_at,"
                " settled_at, attempts, last_answer, rfc_message_id, recipient, subject, body_text,"
                " body_calendar FROM timely.outbox WHERE message_id = $1::bigint",
                1, g->words, &r, err))
        return status_of(err);
    if (PQntuples(r) == 0)
        return no_message(err, g->words[0], "");
    if (s->format == FORMAT_PEOPLE) {
        show_message(s, r);
        return STATUS_DONE;
    }
    for (int i = 0; i < COUNT; i++)
        cells[i] = i == 4 || i == 5 ? session_time(s, db_text(r, 0, i)) : db_text(r, 0, i);
    t = table_begin(s, columns, COUNT);
    table_row(t, cells);
    table_end(t);
    return STATUS_DONE;
}

// Put in anew, or a message that was given up for its age would be given up again at once.
enum status run_outbox_retry(struct session *s, const struct arguments *g, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;
    const char *values[] = {g->words[0], NULL, session_user(s)};

    if (!operator_number("message", g->words[0], err) || !session_store(s, err))
        return status_of(err);
    values[1] = session_now(s);
    if (!db_ask(s->store,
                "WITH again AS (UPDATE timely.outbox SET state = 'due', not_before = now(),"
                " put_at = $2::timestamptz, settled_at = NULL, given_up = false"
                " WHERE message_id = $1::bigint AND state IN ('refused', 'expired')"
                " RETURNING message_id, staff_id), told AS (INSERT INTO timely.audit (at, what,"
                " message_id, staff_id, detail) SELECT $2::timestamptz, 'message.retried',"
                " message_id, staff_id, 'by ' || $3::text FROM again) SELECT message_id FROM again",
                3, values, &r, err))
        return status_of(err);
    if (PQntuples(r) == 0)
        return no_message(err, g->words[0], " that was refused or given up");
    text_addf(&s->out, "Message %s will be tried again.\n", g->words[0]);
    return STATUS_DONE;
}

// Where delivery is redirected the address need not be allowed, if none is said to be: nothing goes
// there.
static bool may_go_to(const struct config *c, const char *email)
{
    if (c->allowed_domain_count == 0 && c->delivery != DELIVERY_LIVE)
        return true;
    return mail_domain_allowed(email, c->allowed_domains, c->allowed_domain_count);
}

static const char *leaving_words(struct arena *a, const struct config *c)
{
    switch (c->delivery) {
    case DELIVERY_OFF:
        return " Delivery is off: it leaves once that is changed.";
    case DELIVERY_REDIRECT:
        return arena_printf(a, " Delivery is redirected: it goes to %s.", c->redirect_to);
    case DELIVERY_LIVE:
        break;
    }
    return "";
}

enum status run_outbox_try_invite(struct session *s, const struct arguments *g, struct error *err)
{
    struct trial t = {.email = g->words[0], .said_by = session_user(s)};

    if (!mail_address_valid(t.email)) {
        fail(err, FAULT_INPUT, "\"%s\": expected a mail address", t.email);
        return STATUS_USAGE;
    }
    if (!may_go_to(&s->config, t.email)) {
        fail(err, FAULT_INPUT, "%s is in none of the domains under \"allowed domains\"", t.email);
        return STATUS_NO;
    }
    if (!session_store(s, err) || !session_library(s, err))
        return status_of(err);
    t.on = working_day_on_or_after(s->library->local, date_add_days(session_today(s), 1));
    if (!trial_invite_put(s->arena, s->store, &s->config, &t, business_now(&s->clock), err))
        return status_of(err);
    text_addf(&s->out, "%s is invited to a test on %s, 10:00.%s\n", t.email,
              date_words(s->arena, t.on), leaving_words(s->arena, &s->config));
    return STATUS_DONE;
}
