// COPY in both directions (db.h).
#include "db_fault.h"
#include "db_wire.h"

#include <assert.h>

#define PIECE ((size_t)1024 * 1024) // data is handed to libpq in pieces of this size at most

// Starts a COPY; anything but the wanted state is taken to its end and told.
static bool start_copy(struct db *db, const char *sql, ExecStatusType wanted, struct error *err)
{
    AUTO(pgresult_done) PGresult *first = NULL;
    AUTO(pgresult_done) PGresult *rest = NULL;

    if (!PQsendQuery(db->conn, sql))
        return wire_lose(db, err);
    if (!wire_next(db, &first, err))
        return false;
    if (first && PQresultStatus(first) == wanted)
        return true;
    if (!wire_last(db, &rest, err))
        return false;
    if (!first)
        return wire_lose(db, err);
    if (!wire_is_error(first))
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
        if (!wire_wait(db, false, err))
            return false;
        wire_read(db);
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
    return wire_last(db, &last, wanted ? err : &later) && wanted;
}

bool db_copy_out(struct db *db, const char *sql,
                 bool (*row)(void *arg, const char *data, size_t length, struct error *err),
                 void *arg, struct error *err)
{
    if (!wire_begin(db, err))
        return false;
    return wire_end(db, start_copy(db, sql, PGRES_COPY_OUT, err) && copy_rows(db, row, arg, err));
}

bool db_copy_begin(struct db *db, const char *sql, struct error *err)
{
    if (!wire_begin(db, err))
        return false;
    db->in_copy = wire_end(db, start_copy(db, sql, PGRES_COPY_IN, err));
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
        if (!db->lost && !wire_flush(db, err))
            return wire_end(db, false);
    }
    return wire_end(db, !db->lost || wire_lose(db, err));
}

static bool finish_copy(struct db *db, const char *reason, struct error *err)
{
    AUTO(pgresult_done) PGresult *last = NULL;
    int sent;

    while ((sent = PQputCopyEnd(db->conn, reason)) == 0) {
        if (!wire_flush(db, err))
            return false;
    }
    if (sent < 0)
        return wire_lose(db, err);
    return wire_last(db, &last, err);
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
        return wire_end(db, finish_copy(db, NULL, err));
    if (!wire_end(db, finish_copy(db, reason, &refused)) && db->lost) {
        *err = refused;
        return false;
    }
    return true; // refused, as it was asked to
}
