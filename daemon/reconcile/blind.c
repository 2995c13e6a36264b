// Blind timescales (blind.h): the survey is the rules'; here it is fed and kept.
#include "blind.h"

#include <string.h>

bool blind_read(struct arena *a, const struct reconcile_input *in, bool **ret, struct error *err)
{
    AUTO(pgresult_done) PGresult *rows = NULL;
    bool *blind = ARENA_ARRAY(a, bool, in->library->timescale_count + 1);

    if (!db_ask(in->store, "SELECT timescale FROM timely.blind", 0, NULL, &rows, err))
        return false;
    for (int i = 0; i < PQntuples(rows); i++) {
        int t = library_timescale(in->library, db_text(rows, i, 0));

        if (t >= 0)
            blind[t] = true;
    }
    *ret = blind;
    return true;
}

bool blind_write(struct arena *a, const struct reconcile_input *in, struct date today,
                 const bool *blind, struct error *err)
{
    const struct library *l = in->library;
    const char **names = ARENA_ARRAY(a, const char *, l->timescale_count + 1), *values[2];
    size_t count = 0;

    for (size_t i = 0; i < l->timescale_count; i++)
        if (blind[i])
            names[count++] = l->timescales[i].id;
    values[0] = db_text_array(a, names, count);
    values[1] = date_iso(a, today);
    return db_ask(in->store, "DELETE FROM timely.blind WHERE timescale <> ALL ($1::text[])", 1,
                  values, NULL, err) &&
           db_ask(in->store,
                  "INSERT INTO timely.blind (timescale, since) SELECT t, $2::date FROM "
                  "unnest($1::text[]) AS t "
                  "ON CONFLICT DO NOTHING",
                  2, values, NULL, err);
}

static bool survey_person(void *arg, struct arena *a, struct timeline *t, struct error *err)
{
    struct sight_survey *s = arg;
    struct evaluation e;

    (void)err;
    evaluate(a, s->library, t, (struct sight){NULL}, date_make(9000, 1, 1), &e);
    sight_survey_add(s, t, &e);
    return true;
}

bool *blind_survey(struct arena *a, const struct library *l, const struct person_work *work,
                   size_t count)
{
    struct sight_survey *s = sight_survey_new(a, l);
    struct arena *each = arena_new();

    for (size_t i = 0; i < count; i++) {
        struct timeline t = work[i].timeline;
        struct error ignored;

        (void)survey_person(s, each, &t, &ignored);
        arena_reset(each);
    }
    arena_free(each);
    return sight_survey_blind(a, s);
}

bool blind_survey_everybody(struct arena *a, const struct reconcile_input *in, struct date today,
                            bool **io_blind, bool *ret_changed, struct error *err)
{
    struct sight_survey *s = sight_survey_new(a, in->library);
    struct person_rows rows = {.library = in->library, .each = survey_person, .arg = s};
    bool *blind;

    if (!fact_rows_by_person(in->store, accepted_facts_select(a, ""), &rows, err))
        return false;
    blind = sight_survey_blind(a, s);
    *ret_changed = memcmp(blind, *io_blind, in->library->timescale_count * sizeof *blind) != 0;
    *io_blind = blind;
    return blind_write(a, in, today, blind, err);
}
