// The forms of a page: the token that shows that a form is ours, and what it says.
#pragma once

#include "arena.h"
#include "date.h"
#include "form.h"

// Made of the link's own secret and of a day: nobody who does not have the link can make it, and a
// form that lies about for longer than a day is refused. Arena-owned.
const char *page_form_token(struct arena *a, const char *link, struct date day);
bool page_form_is_ours(struct arena *a, const char *link, const char *given, struct date today);

struct page_word {
    bool done; // done, not yet recorded; else in hand
    struct date last_day;
    const char *reason; // cleaned
};

// NULL where the form can be read; else what to say to who filled it in.
const char *page_form_read(struct arena *a, const struct form *f, struct page_word *ret);
