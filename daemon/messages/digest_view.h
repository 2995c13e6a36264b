// What a digest shows and in which order, and the words for its dates: shared by the text and the
// HTML, which then cannot disagree.
#pragma once

#include "digest.h"
#include "text.h"

#define DIGEST_LINES_MAX 60 // a longer mail is not read
#define DIGEST_TOLD_MAX 30  // nor what was in the mail before
#define DIGEST_PARTED "Children who went to another worker"

// Cleaned, in words, ready to be wrapped or escaped.
struct digest_item {
    enum urgency urgency;
    const char *child, *title, *force;
    const char *worker;  // "" where the child is the reader's
    const char *due;     // "due Tuesday 9 April (in 4 working days)"
    const char *booked;  // "" for none
    const char *late;    // "" for none
    const char *counted; // "" for none: the child has one line of the title
    const char *seen;    // "last seen 25 March", "no record of when last seen"
    const char *reason;  // "" for none
    const char *said;    // "" for none
    const char *url;     // NULL for none
    bool is_new;         // never told before
    bool in_full;
    bool new_family, new_child; // this line begins one
};

struct digest_more {
    const char *title, *force;
    size_t count;
};

struct digest_view {
    struct digest_item *items;
    size_t count;                 // shown
    size_t counts[URGENCY_COUNT]; // of all lines, by urgency
    struct digest_more *more;     // of the lines not shown, by timescale: law first, then the
                                  // most
    size_t more_count, hidden;    // timescales; lines
    const char *reader, *service, *help; // help is NULL for none
};

// Families by their worst line, children of a family by theirs, then lines by due date; ties by
// Law, Guidance, Local, Statistic, by title and by number. Of more lines than there is room for
// those of the strongest force are shown, and of one force the first; what is due later than 5
// working days only where there is room left.
void digest_view_make(struct arena *a, const struct digest *d, struct digest_view *ret);

// Leaves how they were counted to those lines alone that nothing else tells apart: a child has
// others of the same title. Lines that are already told apart stay as they are.
const struct digest_line *digest_tell_apart(struct arena *a, const struct digest_line *lines,
                                            size_t count);

// What is said anew: never told before, and reminders.
struct digest_fresh {
    size_t first, again;
};
struct digest_fresh digest_fresh_of(const struct digest_line *lines, size_t count);
// "2 lines are new, 1 is a reminder"; "" when there is neither.
const char *digest_fresh_words(struct arena *a, struct digest_fresh f);
// "New: 2. Reminders: 1. Also due today: 1".
const char *digest_fresh_heading(struct arena *a, struct digest_fresh f, size_t today);

// A digest in its parts, each with its own heading where there are several (else NULL).
struct digest_parts {
    struct digest_view lead, told, parted;
    const char *lead_heading, *told_heading, *parted_heading;
    size_t counts[URGENCY_COUNT]; // of what is the reader's, as are the next two
    size_t count;
    struct digest_fresh fresh;
};

void digest_parts_make(struct arena *a, const struct digest *d, struct digest_parts *ret);

// Its lines as plain text, with the number of those that are not shown.
void digest_add_items(struct arena *a, struct text *out, const struct digest_view *v);

enum urgency digest_urgency(const struct digest_line *l, struct date on);
// "2 out of timescale, 1 due today": what is nearest; "" when there is nothing.
const char *digest_counts_words(struct arena *a, const size_t counts[URGENCY_COUNT]);
// "Tuesday 2 April" in the year of `on`, else "Tuesday 2 April 2024".
const char *digest_day_words(struct arena *a, struct date d, struct date on);
