// A round of the agenda, in five steps: read what is due, plan its lines, read what the recipients
// were told before, make the mails, write. Steps that compute do not wait; each mail is recorded
// together with the rungs that it says, and only then are its deadlines put off to their next rung.
#include "agenda.h"

#include "agenda_mail.h"
#include "log.h"
#include "zone.h"

#include <stdlib.h>
#include <string.h>

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
    struct plan plan;
    const struct line **order; // the plan's lines by what becomes of them and recipient
    const char **told_today;   // staff_ids, sorted, that had their digest today
    size_t told_count;
    struct line *standing; // by recipient
    size_t standing_count, standing_room, standing_at;
    json_t **documents;
    size_t document_count, document_room;
    struct agenda_report report;
};

static const char *staff_key(const struct line *l)
{
    return l->to ? l->to->id : "";
}

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
                "SELECT DISTINCT n.deadline_id, n.rung FROM timely.notice n"
                " JOIN timely.deadline d USING (deadline_id)"
                " WHERE d.next_notice_at <= $1::timestamptz AND n.due_on = d.due_on"
                " ORDER BY n.deadline_id",
                1, &now, &rows, err))
        return false;
    r->said_count = (size_t)PQntuples(rows);
    r->said = ARENA_ARRAY(r->arena, struct said, r->said_count + 1);
    for (int i = 0; i < PQntuples(rows); i++)
        r->said[i] = (struct said){db_int(rows, i, 0), arena_strdup(r->arena, db_text(rows, i, 1))};
    return true;
}

static bool read_due(struct round *r, struct error *err)
{
    const char *now = instant_iso(r->arena, r->now);

    return owed_read(r->arena, r->store, "d.next_notice_at <= $1::timestamptz", now, &r->owed,
                     &r->count, err) &&
           read_said(r, now, err);
}

// ------------------------------------------------------------------------------ order and waiting

static int by_kind_and_recipient(const void *x, const void *y)
{
    const struct line *a = *(const struct line *const *)x, *b = *(const struct line *const *)y;
    int by = a->how != b->how ? (a->how > b->how) - (a->how < b->how)
                              : strcmp(staff_key(a), staff_key(b));

    if (by != 0)
        return by;
    return (a->owed->deadline_id > b->owed->deadline_id) -
           (a->owed->deadline_id < b->owed->deadline_id);
}

static void plan_lines(struct round *r)
{
    struct plan_input in = input_of(r);

    agenda_plan(r->arena, &in, &r->plan);
    r->order = ARENA_ARRAY(r->arena, const struct line *, r->plan.count + 1);
    for (size_t i = 0; i < r->plan.count; i++) {
        // What nobody can be told is for the operator's mail of the day, however urgent.
        if (!r->plan.lines[i].to && r->plan.lines[i].how == SAY_AT_ONCE)
            r->plan.lines[i].how = SAY_IN_DIGEST;
        r->order[i] = &r->plan.lines[i];
    }
    if (r->plan.count > 1)
        qsort(r->order, r->plan.count, sizeof *r->order, by_kind_and_recipient);
}

static size_t end_of_recipient(const struct round *r, size_t from)
{
    size_t end = from;

    while (end < r->plan.count && r->order[end]->how == r->order[from]->how &&
           strcmp(staff_key(r->order[end]), staff_key(r->order[from])) == 0)
        end++;
    return end;
}

