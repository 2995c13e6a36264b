// Reading what the store says about one person up to a moment: a statement a section, each with the
// columns that it has by their names.
#include "evidence.h"

#include "book.h"

// Each begins with the person's deadlines; $1 is the person, $2 the moment.
#define MINE "WITH mine AS (SELECT * FROM timely.deadline WHERE person_id = $1)"

// The messages about them. That a child's calendar was given away names the child itself.
#define ABOUT                                                                                      \
    ", about AS (SELECT message_id, deadline_id FROM timely.message_deadline"                      \
    " JOIN mine USING (deadline_id) UNION"                                                         \
    " SELECT message_id, deadline_id FROM timely.notice JOIN mine USING (deadline_id)"             \
    " WHERE message_id IS NOT NULL UNION"                                                          \
    " SELECT message_id, NULL FROM timely.outbox WHERE feed_kind = 'child' AND feed_owner = $1)"   \
    ", last AS (SELECT DISTINCT ON (message_id) * FROM timely.audit"                               \
    " WHERE message_id IN (SELECT message_id FROM about) AND what LIKE 'message.%'"                \
    " AND at < $2::timestamptz ORDER BY message_id, audit_id DESC)"

#define CIVIL(time) "to_char(" time ", 'YYYY-MM-DD\"T\"HH24:MI')"
// Of a meeting midnight says that only its day is known.
#define MEETING(at) "coalesce(" CIVIL("nullif(" at ", " at "::date)") ", " at "::date::text)"
#define DUE(of) "coalesce(" CIVIL(of ".due_at") ", " of ".due_on::text) AS due"
#define ANSWER                                                                                     \
    "h.known_at AS at, d.timescale, d.subject_ref, h.trigger_on, " DUE(                            \
        "h") ", h.met_on,"                                                                         \
             " CASE h.in_timescale WHEN true THEN 'yes' WHEN false THEN 'no' END AS in_timescale," \
             " " MEETING(                                                                          \
                 "h.booked_at") " AS booked_at, CASE WHEN h.why IS NULL THEN h.derivation"         \
                                " ELSE concat_ws('; ', rtrim(h.derivation, '.'), h.why) || '.'"    \
                                " END AS detail"

// The day of the moment is the one in which its last microsecond lies.
#define DAY "(($2::timestamptz - interval '1 microsecond') AT TIME ZONE 'Europe/London')::date"

static const char stood_sql[] = MINE
    " SELECT * FROM (SELECT DISTINCT ON (h.deadline_id) " ANSWER
    ", CASE WHEN h.state = 'open' AND h.due_on < " DAY " THEN 'missed' ELSE h.state END AS state"
    " FROM mine d JOIN timely.deadline_history h USING (deadline_id)"
    " WHERE h.known_at < $2::timestamptz ORDER BY h.deadline_id, h.history_id DESC) AS stood"
    " ORDER BY due, timescale, subject_ref";

static const char known_sql[] =
    MINE " SELECT " ANSWER ", h.change AS what, h.state"
         " FROM mine d JOIN timely.deadline_history h USING (deadline_id)"
         " WHERE h.known_at < $2::timestamptz ORDER BY h.known_at, h.history_id";

static const char finding_sql[] =
    "SELECT first_seen_at AS at, code AS what, concat_ws(' ', origin, ref) || ': ' || text AS "
    "detail,"
    " CASE WHEN resolved_at < $2::timestamptz THEN 'resolved' ELSE 'open' END AS state,"
    " CASE WHEN resolved_at < $2::timestamptz THEN resolved_at END AS state_at"
    " FROM timely.finding WHERE person_id = $1 AND first_seen_at < $2::timestamptz"
    " ORDER BY first_seen_at, finding_id";

static const char silent_sql[] =
    MINE " SELECT n.said_at AS at, d.timescale, d.subject_ref, n.due_on AS due, n.rung, n.staff_id"
         " FROM mine d JOIN timely.notice n USING (deadline_id)"
         " WHERE n.message_id IS NULL AND n.said_at < $2::timestamptz"
         " ORDER BY n.said_at, n.due_on, d.deadline_id, n.rung, n.staff_id";

