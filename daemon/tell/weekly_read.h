// What a week's list is made of, read from the store.
#pragma once

#include "weekly_gather.h"

// The list that is to be made now; *ret is NULL when none is: the office has not opened yet in this
// week, it was made, or timely began in this week. Evaluates everybody. Waits. Arena-owned.
MUST_USE bool weekly_read(struct arena *a, struct db *store, const struct library *l,
                          const struct directory *directory, instant now, struct week **ret,
                          struct error *err);
// The list of this week as it is now, for those whose list still waits. Waits. Arena-owned.
MUST_USE bool weekly_read_again(struct arena *a, struct db *store, const struct library *l,
                                const struct directory *directory, instant now, struct week **ret,
                                struct error *err);
