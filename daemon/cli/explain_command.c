// `timely explain`: the derivation of each due date of one person, what was said about it, and why
// nothing was.
#include "deadlines.h"
#include "directory.h"
#include "explain.h"
#include "ladder.h"
#include "people.h"
#include "table.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

// ------------------------------------------------------------------------------ the derivation

struct explained {
    const char *timescale, *subject_ref, *trigger_on, *due_on, *state;
    bool owed;
    const char *text;
};

struct explaining {
    struct session *session;
    const char *person;
    struct date as_at;
    const struct timescale *timescale;
    bool known;
    struct explained *items;
    size_t count, room;
    PGresult *stored, *notices;  // what the store has of the person's deadlines, and what was said
    PGresult *moves;             // the days on which due dates moved
    PGresult *words;             // what people say about them, as long as it holds
    const char *now;             // business time as the store writes it
    struct directory *directory; // NULL where the rules have no ladders of teams
    const char *const *teams;    // of the child, from it
};

static bool explain_person(void *arg, struct arena *evaluation, const struct timeline *t,
                           const struct evaluation *e, struct error *err)
{
    struct explaining *x = arg;
    struct arena *a = x->session->arena;

    (void)evaluation;
    (void)err;
    x->known = t->count > 0;
    for (size_t i = 0; i < e->count; i++) {
        const struct deadline *d = &e->deadlines[i];
        AUTO(text_done) struct text out = {0};

        if (x->timescale && d->timescale != x->timescale)
            continue;
        explain_deadline(&out, x->session->library, d, x->as_at);
        x->items = arena_grow(a, x->items, sizeof *x->items, x->count, &x->room);
        x->items[x->count++] = (struct explained){d->timescale->id,
                                                  arena_strdup(a, d->subject_ref),
                                                  date_iso(a, d->trigger_on),
                                                  date_iso(a, d->due_on),
                                                  state_word(d, x->as_at),
                                                  d->state == STATE_OPEN,
                                                  arena_strdup(a, text_str(&out))};
    }
    return true;
}

// ------------------------------------------------------------------------------ what was said

// Each move of a due date, with the bank holidays that a person accepted between the two answers:
// an answer of other rules or another calendar names them.
static const char moves_sql[] =
    "SELECT m.deadline_id, m.known_at, m.due_before, m.due_on,"
    " (SELECT string_agg(CASE WHEN p.holiday THEN format('%s was proclaimed (%s)', p.on_day, "
    "p.title)"
    " ELSE format('%s is a bank holiday no longer (%s)', p.on_day, p.title) END, ', ' ORDER BY"
    " p.proclaimed_id) FROM timely.proclaimed_holiday AS p WHERE p.accepted_at > m.known_before"
    " AND p.accepted_at <= m.known_at AND m.library <> m.library_before)"
    " FROM (SELECT h.deadline_id, h.history_id, h.known_at, h.due_on, h.library, h.change,"
    " lag(h.due_on) OVER w AS due_before, lag(h.known_at) OVER w AS known_before,"
    " lag(h.library) OVER w AS library_before FROM timely.deadline_history AS h"
    " JOIN timely.deadline AS d USING (deadline_id) WHERE d.person_id = $1"
    " WINDOW w AS (PARTITION BY h.deadline_id ORDER BY h.history_id)) AS m"
    " WHERE m.change = 'moved' AND m.due_before <> m.due_on ORDER BY m.history_id";

// Why somebody is not told for now.
static const char words_sql[] =
    "SELECT h.deadline_id, h.said_at, CASE h.kind WHEN 'done' THEN 'done, not yet recorded'"
    " ELSE concat('in hand until ', h.last_day, ', because: ', h.reason) END, h.staff_id, h.said_by"
    " FROM timely.holding_acknowledgement h JOIN timely.deadline d USING (deadline_id)"
    " WHERE d.person_id = $1 AND h.last_day >= $2::date ORDER BY h.acknowledgement_id";

