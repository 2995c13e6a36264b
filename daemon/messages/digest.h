// Digests: one mail worth reading. What is new, or due today, comes first and in full; what its
// reader was told before follows in short, and last what is no longer theirs. In each, lines by
// family, the worst first, each saying Law, Guidance or Local, and when the child was last seen.
// Pure text; the same argument gives the same bytes.
#pragma once

#include "arena.h"
#include "date.h"
#include "html.h"

enum urgency { // worst first
    URGENCY_LATE,
    URGENCY_TODAY,
    URGENCY_BOOKED_LATE,
    URGENCY_SOON,
    URGENCY_LATER,
    URGENCY_COUNT
};

struct digest_line {
    const char *child;  // as the authority's setting allows: reference, initials or name
    const char *worker; // who the child is allocated to, where that is not the reader; or NULL
    const char *family; // lines of one family stand together; not shown
    const char *title;  // of the timescale
    const char *force;  // Law, Guidance, Local
    struct date due_on;
    struct moment due_at; // minute known only for clocks in hours
    int working_days;     // until due; negative: late by so many
    const char *booked;   // "booked for Tuesday 2 April 2024, 10:00", "not recorded yet: booked for
                          // …", or NULL
    const char *counted;  // how the due date was counted: shown where the child has another line of
                          // the title; or NULL
    const char *late;     // of one that is booked too late: what that means and what to do; or NULL
    struct date seen_on;  // DATE_NONE when not known
    const char *reason;   // why it reaches this person, where the date does not say it, or NULL
    const char *said;     // what somebody said about it: "In hand until …", or NULL
    bool is_new;
    bool reminder; // new again: its reader was told before of this due date
    bool parting;  // no longer the reader's: stands in a part of its own, and is counted nowhere
    long long deadline_id;
    const char *url; // of the page that explains it and takes a word about it, or NULL
};

struct digest {
    const char *reader; // "Ivy Hart"
    struct date on;
    bool escalation; // told as a manager rather than as the one who acts
    bool at_once;    // could not wait for the digest of a morning
    const struct digest_line *lines;
    size_t count;
    size_t most;              // lines shown; 0: 60
    const char *service_name; // "Milton Keynes children's services"
    const char *help;         // one line: whom to ask, or NULL
};

struct rendered {
    const char *subject; // the worst thing in it, naming nobody: "2 out of timescale, 1 due today"
    const char *text;    // stands alone, 72 columns
    const char *html;    // simple tables, inline styles; every value escaped
};

void digest_render(struct arena *a, const struct digest *d, struct rendered *ret);

// A first start finds years of overdue items: they become one summary per manager. Lines are
// counted by timescale, not listed.
void summary_render(struct arena *a, const struct digest *d, struct rendered *ret);

// The text beside an invite or a cancellation: stands alone for who cannot read the calendar part.
struct invite_words {
    const char *heading;       // what the calendar shows: type and reference, never a name
    const char *title, *child; // for the text; child NULL: not named
    struct date due_on;        // DATE_NONE where it is not said
    struct moment starts;      // MOMENT_NONE for a hold; and of a cancellation, with no due_on
                               // either, where its receiver is not known to have been shown a day
    struct moment ends;        // of a meeting
    const char *place, *url;
    const char *derivation; // the sentence of explain, which begins with the due date; or NULL
    bool cancelled, update;
    bool moved;       // a hold whose last day was another in the receiver's calendar
    bool no_answer;   // none is asked for
    const char *page; // that explains the due day, a link for the receiver alone; or NULL
    const char *service_name;
};
void invite_render(struct arena *a, const struct invite_words *w, struct rendered *ret);
// The text without the page: what the entry says in a calendar, which others may see. Arena-owned.
const char *invite_description(struct arena *a, const struct invite_words *w);
