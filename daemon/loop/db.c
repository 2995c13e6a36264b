// Asynchronous libpq on fibers. libpq is never allowed to block: it is asked for a result only when
// PQisBusy says it has one, and what it wants to send is pushed by PQflush with the socket watched
// in both directions. A question that was sent is waited for to its end, also after loop_stop: an
// answer half read is a connection lost.
#include "db.h"
#include "arena.h"
#include "db_fault.h"
#include "log.h"
#include "text.h"

#include <assert.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_TIMEOUT SECONDS(30) // longer than HOST_PATIENCE_MS for each of three hosts
#define HOST_PATIENCE_MS "8000"     // of a host that sends no word, also while it is connected to
#define PATIENCE_MS 60000           // how long the server may be silent within a question
#define PIECE ((size_t)1024 * 1024) // COPY data is handed to libpq in pieces of this size at most
#define KEPT_MOST 16                // statements whose plans the server keeps
#define KEPT_NAME 32

struct db {
    PGconn *conn;
    bool read_only, pooled;
    int statement_timeout_ms, lock_timeout_ms;
    bool busy; // a question is in flight
    bool lost; // answered FAULT_AWAY on the wire: nothing more can be asked
    bool in_copy;
    bool interrupted;            // by db_interrupt, since the last db_wait_notify
    struct bell bell;            // rung by the socket or by db_interrupt, for db_wait_notify
    const char *kept[KEPT_MOST]; // statements by number, for db_ask_often
    size_t kept_count;
};

void pgresult_done(PGresult **r)
{
    PQclear(*r);
    *r = NULL;
}

PGconn *db_conn(struct db *db)
{
    return db->conn;
}

void db_close(struct db *db)
{
    if (!db)
        return;
    assert(!db->busy && "db_close: a question is in flight");
    PQfinish(db->conn);
    free(db);
}

void db_auto_close(struct db **db)
{
    db_close(*db);
    *db = NULL;
}

static bool lose(struct db *db, struct error *err)
{
    db->lost = true;
    return db_fail_connection(db->conn, "the connection to the database was lost", err);
}

static void on_notice(void *arg, const PGresult *r)
{
    const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);

    (void)arg;
    log_debug("db.notice", "sqlstate=%s", state ? state : "none");
}

// Opening

static void add_setting(struct text *t, const char *name, int ms)
{
    if (ms > 0)
        text_addf(t, " -c %s=%d", name, ms);
}

// The conninfo's own `options`, then ours: the last one given holds. No statement of ours is worth
// compiling: over tables that were not analysed yet the server takes seconds for it.
static bool startup_options(const struct db_options *o, struct text *ret, struct error *err)
{
    char *reason = NULL;
    PQconninfoOption *given = PQconninfoParse(o->conninfo, &reason);

    if (!given)
        return db_fail_conninfo(o->conninfo, reason, err);
    for (PQconninfoOption *i = given; i->keyword; i++) {
        if (strcmp(i->keyword, "options") == 0 && i->val)
            text_add(ret, i->val);
    }
    PQconninfoFree(given);
    text_add(ret, " -c search_path= -c datestyle=ISO,YMD -c intervalstyle=postgres -c timezone=UTC"
                  " -c bytea_output=hex -c standard_conforming_strings=on -c jit=off");
    if (o->read_only)
        text_add(ret, " -c default_transaction_read_only=on");
    add_setting(ret, "statement_timeout", o->statement_timeout_ms);
    add_setting(ret, "lock_timeout", o->lock_timeout_ms);
    return true;
}

static PGconn *start_connection(const struct db_options *o, struct error *err)
{
    AUTO(text_done) struct text options = {0};
    PGconn *conn;

    if (!startup_options(o, &options, err))
        return NULL;
    // What stands before the conninfo gives way to it; what stands after it wins. A NULL is not
    // given.
    const char *const names[] = {
        "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout", "dbname",
        "password",        "application_name",    "client_encoding",  "options",          NULL};
    const char *const values[] = {"30",
                                  "10",
                                  "3",
                                  HOST_PATIENCE_MS,
                                  o->conninfo,
                                  o->password,
                                  o->role_name,
                                  "UTF8",
                                  o->pooled ? NULL : text_str(&options),
                                  NULL};

    conn = PQconnectStartParams(names, values, 1);
    if (!conn)
        fail(err, FAULT_AWAY, "no memory for a connection to the database");
    return conn;
}