static bool read_said(struct explaining *x, struct error *err)
{
    struct session *s = x->session;
    const char *values[] = {x->person};

    return db_ask(s->store,
                  "SELECT deadline_id, timescale, subject_ref, trigger_on, at_first_start,"
                  " next_notice_at FROM timely.deadline"
                  " WHERE person_id = $1 AND state <> 'withdrawn'",
                  1, values, &x->stored, err) &&
           db_ask(s->store,
                  "SELECT n.deadline_id, n.said_at, n.rung, n.staff_id, n.message_id, o.state"
                  " FROM timely.notice AS n JOIN timely.deadline AS d USING (deadline_id)"
                  " LEFT JOIN timely.outbox AS o USING (message_id) WHERE d.person_id = $1"
                  " UNION ALL SELECT b.deadline_id, o.put_at, o.kind, coalesce(o.staff_id, ''),"
                  " o.message_id,"
                  " o.state FROM timely.outbox AS o JOIN timely.object_deadline AS b"
                  " USING (object_id) JOIN timely.deadline AS d USING (deadline_id)"
                  " WHERE d.person_id = $1 ORDER BY 1, 2, 5",
                  1, values, &x->notices, err) &&
           db_ask(s->store, moves_sql, 1, values, &x->moves, err) &&
           db_ask(s->store, words_sql, 2,
                  (const char *[]){x->person, date_iso(s->arena, session_today(s))}, &x->words,
                  err);
}

// The child's teams, the nearest first: what decides about a ladder.
static bool read_teams(struct explaining *x, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;
    struct session *s = x->session;
    struct responsible who = {0};

    if (s->library->team_ladder_count == 0)
        return true;
    if (!db_ask(s->store, "SELECT worker_id, team_id FROM timely.person WHERE person_id = $1", 1,
                &x->person, &r, err) ||
        !directory_read(s->store, &x->directory, err))
        return false;
    if (PQntuples(r)) {
        who.worker_id = db_text(r, 0, 0);
        who.team_id = db_text(r, 0, 1);
    }
    x->teams = directory_teams(s->arena, x->directory, &who);
    return true;
}

// The stored row of a deadline, or -1.
static int stored_row(const struct explaining *x, const struct explained *d)
{
    for (int i = 0; i < PQntuples(x->stored); i++)
        if (text_cmp(db_text(x->stored, i, 1), d->timescale) == 0 &&
            text_cmp(db_text(x->stored, i, 2), d->subject_ref) == 0 &&
            text_cmp(db_text(x->stored, i, 3), d->trigger_on) == 0)
            return i;
    return -1;
}

// What became of a step's message; NULL when it passed in silence.
static const char *message_words(const struct explaining *x, int i)
{
    static const char *const words[][2] = {{"due", "waiting to be sent"},
                                           {"claimed", "being sent"},
                                           {"handing_over", "being sent"},
                                           {"sent", "sent"},
                                           {"refused", "refused"},
                                           {"expired", "given up"},
                                           {"superseded", "replaced by a later one"}};
    const char *state = db_text(x->notices, i, 5);

    for (size_t k = 0; state && k < sizeof words / sizeof *words; k++)
        if (strcmp(words[k][0], state) == 0)
            return arena_printf(x->session->arena, "message %s, %s", db_text(x->notices, i, 4),
                                words[k][1]);
    return NULL;
}

