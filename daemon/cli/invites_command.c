// `timely invites`: who holds which invite about a child, and what they have answered.
#include "known.h"
#include "operator.h"
#include "table.h"

// acknowledged: they themselves have said yes or perhaps to the newest version.
static const char invites_sql[] =
    "SELECT DISTINCT o.uid, o.kind, coalesce(to_char(nullif(o.starts_at, o.starts_on),"
    " 'YYYY-MM-DD\"T\"HH24:MI'), o.starts_on::text), h.staff_id, h.sequence_said, h.sequence_sent, "
    "h.answer,"
    " h.answer_sequence, h.answered_at, coalesce(h.acknowledged >= h.sequence_said, false),"
    " to_char(h.proposed_start, 'YYYY-MM-DD\"T\"HH24:MI'),"
    " to_char(h.proposed_end, 'YYYY-MM-DD\"T\"HH24:MI'), h.comment, o.object_id"
    " FROM timely.deadline d JOIN timely.object_deadline USING (deadline_id)"
    " JOIN timely.calendar_object o USING (object_id) JOIN timely.invite_holder h USING (object_id)"
    " WHERE d.person_id = $1 ORDER BY o.object_id, h.staff_id";

enum status run_invites(struct session *s, const struct arguments *g, struct error *err)
{
    static const struct column columns[] = {{"uid", NULL, CELL_TEXT, 0},
                                            {"kind", "Kind", CELL_TEXT, 0},
                                            {"starts", "When", CELL_TEXT, 0},
                                            {"staff_id", "Who", CELL_TEXT, 20},
                                            {"sequence_said", "Version", CELL_NUMBER, 0},
                                            {"sequence_sent", "Sent", CELL_NUMBER, 0},
                                            {"answer", "Answer", CELL_TEXT, 0},
                                            {"answer_sequence", "To version", CELL_NUMBER, 0},
                                            {"answered_at", "Answered", CELL_TEXT, 0},
                                            {"acknowledged", NULL, CELL_YES_NO, 0},
                                            {"proposed_start", "Proposed", CELL_TEXT, 0},
                                            {"proposed_end", NULL, CELL_TEXT, 0},
                                            {"comment", "Comment", CELL_TEXT, 80}};
    enum { COUNT = sizeof columns / sizeof *columns, ANSWERED_AT = 8, ACKNOWLEDGED = 9 };
    AUTO(pgresult_done) PGresult *r = NULL;
    struct table *t;
    bool known;

    if (!session_store(s, err) || !session_reconcile(s, err) ||
        !id_is_known(s, KNOWN_PERSON, g->words[0], &known, err) ||
        !db_ask(s->store, invites_sql, 1, g->words, &r, err))
        return status_of(err);
    if (!known)
        return STATUS_NO;
    t = table_begin(s, columns, COUNT);
    for (int i = 0; i < PQntuples(r); i++) {
        const char *cells[COUNT];

        for (int k = 0; k < COUNT; k++)
            cells[k] = db_text(r, i, k);
        cells[ANSWERED_AT] = session_time(s, cells[ANSWERED_AT]);
        cells[ACKNOWLEDGED] = db_bool(r, i, ACKNOWLEDGED) ? "yes" : "no";
        table_row(t, cells);
    }
    table_end(t);
    if (s->format == FORMAT_PEOPLE && PQntuples(r) == 0)
        text_add(&s->out, "Nobody holds an invite about this person.\n");
    return STATUS_DONE;
}
