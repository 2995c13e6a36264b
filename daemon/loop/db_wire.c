// What goes over a connection and comes back (db_wire.h).
#include "db_wire.h"

#include "db_fault.h"

#include <assert.h>

#define PATIENCE_MS 60000 // how long the server may be silent within a question

bool wire_lose(struct db *db, struct error *err)
{
    db->lost = true;
    return db_fail_connection(db->conn, "the connection to the database was lost", err);
}

bool wire_wait(struct db *db, bool for_write, struct error *err)
{
    int patience_ms = db->statement_timeout_ms + PATIENCE_MS;

    if (fiber_wait_fd_to_end(PQsocket(db->conn), true, for_write, (int64_t)patience_ms * 1000) ==
        WAKE_TIMEOUT) {
        db->lost = true;
        return fail(err, FAULT_AWAY, "the database has not answered for %d s", patience_ms / 1000);
    }
    return true;
}

void wire_read(struct db *db)
{
    if (!PQconsumeInput(db->conn))
        db->lost = true;
}

bool wire_flush(struct db *db, struct error *err)
{
    int more;

    while ((more = PQflush(db->conn)) == 1) {
        if (!wire_wait(db, true, err))
            return false;
        wire_read(db);
        if (db->lost)
            break;
    }
    if (more < 0)
        db->lost = true;
    return true;
}

bool wire_next(struct db *db, PGresult **ret, struct error *err)
{
    if (!wire_flush(db, err))
        return false;
    while (!db->lost && PQisBusy(db->conn)) {
        if (!wire_wait(db, false, err))
            return false;
        wire_read(db);
    }
    *ret = PQgetResult(db->conn);
    return true;
}

bool wire_begin(struct db *db, struct error *err)
{
    assert(!db->busy && "one question at a time on a connection");
    assert(!db->in_copy && "a COPY was not ended");
    if (db->lost)
        return fail(err, FAULT_AWAY, "the connection to the database was lost");
    db->busy = true;
    return true;
}

bool wire_end(struct db *db, bool ok)
{
    db->busy = false;
    return ok;
}

bool wire_is_error(const PGresult *r)
{
    ExecStatusType s = PQresultStatus(r);

    return s == PGRES_FATAL_ERROR || s == PGRES_BAD_RESPONSE;
}

bool wire_last(struct db *db, PGresult **ret, struct error *err)
{
    AUTO(pgresult_done) PGresult *kept = NULL;
    PGresult *r;

    while (true) {
        if (!wire_next(db, &r, err))
            return false;
        if (!r)
            break;
        assert(PQresultStatus(r) != PGRES_COPY_IN && PQresultStatus(r) != PGRES_COPY_OUT);
        if (kept && wire_is_error(kept)) {
            PQclear(r);
        } else {
            PQclear(kept);
            kept = r;
        }
    }
    if (kept && wire_is_error(kept)) {
        if (PQstatus(db->conn) == CONNECTION_BAD)
            db->lost = true;
        return db_fail_result(db->conn, kept, err);
    }
    if (db->lost || PQstatus(db->conn) == CONNECTION_BAD)
        return wire_lose(db, err);
    *ret = kept;
    kept = NULL;
    return true;
}
