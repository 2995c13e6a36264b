// `timely ack`: the word of a member of staff about a deadline, said by command, and what was said
// about a person's deadlines.
#include "acknowledge.h"
#include "known.h"
#include "operator.h"
#include "table.h"
#include "zone.h"

#include <string.h>

// ---------------------------------------------------------------------------------------- listing

static const char said_sql[] =
    "SELECT d.timescale, a.due_on, a.kind, a.staff_id, a.last_day, a.reason, a.said_by, a.said_at,"
    " CASE WHEN a.ended_at IS NULL AND a.last_day < $2::date THEN 'its last day is over'"
    " ELSE a.ended_because END"
    " FROM timely.acknowledgement a JOIN timely.deadline d USING (deadline_id)"
    " WHERE d.person_id = $1 ORDER BY a.acknowledgement_id";

static enum status list(struct session *s, const char *person, struct error *err)
{
    static const struct column columns[] = {
        {"timescale", "Timescale", CELL_TEXT, 0}, {"due_on", "Due", CELL_TEXT, 0},
        {"kind", "Said", CELL_TEXT, 0},           {"staff_id", "Who", CELL_TEXT, 20},
        {"last_day", "Until", CELL_TEXT, 0},      {"reason", "Because", CELL_TEXT, 80},
        {"said_by", "How", CELL_TEXT, 40},        {"said_at", "When", CELL_TEXT, 0},
        {"ended_because", "Ended", CELL_TEXT, 0}};
    enum { COUNT = sizeof columns / sizeof *columns, SAID_AT = 7 };
    AUTO(pgresult_done) PGresult *r = NULL;
    const char *values[] = {person, date_iso(s->arena, session_today(s))};
    struct table *t;
    bool known;

    if (!id_is_known(s, KNOWN_PERSON, person, &known, err) ||
        !db_ask(s->store, said_sql, 2, values, &r, err))
        return status_of(err);
    if (!known)
        return STATUS_NO;
    t = table_begin(s, columns, COUNT);
    for (int i = 0; i < PQntuples(r); i++) {
        const char *cells[COUNT];

        for (int k = 0; k < COUNT; k++)
            cells[k] = db_text(r, i, k);
        cells[SAID_AT] = session_time(s, cells[SAID_AT]);
        table_row(t, cells);
    }
    table_end(t);
    if (s->format == FORMAT_PEOPLE && PQntuples(r) == 0)
        text_add(&s->out, "Nobody has said anything about this person's deadlines.\n");
    return STATUS_DONE;
}

// ------------------------------------------------------------------------------------- which one

static bool is_meant(const struct owed *o, const struct timescale *t, struct date due)
{
    return o->open && strcmp(o->timescale, t->id) == 0 &&
           (!date_known(due) || date_is(o->due_on, due));
}

// The one open deadline that the words mean; *ret is NULL where there is none.
static bool find(struct session *s, const struct arguments *g, const struct owed **ret,
                 struct error *err)
{
    const struct timescale *t;
    struct owed *owed;
    size_t count;
    struct date due;

    *ret = NULL;
    if (!timescale_named(s->library, g->words[1], &t, err) ||
        !argument_date(g, "due-on", DATE_NONE, &due, err) ||
        !owed_read(s->arena, s->store, "d.person_id = $1", g->words[0], &owed, &count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!is_meant(&owed[i], t, due))
            continue;
        if (*ret)
            return fail(err, FAULT_INPUT,
                        "%s is owed more than once for this person, due %s and %s: say which by "
                        "--due-on DATE",
                        t->id, date_iso(s->arena, (*ret)->due_on),
                        date_iso(s->arena, owed[i].due_on));
        *ret = &owed[i];
    }
    return true;
}

// ----------------------------------------------------------------------------------------- saying

static bool read_word(const struct arguments *g, struct word *ret, struct error *err)
{
    const char *reason = argument(g, "because");

    *ret = (struct word){.done = argument(g, "done") != NULL, .reason = reason};
    if (!argument_date(g, "until", DATE_NONE, &ret->last_day, err))
        return false;
    if (ret->done && (reason || date_known(ret->last_day)))
        return fail(err, FAULT_INPUT, "--done stands alone: it has its own end, and no reason");
    if (!ret->done && (!reason || !date_known(ret->last_day)))
        return fail(err, FAULT_INPUT,
                    "say either --until DATE --because REASON (it is in hand), or --done (it was "
                    "done, and is not yet recorded)");
    return true;
}

// A word is always about one timescale: nothing that was said is passed over in silence.
static bool refuse_words(const struct arguments *g, struct error *err)
{
    static const char *const options[] = {"until", "because", "done", "for", "due-on"};

    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (argument(g, options[i]))
            return fail(err, FAULT_INPUT,
                        "nothing was written down: --%s says something of one timescale; name it "
                        "after the person, as \"timely due --person ID\" does",
                        options[i]);
    return true;
}

static bool find_staff(struct session *s, const struct arguments *g, const struct judging *j,
                       const struct owed *o, struct word *w, struct error *err)
{
    const struct staff *acts = acting_on(s->arena, j, o);

    w->staff_id = argument(g, "for");
    if (!w->staff_id && !acts)
        return fail(err, FAULT_INPUT,
                    "nobody is there to act on it: say whose word it is by --for STAFF");
    if (!w->staff_id)
        w->staff_id = acts->id;
    else if (!directory_staff(j->directory, w->staff_id))
        return fail(err, FAULT_INPUT, "%s is not in the directory", w->staff_id);
    w->said_by = arena_printf(s->arena, "by command by %s", session_user(s));
    return true;
}

static enum status refuse(const char *why, struct error *err)
{
    fail(err, FAULT_INPUT, "nothing was written down: %s", why);
    return STATUS_NO;
}

static enum status say(struct session *s, const struct arguments *g,
                       const struct directory *directory, struct word *w, struct error *err)
{
    const struct judging j = {s->library, directory, business_now(&s->clock)};
    const struct owed *o;
    const char *refused;

    if (!find(s, g, &o, err))
        return status_of(err);
    if (!o)
        return refuse("no such deadline of this person is owed; \"timely due --person ID\" lists "
                      "what is",
                      err);
    if (!find_staff(s, g, &j, o, w, err) || !word_say(s->arena, s->store, &j, o, w, &refused, err))
        return status_of(err);
    if (refused)
        return refuse(refused, err);
    text_addf(&s->out, "Written down for %s until %s, that day included. It stays due on %s.\n",
              w->staff_id, date_words(s->arena, w->last_day), date_words(s->arena, o->due_on));
    return STATUS_DONE;
}

enum status run_ack(struct session *s, const struct arguments *g, struct error *err)
{
    struct directory *directory;
    enum status status;
    struct word w;

    if (!(g->count > 1 ? read_word(g, &w, err) : refuse_words(g, err)))
        return STATUS_USAGE;
    if (!session_store(s, err) || !session_reconcile(s, err))
        return status_of(err);
    if (g->count == 1)
        return list(s, g->words[0], err);
    if (!session_library(s, err) || !directory_read(s->store, &directory, err))
        return status_of(err);
    status = say(s, g, directory, &w, err);
    directory_free(directory);
    return status;
}
