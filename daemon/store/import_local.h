// What the imports into the store share.
#pragma once

#include "import.h"
#include "import_check.h"

// Stages and checks the file (its path and columns are given) within a transaction, lets `take`
// store it, and commits; or rolls back. The report gets what was said only when all of it is done.
MUST_USE bool
import_into_store(struct import_file *f,
                  bool (*take)(struct import_file *f, const void *arg, struct error *err),
                  const void *arg, struct text *report, bool *left_aside, struct error *err);
