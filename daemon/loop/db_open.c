// Opening a connection and closing it (db.h).
#include "db_fault.h"
#include "db_wire.h"
#include "log.h"
#include "text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_TIMEOUT SECONDS(30) // longer than HOST_PATIENCE_MS for each of three hosts
#define HOST_PATIENCE_MS "8000"     // of a host that sends no word, also while it is connected to

static void on_notice(void *arg, const PGresult *r)
{
    const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);

    (void)arg;
    log_debug("db.notice", "sqlstate=%s", state ? state : "none");
}

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
        return wire_lose(db, err);
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
