// Errors of PostgreSQL into errors of ours. Texts of the server are written for the owner of the
// data; ours go to logs and operators, so that whatever may quote a row is cut off here.
#include "db_fault.h"
#include "text.h"

#include <string.h>

#define TEXT_MAX 600

enum fault db_fault_of(const char *sqlstate)
{
    // Connection, retry, resources, shutdown; a lock not had, a statement cancelled by its timeout,
    // a transaction left alone for too long; a server that became, or is still, a replica; a lead
    // that is over (TLEAD: timely's own, sql/store/0006_leader.sql).
    static const char *const away[] = {"08",    "40",    "53",    "57P0", "55P03",
                                       "57014", "25P03", "25006", "TLEAD"};

    if (!sqlstate)
        return FAULT_AWAY;
    for (size_t i = 0; i < sizeof(away) / sizeof(away[0]); i++) {
        if (strncmp(sqlstate, away[i], strlen(away[i])) == 0)
            return FAULT_AWAY;
    }
    return FAULT_INPUT;
}

// Adds the text as one line: runs of blanks and control characters become one blank.
static void add_flat(struct text *t, const char *s)
{
    AUTO(string_done) char *line = text_one_line(s, TEXT_MAX);

    for (const char *p = line; *p; p++) {
        if (*p != ' ' || (p > line && p[-1] != ' ' && p[1 + strspn(p + 1, " ")] != '\0'))
            text_add_n(t, p, 1);
    }
}

// Adds s with every occurrence of `secret` as ***.
static void add_without(struct text *t, const char *s, const char *secret)
{
    const char *hit;

    while (secret && secret[0] && (hit = strstr(s, secret))) {
        text_add_n(t, s, (size_t)(hit - s));
        text_add(t, "***");
        s = hit + strlen(secret);
    }
    text_add(t, s);
}

// "COPY table, line 3, column x": the place in the input, without the value that stands behind it.
static void add_copy_place(struct text *t, const PGresult *r)
{
    const char *context = PQresultErrorField(r, PG_DIAG_CONTEXT);
    AUTO(text_done) struct text place = {0};

    if (!context || strncmp(context, "COPY ", 5) != 0)
        return;
    text_add_n(&place, context, strcspn(context, ":\n"));
    text_add(t, "; ");
    add_flat(t, text_str(&place));
}

static void add_primary(struct text *t, const char *primary, const char *sqlstate)
{
    AUTO(text_done) struct text kept = {0};
    const char *value = strncmp(sqlstate, "22", 2) == 0 ? strstr(primary, ": ") : NULL;

    text_add_n(&kept, primary, value ? (size_t)(value - primary) : strlen(primary));
    add_flat(t, text_str(&kept));
}

bool db_fail_result(const PGconn *conn, const PGresult *r, struct error *err)
{
    const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
    const char *primary = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
    AUTO(text_done) struct text t = {0};

    if (!state || !primary)
        return db_fail_connection(conn, "the connection to the database was lost", err);
    add_primary(&t, primary, state);
    text_addf(&t, " (SQLSTATE %s", state);
    add_copy_place(&t, r);
    text_add(&t, ")");
    return fail(err, db_fault_of(state), "%s", text_str(&t));
}

bool db_fail_connection(const PGconn *conn, const char *what, struct error *err)
{
    AUTO(text_done) struct text clean = {0};
    AUTO(text_done) struct text t = {0};

    add_without(&clean, PQerrorMessage(conn), PQpass(conn));
    add_flat(&t, text_str(&clean));
    if (t.length == 0)
        return fail(err, FAULT_AWAY, "%s", what);
    return fail(err, FAULT_AWAY, "%s: %s", what, text_str(&t));
}

bool db_fail_conninfo(const char *conninfo, char *reason, struct error *err)
{
    AUTO(text_done) struct text t = {0};

    // libpq quotes the piece that it stumbled over, and that may be a piece of a password.
    if (reason && !strstr(conninfo, "pass") && !strstr(conninfo, "://"))
        add_flat(&t, reason);
    PQfreemem(reason);
    return fail(err, FAULT_INPUT, "the connection string is not well formed: %s",
                t.length ? text_str(&t)
                         : "each setting is name=value, a value with blanks in quotes");
}
