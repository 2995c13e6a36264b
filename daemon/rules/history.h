// History: a timeline put in order for evaluation: what had happened by a day, in which episode (a
// plan, a period of care, an enquiry) each fact belongs, and what stands in the diary.
#pragma once

#include "evaluate.h"

// A whole life is one too: its start is a fact of no event at the beginning of time.
struct episode {
    int kind; // subject kind
    const char *key;
    const struct fact *start;
    const struct fact *end; // NULL while open
};

struct history {
    const struct library *library;
    struct date as_at;
    const struct fact **facts; // known by as_at, in order; with the diary's meetings as facts
    const struct episode **in; // the episode that each fact belongs to; NULL for none
    size_t count;
    int *first, *next; // the facts of each event, in order: first[event], then next[fact]; -1 ends
    struct episode *episodes;
    size_t episode_count;
    struct booking *bookings; // one for each meeting, as it stands now
    size_t booking_count;
    struct date born;          // DATE_NONE when unknown
    struct date look_again_on; // first day on which another fact becomes known
};

void history_make(struct arena *a, const struct library *l, const struct timeline *t,
                  struct date as_at, struct history *ret);

// Does the i-th fact belong to the episode? By its key or, of another kind, by its date.
bool history_belongs(const struct history *h, size_t i, const struct episode *e);
// True when the fact's own key says that it belongs to the episode (rather than its date).
bool linked_by_key(const struct library *l, const struct fact *f, const struct episode *e);
bool ref_matches(const struct event_ref *ref, const struct fact *f);
// The key under which other records refer to this one.
const char *record_key(const struct library *l, const struct fact *f);

// Notes the earlier of two days on which to look again.
void look_again(struct history *h, struct date on);
