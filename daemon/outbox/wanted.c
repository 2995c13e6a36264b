// Still called for (wanted.h).
#include "wanted.h"

#include "columns.h"
#include "ladder.h"
#include "recipient.h"
#include "text.h"
#include "zone.h"

#include <string.h>

#define WEEK_US (SECONDS(60) * 60 * 24 * 7)

struct asked {
    struct arena *arena;
    struct db *store;
    const struct directory *directory;
    const struct outgoing *messages;
    size_t count;
    instant now;
    bool *wanted;     // of each, as far as is known
    bool *is_agendas; // says lines that the agenda can say anew
    bool *is_amiss;   // names a child who is nothing for its recipient
};

static bool is_kind(const struct outgoing *m, const char *kind)
{
    return strcmp(m->kind, kind) == 0;
}

static bool has_lines(const struct outgoing *m)
{
    return is_kind(m, "digest") || is_kind(m, "alarm");
}

// By lines; an invite names them too, and is planned anew whenever one changes.
static bool names_children(const struct outgoing *m)
{
    return has_lines(m) || is_kind(m, "weekly");
}

static bool is_invite(const struct outgoing *m)
{
    return is_kind(m, "invite") && m->object_id;
}

// The numbers of those that are asked about; NULL: none.
static const char *numbers_of(const struct asked *q, const bool *about)
{
    const char **numbers = ARENA_ARRAY(q->arena, const char *, q->count);
    size_t count = 0;

    for (size_t i = 0; i < q->count; i++)
        if (about[i])
            numbers[count++] = arena_printf(q->arena, "%lld", q->messages[i].message_id);
    return count > 0 ? db_text_array(q->arena, numbers, count) : NULL;
}

static size_t place_of(const struct asked *q, long long message_id)
{
    size_t i = 0;

    while (q->messages[i].message_id != message_id)
        i++;
    return i;
}

// Of the numbers in $1 `sql` gives those of the wanted ones; `at` is $2, where it has one.
static bool ask_which(const struct asked *q, const char *sql, const char *at, const bool *about,
                      struct error *err)
{
    AUTO(pgresult_done) PGresult *rows = NULL;
    const char *values[] = {numbers_of(q, about), at};

    if (!values[0])
        return true;
    if (!db_ask_often(q->store, sql, at ? 2 : 1, values, &rows, err))
        return false;
    for (int i = 0; i < PQntuples(rows); i++)
        q->wanted[place_of(q, db_int(rows, i, 0))] = true;
    return true;
}

// ------------------------------------------------------------------------------------------- lines

// The mail was made on this day, for whom it was meant then. Who is away by now, or back, is not
// asked: else nobody would have been told.
static struct date made_on(const struct outgoing *m)
{
    return london_from_instant(m->put_at).on;
}

// Who is responsible for the child, and whether it is restricted, as the columns from this one on
// say.
#define CHILD "p.worker_id, p.team_id, p.chair_id, p.iro_id, coalesce(p.restricted, true)"

static struct responsible responsible_row(const PGresult *rows, int i, int column)
{
    return (struct responsible){db_text(rows, i, column), db_text(rows, i, column + 1),
                                db_text(rows, i, column + 2), db_text(rows, i, column + 3)};
}

static bool restricted_row(const PGresult *rows, int i, int column)
{
    return db_bool(rows, i, column + 4);
}

// A line of a digest or an alarm, as it stands now: is it still owed, and not owed again after it
// was met, with the date that it had, and booked no otherwise than it says, and still this
// person's?
static bool is_line_wanted(const struct asked *q, const struct outgoing *m, const PGresult *rows,
                           int i)
{
    bool restricted = restricted_row(rows, i, 4);
    struct responsible who =
        responsible_for(responsible_row(rows, i, 4), restricted, db_text(rows, i, 3));
    const char *why;
    const struct staff *s = db_bool(rows, i, 1)
                                ? recipient_on_rung(q->arena, q->directory, &who, restricted,
                                                    db_text(rows, i, 2), made_on(m), &why)
                                : NULL;

    return s && strcmp(s->id, m->staff_id) == 0;
}

