// The operator's commands; here those about readings that wait for a decision. What changes
// something is one statement, with its line in the audit.
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

// "7", or several: "7,9".
static bool are_holds(struct arena *a, const char *words, size_t *ret_count, struct error *err)
{
    size_t length;

    for (*ret_count = 1;; ++*ret_count, words += length + 1) {
        length = strcspn(words, ",");
        if (!operator_number("hold", arena_strndup(a, words, length), err))
            return false;
        if (!words[length])
            return true;
    }
}

// Holds by their numbers, or all readings that are held: a change of the calendar wants a look of
// its own.
static enum status decide(struct session *s, const struct arguments *g, const char *decision,
                          struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;
    const char *which = g->words[0];
    const char *values[] = {which, decision, NULL, session_user(s)};
    bool all = strcmp(which, "all") == 0;
    size_t asked = 1;

    if ((!all && !are_holds(s->arena, which, &asked, err)) || !session_store(s, err))
        return status_of(err);
    values[2] = session_now(s); // the store's clock
    if (!db_ask(s->store,
                "WITH decided AS (UPDATE timely.hold SET decided = $2, decided_by = $4,"
                " decided_at = $3::timestamptz WHERE decided IS NULL"
                " AND (CASE WHEN $1 = 'all' THEN kind <> 'calendar'"
                " ELSE hold_id = ANY (string_to_array($1, ',')::bigint[]) END)"
                " RETURNING hold_id), told AS (INSERT INTO timely.audit (at, what, detail)"
                " SELECT $3::timestamptz, 'hold.' || $2, format('hold %s by %s', hold_id, $4::text)"
                " FROM decided) SELECT hold_id FROM decided ORDER BY hold_id",
                4, values, &r, err))
        return status_of(err);
    for (int i = 0; i < PQntuples(r); i++)
        text_addf(&s->out, "Hold %s is %s; the daemon's next reading goes by it.\n",
                  db_text(r, i, 0), decision);
    if ((size_t)PQntuples(r) >= asked)
        return STATUS_DONE;
    if (all)
        fail(err, FAULT_INPUT, "no reading is held");
    else
        fail(err, FAULT_INPUT, "there is no%s open hold %s; \"timely hold show\" lists them",
             PQntuples(r) > 0 ? " other" : "", which);
    return STATUS_NO;
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
    {"outbox", "", "lists messages, without their texts",
     (const char *const[]){"state STATE", NULL}, run_outbox_list},
    {"outbox list", "", "the same", (const char *const[]){"state STATE", NULL}, run_outbox_list},
    {"outbox show", "ID", "shows one message with its text", NULL, run_outbox_show},
    {"outbox retry", "ID", "sends a refused or given up message again", NULL, run_outbox_retry},
    {"outbox test-invite", "EMAIL", "invites an address to a test on the next working day", NULL,
     run_outbox_try_invite},
    {"ack", "PERSON [TIMESCALE]",
     "says that a deadline is in hand, or done and not yet recorded; alone: lists what was said",
     (const char *const[]){"until DATE", "because REASON", "done", "for STAFF", "due-on DATE",
                           NULL},
     run_ack},
    {"cover list", "", "lists who is away or on duty from today on, and who stands in",
     (const char *const[]){"as-at DATE", NULL}, run_cover_list},
    {"cover add", "STAFF", "says that somebody is away",
     (const char *const[]){"from DATE", "until DATE", "stand-in STAFF", NULL}, run_cover_add},
    {"cover end", "ID", "somebody is back, or a day of duty is off: from today on", NULL,
     run_cover_end},
    {"invites", "PERSON", "lists who holds which invite about a person, and what they answered",
     NULL, run_invites},
    {"hold show", "", "lists readings and changes of the calendar that wait for a decision", NULL,
     run_hold_show},
    {"hold confirm", "ID,...|all",
     "the source is right: take the reading, or the change of the calendar", NULL,
     run_hold_confirm},
    {"hold reject", "ID,...|all", "it is wrong: go on with what was known", NULL, run_hold_reject},
    {"status", "", "says what was read, what is owed, what waits; status 1 when unwell", NULL,
     run_status},
    {"alarm", "", "raises an alarm by the ways under \"alarm\", to see that it arrives",
     (const char *const[]){"unit NAME", NULL}, run_alarm, .any_config = true},
    {0},
};
