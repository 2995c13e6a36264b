// The forms of a page: the token that shows that a form is ours, and what it says.
#pragma once

#include "arena.h"
#include "date.h"
#include "form.h"

// What the token of a form is made of, beside the day. The link's own secret: nobody who does not
// have the link can make one. Of somebody who has signed in a secret of the store's instead, and on
// which page they are: a colleague who has the link too can make none in their name.
struct page_form_key {
    const char *secret;
    const char *owner; // "" without sign-on
};

// A form that lies about for longer than a day is refused. Arena-owned.
const char *page_form_token(struct arena *a, const struct page_form_key *key, struct date day);
bool page_form_is_ours(struct arena *a, const struct page_form_key *key, const char *given,
                       struct date today);

struct page_word {
    bool done; // done, not yet recorded; else in hand
    struct date last_day;
    const char *reason; // cleaned
};

// NULL where the form can be read; else what to say to who filled it in.
const char *page_form_read(struct arena *a, const struct form *f, struct page_word *ret);
