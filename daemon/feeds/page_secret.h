// The store's secret, of which the tokens of links to pages are derived: a calendar or a mail that
// is made again holds the same link.
#pragma once

#include "db.h"

struct page_secret {
    unsigned char bytes[64];
    size_t length;
};

// Waits. FAULT_INPUT where the store has none.
MUST_USE bool page_secret_read(struct db *store, struct page_secret *ret, struct error *err);
void page_secret_done(struct page_secret *s); // wipes it; for AUTO()
