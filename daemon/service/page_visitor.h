// Who comes with a link, where staff sign in: the identity that a trusted proxy hands over, as the
// store's directory knows it, and whether the link opens for them. The store judges both: this
// process can read neither the directory nor who is responsible for a child.
#pragma once

#include "arena.h"
#include "db.h"

struct page_visitor {
    const char *staff_id, *name;
    const char *form_secret; // of which the tokens of their forms are made
};

enum page_admission {
    PAGE_OPENS,
    PAGE_UNKNOWN_VISITOR, // nobody in post has that identity, or several have
    PAGE_LEADS_NOWHERE,   // there is no such link any more
    PAGE_NOT_THEIRS,
};

// `hash`: of the link. `identity`: a mail address (by_email), in capitals or not, or a professional
// id. *ret is filled in where the page opens. Waits. Arena-owned.
MUST_USE bool page_visitor_read(struct arena *a, struct db *db, const char *hash,
                                const char *identity, bool by_email, struct page_visitor *ret,
                                enum page_admission *ret_admission, struct error *err);