// A digest stands in for those that it has overtaken, and for what was taken back: their lines are
// in it. Each part is found from the messages by indexes, however many notices and deadlines there
// ever were (OFFSET 0: else all of them may be read for a few).
static const char lines_sql[] =
    "SELECT n.message_id, t.state = 'open' AND (t.due_on, t.owed_since) = (n.due_on, n.owed_since)"
    // Of a meeting booked too late: for that day still.
    " AND bool_and(coalesce(n.rung NOT LIKE '%" LADDER_BOOKED_LATE "%'"
    " OR n.rung LIKE '%' || to_char(t.booked_at, 'YYYY-MM-DD'), false))"
    " OVER (PARTITION BY n.message_id, n.deadline_id, n.said_at),"
    " n.rung, t.chaired_by, " CHILD " FROM"
    " (SELECT message_id, deadline_id, due_on, owed_since, rung, said_at FROM timely.notice"
    " WHERE message_id = ANY ($1::bigint[])"
    " UNION ALL SELECT me.message_id, n.deadline_id, n.due_on, n.owed_since, n.rung, n.said_at"
    " FROM timely.outbox me"
    " JOIN timely.message_deadline a USING (message_id) JOIN timely.notice n USING (deadline_id)"
    " JOIN timely.outbox o ON o.message_id = n.message_id"
    " WHERE me.message_id = ANY ($1::bigint[]) AND me.kind = 'digest' AND o.kind IN ('digest', "
    "'weekly')"
    " AND o.staff_id = me.staff_id AND o.state = 'superseded' AND o.message_id < me.message_id) n"
    " CROSS JOIN LATERAL (SELECT * FROM timely.deadline d WHERE d.deadline_id = n.deadline_id"
    " OFFSET 0) t LEFT JOIN timely.person p USING (person_id)";

// What is said of a deadline by no rung, as that its meeting was moved into the past.
static const char deadlines_sql[] =
    "SELECT n.id FROM unnest($1::bigint[]) AS n (id)"
    " LEFT JOIN timely.message_deadline a ON a.message_id = n.id"
    " LEFT JOIN timely.deadline d USING (deadline_id)"
    " GROUP BY n.id HAVING count(d.state) = 0 OR bool_or(d.state = 'open')";

static bool ask_lines(const struct asked *q, struct error *err)
{
    AUTO(pgresult_done) PGresult *rows = NULL;
    bool *about = ARENA_ARRAY(q->arena, bool, q->count);
    const char *numbers;

    for (size_t i = 0; i < q->count; i++)
        about[i] = !q->wanted[i] && has_lines(&q->messages[i]);
    numbers = numbers_of(q, about);
    if (!numbers)
        return true;
    if (!db_ask_often(q->store, lines_sql, 1, &numbers, &rows, err))
        return false;
    for (int i = 0; i < PQntuples(rows); i++) {
        size_t m = place_of(q, db_int(rows, i, 0));

        q->wanted[m] = q->wanted[m] || is_line_wanted(q, &q->messages[m], rows, i);
        q->is_agendas[m] = true;
        about[m] = false;
    }
    return ask_which(q, deadlines_sql, NULL, about, err); // of those that have no line
}

// ---------------------------------------------------------------------------------------- children

// Whom a mail names, each child once with each who chairs a meeting of theirs that it is about; and
// whether its reader has been told, as the worker before, that the child is no longer theirs: a
// line says that.
static const char children_sql[] =
    "SELECT o.message_id, p.person_id, d.chaired_by, " CHILD ","
    " bool_or(bool_or(p.worker_id IS DISTINCT FROM o.staff_id"
    " AND EXISTS (SELECT FROM timely.notice n WHERE n.deadline_id = d.deadline_id"
    " AND n.staff_id = o.staff_id AND n.rung LIKE 'former-worker, %' OFFSET 0)))"
    " OVER (PARTITION BY o.message_id, p.person_id)"
    " FROM timely.outbox o JOIN timely.message_deadline a USING (message_id)"
    " JOIN timely.deadline d USING (deadline_id) LEFT JOIN timely.person p USING (person_id)"
    " WHERE o.message_id = ANY ($1::bigint[]) GROUP BY o.message_id, p.person_id, d.chaired_by"
    " ORDER BY o.message_id, p.person_id";

static bool is_same_child(const PGresult *rows, int i, int j)
{
    return j < PQntuples(rows) && db_int(rows, i, 0) == db_int(rows, j, 0) &&
           same_text(db_text(rows, i, 1), db_text(rows, j, 1));
}

static bool is_theirs(const struct asked *q, size_t m, const PGresult *rows, int i)
{
    bool restricted = restricted_row(rows, i, 3);
    struct responsible child = responsible_row(rows, i, 3);
    struct responsible who = responsible_for(child, restricted, db_text(rows, i, 2));
    const char *staff_id = q->messages[m].staff_id;
    struct date on = made_on(&q->messages[m]);

    return recipient_is_responsible(q->arena, q->directory, &child, restricted, staff_id, on) ||
           recipient_is_responsible(q->arena, q->directory, &who, restricted, staff_id, on);
}

// Of the rows of one child. What was not said by a rung may be for others than rungs know; of a
// restricted child for none.
static bool is_child_amiss(const struct asked *q, size_t m, const PGresult *rows, int from, int end)
{
    if ((db_bool(rows, from, 8) || !q->is_agendas[m]) && !restricted_row(rows, from, 3))
        return false;
    for (int i = from; i < end; i++)
        if (is_theirs(q, m, rows, i))
            return false;
    return true;
}

