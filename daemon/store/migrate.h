// Migrations of the store: numbered SQL files, each applied once, in order, in one transaction,
// forward only.
#pragma once

#include "db.h"

// Applies what is missing from the product's sql/store folder and says what it did. FAULT_INPUT
// when the store was made by a newer program (its newest migration is unknown here) or an applied
// file has changed since. Two programs that migrate at once wait for one another (advisory lock).
// Waits.
struct text;
MUST_USE bool migrate_store(struct db *store, struct text *report, struct error *err);
// FAULT_INPUT naming `timely migrate` when the store is not at this program's version.
MUST_USE bool migrate_check(struct db *store, struct error *err);

// Embedded and test sources: SSD tables (if absent) and the fact views, triggers where `notify`.
MUST_USE bool migrate_embedded_source(struct db *source, bool notify, struct error *err);
