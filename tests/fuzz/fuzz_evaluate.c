// Fuzzes evaluation with facts made of the input, eight bytes each, over the shipped library: any
// events on any days under a few keys. Nothing may crash, a second asking says the same, and what
// is made of the answer (explanations, ladders, measures, matching) holds what its header promises.
#include "evaluate.h"
#include "explain.h"
#include "ladder.h"
#include "match.h"
#include "measure.h"
#include "paths.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FACT_BYTES 8
#define FACTS_MAX 60

static struct library *shipped_library(void)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct library *l;
    const char *dir;
    struct error err;

    if (!data_path(a, "rules", &dir, &err) || !library_load(dir, NULL, &l, &err)) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
    return l;
}

static const char *key(uint8_t b)
{
    static const char *const keys[] = {NULL, "1", "2", "3", "4", "5", "6", ""};

    return keys[b % 8];
}

// Most days lie close together; some in the years 1 and 9999 and at the ends of the calendar.
static struct date day_of(uint8_t high, uint8_t low)
{
    static const int32_t far[] = {-719162, -719000, -25567, 2932896, 40000, 40177};

    if (high >= 250)
        return (struct date){far[high - 250]};
    return date_add_days(date_make(2023, 6, 1), (high % 4) * 256 + low);
}

static struct fact fact_of(struct arena *a, const struct library *l, const uint8_t *b)
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

// A meeting in the diary is made anew at each asking, so triggers are compared by what they say.
static bool same(const struct deadline *x, const struct deadline *y)
{
    return x->timescale == y->timescale && x->clause == y->clause &&
           date_is(x->trigger_on, y->trigger_on) && x->trigger->event == y->trigger->event &&
           date_is(x->due_on, y->due_on) && x->state == y->state && x->met == y->met &&
           date_is(x->ended_on, y->ended_on) && x->subject_ref == y->subject_ref;
}

static void check_ladder(struct arena *a, const struct library *l, const struct deadline *d)
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
static void check_match(struct arena *a, const struct evaluation *e)
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

// Numbers of a row fit together; what is left out or counted in all rows.
static int check_rows(const struct measure *m, const struct figures *rows, size_t count)
{
    int all = 0;

    for (size_t i = 0; i < count; i++) {
        const struct figures *f = &rows[i];
        int parts = 0;

        assert(f->in_time >= 0 && f->in_time <= f->held && f->left_out >= 0);
        for (size_t part = 0; part < MEASURE_PARTS_MOST; part++)
            parts += f->parts[part];
        assert(parts <= f->held && (m->kind != MEASURE_PARTS || parts == f->held));
        assert(f->chairs_above <= f->chairs && f->chairs <= f->held);
        assert(f->median_tenths < 0 || (f->median_tenths <= 10 * f->longest && f->ninetieth >= 0));
        assert(f->ninetieth <= f->longest);
        all += f->held + f->left_out;
    }
    return all;
}

// However a measure is asked, each occasion is in one row, and groups together are the whole.
static void check_question(struct arena *a, const struct library *l, const struct timeline *t,
                           const struct evaluation *e, struct measure_question q)
{
    struct owner owner = {"team", "worker"};
    struct tally *plain, *grouped;
    const struct figures *rows;
    const struct occasion *occasions;
    struct error ignored;
    size_t count;
    int all;

    if (!measure_question_check(&q, &ignored))
        return;
    plain = tally_new(a, l, &q);
    tally_add(plain, &owner, t, e);
    count = tally_figures(plain, &rows);
    assert(count == 16);
    all = check_rows(q.measure, rows, count);
    assert(q.by == BY_MEETING || (size_t)all == tally_occasions(plain, &occasions));
    q.group = GROUP_CHAIR;
    grouped = tally_new(a, l, &q);
    tally_add(grouped, &owner, t, e);
    count = tally_figures(grouped, &rows);
    assert(check_rows(q.measure, rows, count) >= all);
    assert(tally_total(grouped).held == tally_total(plain).held);
}

static void check_measures(struct arena *a, const struct library *l, const struct timeline *t,
                           const struct evaluation *e, struct date as_at)
{
    const struct measure *all;
    size_t count = measure_list(&all);
    int way = as_at.day & 7; // one of the eight for each input: all of them would be slow

    for (size_t i = 0; i < count; i++)
        check_question(a, l, t, e,
                       (struct measure_question){.measure = &all[i],
                                                 .by = way & 1 ? BY_MEETING : BY_CHILD,
                                                 .per = PER_QUARTER,
                                                 .due = way & 2,
                                                 .days = way & 4,
                                                 .from = date_make(2023, 1, 1),
                                                 .to = date_make(2026, 12, 1),
                                                 .as_at = as_at});
}

static void check(struct arena *a, const struct library *l, const struct timeline *t,
                  struct date as_at)
{
    struct evaluation e, again;

    evaluate(a, l, t, (struct sight){NULL}, as_at, &e);
    evaluate(a, l, t, (struct sight){NULL}, as_at, &again);
    assert(e.count == again.count && e.finding_count == again.finding_count);
    for (size_t i = 0; i < e.count; i++) {
        AUTO(text_done) struct text out = {0};

        assert(same(&e.deadlines[i], &again.deadlines[i]));
        explain_deadline(&out, l, &e.deadlines[i], as_at);
        assert(out.length > 0 && !strstr(out.s, "(null)"));
        check_ladder(a, l, &e.deadlines[i]);
    }
    check_match(a, &e);
    check_measures(a, l, t, &e, as_at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct library *library; // loaded once: the same for every input
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct timeline t = {.person_id = "1", .facts = ARENA_ARRAY(a, struct fact, FACTS_MAX)};

    if (size < 2)
        return 0;
    if (!library)
        library = shipped_library();
    struct date as_at = day_of(data[0] % 4, data[1]);
    for (size_t i = 2; i + FACT_BYTES <= size && t.count < FACTS_MAX; i += FACT_BYTES)
        t.facts[t.count++] = fact_of(a, library, data + i);
    timeline_sort(&t);
    check(a, library, &t, as_at);
    return 0;
}
