// Connections to the store for answers that have to ask it: a few, shared, each opened when it is
// first needed.
#pragma once

#include "db.h"

struct store_pool;

// *o must outlive the pool.
struct store_pool *store_pool_new(const struct db_options *o, int most);
// Closes them; nobody has one. NULL is nothing.
void store_pool_free(struct store_pool *p);

// Lends a connection to the calling fiber. Waits: at most timeout_us for one to become free, first
// come first served, and for its opening where it has to be opened (db_open). FAULT_AWAY when there
// is none in that time, or the store is away, or after loop_stop.
MUST_USE bool store_pool_take(struct store_pool *p, int64_t timeout_us, struct db **ret,
                              struct error *err);
// Takes it back. One that is not sound any more (a question on it was answered with FAULT_AWAY) is
// closed, and opened again when it is needed.
void store_pool_give(struct store_pool *p, struct db *db, bool sound);