// The outbox is purged before the audit: then that has when, to whom and what it was. The due date
// is the one that was said.
static const char told_sql[] = MINE ABOUT
    " SELECT * FROM (SELECT coalesce(o.put_at, n.said_at, l.at) AS at, d.timescale,"
    " d.subject_ref, coalesce(n.due_on, (SELECT h.due_on FROM timely.deadline_history h"
    " WHERE h.deadline_id = d.deadline_id AND h.known_at <= coalesce(o.put_at, l.at)"
    " ORDER BY h.history_id DESC LIMIT 1)) AS due,"
    " coalesce(o.kind, substring(l.detail FROM '^kind=([a-z]+)')) AS what, n.rung,"
    " coalesce(o.staff_id, l.staff_id, nullif(n.staff_id, ''), 'operator') AS staff_id,"
    " message_id, o.rfc_message_id, nullif(substring(l.detail FROM 'sha256=([0-9a-f]*)'), '')"
    " AS sha256, CASE WHEN l.what = 'message.retried' THEN 'waiting'"
    " WHEN l.what IS NOT NULL THEN substring(l.what FROM 9)"
    " WHEN o.state = 'superseded' AND o.settled_at < $2::timestamptz THEN o.state"
    " WHEN o.message_id IS NOT NULL THEN 'waiting' END AS state,"
    " coalesce(l.at, CASE WHEN o.state = 'superseded' AND o.settled_at < $2::timestamptz"
    " THEN o.settled_at END) AS state_at,"
    " concat_ws('; ', CASE WHEN l.detail LIKE '% redirected=t%' THEN"
    " 'redirected to the one mailbox for everything' END,"
    " CASE WHEN o.state = 'superseded' AND o.maybe_repeat THEN"
    " 'a try before that may have arrived' END,"
    " CASE WHEN l.what = 'message.' || o.state THEN nullif(o.last_answer, '') END) AS detail"
    " FROM about LEFT JOIN mine d USING (deadline_id) LEFT JOIN timely.outbox o USING (message_id)"
    " LEFT JOIN timely.notice n USING (message_id, deadline_id) LEFT JOIN last l USING (message_id)"
    ") AS told WHERE at < $2::timestamptz ORDER BY at, message_id, due, timescale, subject_ref, "
    "rung";

// In their own words, and how they said it. The due date is the one that it was said of.
static const char said_sql[] =
    MINE " SELECT a.said_at AS at, d.timescale, d.subject_ref, a.due_on AS due, a.kind AS what,"
         " a.staff_id, CASE WHEN a.ended_at < $2::timestamptz THEN 'ended'"
         " WHEN a.last_day < " DAY " THEN 'over' ELSE 'holds' END AS state,"
         " CASE WHEN a.ended_at < $2::timestamptz THEN a.ended_at END AS state_at,"
         " concat_ws('; ', 'until ' || a.last_day, 'because: ' || a.reason, a.said_by,"
         " CASE WHEN a.ended_at < $2::timestamptz THEN 'ended: ' || a.ended_because END) AS detail"
         " FROM mine d JOIN timely.acknowledgement a USING (deadline_id)"
         " WHERE a.said_at < $2::timestamptz ORDER BY a.said_at, a.acknowledgement_id";

static const char answered_sql[] = MINE
    " SELECT a.taken_at AS at, a.staff_id, a.method AS what, a.answer AS state,"
    " a.stamped_at AS state_at, d.timescale, d.subject_ref, " CIVIL(
        "a.proposed_start") " AS booked_at, concat_ws('; ', 'version ' || a.sequence, 'by ' || "
                            "a.sent_by, a.comment)"
                            " AS detail FROM timely.invite_answer a JOIN LATERAL (SELECT mine.* "
                            "FROM mine WHERE"
                            " deadline_id IN (SELECT s.deadline_id FROM timely.object_deadline s"
                            " WHERE s.object_id = a.object_id UNION SELECT m.deadline_id FROM "
                            "timely.message_deadline m"
                            " JOIN timely.outbox o USING (message_id) WHERE o.object_id = "
                            "a.object_id"
                            " AND o.staff_id = a.staff_id) ORDER BY deadline_id LIMIT 1) AS d ON "
                            "true"
                            " WHERE a.taken_at < $2::timestamptz ORDER BY a.taken_at, a.answer_id";

static const char noted_sql[] = MINE ABOUT
    " SELECT a.at, a.what, a.staff_id, a.message_id, d.timescale, d.subject_ref,"
    " a.detail FROM timely.audit a LEFT JOIN mine d USING (deadline_id)"
    " WHERE (d.deadline_id IS NOT NULL OR a.message_id IN (SELECT message_id FROM about))"
    " AND a.at < $2::timestamptz AND a.audit_id NOT IN (SELECT audit_id FROM last)"
    " AND NOT EXISTS (SELECT FROM timely.acknowledgement k WHERE k.deadline_id = a.deadline_id"
    " AND (k.said_at, k.staff_id, 'deadline.' || k.kind) = (a.at, a.staff_id, a.what))"
    " ORDER BY a.at, a.audit_id";

// A decision is not the end: what was rejected stays held until the table is sound again.
static const char held_sql[] =
    "SELECT opened_at AS at, kind AS what, about || ': ' || text AS detail FROM timely.hold"
    " WHERE $1 <> '' AND kind <> 'calendar' AND opened_at < $2::timestamptz" // not of one person
    " AND (applied_at IS NULL OR applied_at >= $2::timestamptz) ORDER BY opened_at, hold_id";

