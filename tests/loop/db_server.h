// A server of its own for the tests of connections, and what they ask of it. Each function fails
// the test when it cannot do its work.
#pragma once

#include "db.h"
#include "fixture.h"

// For cmocka_run_group_tests.
int db_server_start(void **state);
int db_server_stop(void **state);

const char *db_server_conninfo(void);

// A connection to it, by its own conninfo where `o` has none. The caller closes it.
struct db *open_with(struct db_options o);
struct db *open_db(void);

// The one value that a question answers with.
void ask_value(struct db *db, const char *sql, char ret[200]);
void must_answer(struct db *db, const char *sql, const char *expected);
struct error must_fail(struct db *db, const char *sql, enum fault fault);

// Ends the victim's backend, as an administrator does.
void terminate(struct db *killer, struct db *victim);
