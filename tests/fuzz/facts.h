// Facts made of a fuzzer's bytes, nine each: any events on any days under a few keys, with codes
// and scores that rules ask for; and what must hold whatever they are. Nothing may crash, a second
// asking says the same, the order of the facts does not matter, and what is made of the answer
// (explanations, ladders, measures, matching) holds what its header promises.
#pragma once

#include "evaluate.h"
#include "explain.h"
#include "ladder.h"
#include "match.h"
#include "measures.h"
#include "text.h"

#include <assert.h>
#include <string.h>

#define FACT_BYTES 9
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

// So that the others lie in a childhood, or after it.
static inline struct date birth_of(uint8_t years, uint8_t low)
{
    return date_add_months(day_of(0, low), -12 * (years % 22));
}

// A spell of up to four months; at times its end comes before it.
static inline struct moment end_of(struct date on, uint8_t b)
{
    int days = (b >> 1) - 8;

    if (!(b & 1) || on.day < date_make(1, 12, 31).day || on.day > date_make(9999, 1, 1).day)
        return MOMENT_NONE;
    return (struct moment){date_add_days(on, days), -1};
}

// One of the event's codes; of an event without codes a kind of meeting or a score.
static inline const char *code_of(struct arena *a, const struct event_kind *k, uint8_t b)
{
    if (b % 8 == 0)
        return NULL;
    if (k && k->code_count)
        return k->codes[(size_t)(b >> 3) % k->code_count];
    if (b & 1)
        return b & 8 ? "icpc" : "rcpc";
    return arena_printf(a, "%d", b >> 3);
}

static inline const struct booking_details *details_of(struct arena *a, uint8_t low,
                                                       const uint8_t *b)
{
    struct booking_details *booking = ARENA_NEW(a, struct booking_details);

    *booking = (struct booking_details){
        .scheduled = {date_add_days(day_of(0, low), b[1] >> 1), b[0] < 64 ? -1 : b[0] * 5},
        .ends = MOMENT_NONE};
    return booking;
}

// Any event or, at every other, one of sixteen that stand together in events.yaml, so that they
// have to do with one another. -1 is one that no rule knows.
static inline int event_of(const struct library *l, uint8_t theme, uint8_t b)
{
    int count = (int)l->event_count, chosen = b >> 1;

    return b & 1 ? (theme + chosen % 16) % count : (chosen + theme) % (count + 1) - 1;
}

static inline struct fact fact_of(struct arena *a, const struct library *l, uint8_t theme,
                                  const uint8_t *b)
{
    struct fact f = {.event = event_of(l, theme, b[0]), .origin = "fuzz"};

    f.at = (struct moment){day_of(b[1], b[2]), b[3] < 128 ? -1 : (b[3] - 128) * 11};
    if (f.event == l->birth)
        f.at = (struct moment){birth_of(b[1], b[2]), -1};
    f.until = end_of(f.at.on, b[4]);
    f.recorded = b[5] & 64 ? (struct moment){day_of(0, b[2]), b[4]} : MOMENT_NONE;
    f.ref = key(b[5]);
    f.episode = key(b[5] >> 3);
    f.meeting = key(b[6]);
    f.code = code_of(a, f.event >= 0 ? &l->events[f.event] : NULL, b[8]);
    if (b[7] & 1)
        f.booking = details_of(a, b[2], (const uint8_t[]){b[3], b[7]});
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
           same_fact(x->trigger, y->trigger) && moment_cmp(x->due_at, y->due_at) == 0 &&
           x->state == y->state && same_fact(x->met, y->met) && date_is(x->ended_on, y->ended_on) &&
           same_text(x->subject_ref, y->subject_ref);
}

static inline bool same_deadlines(const struct evaluation *x, const struct evaluation *y)
{
    if (x->count != y->count)
        return false;
    for (size_t i = 0; i < x->count; i++)
        if (!same(&x->deadlines[i], &y->deadlines[i]))
            return false;
    return true;
}

