// The mass-change guard: one round that would change more deadlines than a day's work can explain
// is not written, until a person confirms it or it is no longer so.
#pragma once

#include "person_change.h"
#include "reconcile.h"

// Measures what the round would touch against what is open. *ret_why is NULL when the round may be
// written, else why not, in words; then a hold stands in the store. `whole`: the counts are of
// everything that the source shows, so that a small number ends an earlier hold. Business time in
// words. Waits.
MUST_USE bool guard_measure(struct arena *a, const struct reconcile_input *in,
                            const struct change_counts *counts, bool whole,
                            const char *business_now, const char **ret_why, struct error *err);

// A round that a person confirmed has been written: the next one is measured again. Waits.
MUST_USE bool guard_used(const struct reconcile_input *in, const char *business_now,
                         struct error *err);