// libpq may go on to another address, and so another socket, at each step: every wait is a new one.
static bool finish_connection(PGconn *conn, struct error *err)
{
    const int64_t deadline = clock_monotonic() + CONNECT_TIMEOUT;
    PostgresPollingStatusType step = PGRES_POLLING_WRITING;

    while (PQstatus(conn) != CONNECTION_BAD && step != PGRES_POLLING_FAILED) {
        int64_t left = deadline - clock_monotonic();
        enum wake w;

        if (step == PGRES_POLLING_OK)
            return true;
        w = fiber_wait_fd(PQsocket(conn), step == PGRES_POLLING_READING,
                          step == PGRES_POLLING_WRITING, left > 0 ? left : 0);
        if (w == WAKE_TIMEOUT)
            return fail(err, FAULT_AWAY, "cannot connect to the database: no answer within %d s",
                        (int)(CONNECT_TIMEOUT / SECONDS(1)));
        if (w == WAKE_STOPPING)
            return fail(err, FAULT_AWAY, "cannot connect to the database: stopping");
        step = PQconnectPoll(conn);
    }
    return db_fail_connection(conn, "cannot connect to the database", err);
}

// PGTZ and PGDATESTYLE of the environment are stronger than `options`.
static bool overrule_environment(struct db *db, struct error *err)
{
    const char *zone = PQparameterStatus(db->conn, "TimeZone");
    const char *style = PQparameterStatus(db->conn, "DateStyle");

    if (db->pooled || (zone && style && strcmp(zone, "UTC") == 0 && strncmp(style, "ISO", 3) == 0))
        return true;
    return db_run(db, "SET timezone = 'UTC'; SET datestyle = 'ISO, YMD'", err);
}

static bool connect_db(struct db *db, const struct db_options *o, struct error *err)
{
    db->conn = start_connection(o, err);
    if (!db->conn)
        return false;
    PQsetNoticeReceiver(db->conn, on_notice, NULL);
    if (!finish_connection(db->conn, err))
        return false;
    if (PQsetnonblocking(db->conn, 1) != 0)
        return lose(db, err);
    return overrule_environment(db, err);
}

bool db_open(const struct db_options *o, struct db **ret, struct error *err)
{
    struct db *db = calloc(1, sizeof(*db));

    if (!db)
        out_of_memory();
    db->read_only = o->read_only;
    db->pooled = o->pooled;
    db->statement_timeout_ms = o->statement_timeout_ms;
    db->lock_timeout_ms = o->lock_timeout_ms;
    if (!connect_db(db, o, err)) {
        db_close(db);
        return false;
    }
    *ret = db;
    return true;
}

// Asking

// Waits until the server has sent something, or can take more when `for_write`.
static bool wait_server(struct db *db, bool for_write, struct error *err)
{
    int patience_ms = db->statement_timeout_ms + PATIENCE_MS;

    if (fiber_wait_fd_to_end(PQsocket(db->conn), true, for_write, (int64_t)patience_ms * 1000) ==
        WAKE_TIMEOUT) {
        db->lost = true;
        return fail(err, FAULT_AWAY, "the database has not answered for %d s", patience_ms / 1000);
    }
    return true;
}

// After it failed to read, libpq may still hold the server's last words: they are taken as a
// result.
static void read_server(struct db *db)
{
    if (!PQconsumeInput(db->conn))
        db->lost = true;
}

static bool flush(struct db *db, struct error *err)
{
    int more;

    while ((more = PQflush(db->conn)) == 1) {
        if (!wait_server(db, true, err))
            return false;
        read_server(db);
        if (db->lost)
            break;
    }
    if (more < 0)
        db->lost = true;
    return true;
}

// The next result of the question in flight; NULL when it is over. False only when nothing more can
// be learnt from this connection.
static bool next_result(struct db *db, PGresult **ret, struct error *err)
{
    if (!flush(db, err))
        return false;
    while (!db->lost && PQisBusy(db->conn)) {
        if (!wait_server(db, false, err))
            return false;
        read_server(db);
    }
    *ret = PQgetResult(db->conn);
    return true;
}

static bool begin_question(struct db *db, struct error *err)
{
    assert(!db->busy && "one question at a time on a connection");
    assert(!db->in_copy && "a COPY was not ended");
    if (db->lost)
        return fail(err, FAULT_AWAY, "the connection to the database was lost");
    db->busy = true;
    return true;
}

static bool end_question(struct db *db, bool ok)
{
    db->busy = false;
    return ok;
}

