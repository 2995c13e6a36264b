// Reading deadlines to tell people of, and what was said about them. Where ladders ask for it
// (clocks in hours, and those that count back) the moment of the trigger is taken from the kept
// facts: the deadline's own row has its day only.
#include "owed.h"

#include "columns.h"
#include "recipient.h"

#include <string.h>

enum column {
    DEADLINE_ID,
    TIMESCALE,
    SUBJECT_REF,
    TRIGGER_ON,
    DUE_ON,
    BOOK_BY,
    DUE_AT,
    BOOKED_AT,
    BOOKED_GROUP,
    OPEN,
    PROVISIONAL,
    AT_FIRST_START,
    OWED_SINCE,
    AGAIN,
    KNOWN_SINCE,
    RULE_VERSION,
    CHANGED_AT,
    NEXT_NOTICE_AT,
    PERSON_ID,
    CASE_REF,
    INITIALS,
    DISPLAY_NAME,
    RESTRICTED,
    FAMILY,
    WORKER_ID,
    TEAM_ID,
    CHAIR_ID,
    IRO_ID,
    CHAIRED_BY,
    WORKER_SINCE,
    UNALLOCATED_AT,
    SEEN_ON,
    LATE_SINCE,
    DERIVATION,
    TRIGGER_AT,
    TRIGGER_PRECISE,
    TRIGGER_RECORDED,
};

static const char select_owed[] =
    "SELECT d.deadline_id, d.timescale, d.subject_ref, d.trigger_on, d.due_on, d.book_by, d.due_at,"
    " d.booked_at, d.booked_group, d.state = 'open', d.provisional,"
    " d.at_first_start AND d.owed_since = d.first_seen_at,"
    " (extract(epoch FROM d.owed_since) * 1000000)::bigint, d.owed_since > d.first_seen_at,"
    " (extract(epoch FROM d.changed_at) * 1000000)::bigint,"
    " d.rule_version, d.changed_at, d.next_notice_at, d.person_id, p.case_ref, p.initials,"
    " p.display_name, coalesce(p.restricted, true), p.family, p.worker_id, p.team_id, p.chair_id,"
    " p.iro_id, d.chaired_by, p.worker_since,"
    " (extract(epoch FROM p.unallocated_at) * 1000000)::bigint, p.last_seen_on,"
    // Of a booking too late. A record that was gone for a night is known for as long as before.
    " CASE WHEN d.booked_at::date > d.due_on THEN (SELECT (extract(epoch FROM min(h.known_at))"
    " * 1000000)::bigint FROM timely.deadline_history h WHERE h.deadline_id = d.deadline_id"
    " AND h.due_on = d.due_on AND h.booked_at::date = d.booked_at::date) END,"
    " d.derivation,"
    " t.at, t.precise, t.recorded_at"
    " FROM timely.deadline d LEFT JOIN timely.person p USING (person_id) LEFT JOIN LATERAL ("
    // A booked meeting is known by its meeting's number and starts a clock at the booked time.
    "SELECT coalesce(f.scheduled_at, f.at) AS at,"
    " CASE WHEN f.scheduled_at IS NULL THEN f.precise ELSE f.scheduled_at::time <> '00:00' END"
    " AS precise, f.recorded_at FROM ("
    "SELECT k.person_id, k.ref, k.meeting, k.at, k.precise, k.recorded_at, k.scheduled_at"
    " FROM timely.fact k UNION ALL "
    "SELECT k.person_id, k.ref, k.meeting, k.at, k.precise, k.recorded_at, k.scheduled_at"
    " FROM timely.local_fact k) f"
    " WHERE (d.due_at IS NOT NULL OR d.due_on < d.trigger_on)"
    " AND f.person_id = d.person_id AND (f.ref = d.trigger_ref OR f.meeting = d.trigger_ref)"
    " AND coalesce(f.scheduled_at, f.at)::date = d.trigger_on"
    " ORDER BY f.recorded_at DESC NULLS LAST, f.at, f.ref LIMIT 1) t ON true WHERE ";

static struct owed owed_row(struct arena *a, const PGresult *r, int i)
{
#define TEXT(column) arena_strdup(a, db_text(r, i, column))
    struct owed o = {
        .deadline_id = db_int(r, i, DEADLINE_ID),
        .timescale = TEXT(TIMESCALE),
        .subject_ref = TEXT(SUBJECT_REF),
        .trigger_on = column_date(r, i, TRIGGER_ON),
        .due_on = column_date(r, i, DUE_ON),
        .book_by = column_date(r, i, BOOK_BY),
        .due_at = column_moment(r, i, DUE_AT),
        .booked = column_meeting(r, i, BOOKED_AT),
        .booked_group = TEXT(BOOKED_GROUP),
        .late_since = db_int(r, i, LATE_SINCE),
        .open = db_bool(r, i, OPEN),
        .provisional = db_bool(r, i, PROVISIONAL),
        .at_first_start = db_bool(r, i, AT_FIRST_START),
        .owed_since = db_int(r, i, OWED_SINCE),
        .again = db_bool(r, i, AGAIN),
        .known_since = db_int(r, i, KNOWN_SINCE),
        .rule_version = (int)db_int(r, i, RULE_VERSION),
        .trigger_at = column_moment(r, i, TRIGGER_AT),
        .trigger_recorded = column_moment(r, i, TRIGGER_RECORDED),
        .changed_at = TEXT(CHANGED_AT),
        .next_notice_at = TEXT(NEXT_NOTICE_AT),
        .child = {TEXT(PERSON_ID), TEXT(CASE_REF), TEXT(INITIALS), TEXT(DISPLAY_NAME),
                  db_bool(r, i, RESTRICTED)},
        .family = TEXT(FAMILY),
        .who = responsible_for(
            (struct responsible){TEXT(WORKER_ID), TEXT(TEAM_ID), TEXT(CHAIR_ID), TEXT(IRO_ID)},
            db_bool(r, i, RESTRICTED), TEXT(CHAIRED_BY)),
        .worker_since = column_date(r, i, WORKER_SINCE),
        .unallocated_at = db_int(r, i, UNALLOCATED_AT),
        .seen_on = column_date(r, i, SEEN_ON),
        .derivation = TEXT(DERIVATION),
    };
#undef TEXT

