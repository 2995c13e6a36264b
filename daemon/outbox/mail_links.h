// Links from the lines of a mail, or from an invite, to the page of a deadline, on which its
// recipient can say that they have it in hand. A mail that waits in the outbox has only places for
// them: a link is a secret, and is made as the mail leaves. A repeat of the mail has the same
// links.
#pragma once

#include "mail_link.h"
#include "outbox.h"

#define MAIL_LINK_DAYS 30 // of real time, from the first hand-over; then a link opens nothing

// Puts the recipients' links into the text and HTML of these claimed messages, and their hashes
// into the store. A place for a deadline that a message is not about stays one: only a text that
// somebody smuggled into the mail has it. An invite has a link to one page at most, and its
// calendar part none. The store need not keep the hashes at once: that a hand-over begins makes
// them last. Waits. In the arena.
MUST_USE bool mail_links_make(struct arena *a, struct db *store, const char *public_url,
                              struct outgoing *const *messages, size_t count, struct error *err);
