// History: a timeline put in order for evaluation: what had happened by a day, in which episode (a
// plan, a period of care, an enquiry) each fact belongs, and what stands in the diary.
#pragma once

#include "evaluate.h"

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
    bool *happened; // by event: most of a library's clauses ask for what a person never had
    struct episode *episodes;
    size_t episode_count;
    struct booking *bookings; // one for each meeting, as it stands now
    size_t booking_count;
    struct date born;          // DATE_NONE when unknown
    struct date look_again_on; // first day on which another fact becomes known
};

void history_make(struct arena *a, const struct library *l, const struct timeline *t,
                  struct date as_at, struct history *ret);

// True when the fact's own key says that it belongs to the episode (rather than its date).
bool linked_by_key(const struct library *l, const struct fact *f, const struct episode *e);
static inline bool ref_matches(const struct event_ref *ref, const struct fact *f)
{
    return f->event == ref->event && code_in(f->code, ref->codes, ref->code_count, ref->negated);
}
// False when no fact can match any of them.
static inline bool any_happened(const struct history *h, const struct event_ref *refs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (h->happened[refs[i].event])
            return true;
    return false;
}
// The key under which other records refer to this one.
const char *record_key(const struct library *l, const struct fact *f);

// Notes the earlier of two days on which to look again.
void look_again(struct history *h, struct date on);
