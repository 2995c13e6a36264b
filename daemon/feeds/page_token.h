// Tokens of links to pages. Each is derived from a secret of the store and from what it is about,
// so that a calendar or a mail that is made again holds the same link; the store keeps its hash.
#pragma once

#include "db.h"

#define PAGE_TOKEN_CHARS 24 // 144 bits

struct page_secret {
    unsigned char bytes[64];
    size_t length;
};

// Waits. FAULT_INPUT where the store has none.
MUST_USE bool page_secret_read(struct db *store, struct page_secret *ret, struct error *err);
void page_secret_done(struct page_secret *s); // wipes it; for AUTO()

// Letters that need no escaping in an address. Arena-owned.
const char *page_token(struct arena *a, const struct page_secret *s, const char *about);
