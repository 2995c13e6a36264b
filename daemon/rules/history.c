// Building a history: visible facts, episodes, bookings.
#include "history.h"

#include "derived.h"
#include "zone.h"

#include <stdlib.h>
#include <string.h>

bool ref_matches(const struct event_ref *ref, const struct fact *f)
{
    if (f->event != ref->event)
        return false;
    if (ref->at_least)
        return f->code && *f->code && strspn(f->code, "0123456789") == strlen(f->code) &&
               strtol(f->code, NULL, 10) >= ref->at_least;
    return code_in(f->code, ref->codes, ref->code_count, ref->negated);
}

const char *record_key(const struct library *l, const struct fact *f)
{
    if (l->events[f->event].key_is_meeting && f->meeting)
        return f->meeting;
    return f->ref;
}

void look_again(struct history *h, struct date on)
{
    if (!date_known(h->look_again_on) || date_cmp(on, h->look_again_on) < 0)
        h->look_again_on = on;
}

bool linked_by_key(const struct library *l, const struct fact *f, const struct episode *e)
{
    return l->events[f->event].of == e->kind && same_key(f->episode, e->key);
}

static void collect_facts(struct arena *a, const struct timeline *t, struct history *h)
{
    // Room for the diary's meetings, at most one a fact, and for what follows from others, at most
    // one of each event.
    h->facts = ARENA_ARRAY(a, const struct fact *, 2 * t->count + h->library->event_count + 1);
    for (size_t i = 0; i < t->count; i++) {
        const struct fact *f = &t->facts[i];

        if (f->event < 0)
            continue;
        if (f->event == h->library->birth)
            h->born = f->at.on;
        if (date_cmp(f->at.on, h->as_at) <= 0 || h->library->events[f->event].ahead)
            h->facts[h->count++] = f;
        else
            look_again(h, f->at.on);
        // An allocation or a placement that is to end changes the answer on that day.
        if (date_known(f->until.on) && date_cmp(f->until.on, h->as_at) > 0)
            look_again(h, f->until.on);
    }
}

// ------------------------------------------------------------------------------------- the diary

static struct booking *find_booking(struct history *h, const char *group)
{
    for (size_t i = 0; i < h->booking_count; i++)
        if (same_key(h->bookings[i].group, group))
            return &h->bookings[i];
    return NULL;
}

static bool put_in_later(const struct fact *a, const struct fact *b)
{
    int order = moment_cmp(a->at, b->at);

    return order ? order > 0 : moment_cmp(a->recorded, b->recorded) >= 0;
}

static void note_booking(struct history *h, const struct fact *f, bool cancelled)
{
    const char *group = f->meeting ? f->meeting : f->ref;
    struct booking *b = find_booking(h, group);

    if (!cancelled && (!f->booking || !date_known(f->booking->scheduled.on)))
        return;
    if (!b) {
        b = &h->bookings[h->booking_count++];
        *b = (struct booking){.group = group, .at = MOMENT_NONE};
    } else if (!put_in_later(f, b->by)) {
        return;
    }
    b->by = f;
    b->cancelled = cancelled;
    if (!cancelled) {
        b->kind = f->code;
        b->at = meeting_start(f->booking->scheduled);
    }
}

static void collect_bookings(struct arena *a, struct history *h)
{
    int booked = library_event(h->library, "meeting-booked");
    int moved = library_event(h->library, "meeting-rearranged");
    int cancelled = library_event(h->library, "meeting-cancelled");

    h->bookings = ARENA_ARRAY(a, struct booking, h->count + 1);
    for (size_t i = 0; i < h->count; i++) {
        const struct fact *f = h->facts[i];

        if (f->event == booked || f->event == moved)
            note_booking(h, f, false);
        else if (f->event == cancelled)
            note_booking(h, f, true);
    }
}

static int booking_event(const struct library *l, const char *kind)
{
    for (size_t i = 0; i < l->event_count; i++)
        if (same_key(l->events[i].booking, kind))
            return (int)i;
    return -1;
}

// A meeting in the diary is itself something that clocks count back from, known from the day it was
// booked.
static void add_diary_facts(struct arena *a, struct history *h)
{
    for (size_t i = 0; i < h->booking_count; i++) {
        const struct booking *b = &h->bookings[i];
        int event = booking_event(h->library, b->kind);
        struct fact *f;

        if (event < 0 || !date_known(b->at.on))
            continue;
        f = ARENA_NEW(a, struct fact);
        *f = *b->by;
        f->event = event;
        f->at = b->at;
        f->until = b->cancelled ? b->by->at : MOMENT_NONE;
        f->ref = f->episode = f->meeting = b->group;
        h->facts[h->count++] = f;
    }
}

// ----------------------------------------------------------------------------------- the episodes

// A fact about one kind of subject may start one of another kind, under a key of its own. A record
// whose key comes again carries its day after an @ (a placement's is the number of its address).
static const char *key_of(struct arena *a, const struct library *l, const struct fact *f, int kind)
{
    const char *at;

    if (f->episode && l->events[f->event].of == kind)
        return f->episode;
    at = f->ref ? strchr(f->ref, '@') : NULL;
    return at ? arena_strndup(a, f->ref, (size_t)(at - f->ref)) : f->ref;
}

