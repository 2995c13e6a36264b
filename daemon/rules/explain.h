// Explanation: each date as a sentence that a team manager understands: the facts with their record
// keys, the rule with its version and source and how well that is attested, the days skipped and
// why.
#pragma once

#include "evaluate.h"
#include "text.h"

// "Initial child protection conference: due by Monday 8 April 2024, 15 working days after the
// strategy discussion … of Thursday 14 March 2024 (ssd_s47_enquiry 9900009)." One paragraph, then
// indented lines: not counted, source, force and evidence, reading, state, booking. Names nobody.
void explain_deadline(struct text *out, const struct library *l, const struct deadline *d,
                      struct date as_at);

// How well a source is attested, in words for its tags: "V2 (local procedures), S" becomes "read on
// secondary pages only (local procedures); stated in council reports". Arena-owned.
const char *explain_evidence(struct arena *a, const char *evidence);

// The first sentence alone, without the title and without the keys of records: for descriptions in
// calendars, mails and pages. Arena-owned.
const char *explain_derivation(struct arena *a, const struct library *l, const struct deadline *d);

// The days that the period skips: "weekends; Good Friday 29 March". NULL where it skips none.
// Arena-owned.
const char *explain_not_counted(struct arena *a, const struct library *l, const struct deadline *d);
