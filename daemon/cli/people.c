// Reading and evaluating everybody. One snapshot serves both passes, so that what is blind and what
// is due are told from the same facts.
#include "people.h"

#include "fact_rows.h"

#include <stdlib.h>
#include <string.h>

struct pass {
    struct session *session;
    const struct people_question *question; // NULL in the first pass
    struct sight_survey *survey;
    struct sight sight;
};

bool people_begin(struct session *s, struct error *err)
{
    return session_library(s, err) && session_store(s, err) && session_reconcile(s, err) &&
           db_begin(s->store, "REPEATABLE READ, READ ONLY", err);
}

static bool survey_person(void *arg, struct arena *a, struct timeline *t, struct error *err)
{
    struct pass *p = arg;
    struct evaluation e;

    (void)err;
    evaluate(a, p->session->library, t, (struct sight){NULL},
             workdays_last(p->session->library->national), &e);
    sight_survey_add(p->survey, t, &e);
    return true;
}

static bool evaluate_person(void *arg, struct arena *a, struct timeline *t, struct error *err)
{
    struct pass *p = arg;
    struct evaluation e;

    evaluate(a, p->session->library, t, p->sight, p->question->as_at, &e);
    return p->question->each(p->question->arg, a, t, &e, err);
}

static bool each_person(struct pass *p, const char *person,
                        bool (*each)(void *arg, struct arena *a, struct timeline *t,
                                     struct error *err),
                        struct error *err)
{
    struct session *s = p->session;
    struct person_rows rows = {.library = s->library, .each = each, .arg = p};
    const char *where = "";

    if (person) {
        char *literal = PQescapeLiteral(db_conn(s->store), person, strlen(person));

        if (!literal)
            return fail(err, FAULT_INPUT, "the person's number cannot be read");
        where = arena_printf(s->arena, "WHERE person_id = %s", literal);
        PQfreemem(literal);
    }
    return fact_rows_by_person(s->store, accepted_facts_select(s->arena, where), &rows, err);
}

bool people_evaluate(struct session *s, const struct people_question *q, struct error *err)
{
    struct pass p = {.session = s, .survey = sight_survey_new(s->arena, s->library)};

    if (!each_person(&p, NULL, survey_person, err))
        return false;
    p.sight.blind = sight_survey_blind(s->arena, p.survey);
    p.question = q;
    return each_person(&p, q->person, evaluate_person, err);
}

static int by_person(const void *a, const void *b)
{
    return strcmp(((const struct allocation *)a)->person_id,
                  ((const struct allocation *)b)->person_id);
}

bool people_allocations(struct session *s, struct allocations *ret, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;

    if (!db_ask(s->store, "SELECT person_id, worker_id, team_id FROM timely.person", 0, NULL, &r,
                err))
        return false;
    ret->count = (size_t)PQntuples(r);
    ret->items = ARENA_ARRAY(s->arena, struct allocation, ret->count + 1);
    for (size_t i = 0; i < ret->count; i++)
        ret->items[i] = (struct allocation){arena_strdup(s->arena, db_text(r, (int)i, 0)),
                                            arena_strdup(s->arena, db_text(r, (int)i, 1)),
                                            arena_strdup(s->arena, db_text(r, (int)i, 2))};
    qsort(ret->items, ret->count, sizeof *ret->items, by_person);
    return true;
}

const struct allocation *allocation_of(const struct allocations *l, const char *person_id)
{
    struct allocation key = {.person_id = person_id};

    return bsearch(&key, l->items, l->count, sizeof key, by_person);
}
