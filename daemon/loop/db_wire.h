// A connection to PostgreSQL as the files that use it share it (db.h); nobody else needs it. libpq
// is never allowed to block: it is asked for a result only when PQisBusy says it has one, and what
// it wants to send is pushed by PQflush with the socket watched in both directions. A question that
// was sent is waited for to its end, also after loop_stop: an answer half read is a connection
// lost.
#pragma once

#include "db.h"

#define KEPT_MOST 16 // statements whose plans the server keeps

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

// A question is in flight from begin to end, which gives `ok` back. False when the connection is
// lost.
MUST_USE bool wire_begin(struct db *db, struct error *err);
bool wire_end(struct db *db, bool ok);

// The connection is lost, and why; false.
bool wire_lose(struct db *db, struct error *err);

// Waits until the server has sent something, or can take more when `for_write`. False when it is
// silent for too long.
MUST_USE bool wire_wait(struct db *db, bool for_write, struct error *err);
// Takes in what the server has sent. After it failed to read, libpq may still hold the server's
// last words: they are taken as a result.
void wire_read(struct db *db);
// Sends all that libpq holds. Waits.
MUST_USE bool wire_flush(struct db *db, struct error *err);

// The next result of the question in flight; NULL when it is over. False only when nothing more can
// be learnt from this connection. Waits.
MUST_USE bool wire_next(struct db *db, PGresult **ret, struct error *err);
// Takes every result: the first error is the answer, else the last result (NULL when there was
// none). Waits.
MUST_USE bool wire_last(struct db *db, PGresult **ret, struct error *err);
bool wire_is_error(const PGresult *r);
