// Comparing two evaluations of everybody. What is one deadline under both is told as between a
// reading and the store: by match.h.
#include "effect.h"

#include "evaluate.h"
#include "fact_rows.h"
#include "match.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

struct measure {
    struct arena *arena; // of the result
    const struct library *now, *then;
    const bool *blind_now, *blind_then;
    struct date today;
    struct effect *effect;
    struct effect_count *counts; // sorted by id: the timescales of both
    size_t count;
};

const char *effect_word(enum effect_kind k)
{
    static const char *const words[] = {"moved", "gone", "new"};

    return words[k];
}

// ------------------------------------------------------------------------------------ counting

static int by_id(const void *a, const void *b)
{
    return strcmp(((const struct effect_count *)a)->timescale,
                  ((const struct effect_count *)b)->timescale);
}

static void list_timescales(struct measure *m)
{
    m->counts = ARENA_ARRAY(m->arena, struct effect_count,
                            m->now->timescale_count + m->then->timescale_count + 1);
    for (size_t i = 0; i < m->now->timescale_count; i++)
        m->counts[m->count++].timescale = m->now->timescales[i].id;
    for (size_t i = 0; i < m->then->timescale_count; i++)
        if (library_timescale(m->now, m->then->timescales[i].id) < 0)
            m->counts[m->count++].timescale = m->then->timescales[i].id;
    if (m->count)
        qsort(m->counts, m->count, sizeof *m->counts, by_id);
}

static struct effect_count *count_of(struct measure *m, const char *id)
{
    struct effect_count key = {.timescale = id};

    return bsearch(&key, m->counts, m->count, sizeof key, by_id);
}

static struct moment due_of(const struct deadline *d)
{
    return d->due_at.minute >= 0 ? d->due_at : (struct moment){d->due_on, -1};
}

static void note(struct measure *m, enum effect_kind kind, const char *person,
                 const struct deadline *d, struct moment from, struct moment to)
{
    struct effect_count *c = count_of(m, d->timescale->id);
    struct effect *e = m->effect;

    c->moved += kind == EFFECT_MOVED;
    c->gone += kind == EFFECT_GONE;
    c->added += kind == EFFECT_NEW;
    e->moved += kind == EFFECT_MOVED;
    e->gone += kind == EFFECT_GONE;
    e->added += kind == EFFECT_NEW;
    if (e->item_count == e->most)
        return;
    e->items = arena_grow(m->arena, e->items, sizeof *e->items, e->item_count, &e->item_room);
    e->items[e->item_count++] = (struct effect_item){kind,
                                                     arena_strdup(m->arena, person),
                                                     c->timescale,
                                                     arena_strdup(m->arena, d->subject_ref),
                                                     d->trigger_on,
                                                     from,
                                                     to};
}

// ------------------------------------------------------------------------------------ comparing

// The same facts in the words of other rules: their events may have other numbers.
static struct timeline translated(struct arena *a, const struct measure *m,
                                  const struct timeline *t)
{
    struct timeline other = *t;

    other.facts = ARENA_ARRAY(a, struct fact, t->count + 1);
    for (size_t i = 0; i < t->count; i++) {
        other.facts[i] = t->facts[i];
        other.facts[i].event = t->facts[i].kind ? library_event(m->then, t->facts[i].kind) : -1;
    }
    timeline_sort(&other);
    return other;
}

static struct stored_key *keys_of(struct arena *a, const struct evaluation *e)
{
    struct stored_key *keys = ARENA_ARRAY(a, struct stored_key, e->count + 1);

    for (size_t i = 0; i < e->count; i++) {
        const struct deadline *d = &e->deadlines[i];

        keys[i] = (struct stored_key){(long long)i, d->timescale->id, d->subject_ref, d->trigger_on,
                                      d->due_on};
    }
    return keys;
}

