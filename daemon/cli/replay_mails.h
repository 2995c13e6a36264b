// The mails of one reader in a replay: told alone, and written into a folder as they would read.
#pragma once

#include "replay.h"
#include "session.h"

// Of the replay only what its reader gets remains.
void replay_keep_reader(struct replay *r, const char *reader);

// Into a Maildir, made when it is not there, each with the date on which it would have gone; a mail
// that is there already is replaced. FAULT_AWAY when one cannot be written.
MUST_USE bool replay_write_mails(struct session *s, const struct replay *r, const char *dir,
                                 struct error *err);
