// Still called for (wanted.h).
#include "wanted.h"

#include "columns.h"
#include "recipient.h"
#include "zone.h"

#include <string.h>

#define WEEK_US (SECONDS(60) * 60 * 24 * 7)

struct asked {
    struct arena *arena;
    struct db *store;
    const struct directory *directory;
    const struct outgoing *message;
    instant now;
};

static bool is_kind(const struct outgoing *m, const char *kind)
{
    return strcmp(m->kind, kind) == 0;
}

// The lines of a digest or an alarm, as they stand now: is one of them still owed, with the date
// that it had, and still this person's? Who is away by now, or back, is asked of the day on which
// it was said: else nobody would have been told.
static bool is_line_wanted(const struct asked *q, const PGresult *rows, int i)
{
    struct responsible who = {db_text(rows, i, 2), db_text(rows, i, 3), db_text(rows, i, 4),
                              db_text(rows, i, 5)};
    const char *why;
    const struct staff *s =
        db_bool(rows, i, 0) ? recipient_on_rung(q->arena, q->directory, &who, db_bool(rows, i, 6),
                                                db_text(rows, i, 1), column_date(rows, i, 7), &why)
                            : NULL;

    return s && strcmp(s->id, q->message->staff_id) == 0;
}

// A digest stands in for those that it has overtaken: their lines are in it. Each part is found
// from the message by indexes, however many notices there ever were.
static const char lines_sql[] =
    "SELECT t.state = 'open' AND t.due_on = n.due_on, n.rung, p.worker_id, p.team_id,"
    " p.chair_id, p.iro_id, coalesce(p.restricted, true),"
    " (n.said_at AT TIME ZONE 'Europe/London')::date FROM"
    " (SELECT deadline_id, due_on, rung, said_at FROM timely.notice WHERE message_id = $1::bigint"
    " UNION ALL SELECT n.deadline_id, n.due_on, n.rung, n.said_at FROM timely.outbox me"
    " JOIN timely.message_deadline a USING (message_id) JOIN timely.notice n USING (deadline_id)"
    " JOIN timely.outbox o ON o.message_id = n.message_id"
    " WHERE me.message_id = $1::bigint AND me.kind = 'digest' AND o.kind = 'digest'"
    " AND o.staff_id = me.staff_id AND o.state = 'superseded' AND o.message_id < me.message_id) n"
    " JOIN timely.deadline t USING (deadline_id) LEFT JOIN timely.person p USING (person_id)";

// What is said of a deadline by no rung, as that its meeting is booked too late.
static const char deadlines_sql[] =
    "SELECT count(*) = 0 OR bool_or(d.state = 'open') FROM timely.message_deadline a"
    " JOIN timely.deadline d USING (deadline_id) WHERE a.message_id = $1::bigint";

static bool ask_deadlines(const struct asked *q, bool *ret_wanted, struct error *err)
{
    AUTO(pgresult_done) PGresult *rows = NULL;
    const char *id = arena_printf(q->arena, "%lld", q->message->message_id);

    if (!db_ask_often(q->store, deadlines_sql, 1, &id, &rows, err))
        return false;
    *ret_wanted = db_bool(rows, 0, 0);
    return true;
}

static bool ask_lines(const struct asked *q, bool *ret_wanted, struct error *err)
{
    AUTO(pgresult_done) PGresult *rows = NULL;
    const char *id = arena_printf(q->arena, "%lld", q->message->message_id);

    if (!db_ask_often(q->store, lines_sql, 1, &id, &rows, err))
        return false;
    if (PQntuples(rows) == 0)
        return ask_deadlines(q, ret_wanted, err);
    *ret_wanted = false;
    for (int i = 0; i < PQntuples(rows) && !*ret_wanted; i++)
        *ret_wanted = is_line_wanted(q, rows, i);
    return true;
}

static const char holder_sql[] =
    "SELECT h.sequence_sent IS NOT NULL OR coalesce(o.ends_at, o.starts_on + 1) > $3::timestamp"
    " FROM timely.invite_holder h JOIN timely.calendar_object o USING (object_id)"
    " WHERE h.object_id = $1::bigint AND h.staff_id = $2";

// Nobody is invited to what is over; an update still goes, since an older time would stay in the
// calendar.
static bool ask_holder(const struct asked *q, bool *ret_wanted, struct error *err)
{
    AUTO(pgresult_done) PGresult *rows = NULL;
    const char *values[] = {arena_printf(q->arena, "%lld", q->message->object_id),
                            q->message->staff_id,
                            moment_iso(q->arena, london_from_instant(q->now))};

    if (!db_ask_often(q->store, holder_sql, 3, values, &rows, err))
        return false;
    *ret_wanted = PQntuples(rows) > 0 && db_bool(rows, 0, 0);
    return true;
}

bool wanted_ask(struct arena *a, struct db *store, const struct directory *directory,
                const struct outgoing *m, instant now, const char **ret_why_not, struct error *err)
{
    struct asked q = {a, store, directory, m, now};
    bool wanted = true;

    *ret_why_not = NULL;
    if (is_kind(m, "cancel") || is_kind(m, "operator") || !m->staff_id)
        return true;
    if (!staff_in_post(directory_staff(directory, m->staff_id), london_from_instant(now).on)) {
        *ret_why_not = "the recipient is no longer in post";
        return true;
    }
    if ((is_kind(m, "digest") || is_kind(m, "alarm")) && !ask_lines(&q, &wanted, err))
        return false;
    if (is_kind(m, "weekly") && now - m->put_at >= WEEK_US)
        wanted = false; // the next week's list is there
    if (is_kind(m, "invite") && m->object_id && !ask_holder(&q, &wanted, err))
        return false;
    if (!wanted)
        *ret_why_not = "overtaken: nothing in it is for this recipient any more";
    return true;
}
