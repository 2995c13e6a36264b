// Reading everybody once, so that a year can be walked without asking the store again.
#include "chronicle.h"

#include "fact_rows.h"
#include "zone.h"

#include <stdlib.h>
#include <string.h>

instant known_from(const struct fact *f)
{
    instant at = instant_from_london(f->at);
    instant recorded = date_known(f->recorded.on) ? instant_from_london(f->recorded) : at;

    return recorded > at ? recorded : at;
}

static const instant *known_times(struct arena *a, const struct timeline *t)
{
    instant *all = ARENA_ARRAY(a, instant, t->count + 1);

    for (size_t i = 0; i < t->count; i++)
        all[i] = known_from(&t->facts[i]);
    return all;
}

// ------------------------------------------------------------------------------------- reading

static bool read_persons(struct arena *a, struct db *store, struct chronicle *c, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;

    if (!db_ask(store,
                "SELECT person_id, case_ref, initials, display_name, restricted, family"
                " FROM timely.person ORDER BY person_id COLLATE \"C\"",
                0, NULL, &r, err))
        return false;
    c->count = (size_t)PQntuples(r);
    c->persons = ARENA_ARRAY(a, struct chronicled, c->count + 1);
    for (int i = 0; i < PQntuples(r); i++) {
        struct chronicled *p = &c->persons[i];

        p->names = (struct child_names){
            arena_strdup(a, db_text(r, i, 0)), arena_strdup(a, db_text(r, i, 1)),
            arena_strdup(a, db_text(r, i, 2)), arena_strdup(a, db_text(r, i, 3)), db_bool(r, i, 4)};
        p->family = arena_strdup(a, db_text(r, i, 5));
        p->timeline.person_id = p->names.person_id;
    }
    return true;
}

struct taker {
    struct arena *arena;
    const struct library *library;
    struct chronicle *chronicle;
    size_t at, room; // the person in hand, and the room for its facts
};

// Rows come in the order of the persons; those of somebody whom the source does not know are passed
// over.
static struct chronicled *person_of(struct taker *k, const struct fact_row *row)
{
    size_t length = (size_t)row->length[COLUMN_PERSON];

    while (k->at < k->chronicle->count) {
        struct chronicled *p = &k->chronicle->persons[k->at];
        const char *id = p->names.person_id;
        int order = strncmp(id, row->data[COLUMN_PERSON], length);

        if (order == 0 && !id[length])
            return p;
        if (order > 0 || (order == 0 && id[length]))
            return NULL;
        k->at++;
        k->room = 0;
    }
    return NULL;
}

static bool take_row(void *arg, const struct fact_row *row, struct error *err)
{
    struct taker *k = arg;
    struct chronicled *p = fact_row_fault(row) ? NULL : person_of(k, row);
    struct timeline *t = p ? &p->timeline : NULL;

    (void)err;
    if (!t)
        return true;
    t->facts = arena_grow(k->arena, t->facts, sizeof *t->facts, t->count, &k->room);
    t->facts[t->count++] = fact_from_row(k->arena, k->library, row);
    return true;
}

bool chronicle_read(struct arena *a, struct db *store, const struct library *l,
                    struct chronicle *ret, struct error *err)
{
    struct chronicle c;
    struct taker k = {.arena = a, .library = l, .chronicle = &c};

    if (!read_persons(a, store, &c, err) ||
        !fact_rows_copy(store, accepted_facts_select(a, ""), take_row, &k, err))
        return false;
    for (size_t i = 0; i < c.count; i++) {
        timeline_sort(&c.persons[i].timeline);
        c.persons[i].known_at = known_times(a, &c.persons[i].timeline);
    }
    *ret = c;
    return true;
}

// --------------------------------------------------------------------------------- other rules

struct chronicle chronicle_under(struct arena *a, const struct chronicle *c,
                                 const struct library *l)
{
    struct chronicle other = {ARENA_ARRAY(a, struct chronicled, c->count + 1), c->count};

    for (size_t i = 0; i < c->count; i++) {
        struct chronicled *p = &other.persons[i];
        struct fact *facts = ARENA_ARRAY(a, struct fact, c->persons[i].timeline.count + 1);

        *p = c->persons[i];
        for (size_t f = 0; f < p->timeline.count; f++) {
            facts[f] = p->timeline.facts[f];
            facts[f].event = library_event(l, facts[f].kind);
        }
        p->timeline.facts = facts;
        timeline_sort(&p->timeline);
        p->known_at = known_times(a, &p->timeline);
    }
    return other;
}

const bool *chronicle_blind(struct arena *a, const struct chronicle *c, const struct library *l)
{
    AUTO(arena_auto_free) struct arena *each = arena_new();
    struct sight_survey *s = sight_survey_new(a, l);

    for (size_t i = 0; i < c->count; i++) {
        struct evaluation e;

        evaluate(each, l, &c->persons[i].timeline, (struct sight){NULL}, workdays_last(l->national),
                 &e);
        sight_survey_add(s, &c->persons[i].timeline, &e);
        arena_reset(each);
    }
    return sight_survey_blind(a, s);
}
