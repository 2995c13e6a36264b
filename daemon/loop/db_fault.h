// What went wrong at PostgreSQL, sorted and put into words without values of rows: only for db.c.
//
// The server's primary message and SQLSTATE are kept, and where in its input a COPY failed; DETAIL,
// HINT, STATEMENT and the rest of CONTEXT are dropped, and quoted values after the message of a
// data exception (SQLSTATE 22) too. Passwords are removed from libpq's own messages.
#pragma once

#include "error.h"

#include <libpq-fe.h>

// The kind of fault that an SQLSTATE means (NULL: libpq itself failed, so the server is away).
enum fault db_fault_of(const char *sqlstate);

// From a failed result. Always returns false.
bool db_fail_result(const PGconn *conn, const PGresult *r, struct error *err);

// From the state of the connection: FAULT_AWAY, "what: libpq's message". Always returns false.
bool db_fail_connection(const PGconn *conn, const char *what, struct error *err);

// A connection string that libpq could not read: FAULT_INPUT. Frees `reason` (libpq's, may be
// NULL). Always returns false.
bool db_fail_conninfo(const char *conninfo, char *reason, struct error *err);
