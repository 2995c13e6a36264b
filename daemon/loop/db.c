// Asking PostgreSQL on fibers, and what it answers (db.h).
#include "db.h"

#include "arena.h"
#include "db_wire.h"
#include "text.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEPT_NAME 32

void pgresult_done(PGresult **r)
{
    PQclear(*r);
    *r = NULL;
}

PGconn *db_conn(struct db *db)
{
    return db->conn;
}

// ------------------------------------------------------------------------------------------ asking

static bool take_answer(struct db *db, PGresult **ret, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;

    if (!wire_end(db, wire_last(db, &r, err)))
        return false;
    if (ret) {
        *ret = r;
        r = NULL;
    }
    return true;
}

// Whether libpq took the question, and all of it left.
static bool is_sent(struct db *db, int taken, struct error *err)
{
    if (!taken)
        return wire_end(db, wire_lose(db, err));
    if (!wire_flush(db, err))
        return wire_end(db, false);
    return !db->lost || take_answer(db, NULL, err); // its last words say why
}

bool db_ask(struct db *db, const char *sql, int count, const char *const *values, PGresult **ret,
            struct error *err)
{
    return wire_begin(db, err) &&
           is_sent(db, PQsendQueryParams(db->conn, sql, count, NULL, values, NULL, NULL, 0), err) &&
           take_answer(db, ret, err);
}

// Its name at the server: made there where this is the first time.
static bool keep_statement(struct db *db, const char *sql, char name[KEPT_NAME], struct error *err)
{
    size_t i = 0;

    while (i < db->kept_count && db->kept[i] != sql)
        i++;
    assert(i < KEPT_MOST && !db->pooled);
    (void)snprintf(name, KEPT_NAME, "kept%zu", i);
    if (i < db->kept_count)
        return true;
    if (!wire_begin(db, err) || !is_sent(db, PQsendPrepare(db->conn, name, sql, 0, NULL), err) ||
        !take_answer(db, NULL, err))
        return false;
    db->kept[db->kept_count++] = sql;
    return true;
}

bool db_send_often(struct db *db, const char *sql, int count, const char *const *values,
                   struct error *err)
{
    char name[KEPT_NAME];

    return keep_statement(db, sql, name, err) && wire_begin(db, err) &&
           is_sent(db, PQsendQueryPrepared(db->conn, name, count, values, NULL, NULL, 0), err);
}

// Most often it is there already: then there is nothing to wait for.
bool db_answer(struct db *db, PGresult **ret, struct error *err)
{
    assert(db->busy && "no question was sent");
    wire_read(db);
    return take_answer(db, ret, err);
}

bool db_ask_often(struct db *db, const char *sql, int count, const char *const *values,
                  PGresult **ret, struct error *err)
{
    return db_send_often(db, sql, count, values, err) && take_answer(db, ret, err);
}

static bool run_for_result(struct db *db, const char *sql, PGresult **ret, struct error *err)
{
    if (!wire_begin(db, err))
        return false;
    if (!PQsendQuery(db->conn, sql))
        return wire_end(db, wire_lose(db, err));
    return wire_end(db, wire_last(db, ret, err));
}

bool db_run(struct db *db, const char *sql, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;

    return run_for_result(db, sql, &r, err);
}

// ------------------------------------------------------------------------------------ transactions

bool db_begin(struct db *db, const char *isolation, struct error *err)
{
    AUTO(text_done) struct text sql = {0};

    text_add(&sql, "BEGIN");
    if (isolation[0])
        text_addf(&sql, " ISOLATION LEVEL %s", isolation);
    if (db->pooled) {
        // The server connection was another client's a moment ago: nothing of its state is ours.
        if (db->read_only)
            text_add(&sql, "; SET TRANSACTION READ ONLY");
        text_add(&sql, "; SET LOCAL search_path = ''; SET LOCAL timezone = 'UTC'"
                       "; SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL intervalstyle = 'postgres'"
                       "; SET LOCAL bytea_output = 'hex'; SET LOCAL jit = off");
        if (db->statement_timeout_ms > 0)
            text_addf(&sql, "; SET LOCAL statement_timeout = %d", db->statement_timeout_ms);
        if (db->lock_timeout_ms > 0)
            text_addf(&sql, "; SET LOCAL lock_timeout = %d", db->lock_timeout_ms);
    }
    return db_run(db, text_str(&sql), err);
}

bool db_commit(struct db *db, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;

    if (!run_for_result(db, "COMMIT", &r, err))
        return false;
    // COMMIT of a transaction in which a statement failed is no error to the server.
    if (strcmp(PQcmdStatus(r), "COMMIT") != 0)
        return fail(err, FAULT_INPUT,
                    "nothing was stored: a statement of the transaction had failed");
    return true;
}

// A commit waits for all that was written to the server's log before, by whomever; but only if its
// own transaction has written something: here a message to nobody.
bool db_make_last(struct db *db, struct error *err)
{
    return db_ask(db, "SELECT pg_logical_emit_message(true, 'timely', '')", 0, NULL, NULL, err);
}

void db_rollback(struct db *db)
{
    struct error ignored;

    if (db->in_copy)
        (void)!db_copy_end(db, "rolled back", &ignored);
    if (!db->lost && PQtransactionStatus(db->conn) != PQTRANS_IDLE)
        (void)!db_run(db, "ROLLBACK", &ignored);
}

// ------------------------------------------------------------------------------------------ values

const char *db_text_array(struct arena *a, const char *const *items, size_t count)
{
    AUTO(text_done) struct text t = {0};

    text_add(&t, "{");
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            text_add(&t, ",");
        if (!items[i]) {
            text_add(&t, "NULL");
            continue;
        }
        text_add(&t, "\"");
        for (const char *s = items[i]; *s; s++) {
            if (*s == '"' || *s == '\\')
                text_add(&t, "\\");
            text_add_n(&t, s, 1);
        }
        text_add(&t, "\"");
    }
    text_add(&t, "}");
    return arena_strndup(a, t.s, t.length);
}

const char *db_text(const PGresult *r, int row, int column)
{
    return PQgetisnull(r, row, column) ? NULL : PQgetvalue(r, row, column);
}

long long db_int(const PGresult *r, int row, int column)
{
    return strtoll(PQgetvalue(r, row, column), NULL, 10);
}

bool db_bool(const PGresult *r, int row, int column)
{
    return PQgetvalue(r, row, column)[0] == 't';
}