static bool is_error(const PGresult *r)
{
    ExecStatusType s = PQresultStatus(r);

    return s == PGRES_FATAL_ERROR || s == PGRES_BAD_RESPONSE;
}

// Takes every result: the first error is the answer, else the last result (NULL when there was
// none).
static bool last_result(struct db *db, PGresult **ret, struct error *err)
{
    AUTO(pgresult_done) PGresult *kept = NULL;
    PGresult *r;

    while (true) {
        if (!next_result(db, &r, err))
            return false;
        if (!r)
            break;
        assert(PQresultStatus(r) != PGRES_COPY_IN && PQresultStatus(r) != PGRES_COPY_OUT);
        if (kept && is_error(kept)) {
            PQclear(r);
        } else {
            PQclear(kept);
            kept = r;
        }
    }
    if (kept && is_error(kept)) {
        if (PQstatus(db->conn) == CONNECTION_BAD)
            db->lost = true;
        return db_fail_result(db->conn, kept, err);
    }
    if (db->lost || PQstatus(db->conn) == CONNECTION_BAD)
        return lose(db, err);
    *ret = kept;
    kept = NULL;
    return true;
}

static bool take_answer(struct db *db, PGresult **ret, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;

    if (!end_question(db, last_result(db, &r, err)))
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
        return end_question(db, lose(db, err));
    if (!flush(db, err))
        return end_question(db, false);
    return !db->lost || take_answer(db, NULL, err); // its last words say why
}

bool db_ask(struct db *db, const char *sql, int count, const char *const *values, PGresult **ret,
            struct error *err)
{
    return begin_question(db, err) &&
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
    if (!begin_question(db, err) ||
        !is_sent(db, PQsendPrepare(db->conn, name, sql, 0, NULL), err) ||
        !take_answer(db, NULL, err))
        return false;
    db->kept[db->kept_count++] = sql;
    return true;
}

bool db_send_often(struct db *db, const char *sql, int count, const char *const *values,
                   struct error *err)
{
    char name[KEPT_NAME];

    return keep_statement(db, sql, name, err) && begin_question(db, err) &&
           is_sent(db, PQsendQueryPrepared(db->conn, name, count, values, NULL, NULL, 0), err);
}

// Most often it is there already: then there is nothing to wait for.
bool db_answer(struct db *db, PGresult **ret, struct error *err)
{
    assert(db->busy && "no question was sent");
    read_server(db);
    return take_answer(db, ret, err);
}

bool db_ask_often(struct db *db, const char *sql, int count, const char *const *values,
                  PGresult **ret, struct error *err)
{
    return db_send_often(db, sql, count, values, err) && take_answer(db, ret, err);
}

static bool run_for_result(struct db *db, const char *sql, PGresult **ret, struct error *err)
{
    if (!begin_question(db, err))
        return false;
    if (!PQsendQuery(db->conn, sql))
        return end_question(db, lose(db, err));
    return end_question(db, last_result(db, ret, err));
}

bool db_run(struct db *db, const char *sql, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;

    return run_for_result(db, sql, &r, err);
}

// Transactions

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

// COPY

// Starts a COPY; anything but the wanted state is taken to its end and told.
static bool start_copy(struct db *db, const char *sql, ExecStatusType wanted, struct error *err)
{
    AUTO(pgresult_done) PGresult *first = NULL;
    AUTO(pgresult_done) PGresult *rest = NULL;

    if (!PQsendQuery(db->conn, sql))
        return lose(db, err);
    if (!next_result(db, &first, err))
        return false;
    if (first && PQresultStatus(first) == wanted)
        return true;
    if (!last_result(db, &rest, err))
        return false;
    if (!first)
        return lose(db, err);
    if (!is_error(first))
        return fail(err, FAULT_INPUT, "the statement is not the COPY that was expected");
    if (PQstatus(db->conn) == CONNECTION_BAD)
        db->lost = true;
    return db_fail_result(db->conn, first, err);
}

// One piece of COPY data, -1 for the end in *ret. False when the server is silent.
static bool next_copy_row(struct db *db, char **data, int *ret, struct error *err)
{
    while ((*ret = PQgetCopyData(db->conn, data, 1)) == 0) {
        if (db->lost) {
            *ret = -1;
            break;
        }
        if (!wait_server(db, false, err))
            return false;
        read_server(db);
    }
    return true;
}

