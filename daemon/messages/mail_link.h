// The place of a link in the words of a mail. A link is a secret, and is made as the mail leaves
// (mail_links.h of the outbox); until then an address as long as it will be stands there.
#pragma once

#include "arena.h"

// "/why/deadline-000000000000042" stands for "/why/" and a token.
#define MAIL_LINK_WORD "deadline-"
#define MAIL_LINK_DIGITS 15

// For the page of a deadline; 0: of the one that the message names, whose number is not known yet.
// Arena-owned.
const char *mail_link_later(struct arena *a, const char *public_url, long long deadline_id);
