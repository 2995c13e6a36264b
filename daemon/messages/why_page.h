// The page that explains one deadline to whoever a link was given to: what is owed, how its date
// was counted, by which rule, and how it came to be so. It shows a child by reference only. Pure.
#pragma once

#include "arena.h"
#include "date.h"

// How it stood at a time.
struct why_change {
    struct moment known_at; // in England
    const char *change;     // opened, moved, met, ended, reopened, withdrawn, changed
    struct date due_on;
};

// Of what somebody has in hand, said on a page or by a command.
#define IN_HAND_DAYS_MOST 28    // longer it can be said again
#define IN_HAND_REASON_MOST 200 // characters

// To whom the link was sent by mail, or who has signed in, and what they may say and have said
// about it.
struct why_recipient {
    const char *form_token;    // of the page's forms
    bool acts;                 // may say that it was done, once its meeting is no longer ahead
    struct date in_hand_until; // DATE_NONE: they have not said so
    const char *reason;        // of that
    struct date done_until;    // said to be done, not yet recorded; DATE_NONE: not said
    bool waits;                // what they pressed was not looked at yet
    const char *refused;       // why what they pressed last does not count; NULL
};

struct why_page {
    const char *reference;                                         // of the child
    const char *title, *force, *source, *url, *evidence, *reading; // NULL where there is none
    const char *state;                   // open, met, ended, unknown, withdrawn
    const char *why;                     // an ended or unknown one; NULL: not said
    struct moment now;                   // in England
    struct date due_on, book_by, met_on; // DATE_NONE
    struct moment due_at, booked;        // MOMENT_NONE
    bool in_timescale, provisional;
    const char *derivation, *not_counted; // not_counted NULL: nothing
    const struct why_change *changes;     // the oldest first
    size_t change_count;
    struct moment as_of;      // of the last reading of the case database; MOMENT_NONE: none yet
    const char *help;         // one line: whom to ask; NULL
    const char *signed_in_as; // the name of who reads it; NULL: it opens to whoever has the link
    const struct why_recipient *recipient; // NULL: of a calendar's entry, and nobody is known
};

// A whole document of HTML without scripts; its style is at `style_url`. Arena-owned.
const char *why_page_render(struct arena *a, const struct why_page *p, const char *style_url);

// A page that only says something: a heading and a sentence. Arena-owned.
const char *notice_page_render(struct arena *a, const char *heading, const char *words,
                               const char *style_url);

// The style of all pages.
extern const char page_style[];