static void compare(struct measure *m, const char *person, const struct evaluation *now,
                    const struct evaluation *then, const struct pairing *p)
{
    for (size_t i = 0; i < then->count; i++) {
        const struct deadline *d = &then->deadlines[i];
        const struct deadline *was =
            p->of_computed[i] >= 0 ? &now->deadlines[p->of_computed[i]] : NULL;
        bool owed = d->state == STATE_OPEN, was_owed = was && was->state == STATE_OPEN;

        if (owed && !was_owed)
            note(m, EFFECT_NEW, person, d, MOMENT_NONE, due_of(d));
        else if (was_owed && !owed)
            note(m, EFFECT_GONE, person, was, due_of(was), MOMENT_NONE);
        else if (owed && was_owed && moment_cmp(due_of(was), due_of(d)) != 0)
            note(m, EFFECT_MOVED, person, d, due_of(was), due_of(d));
    }
    for (size_t i = 0; i < now->count; i++) {
        const struct deadline *was = &now->deadlines[i];

        if (was->state != STATE_OPEN)
            continue;
        m->effect->open++;
        count_of(m, was->timescale->id)->open++;
        if (!p->stored_taken[i] && !p->tie[i])
            note(m, EFFECT_GONE, person, was, due_of(was), MOMENT_NONE);
    }
}

static bool measure_person(void *arg, struct arena *a, struct timeline *t, struct error *err)
{
    struct measure *m = arg;
    struct timeline other = translated(a, m, t);
    struct evaluation now, then;
    struct pairing pairing;

    (void)err;
    evaluate(a, m->now, t, (struct sight){m->blind_now}, m->today, &now);
    evaluate(a, m->then, &other, (struct sight){m->blind_then}, m->today, &then);
    match_deadlines(a, &then, keys_of(a, &now), now.count, &pairing);
    compare(m, t->person_id, &now, &then, &pairing);
    return true;
}

// ------------------------------------------------------------------------------------ measuring

// What the source does not show is not shown under other rules either.
static bool *blind_under(struct arena *a, const struct library *l, const PGresult *names)
{
    bool *blind = ARENA_ARRAY(a, bool, l->timescale_count + 1);

    for (int i = 0; i < PQntuples(names); i++) {
        int t = library_timescale(l, db_text(names, i, 0));

        if (t >= 0)
            blind[t] = true;
    }
    return blind;
}

static void keep_touched(struct measure *m)
{
    struct effect *e = m->effect;

    e->counts = m->counts;
    for (size_t i = 0; i < m->count; i++) {
        struct effect_count c = m->counts[i];

        if (c.moved + c.gone + c.added) {
            c.timescale = arena_strdup(m->arena, c.timescale);
            e->counts[e->count++] = c;
        }
    }
    for (size_t i = 0; i < e->item_count; i++)
        e->items[i].timescale = arena_strdup(m->arena, e->items[i].timescale);
}

bool effect_measure(struct arena *a, struct db *store, const struct library *now,
                    const struct library *then, struct date today, size_t most, struct effect *ret,
                    struct error *err)
{
    struct measure m = {a, now, then, .today = today, .effect = ret};
    struct person_rows rows = {.library = now, .each = measure_person, .arg = &m};
    AUTO(pgresult_done) PGresult *blind = NULL;

    if (!db_ask(store, "SELECT timescale FROM timely.blind", 0, NULL, &blind, err))
        return false;
    *ret = (struct effect){.most = most};
    m.blind_now = blind_under(a, now, blind);
    m.blind_then = blind_under(a, then, blind);
    list_timescales(&m);
    if (!fact_rows_by_person(store, accepted_facts_select(a, ""), &rows, err))
        return false;
    keep_touched(&m);
    return true;
}

static void add_share(struct text *out, const struct effect_count *c, size_t n, const char *what)
{
    if (n)
        text_addf(out, "%s%zu of %s%s", out->length ? ", " : "", n, c->timescale, what);
}

const char *effect_sentence(struct arena *a, const struct effect *e)
{
    AUTO(text_done) struct text list = {0};
    const char *first = arena_printf(a, "%zu of %zu open deadlines would move", e->moved, e->open);

    if (e->moved + e->gone + e->added == 0)
        return arena_printf(a, "None of %zu open deadlines would move.", e->open);
    if (e->gone)
        first = arena_printf(a, "%s, %zu would no longer be owed", first, e->gone);
    if (e->added)
        first = arena_printf(a, "%s, %zu would be new", first, e->added);
    for (size_t i = 0; i < e->count; i++) {
        add_share(&list, &e->counts[i], e->counts[i].moved, "");
        add_share(&list, &e->counts[i], e->counts[i].gone, " no longer owed");
        add_share(&list, &e->counts[i], e->counts[i].added, " new");
    }
    return arena_printf(a, "%s: %s.", first, text_str(&list));
}