static void put_off(struct round *r, const struct line *const *lines, size_t count, instant until)
{
    for (size_t i = 0; i < count; i++) {
        instant *next = &r->plan.next[lines[i]->owed - r->owed];

        if (until && (*next == 0 || until < *next))
            *next = until;
    }
    r->report.waiting += count;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool was_told_today(const struct round *r, const char *staff_id)
{
    return r->told_count &&
           bsearch(&staff_id, r->told_today, r->told_count, sizeof *r->told_today, by_text);
}

// -------------------------------------------------------------- what the recipients know already

static bool read_told_today(struct round *r, const char *const *keys, size_t count,
                            struct error *err)
{
    AUTO(pgresult_done) PGresult *rows = NULL;
    const char *array = db_text_array(r->arena, keys, count);

    if (!db_ask(r->store,
                "SELECT coalesce(staff_id, '') FROM timely.outbox WHERE dedupe = ANY ($1::text[])",
                1, &array, &rows, err))
        return false;
    r->told_count = (size_t)PQntuples(rows);
    r->told_today = ARENA_ARRAY(r->arena, const char *, r->told_count + 1);
    for (int i = 0; i < PQntuples(rows); i++)
        r->told_today[i] = arena_strdup(r->arena, db_text(rows, i, 0));
    if (r->told_count > 1)
        qsort(r->told_today, r->told_count, sizeof *r->told_today, by_text);
    return true;
}

static int by_recipient(const void *x, const void *y)
{
    const struct line *a = x, *b = y;
    int by = strcmp(staff_key(a), staff_key(b));

    if (by != 0)
        return by;
    return (a->owed->deadline_id > b->owed->deadline_id) -
           (a->owed->deadline_id < b->owed->deadline_id);
}

static int by_deadline(const void *key, const void *element)
{
    long long a = *(const long long *)key, b = ((const struct owed *)element)->deadline_id;

    return (a > b) - (a < b);
}

static bool is_new_to(const struct round *r, const struct staff *to, const struct owed *o)
{
    struct line key = {.owed = o, .to = to};
    const struct line *found = &key;

    for (key.how = SAY_AT_ONCE; key.how <= SAY_IN_DIGEST; key.how++)
        if (r->plan.count &&
            bsearch(&found, r->order, r->plan.count, sizeof *r->order, by_kind_and_recipient))
            return true;
    return false;
}

// Lines of earlier digests whose deadlines still stand, with the rung that was said last.
static const char standing_sql[] =
    "SELECT DISTINCT ON (n.staff_id, n.deadline_id) n.staff_id, n.deadline_id, n.rung"
    " FROM timely.notice n JOIN timely.deadline d USING (deadline_id)"
    " JOIN timely.outbox o USING (message_id)"
    " WHERE n.staff_id = ANY ($1::text[]) AND n.due_on = d.due_on AND d.state = 'open'"
    " AND o.kind IN ('digest', 'alarm')"
    " ORDER BY n.staff_id, n.deadline_id, n.said_at DESC, n.rung";

static void add_standing(struct round *r, const PGresult *rows, const struct owed *owed,
                         size_t owed_count)
{
    struct plan_input in = input_of(r);

    for (int i = 0; i < PQntuples(rows); i++) {
        const char *staff_id = db_text(rows, i, 0);
        long long id = db_int(rows, i, 1);
        const struct owed *o = bsearch(&id, owed, owed_count, sizeof *owed, by_deadline);
        struct line line;

        if (!o || !agenda_standing(r->arena, &in, o, staff_id, db_text(rows, i, 2), &line) ||
            is_new_to(r, line.to, o))
            continue;
        r->standing = arena_grow(r->arena, r->standing, sizeof *r->standing, r->standing_count,
                                 &r->standing_room);
        r->standing[r->standing_count++] = line;
    }
    if (r->standing_count > 1)
        qsort(r->standing, r->standing_count, sizeof *r->standing, by_recipient);
}

static bool read_standing(struct round *r, const char *const *staff, size_t count,
                          struct error *err)
{
    AUTO(pgresult_done) PGresult *rows = NULL;
    const char *array = db_text_array(r->arena, staff, count), **ids;
    struct owed *owed;
    size_t owed_count;

    if (!db_ask(r->store, standing_sql, 1, &array, &rows, err))
        return false;
    ids = ARENA_ARRAY(r->arena, const char *, PQntuples(rows) + 1);
    for (int i = 0; i < PQntuples(rows); i++)
        ids[i] = db_text(rows, i, 1);
    if (!owed_read(r->arena, r->store, "d.deadline_id = ANY ($1::bigint[])",
                   db_text_array(r->arena, ids, (size_t)PQntuples(rows)), &owed, &owed_count, err))
        return false;
    add_standing(r, rows, owed, owed_count);
    return true;
}

static bool read_recipients(struct round *r, struct error *err)
{
    struct date today = london_from_instant(r->now).on;
    const char **keys = ARENA_ARRAY(r->arena, const char *, r->plan.count + 1);
    const char **staff = ARENA_ARRAY(r->arena, const char *, r->plan.count + 1);
    size_t count = 0;

    for (size_t i = 0; i < r->plan.count; i = end_of_recipient(r, i))
        if (r->order[i]->how == SAY_IN_DIGEST) {
            staff[count] = staff_key(r->order[i]);
            keys[count] = agenda_digest_key(r->arena, staff[count], today);
            count++;
        }
    if (count == 0)
        return true;
    return read_told_today(r, keys, count, err) && read_standing(r, staff, count, err);
}

// -------------------------------------------------------------------------------------- the mails

static void add_document(struct round *r, json_t *doc)
{
    r->documents = arena_grow(r->arena, r->documents, sizeof *r->documents, r->document_count,
                              &r->document_room);
    r->documents[r->document_count++] = doc;
    r->report.mails += json_object_get(doc, "message") != NULL;
}

static void make_alarms(struct round *r, const struct agenda_voice *v,
                        const struct line *const *lines, size_t count)
{
    for (size_t i = 0; i < count; i++)
        add_document(r, agenda_alarm(v, lines[i]));
    r->report.lines += count;
}

// Recipients come in the order in which the standing lines are sorted.
static size_t add_standing_of(struct round *r, const struct staff *to, const struct line **ret)
{
    size_t count = 0;

    while (r->standing_at < r->standing_count &&
           strcmp(r->standing[r->standing_at].to->id, to->id) < 0)
        r->standing_at++;
    while (r->standing_at < r->standing_count && r->standing[r->standing_at].to == to)
        ret[count++] = &r->standing[r->standing_at++];
    return count;
}

// New lines and, after them, those that were told before.
static void make_digest(struct round *r, const struct agenda_voice *v,
                        const struct line *const *lines, size_t count)
{
    const struct line **all;

    if (!lines[0]->to) {
        for (size_t i = 0; i < count; i++)
            log_warning("agenda.nobody", "deadline=%lld rung=\"%s\"", lines[i]->owed->deadline_id,
                        lines[i]->rungs[lines[i]->rung_count - 1]);
        r->report.nobody += count;
        add_document(r, agenda_nobody(v, lines, count));
        return;
    }
    all = ARENA_ARRAY(r->arena, const struct line *, count + r->standing_count);
    memcpy(all, lines, count * sizeof *all);
    add_document(r, agenda_digest(v, all, count + add_standing_of(r, lines[0]->to, all + count)));
    r->report.lines += count;
}

struct summed {
    const struct staff *manager;
    const struct line *line;
};

static int by_manager(const void *x, const void *y)
{
    const struct summed *a = x, *b = y;
    int by = strcmp(a->manager->id, b->manager->id);

    if (by != 0)
        return by;
    return (a->line->owed->deadline_id > b->line->owed->deadline_id) -
           (a->line->owed->deadline_id < b->line->owed->deadline_id);
}

// Each deadline once, however many of its rungs passed, to the manager of the team.
static size_t sum_up(struct round *r, const struct line *const *lines, size_t count,
                     struct summed *ret)
{
    struct date today = london_from_instant(r->now).on;
    size_t found = 0;

    for (size_t i = 0; i < count; i++) {
        const struct owed *o = lines[i]->owed;
        const char *ignored;
        const struct staff *manager = agenda_recipient(
            r->arena, r->directory, &o->who, o->child.restricted, "team-manager", today, &ignored);

        if (manager)
            ret[found++] = (struct summed){manager, lines[i]};
    }
    if (found > 1)
        qsort(ret, found, sizeof *ret, by_manager);
    return found;
}

static void make_summaries(struct round *r, const struct agenda_voice *v,
                           const struct line *const *silent, size_t count)
{
    struct summed *all = ARENA_ARRAY(r->arena, struct summed, count + 1);
    const struct line **lines = ARENA_ARRAY(r->arena, const struct line *, count + 1);
    size_t found = sum_up(r, silent, count, all), of_one = 0;

    for (size_t i = 0; i < found; i++) {
        if (of_one == 0 || lines[of_one - 1]->owed != all[i].line->owed)
            lines[of_one++] = all[i].line;
        if (i + 1 == found || all[i + 1].manager != all[i].manager) {
            add_document(r, agenda_summary(v, all[i].manager, lines, of_one));
            of_one = 0;
        }
    }
    add_document(r, agenda_silence(v, silent, count));
    for (size_t i = 0; i < count; i++)
        r->report.silent += silent[i]->rung_count;
}

static void make_mails(struct round *r)
{
    struct agenda_voice v = {r->arena, r->config, r->now};
    bool open = agenda_office_open(*r->library, r->now);
    instant opening = agenda_next_opening(*r->library, r->now);
    size_t silent = 0;

    while (silent < r->plan.count && r->order[silent]->how != SAY_SILENTLY)
        silent++;
    // The summary comes first: who reads it knows why the digest after it is short.
    if (silent < r->plan.count && open)
        make_summaries(r, &v, r->order + silent, r->plan.count - silent);
    else
        put_off(r, r->order + silent, r->plan.count - silent, opening);
    for (size_t i = 0, end; i < silent; i = end) {
        end = end_of_recipient(r, i);
        if (r->order[i]->how == SAY_AT_ONCE)
            make_alarms(r, &v, r->order + i, end - i);
        else if (open && !was_told_today(r, staff_key(r->order[i])))
            make_digest(r, &v, r->order + i, end - i);
        else
            put_off(r, r->order + i, end - i, opening);
    }
}

// ---------------------------------------------------------------------------------------- writing

static bool write_document(struct round *r, json_t *doc, struct error *err)
{
    char *text = json_dumps(doc, JSON_COMPACT);
    const char *values[] = {text};
    bool ok;

    if (!text)
        return fail(err, FAULT_INPUT, "a mail of the agenda could not be written as JSON");
    ok = db_ask(r->store, "SELECT timely.record_telling($1::jsonb)", 1, values, NULL, err);
    free(text);
    return ok;
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
        instant next = r->plan.next[from + i];

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
    for (size_t i = 0; i < r->document_count; i++)
        if (!write_document(r, r->documents[i], err))
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
    if (!read_due(r, err))
        return false;
    r->report.deadlines = r->count;
    plan_lines(r);
    if (!read_recipients(r, err))
        return false;
    make_mails(r);
    return write_round(r, err) && read_next_at(r, err);
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
    bool ok;

    if (!book_state_read(a, store, &state, err))
        return false;
    if (!state.started) {
        *ret = r.report;
        return true;
    }
    r.first_started_at = state.first_started_at;
    ok = do_round(&r, err);
    for (size_t i = 0; i < r.document_count; i++)
        json_decref(r.documents[i]);
    if (ok)
        *ret = r.report;
    return ok;
}
