// Links from the lines of a mail to the page of a deadline, on which its recipient can say that
// they have it in hand. A mail that waits in the outbox has only places for them: a link is a
// secret, and is made as the mail leaves. A repeat of the mail has the same links.
#pragma once

#include "outbox.h"

#define MAIL_LINK_DAYS 30 // of real time, from the first hand-over; then a link opens nothing

// The place of a link, an address as long as the link will be. Arena-owned.
const char *mail_link_later(struct arena *a, const char *public_url, long long deadline_id);

// Puts the recipients' links into the text and HTML of these claimed messages, and their hashes
// into the store. A place for a deadline that a message is not about stays one: only a text that
// somebody smuggled into the mail has it. The store need not keep the hashes at once: that a
// hand-over begins makes them last. Waits. In the arena.
MUST_USE bool mail_links_make(struct arena *a, struct db *store, const char *public_url,
                              struct outgoing *const *messages, size_t count, struct error *err);
