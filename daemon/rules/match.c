// Matching, in passes from the surest key to the weakest. What a pass has paired is out of reach of
// the next. The due date stands in only where one subject has two clocks from one day, such as a
// placement and a visit.
#include "match.h"

#include "text.h"

#include <stdlib.h>
#include <string.h>

struct work {
    const struct evaluation *computed;
    const struct stored_key *stored;
    size_t stored_count;
    struct pairing pairing;
    bool *left_new; // computed deadlines that tie: no later pass looks at them
};

typedef bool likeness(const struct deadline *d, const struct stored_key *s);

static bool same_subject_trigger_due(const struct deadline *d, const struct stored_key *s)
{
    return date_is(d->due_on, s->due_on) && date_is(d->trigger_on, s->trigger_on) &&
           text_cmp(d->subject_ref, s->subject_ref) == 0 &&
           text_cmp(d->timescale->id, s->timescale) == 0;
}

static bool same_subject_trigger(const struct deadline *d, const struct stored_key *s)
{
    return date_is(d->trigger_on, s->trigger_on) && text_cmp(d->subject_ref, s->subject_ref) == 0 &&
           text_cmp(d->timescale->id, s->timescale) == 0;
}

// A missing key is nothing to have in common.
static bool same_subject(const struct deadline *d, const struct stored_key *s)
{
    return d->subject_ref && *d->subject_ref && text_cmp(d->subject_ref, s->subject_ref) == 0 &&
           text_cmp(d->timescale->id, s->timescale) == 0;
}

static bool same_trigger(const struct deadline *d, const struct stored_key *s)
{
    return date_is(d->trigger_on, s->trigger_on) && text_cmp(d->timescale->id, s->timescale) == 0;
}

static bool is_free(const struct work *w, size_t computed)
{
    return w->pairing.of_computed[computed] < 0 && !w->left_new[computed];
}

static void pair(struct work *w, size_t computed, size_t stored)
{
    w->pairing.of_computed[computed] = (int)stored;
    w->pairing.stored_taken[stored] = true;
    w->pairing.tie[stored] = false;
}

// Deadlines that share all three are paired in order: of the rule's clauses there, of the numbers
// here.
static void pair_exact(struct work *w)
{
    for (size_t i = 0; i < w->computed->count; i++) {
        size_t best = w->stored_count;

        for (size_t j = 0; j < w->stored_count; j++)
            if (same_subject_trigger_due(&w->computed->deadlines[i], &w->stored[j]) &&
                !w->pairing.stored_taken[j] &&
                (best == w->stored_count || w->stored[j].deadline_id < w->stored[best].deadline_id))
                best = j;
        if (best < w->stored_count)
            pair(w, i, best);
    }
}

static size_t candidates(const struct work *w, size_t computed, likeness *same, size_t *ret)
{
    size_t count = 0;

    for (size_t j = 0; j < w->stored_count; j++)
        if (!w->pairing.stored_taken[j] && same(&w->computed->deadlines[computed], &w->stored[j])) {
            *ret = j;
            count++;
        }
    return count;
}

static int distance(const struct deadline *d, const struct stored_key *s)
{
    int by_trigger = abs(d->trigger_on.day - s->trigger_on.day);

    return by_trigger ? by_trigger : abs(d->due_on.day - s->due_on.day);
}

static void mark_tie(struct work *w, size_t computed, likeness *same)
{
    w->left_new[computed] = true;
    w->pairing.ties++;
    for (size_t j = 0; j < w->stored_count; j++)
        if (!w->pairing.stored_taken[j] && same(&w->computed->deadlines[computed], &w->stored[j]))
            w->pairing.tie[j] = true;
}

// Ties are found before anything is paired, so that the order of deadlines decides nothing. Of
// several that could only be the same stored one, the nearest in time is it; the others are new.
static void pair_by(struct work *w, likeness *same, struct arena *a)
{
    size_t *claimed = ARENA_ARRAY(a, size_t, w->stored_count + 1); // computed + 1; 0: nobody

    for (size_t i = 0; i < w->computed->count; i++) {
        const struct deadline *d = &w->computed->deadlines[i];
        size_t j = 0, count = is_free(w, i) ? candidates(w, i, same, &j) : 0;

        if (count > 1)
            mark_tie(w, i, same);
        if (count == 1 &&
            (!claimed[j] || distance(d, &w->stored[j]) <
                                distance(&w->computed->deadlines[claimed[j] - 1], &w->stored[j])))
            claimed[j] = i + 1;
    }
    for (size_t j = 0; j < w->stored_count; j++)
        if (claimed[j])
            pair(w, claimed[j] - 1, j);
}

