// Documents: what the store's record_ functions are given.
#pragma once

#include "db.h"
#include "json.h"

// Asks a statement whose one parameter, $1, is `doc`. doc stays the caller's. *ret is the caller's
// and may be NULL. Waits.
MUST_USE bool document_ask(struct db *store, const char *sql, const json_t *doc, PGresult **ret,
                           struct error *err);