static size_t add_notices(struct explaining *x, const char *deadline_id)
{
    struct session *s = x->session;
    size_t count = 0, silent = 0;

    for (int i = 0; i < PQntuples(x->notices); i++) {
        const char *staff = db_text(x->notices, i, 3), *message = message_words(x, i);

        if (strcmp(db_text(x->notices, i, 0), deadline_id) != 0)
            continue;
        count++;
        if (!message) {
            silent++;
            continue;
        }
        print_safe(s, arena_printf(s->arena, "  Told: %s, \"%s\", to %s%s (%s).",
                                   session_time(s, db_text(x->notices, i, 1)),
                                   db_text(x->notices, i, 2), *staff ? "staff " : "the operator",
                                   staff, message));
    }
    if (silent)
        text_addf(&s->out,
                  "  Not told: %zu step%s of the ladder, which had passed before the deadline was "
                  "known.\n",
                  silent, silent == 1 ? "" : "s");
    return count;
}

static void add_moves(struct explaining *x, const char *deadline_id)
{
    struct session *s = x->session;

    for (int i = 0; i < PQntuples(x->moves); i++) {
        const char *holidays = db_text(x->moves, i, 4);

        if (strcmp(db_text(x->moves, i, 0), deadline_id) != 0)
            continue;
        print_safe(s, arena_printf(s->arena, "  Moved: %s, from %s to %s%s%s.",
                                   session_time(s, db_text(x->moves, i, 1)),
                                   db_text(x->moves, i, 2), db_text(x->moves, i, 3),
                                   holidays ? ", since the calendar changed: " : "",
                                   holidays ? holidays : ""));
    }
}

static void add_words(struct explaining *x, const char *deadline_id)
{
    struct session *s = x->session;

    for (int i = 0; i < PQntuples(x->words); i++)
        if (strcmp(db_text(x->words, i, 0), deadline_id) == 0)
            print_safe(s, arena_printf(s->arena, "  Said: %s, staff %s %s: %s.",
                                       session_time(s, db_text(x->words, i, 1)),
                                       db_text(x->words, i, 3), db_text(x->words, i, 4),
                                       db_text(x->words, i, 2)));
}

// Only where the child's team has one of its own.
static void add_ladder(struct explaining *x, const char *timescale)
{
    const struct library *l = x->session->library;
    const struct timescale *t = &l->timescales[library_timescale(l, timescale)];
    const struct team_ladder *of;

    if (ladder_for(l, t, x->teams, &of) && of)
        text_addf(&x->session->out, "  Ladder: %s in place of %s, as team %s has it for %s.\n",
                  of->ladder, t->ladder, of->team,
                  of->timescale ? "this timescale" : "every deadline with that");
}

static void add_said(struct explaining *x, const struct explained *d)
{
    struct session *s = x->session;
    int row = stored_row(x, d);

    size_t count = row < 0 ? 0 : add_notices(x, db_text(x->stored, row, 0));
    const char *next = row < 0 ? NULL : db_text(x->stored, row, 5);

    if (row >= 0) {
        add_moves(x, db_text(x->stored, row, 0));
        add_words(x, db_text(x->stored, row, 0));
    }
    if (!d->owed)
        return;
    add_ladder(x, d->timescale);
    if (row < 0)
        text_add(&s->out, "  Told: nobody; no daemon has recorded this deadline yet.\n");
    else if (count == 0 && db_bool(x->stored, row, 4))
        text_add(&s->out,
                 "  Told: nobody of this one alone; it was there when timely began, and is "
                 "part of one summary.\n");
    else if (count == 0)
        text_add(&s->out, "  Told: nobody yet.\n");
    if (next && strcmp(next, x->now) <= 0)
        text_addf(&s->out, "  Waiting to be said since %s.\n", session_time(s, next));
    else if (next)
        text_addf(&s->out, "  Next to be said: %s.\n", session_time(s, next));
    else if (row >= 0)
        text_add(&s->out, "  Next to be said: nothing more.\n");
}