// Two clocks of one subject that started on one day, both moved by a rule or a holiday: as many
// before as now, and they cannot overtake each other, so the k-th is the k-th.
static size_t rank_stored(const struct work *w, size_t stored, const struct deadline *d)
{
    const struct stored_key *s = &w->stored[stored];
    size_t rank = 0;

    for (size_t j = 0; j < w->stored_count; j++) {
        const struct stored_key *o = &w->stored[j];
        int order = date_cmp(o->due_on, s->due_on);

        if (j != stored && !w->pairing.stored_taken[j] && same_subject_trigger(d, o) &&
            (order < 0 || (order == 0 && o->deadline_id < s->deadline_id)))
            rank++;
    }
    return rank;
}

static bool same_clock(const struct deadline *a, const struct deadline *b)
{
    return a->timescale == b->timescale && date_is(a->trigger_on, b->trigger_on) &&
           text_cmp(a->subject_ref, b->subject_ref) == 0;
}

// Pairs the free computed deadlines that start with `first`, which the evaluation keeps in order.
static void pair_ranks(struct work *w, size_t first, struct arena *a)
{
    const struct deadline *d = &w->computed->deadlines[first];
    size_t *group = ARENA_ARRAY(a, size_t, w->computed->count);
    size_t *found = ARENA_ARRAY(a, size_t, w->stored_count + 1);
    size_t count = 0, known = 0;

    for (size_t i = first; i < w->computed->count; i++)
        if (is_free(w, i) && same_clock(d, &w->computed->deadlines[i]))
            group[count++] = i;
    for (size_t j = 0; j < w->stored_count; j++)
        if (!w->pairing.stored_taken[j] && same_subject_trigger(d, &w->stored[j]))
            known++;
    if (known != count)
        return;
    for (size_t j = 0; j < w->stored_count; j++)
        if (!w->pairing.stored_taken[j] && same_subject_trigger(d, &w->stored[j]))
            found[rank_stored(w, j, d)] = j;
    for (size_t k = 0; k < count; k++)
        pair(w, group[k], found[k]);
}

// The last resort: one of each is left of a timescale, with nothing in common but being alone.
static void pair_only_left(struct work *w)
{
    for (size_t i = 0; i < w->computed->count; i++) {
        const struct deadline *d = &w->computed->deadlines[i];
        size_t others = 0, left = 0, last = 0;

        if (!is_free(w, i))
            continue;
        for (size_t k = 0; k < w->computed->count; k++)
            if (k != i && w->pairing.of_computed[k] < 0 &&
                w->computed->deadlines[k].timescale == d->timescale)
                others++;
        for (size_t j = 0; j < w->stored_count; j++)
            if (!w->pairing.stored_taken[j] &&
                text_cmp(w->stored[j].timescale, d->timescale->id) == 0) {
                last = j;
                left++;
            }
        if (others == 0 && left == 1)
            pair(w, i, last);
    }
}

static bool all_paired(const struct work *w)
{
    for (size_t i = 0; i < w->computed->count; i++)
        if (w->pairing.of_computed[i] < 0)
            return false;
    return true;
}

void match_deadlines(struct arena *a, const struct evaluation *computed,
                     const struct stored_key *stored, size_t stored_count, struct pairing *ret)
{
    struct work w = {.computed = computed, .stored = stored, .stored_count = stored_count};

    w.pairing.of_computed = ARENA_ARRAY(a, int, computed->count + 1);
    w.pairing.stored_taken = ARENA_ARRAY(a, bool, stored_count + 1);
    w.pairing.tie = ARENA_ARRAY(a, bool, stored_count + 1);
    w.left_new = ARENA_ARRAY(a, bool, computed->count + 1);
    for (size_t i = 0; i < computed->count; i++)
        w.pairing.of_computed[i] = -1;
    pair_exact(&w);
    if (!all_paired(&w) && stored_count) {
        for (size_t i = 0; i < computed->count; i++)
            if (is_free(&w, i))
                pair_ranks(&w, i, a);
        pair_by(&w, same_subject_trigger, a);
        pair_by(&w, same_subject, a);
        pair_by(&w, same_trigger, a);
        pair_only_left(&w);
    }
    *ret = w.pairing;
}
