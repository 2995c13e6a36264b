// A connection to PostgreSQL, asynchronous libpq under straight-line calls: every function that
// asks the server waits in the calling fiber. One question is in flight at a time on a connection.
//
// Errors: FAULT_AWAY when the server is gone, refuses the connection, is shutting down or asks to
// try again (SQLSTATE 08, 57P0x, 40, 53, 55P03, 57014: a statement over its time, 25P03: a
// transaction left alone, 25006: a replica, TLEAD: another process leads); FAULT_INPUT otherwise.
// After FAULT_AWAY close and open again. Text of errors has no values of rows in it. A server that
// is silent within a question for 60 s beyond the statement timeout is away. A question that was
// sent is waited for to its end, also after loop_stop.
#pragma once

#include "fiber.h"

#include <libpq-fe.h>
#include <stddef.h>

struct db;

struct db_options {
    const char *conninfo; // a libpq connection string, used whole; host names block while looked up
    const char *password; // or NULL; passed beside it, never logged
    const char *role_name; // application_name: "timelyd watch"
    bool read_only;        // default_transaction_read_only
    int statement_timeout_ms;
    int lock_timeout_ms;
    bool pooled; // behind a pooler in transaction mode: no session settings, SET LOCAL only
};

// Waits, at most 30 s. Of several hosts one that is silent is left for the next after 8 s. Sets an
// empty search_path, UTF-8, ISO dates, UTC.
MUST_USE bool db_open(const struct db_options *o, struct db **ret, struct error *err);
void db_close(struct db *db);       // NULL is nothing
void db_auto_close(struct db **db); // for AUTO()
PGconn *db_conn(struct db *db);

// Text-format parameters; a NULL pointer is SQL NULL. The caller clears the result (PQclear, or
// AUTO(pgresult_done)). An unnamed statement. ret may be NULL when no rows matter.
MUST_USE bool db_ask(struct db *db, const char *sql, int count, const char *const *values,
                     PGresult **ret, struct error *err);
// The same for one of a few statements that are asked again and again: the server keeps its plan
// for as long as the connection lives. `sql` is one text in one place: its address names it. Not
// behind a pooler.
MUST_USE bool db_ask_often(struct db *db, const char *sql, int count, const char *const *values,
                           PGresult **ret, struct error *err);
// The two halves of it. When the first returns, every byte of the question is with the system,
// which brings it to the server even if this process ends now; the second, which must come before
// any other question, takes the answer.
MUST_USE bool db_send_often(struct db *db, const char *sql, int count, const char *const *values,
                            struct error *err);
MUST_USE bool db_answer(struct db *db, PGresult **ret, struct error *err);
// Several statements without parameters (migrations).
MUST_USE bool db_run(struct db *db, const char *sql, struct error *err);
void pgresult_done(PGresult **r);

// One transaction: begin, then commit or roll back. `isolation` is "" for the default, or what
// follows ISOLATION LEVEL: "REPEATABLE READ, READ ONLY". A commit of a transaction in which a
// statement failed is FAULT_INPUT; after FAULT_AWAY from db_commit nobody knows whether it was
// stored. db_rollback never fails in a way that matters: a broken connection has nothing to roll
// back.
MUST_USE bool db_begin(struct db *db, const char *isolation, struct error *err);
MUST_USE bool db_commit(struct db *db, struct error *err);
void db_rollback(struct db *db);

// What this connection has written without waiting for the server to keep it (synchronous_commit
// off) outlives a crash of the server when this returns, as if it had waited each time.
MUST_USE bool db_make_last(struct db *db, struct error *err);

// COPY … TO STDOUT: calls row() for each chunk of data as libpq gives it (one row of binary or
// text); row() returning false ends the copy with its error: the rest is read and dropped, so the
// connection goes on. Waits; gives way between chunks. Of binary COPY the first chunk begins with
// the header of the format and the last one is its trailer.
MUST_USE bool db_copy_out(struct db *db, const char *sql,
                          bool (*row)(void *arg, const char *data, size_t length,
                                      struct error *err),
                          void *arg, struct error *err);
// COPY … FROM STDIN in pieces. db_copy_end(NULL reason) finishes; a reason makes the server refuse
// all (true: it has). What the server refuses of the data is told by db_copy_end, with the line and
// column. Every db_copy_begin that succeeded needs a db_copy_end or db_rollback. The reason is
// logged by the server.
MUST_USE bool db_copy_begin(struct db *db, const char *sql, struct error *err);
MUST_USE bool db_copy_put(struct db *db, const char *data, size_t length, struct error *err);
MUST_USE bool db_copy_end(struct db *db, const char *reason, struct error *err);

// Waits for a notification on any channel this connection LISTENs to: WAKE_READY when one came (all
// pending ones are consumed) or db_interrupt was called. FAULT_AWAY through *err and WAKE_STOPPING
// when the connection is lost; err->fault is FAULT_NONE in every other case.
enum wake db_wait_notify(struct db *db, int64_t timeout_us, struct error *err);
// Wakes the fiber that waits in db_wait_notify on this connection, or the next one to do so.
void db_interrupt(struct db *db);

// A PostgreSQL array literal of texts, escaped: {"a","b"}; NULL items become NULL. Arena-owned.
struct arena;
const char *db_text_array(struct arena *a, const char *const *items, size_t count);

// Reading results: NULL for SQL NULL; numbers of our own columns.
const char *db_text(const PGresult *r, int row, int column);
long long db_int(const PGresult *r, int row, int column); // 0 for NULL
bool db_bool(const PGresult *r, int row, int column);
