// A round of the agenda, in five steps: read what is due (once a week the list too), gather its
// lines, read what the recipients were told before, decide the mails, write. Steps that compute do
// not wait; each mail is recorded together with the rungs that it says, and only then are its
// deadlines put off to their next rung. A week's lists are recorded together or not at all.
#include "agenda.h"

#include "agenda_mail.h"
#include "agenda_office.h"
#include "agenda_recall.h"
#include "document.h"
#include "log.h"
#include "weekly_read.h"
#include "zone.h"

#define NEXT_BATCH 1000

struct round {
    struct arena *arena;
    struct db *store;
    struct library *const *library;
    const struct config *config;
    const struct directory *directory;
    instant now, first_started_at;
    struct owed *owed;
    size_t count;
    struct said *said;
    size_t said_count;
    struct recollection known;
    struct week *week; // the list that is due; NULL: none is
    struct agenda_decision decision;
    struct agenda_report report;
};

static struct plan_input input_of(const struct round *r)
{
    return (struct plan_input){.library = *r->library,
                               .directory = r->directory,
                               .now = r->now,
                               .first_started_at = r->first_started_at,
                               .owed = r->owed,
                               .count = r->count,
                               .said = r->said,
                               .said_count = r->said_count};
}

// --------------------------------------------------------------------------------- what is due

static bool read_said(struct round *r, const char *now, struct error *err)
{
    AUTO(pgresult_done) PGresult *rows = NULL;

    if (!db_ask(r->store,
                "SELECT s.deadline_id, s.rung, s.staff_id,"
                " (extract(epoch FROM s.said_at) * 1000000)::bigint,"
                " s.message_id IS NOT NULL AND s.staff_id <> '', s.stands FROM timely.said s"
                " JOIN timely.deadline d USING (deadline_id)"
                " WHERE d.next_notice_at <= $1::timestamptz ORDER BY s.deadline_id",
                1, &now, &rows, err))
        return false;
    r->said_count = (size_t)PQntuples(rows);
    r->said = ARENA_ARRAY(r->arena, struct said, r->said_count + 1);
    for (int i = 0; i < PQntuples(rows); i++)
        r->said[i] = (struct said){db_int(rows, i, 0),
                                   arena_strdup(r->arena, db_text(rows, i, 1)),
                                   arena_strdup(r->arena, db_text(rows, i, 2)),
                                   db_int(rows, i, 3),
                                   db_bool(rows, i, 4),
                                   db_bool(rows, i, 5)};
    return true;
}

static bool read_due(struct round *r, struct error *err)
{
    const char *now = instant_iso(r->arena, r->now);

    return owed_read(r->arena, r->store, "d.next_notice_at <= $1::timestamptz", now, &r->owed,
                     &r->count, err) &&
           read_said(r, now, err);
}

// A list that waits is made anew for the next digest, one that was taken back at once.
static bool read_list_again(struct round *r, struct error *err)
{
    bool waits = r->known.taken_back.list_count > 0;

    for (size_t i = 0; i < r->known.had_count; i++)
        waits |= r->known.had[i].list_waits && !r->known.had[i].today;
    return r->week || !waits ||
           weekly_read_again(r->arena, r->store, *r->library, r->directory, r->now, &r->week, err);
}

// ---------------------------------------------------------------------------------------- writing

static bool write_document(struct round *r, json_t *doc, struct error *err)
{
    bool ok = document_ask(r->store, "SELECT timely.record_telling($1::jsonb)", doc, NULL, err);

    r->report.mails += json_object_get(doc, "message") != NULL;
    json_decref(doc);
    return ok;
}

static void report_nobody(struct round *r, const struct agenda_mail *m)
{
    for (size_t i = 0; i < m->count; i++)
        log_warning("agenda.nobody", "deadline=%lld rung=\"%s\"", m->lines[i]->owed->deadline_id,
                    m->lines[i]->rungs[m->lines[i]->rung_count - 1]);
    r->report.nobody += m->count;
}

// One that is recorded with its week. Made anew, it is a mail like others.
static bool is_weekly_list(const struct agenda_mail *m)
{
    return m->list && !m->list->week->again;
}

// A week's lists all together: one that is not in has its reader without a list for a week.
static bool write_lists(struct round *r, struct error *err)
{
    AUTO(json_done) json_t *doc = json_object();
    const struct agenda_decision *d = &r->decision;
    struct agenda_voice v = {r->arena, r->config, r->directory, r->now};
    json_t *tellings = json_array();

    for (size_t i = 0; i < d->mail_count; i++)
        if (is_weekly_list(&d->mails[i]))
            json_array_append_new(tellings, agenda_document(&v, &d->mails[i]));
    r->report.mails += json_array_size(tellings);
    json_set_text(doc, "monday", date_iso(r->arena, r->week->monday));
    json_object_set_new(doc, "tellings", tellings);
    return document_ask(r->store, "SELECT timely.record_weekly($1::jsonb)", doc, NULL, err);
}

