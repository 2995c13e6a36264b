// Facts made of a fuzzer's bytes, eight each: any events on any days under a few keys; and what
// must hold whatever they are. Nothing may crash, a second asking says the same, the order of the
// facts does not matter, and what is made of the answer (explanations, ladders, measures, matching)
// holds what its header promises.
#pragma once

#include "evaluate.h"
#include "explain.h"
#include "ladder.h"
#include "match.h"
#include "measures.h"
#include "text.h"

#include <assert.h>
#include <string.h>

#define FACT_BYTES 8
#define FACTS_MAX 60

static inline const char *key(uint8_t b)
{
    static const char *const keys[] = {NULL, "1", "2", "3", "4", "5", "6", ""};

    return keys[b % 8];
}

// Most days lie close together; some in the years 1 and 9999 and at the ends of the calendar.
static inline struct date day_of(uint8_t high, uint8_t low)
{
    static const int32_t far[] = {-719162, -719000, -25567, 2932896, 40000, 40177};

    if (high >= 250)
        return (struct date){far[high - 250]};
    return date_add_days(date_make(2023, 6, 1), (high % 4) * 256 + low);
}

static inline struct fact fact_of(struct arena *a, const struct library *l, const uint8_t *b)
{
    struct fact f = {.event = b[0] % ((int)l->event_count + 1) - 1, .origin = "fuzz"};
    const struct event_kind *k = f.event >= 0 ? &l->events[f.event] : NULL;

    f.at = (struct moment){day_of(b[1], b[2]), b[3] < 128 ? -1 : (b[3] - 128) * 11};
    f.until = b[4] & 1 ? (struct moment){date_add_days(day_of(0, b[2]), b[4]), -1} : MOMENT_NONE;
    f.recorded = b[4] & 2 ? (struct moment){day_of(0, b[2]), b[4]} : MOMENT_NONE;
    f.ref = key(b[5]);
    f.episode = key(b[5] >> 3);
    f.meeting = key(b[6]);
    if (k && k->code_count && b[6] & 8)
        f.code = k->codes[(size_t)(b[6] >> 4) % k->code_count];
    else if (b[6] & 16)
        f.code = b[6] & 32 ? "icpc" : "rcpc";
    if (b[7] & 1) {
        struct booking_details *booking = ARENA_NEW(a, struct booking_details);

        *booking = (struct booking_details){
            .scheduled = {date_add_days(day_of(0, b[2]), b[7] >> 1), b[3] * 5},
            .ends = MOMENT_NONE};
        f.booking = booking;
    }
    return f;
}

// By what they say: a meeting in the diary is made anew at each asking.
static inline bool same_fact(const struct fact *x, const struct fact *y)
{
    if (!x || !y)
        return x == y;
    return x->event == y->event && moment_cmp(x->at, y->at) == 0 &&
           moment_cmp(x->until, y->until) == 0 && same_text(x->ref, y->ref) &&
           same_text(x->episode, y->episode) && same_text(x->meeting, y->meeting) &&
           same_text(x->code, y->code);
}

static inline bool same(const struct deadline *x, const struct deadline *y)
{
    return x->clause == y->clause && date_is(x->trigger_on, y->trigger_on) &&
           same_fact(x->trigger, y->trigger) && date_is(x->due_on, y->due_on) &&
           x->state == y->state && same_fact(x->met, y->met) && date_is(x->ended_on, y->ended_on) &&
           same_text(x->subject_ref, y->subject_ref);
}

static inline void check_ladder(struct arena *a, const struct library *l, const struct deadline *d)
{
    struct telling *t;
    size_t count = ladder_tellings(a, l, d, &t);

    assert(d->state == STATE_OPEN || count == 0);
    for (size_t i = 1; i < count; i++)
        assert(t[i - 1].at <= t[i].at);
    if (count)
        assert(ladder_next_at(a, l, d, t[0].at - 1) == t[0].at);
}

// What was just stored is found again, each its own.
static inline void check_match(struct arena *a, const struct evaluation *e)
{
    struct stored_key *stored = ARENA_ARRAY(a, struct stored_key, e->count + 1);
    struct pairing p;

    for (size_t i = 0; i < e->count; i++) {
        const struct deadline *d = &e->deadlines[i];

        stored[i] = (struct stored_key){(long long)i, d->timescale->id, d->subject_ref,
                                        d->trigger_on, d->due_on};
    }
    match_deadlines(a, e, stored, e->count, &p);
    for (size_t i = 0; i < e->count; i++)
        assert(p.of_computed[i] == (int)i && p.stored_taken[i]);
    assert(p.ties == 0);
    match_deadlines(a, e, stored, e->count / 2, &p);
}

static inline bool same_answer(const struct evaluation *x, const struct evaluation *y)
{
    if (x->count != y->count || x->finding_count != y->finding_count)
        return false;
    for (size_t i = 0; i < x->count; i++)
        if (!same(&x->deadlines[i], &y->deadlines[i]))
            return false;
    return true;
}

static inline void reverse(struct timeline *t)
{
    for (size_t i = 0; i < t->count / 2; i++) {
        struct fact first = t->facts[i];

        t->facts[i] = t->facts[t->count - 1 - i];
        t->facts[t->count - 1 - i] = first;
    }
}

// Asked again, and with the facts in another order.
static inline void check_again(struct arena *a, const struct library *l, struct timeline *t,
                               struct date as_at, const struct evaluation *e)
{
    struct evaluation again;

    evaluate(a, l, t, (struct sight){NULL}, as_at, &again);
    assert(same_answer(e, &again));
    struct timeline other = {t->person_id, ARENA_ARRAY(a, struct fact, t->count), t->count};
    memcpy(other.facts, t->facts, t->count * sizeof *t->facts);
    reverse(&other);
    timeline_sort(&other);
    evaluate(a, l, &other, (struct sight){NULL}, as_at, &again);
    assert(same_answer(e, &again));
}

static inline void check_evaluation(struct arena *a, const struct library *l, struct timeline *t,
                                    struct date as_at)
{
    struct evaluation e;

    evaluate(a, l, t, (struct sight){NULL}, as_at, &e);
    check_again(a, l, t, as_at, &e);
    for (size_t i = 0; i < e.count; i++) {
        AUTO(text_done) struct text out = {0};

        explain_deadline(&out, l, &e.deadlines[i], as_at);
        assert(out.length > 0 && !strstr(out.s, "(null)"));
        check_ladder(a, l, &e.deadlines[i]);
    }
    check_match(a, &e);
    check_measures(a, l, t, &e, as_at);
}

// The first two bytes are the day it is; the rest are facts.
static inline void check_bytes(const struct library *l, const uint8_t *data, size_t size)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct timeline t = {.person_id = "1", .facts = ARENA_ARRAY(a, struct fact, FACTS_MAX)};

    if (size < 2)
        return;
    struct date as_at = day_of(data[0] % 4, data[1]);
    for (size_t i = 2; i + FACT_BYTES <= size && t.count < FACTS_MAX; i += FACT_BYTES)
        t.facts[t.count++] = fact_of(a, l, data + i);
    timeline_sort(&t);
    check_evaluation(a, l, &t, as_at);
    check_evaluation(a, l, &t, day_of(3, 255)); // when all is known
}