static bool ask_children(const struct asked *q, struct error *err)
{
    AUTO(pgresult_done) PGresult *rows = NULL;
    bool *about = ARENA_ARRAY(q->arena, bool, q->count);
    const char *numbers;

    for (size_t i = 0; i < q->count; i++)
        about[i] = q->wanted[i] && names_children(&q->messages[i]);
    numbers = numbers_of(q, about);
    if (!numbers)
        return true;
    if (!db_ask_often(q->store, children_sql, 1, &numbers, &rows, err))
        return false;
    for (int i = 0, end; i < PQntuples(rows); i = end) {
        size_t m = place_of(q, db_int(rows, i, 0));

        for (end = i + 1; is_same_child(rows, i, end);)
            end++;
        q->is_amiss[m] = q->is_amiss[m] || is_child_amiss(q, m, rows, i, end);
    }
    return true;
}

// ----------------------------------------------------------------------------------------- invites

// Nobody is invited to what is over; an update still goes, since an older time would stay in the
// calendar. Nor does a version go after a later one, as a refused one that a person sends again.
static const char holder_sql[] =
    "SELECT m.message_id FROM timely.outbox m"
    " JOIN timely.invite_holder h USING (object_id, staff_id)"
    " JOIN timely.calendar_object o USING (object_id) WHERE m.message_id = ANY ($1::bigint[])"
    " AND coalesce(h.sequence_sent, m.sequence) <= m.sequence"
    " AND (h.sequence_sent IS NOT NULL"
    " OR coalesce(o.ends_at, o.starts_on + 1) > $2::timestamp)";

static bool ask_holders(const struct asked *q, struct error *err)
{
    bool *about = ARENA_ARRAY(q->arena, bool, q->count);

    for (size_t i = 0; i < q->count; i++)
        about[i] = !q->wanted[i] && is_invite(&q->messages[i]);
    return ask_which(q, holder_sql, moment_iso(q->arena, london_from_instant(q->now)), about, err);
}

// ------------------------------------------------------------------------------------- all kinds

static bool is_always_wanted(const struct outgoing *m)
{
    return is_kind(m, "cancel") || is_kind(m, "operator") || !m->staff_id;
}

static bool has_left(const struct asked *q, const struct outgoing *m)
{
    return !is_always_wanted(m) && !staff_in_post(directory_staff(q->directory, m->staff_id),
                                                  london_from_instant(q->now).on);
}

// What nobody needs to ask the store about. Of a week's list, the next one is there after a week.
static bool is_surely_wanted(const struct asked *q, const struct outgoing *m)
{
    bool over = is_kind(m, "weekly") && q->now - m->put_at >= WEEK_US;

    return is_always_wanted(m) || !(has_lines(m) || is_invite(m) || over);
}

static struct verdict judge(const struct asked *q, size_t i)
{
    const struct outgoing *m = &q->messages[i];

    if (has_left(q, m))
        return (struct verdict){OUTCOME_SUPERSEDED, "the recipient is no longer in post"};
    if (!q->wanted[i])
        return (struct verdict){OUTCOME_SUPERSEDED,
                                "overtaken: nothing in it is for this recipient any more"};
    if (!q->is_amiss[i])
        return (struct verdict){OUTCOME_NONE, NULL};
    if (q->is_agendas[i])
        return (struct verdict){OUTCOME_SUPERSEDED,
                                "taken back: it names a child who is not for this recipient"};
    return (struct verdict){OUTCOME_REFUSED,
                            "it names a child who is restricted by now; nobody else is told"};
}

bool wanted_ask(struct arena *a, struct db *store, const struct directory *directory,
                const struct outgoing *messages, size_t count, instant now, struct verdict *ret,
                struct error *err)
{
    struct asked q = {.arena = a,
                      .store = store,
                      .directory = directory,
                      .messages = messages,
                      .count = count,
                      .now = now,
                      .wanted = ARENA_ARRAY(a, bool, count),
                      .is_agendas = ARENA_ARRAY(a, bool, count),
                      .is_amiss = ARENA_ARRAY(a, bool, count)};

    for (size_t i = 0; i < count; i++) {
        q.wanted[i] = is_surely_wanted(&q, &messages[i]);
        q.is_agendas[i] = names_children(&messages[i]) && !is_kind(&messages[i], "alarm");
    }
    if (!ask_lines(&q, err) || !ask_children(&q, err) || !ask_holders(&q, err))
        return false;
    for (size_t i = 0; i < count; i++)
        ret[i] = judge(&q, i);
    return true;
}