// When row() refuses, the rest is read and thrown away: the connection stays in step.
static bool copy_rows(struct db *db,
                      bool (*row)(void *arg, const char *data, size_t length, struct error *err),
                      void *arg, struct error *err)
{
    AUTO(pgresult_done) PGresult *last = NULL;
    bool wanted = true;
    struct error later;

    while (true) {
        char *data = NULL;
        int length;

        if (!next_copy_row(db, &data, &length, wanted ? err : &later))
            return false;
        if (length < 0)
            break;
        if (wanted)
            wanted = row(arg, data, (size_t)length, err);
        PQfreemem(data);
    }
    return last_result(db, &last, wanted ? err : &later) && wanted;
}

bool db_copy_out(struct db *db, const char *sql,
                 bool (*row)(void *arg, const char *data, size_t length, struct error *err),
                 void *arg, struct error *err)
{
    if (!begin_question(db, err))
        return false;
    return end_question(db,
                        start_copy(db, sql, PGRES_COPY_OUT, err) && copy_rows(db, row, arg, err));
}

bool db_copy_begin(struct db *db, const char *sql, struct error *err)
{
    if (!begin_question(db, err))
        return false;
    db->in_copy = end_question(db, start_copy(db, sql, PGRES_COPY_IN, err));
    return db->in_copy;
}

// A refusal by the server is heard at the end of the copy: until then it reads on and drops the
// data.
bool db_copy_put(struct db *db, const char *data, size_t length, struct error *err)
{
    assert(db->in_copy && !db->busy);
    db->busy = true;
    while (length > 0 && !db->lost) {
        size_t n = length < PIECE ? length : PIECE;
        int sent = PQputCopyData(db->conn, data, (int)n);

        if (sent < 0)
            db->lost = true;
        if (sent == 1) {
            data += n;
            length -= n;
        }
        if (!db->lost && !flush(db, err))
            return end_question(db, false);
    }
    return end_question(db, !db->lost || lose(db, err));
}

static bool finish_copy(struct db *db, const char *reason, struct error *err)
{
    AUTO(pgresult_done) PGresult *last = NULL;
    int sent;

    while ((sent = PQputCopyEnd(db->conn, reason)) == 0) {
        if (!flush(db, err))
            return false;
    }
    if (sent < 0)
        return lose(db, err);
    return last_result(db, &last, err);
}

bool db_copy_end(struct db *db, const char *reason, struct error *err)
{
    struct error refused = {0};

    assert(db->in_copy && !db->busy);
    db->in_copy = false;
    if (db->lost)
        return fail(err, FAULT_AWAY, "the connection to the database was lost");
    db->busy = true;
    if (!reason)
        return end_question(db, finish_copy(db, NULL, err));
    if (!end_question(db, finish_copy(db, reason, &refused)) && db->lost) {
        *err = refused;
        return false;
    }
    return true; // refused, as it was asked to
}

// Notifications

static bool take_notifications(struct db *db)
{
    PGnotify *n;
    bool any = false;

    while ((n = PQnotifies(db->conn))) {
        PQfreemem(n);
        any = true;
    }
    return any;
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    bell_ring(arg);
}

static enum wake wait_readable_or_bell(struct db *db, int64_t timeout_us)
{
    struct event *readable =
        event_new(loop_base(fiber_loop()), PQsocket(db->conn), EV_READ, on_readable, &db->bell);
    enum wake w;

    if (!readable || event_add(readable, NULL) != 0)
        out_of_memory();
    w = bell_wait(&db->bell, timeout_us);
    event_free(readable);
    return w;
}

enum wake db_wait_notify(struct db *db, int64_t timeout_us, struct error *err)
{
    const int64_t deadline = clock_monotonic() + timeout_us;

    assert(!db->busy && !db->in_copy && "db_wait_notify: a question is in flight");
    err->fault = FAULT_NONE;
    while (true) {
        int64_t left = timeout_us < 0 ? -1 : deadline - clock_monotonic();
        enum wake w;

        if (!db->lost)
            read_server(db);
        if (db->lost || PQstatus(db->conn) == CONNECTION_BAD) {
            lose(db, err);
            return WAKE_STOPPING;
        }
        if (take_notifications(db) || db->interrupted) {
            db->interrupted = false;
            return WAKE_READY;
        }
        if (timeout_us >= 0 && left <= 0)
            return WAKE_TIMEOUT;
        w = wait_readable_or_bell(db, left);
        if (w == WAKE_STOPPING)
            return w;
    }
}

void db_interrupt(struct db *db)
{
    db->interrupted = true;
    bell_ring(&db->bell);
}

// Values

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
