// The Monday list: once a week to each manager, chair and reviewing officer for whom there is
// something in it (register 2.13). What is late stands in it every week until it is resolved.
#pragma once

#include "config.h"
#include "directory.h"
#include "library.h"

// Puts this week's lists into the outbox, all in one transaction, once the office has opened in the
// week and while it is open; else does nothing. Not in the week of the first start, which has its
// summary. *ret_mails: how many were put in. Waits.
MUST_USE bool weekly_round(struct db *store, const struct library *l, const struct config *config,
                           const struct directory *directory, instant now, size_t *ret_mails,
                           struct error *err);