static const struct {
    const char *name, *sql;
} sections[] = {
    [EVIDENCE_STOOD] = {"stood", stood_sql},
    [EVIDENCE_KNOWN] = {"known", known_sql},
    [EVIDENCE_FINDING] = {"finding", finding_sql},
    [EVIDENCE_SILENT] = {"silent", silent_sql},
    [EVIDENCE_SAID] = {"said", said_sql},
    [EVIDENCE_TOLD] = {"told", told_sql},
    [EVIDENCE_ANSWERED] = {"answered", answered_sql},
    [EVIDENCE_NOTED] = {"noted", noted_sql},
    [EVIDENCE_HELD] = {"held", held_sql},
};

const struct column evidence_columns[E_COLUMNS] = {
    [E_SECTION] = {"section", NULL, CELL_TEXT, 0},
    [E_AT] = {"at", NULL, CELL_TEXT, 0},
    [E_TIMESCALE] = {"timescale", NULL, CELL_TEXT, 0},
    [E_SUBJECT_REF] = {"subject_ref", NULL, CELL_TEXT, 0},
    [E_TRIGGER_ON] = {"trigger_on", NULL, CELL_TEXT, 0},
    [E_DUE] = {"due", NULL, CELL_TEXT, 0},
    [E_WHAT] = {"what", NULL, CELL_TEXT, 0},
    [E_RUNG] = {"rung", NULL, CELL_TEXT, 0},
    [E_STAFF_ID] = {"staff_id", NULL, CELL_TEXT, 0},
    [E_MESSAGE_ID] = {"message_id", NULL, CELL_NUMBER, 0},
    [E_RFC_MESSAGE_ID] = {"rfc_message_id", NULL, CELL_TEXT, 0},
    [E_SHA256] = {"sha256", NULL, CELL_TEXT, 0},
    [E_STATE] = {"state", NULL, CELL_TEXT, 0},
    [E_STATE_AT] = {"state_at", NULL, CELL_TEXT, 0},
    [E_MET_ON] = {"met_on", NULL, CELL_TEXT, 0},
    [E_IN_TIMESCALE] = {"in_timescale", NULL, CELL_YES_NO, 0},
    [E_BOOKED_AT] = {"booked_at", NULL, CELL_TEXT, 0},
    [E_DETAIL] = {"detail", NULL, CELL_TEXT, 0},
};

static void add_rows(struct session *s, enum evidence_section section, const PGresult *r,
                     struct evidence *e, size_t *room)
{
    for (int i = 0; i < PQntuples(r); i++) {
        struct evidence_row row = {.section = section, .cells = {sections[section].name}};

        for (int c = E_AT; c < E_COLUMNS; c++) {
            int found = PQfnumber(r, evidence_columns[c].name);

            row.cells[c] = found < 0 ? NULL : arena_strdup(s->arena, db_text(r, i, found));
        }
        e->rows = arena_grow(s->arena, e->rows, sizeof *e->rows, e->count, room);
        e->rows[e->count++] = row;
    }
}

static bool read_sections(struct session *s, const char *const *values, struct evidence *e,
                          struct error *err)
{
    size_t room = 0;

    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
        AUTO(pgresult_done) PGresult *r = NULL;

        if (!db_ask(s->store, sections[i].sql, 2, values, &r, err))
            return false;
        add_rows(s, (enum evidence_section)i, r, e, &room);
    }
    return true;
}

static bool read_person(struct session *s, const char *person, struct evidence *e,
                        struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;

    if (!db_ask(s->store,
                "SELECT p.person_id IS NULL, nullif(p.case_ref, ''), p.person_id IS NOT NULL"
                " OR EXISTS (SELECT FROM timely.deadline WHERE person_id = $1)"
                " OR EXISTS (SELECT FROM timely.finding WHERE person_id = $1)"
                " FROM (SELECT) AS one LEFT JOIN timely.person p ON p.person_id = $1",
                1, &person, &r, err))
        return false;
    e->gone = db_bool(r, 0, 0);
    e->reference = arena_strdup(s->arena, db_text(r, 0, 1));
    e->known = db_bool(r, 0, 2);
    return true;
}

bool evidence_read(struct session *s, const char *person, instant before, struct evidence *ret,
                   struct error *err)
{
    const char *values[] = {person, instant_iso(s->arena, before)};
    struct evidence e = {0};

    if (!db_begin(s->store, "REPEATABLE READ, READ ONLY", err) ||
        !read_person(s, person, &e, err) || !read_sections(s, values, &e, err))
        return false;
    *ret = e;
    return true;
}