// What holds for everything that is sent.
static bool add_general(struct session *s, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;

    if (!db_ask(s->store,
                "SELECT heartbeat_at, (SELECT count(*) FROM timely.hold WHERE decided IS NULL)"
                " FROM timely.state",
                0, NULL, &r, err))
        return false;
    text_add(&s->out, "\nSending: ");
    switch (s->config.delivery) {
    case DELIVERY_OFF:
        text_add(&s->out, "delivery is off, so nothing is sent to anybody.\n");
        break;
    case DELIVERY_REDIRECT:
        text_add(&s->out, "delivery is redirected: everything goes to one mailbox.\n");
        break;
    case DELIVERY_LIVE:
        text_add(&s->out, "delivery is live.\n");
        break;
    }
    if (PQntuples(r) && !db_text(r, 0, 0))
        text_add(&s->out, "No daemon has run on this store yet; only a daemon sends.\n");
    if (PQntuples(r) && db_int(r, 0, 1))
        text_add(&s->out, "A reading is held until somebody decides about it: timely hold show.\n");
    return true;
}

static bool print_for_people(struct explaining *x, struct error *err)
{
    struct text *out = &x->session->out;
    const char *between = "";

    if (!read_said(x, err) || !read_teams(x, err))
        return false;
    x->now = session_now(x->session);
    for (int owed = 1; owed >= 0; owed--) // what is owed comes first
        for (size_t i = 0; i < x->count; i++) {
            if (x->items[i].owed != (owed == 1))
                continue;
            text_add(out, between);
            print_safe(x->session, x->items[i].text);
            add_said(x, &x->items[i]);
            between = "\n";
        }
    if (x->count == 0)
        text_addf(out, "No timescale applies on %s.\n", date_words(x->session->arena, x->as_at));
    return add_general(x->session, err);
}

static void print_for_scripts(const struct explaining *x)
{
    static const struct column columns[] = {
        {"person_id", NULL, CELL_TEXT, 0},   {"timescale", NULL, CELL_TEXT, 0},
        {"subject_ref", NULL, CELL_TEXT, 0}, {"trigger_on", NULL, CELL_TEXT, 0},
        {"due_on", NULL, CELL_TEXT, 0},      {"state", NULL, CELL_TEXT, 0},
        {"explanation", NULL, CELL_TEXT, 0}};
    struct table *t = table_begin(x->session, columns, sizeof columns / sizeof *columns);

    for (size_t i = 0; i < x->count; i++) {
        const struct explained *d = &x->items[i];
        const char *cells[] = {x->person, d->timescale, d->subject_ref, d->trigger_on,
                               d->due_on, d->state,     d->text};

        table_row(t, cells);
    }
    table_end(t);
}

static enum status answer(struct explaining *x, struct error *err)
{
    struct arena *a = x->session->arena;
    bool ok = true;

    if (!x->known || (x->timescale && x->count == 0)) {
        fail(err, FAULT_INPUT,
             x->known ? "person %s has no deadline of %s on %s" : "nothing is known of person %s",
             x->person, x->timescale ? x->timescale->id : "", date_iso(a, x->as_at));
        return STATUS_NO;
    }
    if (x->session->format == FORMAT_PEOPLE)
        ok = print_for_people(x, err);
    else
        print_for_scripts(x);
    return ok ? STATUS_DONE : status_of(err);
}

enum status run_explain(struct session *s, const struct arguments *g, struct error *err)
{
    struct explaining x = {.session = s, .person = g->words[0]};
    struct people_question one = {.person = g->words[0], .each = explain_person, .arg = &x};
    enum status status;

    if (!argument_date(g, "as-at", DATE_NONE, &x.as_at, err) || !session_library(s, err) ||
        !timescale_named(s->library, g->count > 1 ? g->words[1] : NULL, &x.timescale, err) ||
        !people_begin(s, err))
        return status_of(err);
    if (!date_known(x.as_at))
        x.as_at = session_today(s);
    one.as_at = x.as_at;
    if (!people_evaluate(s, &one, err))
        return status_of(err);
    status = answer(&x, err);
    PQclear(x.stored);
    PQclear(x.notices);
    PQclear(x.moves);
    PQclear(x.words);
    directory_free(x.directory);
    return status;
}
