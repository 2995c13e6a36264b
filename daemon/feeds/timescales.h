// The rules in words, in the store: for pages, which know no rules.
#pragma once

#include "db.h"
#include "library.h"

// Puts title, force, source, reading and who acts of every timescale into timely.timescale, in
// place of what stood there, and the teams that have ladders of their own. Each by itself: what
// fails is put in by the next try. `l` is looked at after a wait, too. Waits.
MUST_USE bool timescales_publish(struct db *store, const struct library *l, struct error *err);
