// Ids that people type: whether they stand in anybody's records, so that a slip is told from an
// answer that is empty.
#pragma once

#include "session.h"

enum known_kind { KNOWN_PERSON, KNOWN_WORKER, KNOWN_TEAM };

// Asks the store, which is open and up to date (session_reconcile). Where it knows no such id, err
// has the words for whoever typed it: the command decides whether it can still answer. An id of
// NULL was not typed. Waits.
MUST_USE bool id_is_known(struct session *s, enum known_kind kind, const char *id, bool *ret,
                          struct error *err);