static void add_episodes(struct arena *a, struct history *h, int kind)
{
    for (size_t i = 0; i < h->count; i++) {
        const struct fact *f = h->facts[i];

        if (f->event == h->library->subjects[kind].starts)
            h->episodes[h->episode_count++] =
                (struct episode){kind, key_of(a, h->library, f, kind), f, NULL};
    }
}

static void add_life(struct arena *a, struct history *h, const char *person_id)
{
    struct fact *start = ARENA_NEW(a, struct fact);

    *start = (struct fact){
        .event = -1, .at = {SINCE_EVER, -1}, .until = MOMENT_NONE, .recorded = MOMENT_NONE};
    h->episodes[h->episode_count++] = (struct episode){h->library->person, person_id, start, NULL};
}

// Of several with one key the one that began last by that day.
static struct episode *episode_by_key(struct history *h, int kind, const struct fact *f)
{
    struct episode *best = NULL;

    for (size_t i = 0; i < h->episode_count; i++) {
        struct episode *e = &h->episodes[i];

        if (e->kind == kind && same_key(e->key, f->episode) &&
            (!best || date_cmp(e->start->at.on, f->at.on) <= 0))
            best = e;
    }
    return best;
}

// The episode of a kind that a day falls into: the one that began last before it, else on it. The
// day of an end still belongs to what ended.
static struct episode *episode_by_date(const struct history *h, int kind, struct date on)
{
    struct episode *best = NULL;

    for (size_t i = 0; i < h->episode_count; i++) {
        struct episode *e = &h->episodes[i];
        bool before = date_cmp(e->start->at.on, on) < 0;

        if (e->kind != kind || date_cmp(e->start->at.on, on) > 0)
            continue;
        if (e->end && date_cmp(e->end->at.on, on) < 0)
            continue;
        if (!best || before || date_cmp(best->start->at.on, on) == 0)
            best = e;
    }
    return best;
}

// What a fact without the subject's own key ends: what its own record began, else what its day
// falls into.
static struct episode *episode_ending(const struct history *h, int kind, const struct fact *f)
{
    for (size_t i = 0; i < h->episode_count; i++)
        if (h->episodes[i].kind == kind && same_key(h->episodes[i].start->ref, f->ref))
            return &h->episodes[i];
    return episode_by_date(h, kind, f->at.on);
}

static void close_episodes(struct history *h)
{
    for (size_t i = 0; i < h->count; i++) {
        const struct fact *f = h->facts[i];

        for (size_t k = 0; k < h->library->subject_count; k++) {
            struct episode *e;

            if (f->event != h->library->subjects[k].ends)
                continue;
            e = f->episode && h->library->events[f->event].of == (int)k
                    ? episode_by_key(h, (int)k, f)
                    : episode_ending(h, (int)k, f);
            // An end before its start is a finding and closes nothing.
            if (e && !e->end && date_cmp(f->at.on, e->start->at.on) >= 0)
                e->end = f;
        }
    }
}

static void collect_episodes(struct arena *a, struct history *h, const char *person_id)
{
    size_t kinds = h->library->subject_count;

    h->episodes = ARENA_ARRAY(a, struct episode, h->count * kinds + 1);
    for (size_t k = 0; k < kinds; k++)
        add_episodes(a, h, (int)k);
    close_episodes(h);
    add_life(a, h, person_id);
}

static struct episode *episode_started_by(struct history *h, int kind, const struct fact *f)
{
    for (size_t i = 0; i < h->episode_count; i++)
        if (h->episodes[i].kind == kind && h->episodes[i].start == f)
            return &h->episodes[i];
    return NULL;
}

static const struct episode *place(struct history *h, const struct fact *f)
{
    int of = h->library->events[f->event].of;
    struct episode *e;

    if (of < 0)
        return NULL;
    e = f->episode ? episode_by_key(h, of, f) : NULL;
    if (!e && f->event == h->library->subjects[of].starts)
        e = episode_started_by(h, of, f);
    return e ? e : episode_by_date(h, of, f->at.on);
}

bool history_belongs(const struct history *h, size_t i, const struct episode *e)
{
    const struct fact *f = h->facts[i];

    if (e->kind == h->library->person || e->start == f)
        return true;
    if (h->library->events[f->event].of == e->kind)
        return h->in[i] == e;
    return episode_by_date(h, e->kind, f->at.on) == e;
}

static void index_facts(struct arena *a, struct history *h)
{
    h->first = ARENA_ARRAY(a, int, h->library->event_count + 1);
    h->next = ARENA_ARRAY(a, int, h->count + 1);
    for (size_t e = 0; e < h->library->event_count; e++)
        h->first[e] = -1;
    for (size_t i = h->count; i-- > 0;) {
        int *first = &h->first[h->facts[i]->event];

        h->next[i] = *first;
        *first = (int)i;
    }
}

void history_make(struct arena *a, const struct library *l, const struct timeline *t,
                  struct date as_at, struct history *ret)
{
    struct history h = {
        .library = l, .as_at = as_at, .born = DATE_NONE, .look_again_on = DATE_NONE};

    collect_facts(a, t, &h);
    collect_bookings(a, &h);
    collect_episodes(a, &h, t->person_id);
    add_derived_facts(a, &h);
    add_diary_facts(a, &h);
    index_facts(a, &h);
    h.in = ARENA_ARRAY(a, const struct episode *, h.count + 1);
    for (size_t i = 0; i < h.count; i++)
        h.in[i] = place(&h, h.facts[i]);
    *ret = h;
}
