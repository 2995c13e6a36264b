// Derived events: what follows from other facts and is recorded nowhere: a birthday, the third
// missing episode within 90 days, the day on which a child has been in care for 13 weeks.
#pragma once

#include "history.h"

// Adds them to the history's facts, each in its place by time, at most one of each event: the first
// day on which it is so. One that lies ahead is noted as a day on which to look again. Called when
// the episodes are known.
void add_derived_facts(struct arena *a, struct history *h);
