// `timely evidence`: what was known of one person, due and told, as known at a past moment.
#include "deadlines.h"
#include "evidence.h"
#include "zone.h"

// To the end of the day or of the minute that is asked for; by default up to now.
static bool read_moment(struct session *s, const struct arguments *g, struct moment *ret,
                        instant *ret_before, struct error *err)
{
    const char *given = argument(g, "as-known-at");
    instant now = business_now(&s->clock);

    *ret = london_from_instant(now);
    *ret_before = now + 1;
    if (!given)
        return true;
    if (!moment_parse(given, ret))
        return fail(err, FAULT_INPUT,
                    "--as-known-at \"%s\": expected a day or a minute, such as 2024-03-31 or "
                    "2024-03-31T10:30",
                    given);
    if (instant_from_london(*ret) > now)
        return fail(err, FAULT_INPUT,
                    "--as-known-at \"%s\" is still to come: it is %s; \"timely due --as-at\" looks "
                    "ahead",
                    given, moment_iso(s->arena, london_from_instant(now)));
    *ret_before = ret->minute < 0
                      ? instant_from_london((struct moment){date_add_days(ret->on, 1), 0})
                      : instant_from_london(*ret) + SECONDS(60);
    return true;
}

static void print_for_scripts(struct session *s, const struct evidence *e)
{
    struct table *t = table_begin(s, evidence_columns, E_COLUMNS);

    for (size_t i = 0; i < e->count; i++) {
        struct evidence_row r = e->rows[i];

        r.cells[E_AT] = session_time(s, r.cells[E_AT]);
        r.cells[E_STATE_AT] = session_time(s, r.cells[E_STATE_AT]);
        table_row(t, r.cells);
    }
    table_end(t);
}

enum status run_evidence(struct session *s, const struct arguments *g, struct error *err)
{
    const char *person = g->words[0];
    struct evidence e;
    struct moment at;
    instant before;

    if (!session_library(s, err) || !session_store(s, err) ||
        !read_moment(s, g, &at, &before, err) || !evidence_read(s, person, before, &e, err))
        return status_of(err);
    if (!e.known) {
        fail(err, FAULT_INPUT,
             "nothing was ever known of person %s: expected the number of a person, as \"timely "
             "due\" lists them",
             person);
        return STATUS_NO;
    }
    if (s->format != FORMAT_PEOPLE)
        print_for_scripts(s, &e);
    else if (!evidence_print(s, person, at, &e, err))
        return status_of(err);
    return STATUS_DONE;
}
