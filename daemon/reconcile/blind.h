// Timescales whose being met the source does not show: told from everybody's facts at once, kept in
// the store. By number of the library's timescales.
#pragma once

#include "person_change.h"
#include "reconcile.h"

// As stored. Waits.
MUST_USE bool blind_read(struct arena *a, const struct reconcile_input *in, bool **ret,
                         struct error *err);
MUST_USE bool blind_write(struct arena *a, const struct reconcile_input *in, struct date today,
                          const bool *blind, struct error *err);

// From the timelines of a first start.
bool *blind_survey(struct arena *a, const struct library *l, const struct person_work *work,
                   size_t count);

// From everybody's accepted facts, and stored. *io_blind is what was known before; *ret_changed:
// whether it differs. Waits.
MUST_USE bool blind_survey_everybody(struct arena *a, const struct reconcile_input *in,
                                     struct date today, bool **io_blind, bool *ret_changed,
                                     struct error *err);
