// Whether an id stands in the store (known.h).
#include "known.h"

static const struct {
    const char *sql, *words;
} kinds[] = {
    // Who has left the source is known by their deadlines.
    [KNOWN_PERSON] = {"SELECT EXISTS (SELECT FROM timely.person WHERE person_id = $1)"
                      " OR EXISTS (SELECT FROM timely.deadline WHERE person_id = $1)",
                      "nothing is known of person"},
    [KNOWN_WORKER] = {"SELECT EXISTS (SELECT FROM timely.staff WHERE professional_id = $1)"
                      " OR EXISTS (SELECT FROM timely.person WHERE worker_id = $1)",
                      "the directory has nobody, and no child a worker, of the number"},
    [KNOWN_TEAM] = {"SELECT EXISTS (SELECT FROM timely.team WHERE team_id = $1)"
                    " OR EXISTS (SELECT FROM timely.person WHERE team_id = $1)",
                    "the directory has no team, and no child one, of the number"},
};

bool id_is_known(struct session *s, enum known_kind kind, const char *id, bool *ret,
                 struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;

    *ret = true;
    if (!id)
        return true;
    if (!db_ask(s->store, kinds[kind].sql, 1, &id, &r, err))
        return false;
    *ret = db_bool(r, 0, 0);
    if (!*ret)
        fail(err, FAULT_INPUT, "%s %s", kinds[kind].words, id);
    return true;
}