    if (!date_known(o.due_at.on))
        o.due_at = (struct moment){o.due_on, -1};
    if (!db_bool(r, i, TRIGGER_PRECISE))
        o.trigger_at.minute = -1;
    return o;
}

// ------------------------------------------------------------------------------ what was said

static const char select_said[] =
    "SELECT h.deadline_id, h.kind = 'done', h.staff_id, coalesce(s.name, h.staff_id),"
    " (h.said_at AT TIME ZONE 'Europe/London')::date, h.last_day, h.reason"
    " FROM timely.holding_acknowledgement h JOIN timely.deadline d USING (deadline_id)"
    " LEFT JOIN timely.staff s ON s.professional_id = h.staff_id WHERE ";

// Both are in the order of the deadlines.
static void add_said(struct arena *a, const PGresult *r, struct owed *owed, size_t count)
{
    struct acknowledged *all = ARENA_ARRAY(a, struct acknowledged, PQntuples(r) + 1);
    size_t at = 0;

    for (int i = 0; i < PQntuples(r); i++) {
        while (at < count && owed[at].deadline_id < db_int(r, i, 0))
            at++;
        if (at == count || owed[at].deadline_id != db_int(r, i, 0))
            continue;
        all[i] = (struct acknowledged){.done = db_bool(r, i, 1),
                                       .staff_id = arena_strdup(a, db_text(r, i, 2)),
                                       .name = arena_strdup(a, db_text(r, i, 3)),
                                       .said_on = column_date(r, i, 4),
                                       .last_day = column_date(r, i, 5),
                                       .reason = arena_strdup(a, db_text(r, i, 6))};
        if (owed[at].said_count++ == 0)
            owed[at].said = &all[i];
    }
}

static bool read_said(struct arena *a, struct db *store, const char *condition, const char *value,
                      struct owed *owed, size_t count, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;
    const char *sql = arena_printf(a, "%s%s ORDER BY h.deadline_id, h.acknowledgement_id",
                                   select_said, condition);

    if (!db_ask(store, sql, 1, &value, &r, err))
        return false;
    add_said(a, r, owed, count);
    return true;
}

bool owed_read(struct arena *a, struct db *store, const char *condition, const char *value,
               struct owed **ret, size_t *ret_count, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;
    const char *sql = arena_printf(a, "%s%s ORDER BY d.deadline_id", select_owed, condition);
    struct owed *all;

    if (!db_ask(store, sql, 1, &value, &r, err))
        return false;
    all = ARENA_ARRAY(a, struct owed, PQntuples(r) + 1);
    for (int i = 0; i < PQntuples(r); i++)
        all[i] = owed_row(a, r, i);
    *ret = all;
    *ret_count = (size_t)PQntuples(r);
    return *ret_count == 0 || read_said(a, store, condition, value, all, *ret_count, err);
}

static const struct version *version_of(const struct timescale *t, int number)
{
    for (size_t i = 0; i < t->version_count; i++)
        if (t->versions[i].number == number)
            return &t->versions[i];
    return &t->versions[t->version_count - 1];
}

// The row does not say which clause started its clock. Ladders ask only whether it counts back.
static const struct clause *clause_of(const struct version *v, const struct owed *o)
{
    bool back = date_cmp(o->due_on, o->trigger_on) < 0;

    for (size_t i = 0; i < v->clause_count; i++)
        if (counts_back(&v->clauses[i]) == back)
            return &v->clauses[i];
    return &v->clauses[0];
}

const struct deadline *owed_deadline(struct arena *a, const struct library *l, const struct owed *o)
{
    int index = library_timescale(l, o->timescale);
    struct deadline *d = ARENA_NEW(a, struct deadline);
    struct booking *b = NULL;
    struct fact *trigger = NULL;

    if (index < 0 || l->timescales[index].version_count == 0)
        return NULL;
    if (date_known(o->trigger_at.on)) {
        trigger = ARENA_NEW(a, struct fact);
        *trigger = (struct fact){.event = -1,
                                 .at = o->trigger_at,
                                 .until = MOMENT_NONE,
                                 .recorded = o->trigger_recorded};
    }
    if (date_known(o->booked.on)) {
        b = ARENA_NEW(a, struct booking);
        *b = (struct booking){
            .group = o->booked_group, .at = o->booked, .late_since = o->late_since};
    }
    *d = (struct deadline){.timescale = &l->timescales[index],
                           .version = version_of(&l->timescales[index], o->rule_version),
                           .subject_ref = o->subject_ref,
                           .trigger = trigger,
                           .trigger_on = o->trigger_on,
                           .due_on = o->due_on,
                           .due_at = o->due_at,
                           .book_by = o->book_by,
                           .provisional = o->provisional,
                           .state = o->open ? STATE_OPEN : STATE_ENDED,
                           .met_on = DATE_NONE,
                           .ended_on = DATE_NONE,
                           .booking = b};
    d->clause = clause_of(d->version, o);
    return d;
}