static inline void check_ladder(struct arena *a, const struct library *l, const struct deadline *d)
{
    struct telling *t;
    size_t count = ladder_tellings(a, l, d, NULL, &t);

    assert(d->state == STATE_OPEN || count == 0);
    for (size_t i = 1; i < count; i++)
        assert(t[i - 1].at <= t[i].at);
    if (count)
        assert(ladder_next_at(a, l, d, NULL, t[0].at - 1) == t[0].at);
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
    assert(same_deadlines(e, &again) && e->finding_count == again.finding_count);
    struct timeline other = {t->person_id, ARENA_ARRAY(a, struct fact, t->count), t->count};
    memcpy(other.facts, t->facts, t->count * sizeof *t->facts);
    reverse(&other);
    timeline_sort(&other);
    evaluate(a, l, &other, (struct sight){NULL}, as_at, &again);
    assert(same_deadlines(e, &again) && e->finding_count == again.finding_count);
}

// Until the day on which to look again, time alone changes nothing: nobody evaluates before then.
static inline void check_meanwhile(struct arena *a, const struct library *l,
                                   const struct timeline *t, struct date as_at,
                                   const struct evaluation *e)
{
    struct date day = date_add_days(as_at, 30);
    struct evaluation again;

    if (date_known(e->look_again_on) && date_cmp(e->look_again_on, day) <= 0)
        day = date_add_days(e->look_again_on, -1);
    evaluate(a, l, t, (struct sight){NULL}, day, &again);
    assert(same_deadlines(e, &again));
}

// It stands on a day that can be written, and says what its state needs.
static inline void check_deadline(const struct deadline *d)
{
    assert(d->due_on.day >= date_make(1, 1, 1).day && d->due_on.day <= date_make(9999, 12, 31).day);
    assert(date_is(d->due_at.on, d->due_on));
    assert(d->due_at.minute >= -1 && d->due_at.minute < 1440);
    assert(date_known(d->trigger_on) && date_cmp(d->book_by, d->due_on) <= 0);
    assert((d->state == STATE_MET) == (d->met != NULL));
    assert((d->state == STATE_ENDED) == date_known(d->ended_on));
}

static inline void check_evaluation(struct arena *a, const struct library *l, struct timeline *t,
                                    struct date as_at)
{
    struct evaluation e;

    evaluate(a, l, t, (struct sight){NULL}, as_at, &e);
    check_again(a, l, t, as_at, &e);
    check_meanwhile(a, l, t, as_at, &e);
    for (size_t i = 0; i < e.count; i++) {
        AUTO(text_done) struct text out = {0};

        check_deadline(&e.deadlines[i]);
        explain_deadline(&out, l, &e.deadlines[i], as_at);
        assert(out.length > 0 && !strstr(out.s, "(null)"));
        check_ladder(a, l, &e.deadlines[i]);
    }
    check_match(a, &e);
    check_measures(a, l, t, &e, as_at);
}

static inline struct fact birth_fact(const struct library *l, uint8_t years)
{
    return (struct fact){.event = l->birth,
                         .at = {birth_of(years, 0), -1},
                         .until = MOMENT_NONE,
                         .recorded = MOMENT_NONE,
                         .ref = "born",
                         .origin = "fuzz"};
}

#define HEAD_BYTES 4

// The first two bytes are the day it is, the third the age, if it is known, the fourth the theme;
// the rest are facts.
static inline void check_bytes(const struct library *l, const uint8_t *data, size_t size)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct timeline t = {.person_id = "1", .facts = ARENA_ARRAY(a, struct fact, FACTS_MAX + 1)};

    if (size < HEAD_BYTES)
        return;
    struct date as_at = day_of(data[0] % 4, data[1]);
    if (data[2] % 16)
        t.facts[t.count++] = birth_fact(l, data[2] >> 3);
    for (size_t i = HEAD_BYTES; i + FACT_BYTES <= size && t.count < FACTS_MAX; i += FACT_BYTES)
        t.facts[t.count++] = fact_of(a, l, data[3], data + i);
    timeline_sort(&t);
    check_evaluation(a, l, &t, as_at);
    check_evaluation(a, l, &t, day_of(3, 255)); // when all is known
}
