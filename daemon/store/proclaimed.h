// Bank holidays that were proclaimed, or dropped, after the product's own calendar was published,
// and accepted by a person. The table is append-only: of the rows about a day the last one counts.
#pragma once

#include "db.h"
#include "holidays.h"

// What is accepted, one item a day, in order of date, as workdays_load takes it. Waits.
MUST_USE bool proclaimed_read(struct arena *a, struct db *store, struct holiday_list *ret,
                              struct error *err);
bool proclaimed_same(const struct holiday_list *a, const struct holiday_list *b);

// A change as the text that a hold is about: a line a day, "+ 2026-06-15 Title" for a new bank
// holiday and "- 2026-05-04 Title" for one that is dropped. Arena-owned.
const char *proclaimed_about(struct arena *a, const struct holiday_list *change);
// Such a text read back. FAULT_INPUT for anything else.
MUST_USE bool proclaimed_parse(struct arena *a, const char *about, struct holiday_list *ret,
                               struct error *err);

// Writes the confirmed proposals down as accepted, but for days that are past by now: a hold that
// waited long changes no past either. `library` is the version of the rules that
// they change. Waits.
MUST_USE bool proclaimed_accept(struct db *store, struct date today, const char *now,
                                const char *library, struct error *err);

// The days about which a person has decided: rejected ones, and confirmed ones that are not taken
// yet. Waits.
MUST_USE bool proclaimed_decided(struct arena *a, struct db *store, struct holiday_list *ret,
                                 struct error *err);
// The changes of the proposals that are open. Waits.
MUST_USE bool proclaimed_open(struct arena *a, struct db *store, struct holiday_list *ret,
                              struct error *err);