static bool write_mails(struct round *r, struct error *err)
{
    const struct agenda_decision *d = &r->decision;
    struct agenda_voice v = {r->arena, r->config, r->directory, r->now};

    for (size_t i = 0; i < d->mail_count; i++) {
        if (d->mails[i].kind == MAIL_NOBODY)
            report_nobody(r, &d->mails[i]);
        if (!is_weekly_list(&d->mails[i]) &&
            !write_document(r, agenda_document(&v, &d->mails[i]), err))
            return false;
    }
    if (r->week && !r->week->again && !write_lists(r, err))
        return false;
    for (size_t i = 0; i < d->silent_count; i++)
        r->report.silent += d->silent[i]->rung_count;
    return d->silent_count == 0 ||
           write_document(r, agenda_silence(&v, d->silent, d->silent_count), err);
}

// Only where the deadline is as it was read: one that a reconcile has changed in between has its
// next moment from there.
static const char next_sql[] =
    "UPDATE timely.deadline d SET next_notice_at = n.next FROM"
    " unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[], $4::timestamptz[])"
    " AS n (deadline_id, next, was, changed_at)"
    " WHERE d.deadline_id = n.deadline_id AND d.next_notice_at = n.was"
    " AND d.changed_at = n.changed_at";

static bool write_next(struct round *r, size_t from, size_t count, struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    const char **columns[4], *values[4];

    for (size_t c = 0; c < 4; c++)
        columns[c] = ARENA_ARRAY(a, const char *, count);
    for (size_t i = 0; i < count; i++) {
        const struct owed *o = &r->owed[from + i];
        instant next = r->decision.plan.next[from + i];

        columns[0][i] = arena_printf(a, "%lld", o->deadline_id);
        columns[1][i] = next && o->open ? instant_iso(a, next) : NULL;
        columns[2][i] = o->next_notice_at;
        columns[3][i] = o->changed_at;
    }
    for (size_t c = 0; c < 4; c++)
        values[c] = db_text_array(a, columns[c], count);
    return db_ask(r->store, next_sql, 4, values, NULL, err);
}

static bool write_round(struct round *r, struct error *err)
{
    if (!write_mails(r, err))
        return false;
    for (size_t i = 0; i < r->count; i += NEXT_BATCH)
        if (!write_next(r, i, r->count - i < NEXT_BATCH ? r->count - i : NEXT_BATCH, err))
            return false;
    return true;
}

static bool read_next_at(struct round *r, struct error *err)
{
    AUTO(pgresult_done) PGresult *rows = NULL;

    if (!db_ask(r->store,
                "SELECT (extract(epoch FROM min(next_notice_at)) * 1000000)::bigint"
                " FROM timely.deadline WHERE next_notice_at IS NOT NULL",
                0, NULL, &rows, err))
        return false;
    r->report.next_at = db_int(rows, 0, 0);
    return true;
}

static bool do_round(struct round *r, struct error *err)
{
    struct plan_input in;

    if (!weekly_read(r->arena, r->store, *r->library, r->directory, r->now, &r->week, err) ||
        !taken_back_read(r->arena, r->store, r->now, agenda_office_open(*r->library, r->now),
                         &r->known.taken_back, err) ||
        !read_due(r, err))
        return false;
    in = input_of(r);
    agenda_gather(r->arena, &in, &r->decision);
    if (!agenda_recall(r->arena, r->store,
                       &(struct recall_input){.library = r->library,
                                              .config = r->config,
                                              .directory = r->directory,
                                              .now = r->now,
                                              .decision = &r->decision},
                       &r->known, err) ||
        !read_list_again(r, err))
        return false;
    in = input_of(r); // the library may be another one after a wait
    agenda_decide(r->arena, &in, &r->known, r->week, &r->decision);
    r->report.deadlines = r->count;
    r->report.lines = r->decision.line_count;
    r->report.waiting = r->decision.waiting_count;
    return write_round(r, err) && taken_back_done(r->store, &r->known.taken_back, err) &&
           read_next_at(r, err);
}

bool agenda_round(struct db *store, struct library *const *library, const struct config *config,
                  const struct directory *directory, instant now, struct agenda_report *ret,
                  struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct round r = {.arena = a,
                      .store = store,
                      .library = library,
                      .config = config,
                      .directory = directory,
                      .now = now};
    struct book_state state;

    if (!book_state_read(a, store, &state, err))
        return false;
    if (!state.started) {
        *ret = r.report;
        return true;
    }
    r.first_started_at = state.first_started_at;
    if (!do_round(&r, err))
        return false;
    *ret = r.report;
    return true;
}
