// One round of reconciling, in the order of the data: read, believe, fetch, evaluate, guard,
// record.
#include "reconcile.h"

#include "believe.h"
#include "blind.h"
#include "guard.h"
#include "zone.h"

#include <stdlib.h>
#include <string.h>

// Persons handled at a time: bounds memory when a whole country changes at once.
#define PERSONS_AT_ONCE 20000

struct round {
    struct arena *arena;
    const struct reconcile_input *in;
    struct book_state state;
    instant now;
    struct date today;
    const char *now_text;
    bool first_start, rules_changed;
    struct reading *reading; // NULL when the source was not read
    struct belief belief;
    const char **again; // persons to evaluate again from what is accepted
    size_t again_count;
    bool *blind;
    struct round_report report;
};

// The persons of one batch and what is found out about them.
struct batch {
    struct arena *arena;
    struct person_work *work;            // sorted by person_id
    const struct candidate **candidates; // beside work; NULL for those evaluated again only
    size_t count;
    struct book book;
    size_t *source_room, *all_room;
    uint64_t (
        *sums)[MAX_ORIGINS]; // beside work: of the facts fetched, to be those that were compared
};

// ------------------------------------------------------------------------------- whom to look at

static bool list_again(struct round *r, struct error *err)
{
    AUTO(pgresult_done) PGresult *rows = NULL;
    bool everybody = r->rules_changed && !r->first_start;
    const char *today = date_iso(r->arena, r->today);

    if (everybody
            ? !db_ask(r->in->store, "SELECT person_id FROM timely.person", 0, NULL, &rows, err)
            : !db_ask(r->in->store,
                      "SELECT person_id FROM timely.person WHERE look_again_on <= $1::date "
                      "UNION SELECT p.person_id FROM timely.dirty d JOIN timely.person p USING "
                      "(person_id)",
                      1, &today, &rows, err))
        return false;
    r->again_count = (size_t)PQntuples(rows);
    r->again = ARENA_ARRAY(r->arena, const char *, r->again_count + 1);
    for (size_t i = 0; i < r->again_count; i++)
        r->again[i] = arena_strdup(r->arena, db_text(rows, (int)i, 0));
    return true;
}

// ------------------------------------------------------------------------------- a batch's facts

static int by_person(const void *a, const void *b)
{
    return strcmp(((const struct person_work *)a)->person_id,
                  ((const struct person_work *)b)->person_id);
}

static struct person_work *work_of(const struct batch *b, const char *id, size_t length)
{
    size_t low = 0, high = b->count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strncmp(b->work[middle].person_id, id, length);

        if (order == 0 && b->work[middle].person_id[length])
            order = 1;
        if (order == 0)
            return &b->work[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

enum facts_of { OF_SOURCE, KEPT, LOCAL };

struct fact_taker {
    const struct round *round;
    struct batch *batch;
    enum facts_of of;
};

static void append(struct arena *a, struct timeline *t, size_t *room, const struct fact *f)
{
    t->facts = arena_grow(a, t->facts, sizeof *t->facts, t->count, room);
    t->facts[t->count++] = *f;
}

// Kept facts of a held table stand in for the source's; kept facts stand for everything of whom the
// source is not asked about.
static bool kept_fact_counts(const struct fact_taker *k, size_t i, const char *origin)
{
    if (!k->batch->candidates[i])
        return true;
    for (size_t o = 0; o < k->round->reading->origin_count; o++)
        if (strcmp(k->round->reading->origins[o].name, origin) == 0)
            return k->round->reading->origins[o].held != NULL;
    return false;
}

static bool take_fact(void *arg, const struct fact_row *row, struct error *err)
{
    struct fact_taker *k = arg;
    struct batch *b = k->batch;
    struct person_work *w;
    struct fact f;
    size_t i;

    (void)err;
    w = row->length[COLUMN_PERSON] > 0
            ? work_of(b, row->data[COLUMN_PERSON], (size_t)row->length[COLUMN_PERSON])
            : NULL;
    if (!w)
        return true;
    i = (size_t)(w - b->work);
    if (k->of == OF_SOURCE)
        reading_sum_row(k->round->reading, row, b->sums[i]);
    if (fact_row_fault(row))
        return true;
    f = fact_from_row(b->arena, k->round->in->library, row);
    if (k->of != LOCAL && kept_fact_counts(k, i, f.origin) == (k->of == KEPT))
        append(b->arena, &w->source_facts, &b->source_room[i], &f);
    else if (k->of == LOCAL &&
             !w->gone) // of somebody whom the source no longer knows nothing is owed
        append(b->arena, &w->timeline, &b->all_room[i], &f);
    return true;
}

static bool fetch_stored_facts(struct round *r, struct batch *b, const char *const *ids,
                               struct error *err)
{
    struct fact_taker k = {r, b, KEPT};
    const char *array = db_text_array(b->arena, ids, b->count);
    char *quoted = PQescapeLiteral(db_conn(r->in->store), array, strlen(array));
    const char *kept =
        arena_printf(b->arena, "SELECT %s FROM timely.fact WHERE person_id = ANY (%s::text[])",
                     fact_columns, quoted);
    const char *local = arena_printf(
        b->arena, "SELECT %s FROM timely.local_fact WHERE person_id = ANY (%s::text[])",
        fact_columns, quoted);

    PQfreemem(quoted);
    if (!fact_rows_copy(r->in->store, kept, take_fact, &k, err))
        return false;
    k.of = LOCAL;
    return fact_rows_copy(r->in->store, local, take_fact, &k, err);
}

static bool fetch_persons(struct round *r, struct batch *b, const char *const *ids, size_t count,
                          struct error *err)
{
    struct person_info *infos;
    size_t info_count;

    if (!source_persons(b->arena, r->in->source, ids, count, &infos, &info_count, err))
        return false;
    for (size_t i = 0; i < info_count; i++) {
        struct person_work *w = work_of(b, infos[i].person_id, strlen(infos[i].person_id));

        if (w)
            w->info = &infos[i];
    }
    return true;
}

// What the source says of those who changed, in one short snapshot.
static bool fetch_from_source(struct round *r, struct batch *b, const char *const *ids,
                              size_t count, struct error *err)
{
    struct fact_taker k = {r, b, OF_SOURCE};
    struct db *source = r->in->source;

    if (count == 0)
        return true;
    if (db_begin(source, "REPEATABLE READ READ ONLY", err) &&
        fact_rows_copy(source, source_facts_select(b->arena, source, ids, count), take_fact, &k,
                       err) &&
        fetch_persons(r, b, ids, count, err) && db_commit(source, err))
        return true;
    db_rollback(source);
    return explain(err, "reading those who changed in the case database");
}

// All facts of a person in order: the source's, those kept for it, and local events.
static void join_facts(struct batch *b, size_t i)
{
    struct person_work *w = &b->work[i];

    timeline_sort(&w->source_facts);
    for (size_t f = 0; f < w->source_facts.count; f++)
        append(b->arena, &w->timeline, &b->all_room[i], &w->source_facts.facts[f]);
    w->timeline.person_id = w->source_facts.person_id = w->person_id;
    timeline_sort(&w->timeline);
}

static bool fetch_book(struct round *r, struct batch *b, const char *const *ids, struct error *err)
{
    const char **meetings = NULL;
    size_t count = 0, room = 0;

    for (size_t i = 0; i < b->count; i++)
        for (size_t f = 0; f < b->work[i].timeline.count; f++) {
            const struct fact *fact = &b->work[i].timeline.facts[f];

            if (!fact->booking || !fact->meeting)
                continue;
            meetings = arena_grow(b->arena, (void *)meetings, sizeof *meetings, count, &room);
            meetings[count++] = fact->meeting;
        }
    return book_read(b->arena, r->in->store, ids, b->count, meetings, count, &b->book, err);
}

// Fills a batch: facts, persons, what is stored of them.
static bool fetch(struct round *r, struct batch *b, struct error *err)
{
    const char **ids = ARENA_ARRAY(b->arena, const char *, b->count + 1);
    const char **asked = ARENA_ARRAY(b->arena, const char *, b->count + 1);
    size_t asked_count = 0;

    for (size_t i = 0; i < b->count; i++) {
        ids[i] = b->work[i].person_id;
        if (b->candidates[i])
            asked[asked_count++] = ids[i];
    }
    if (!fetch_from_source(r, b, asked, asked_count, err) || !fetch_stored_facts(r, b, ids, err))
        return false;
    for (size_t i = 0; i < b->count; i++)
        join_facts(b, i);
    if (!fetch_book(r, b, ids, err))
        return false;
    for (size_t i = 0; i < b->count; i++)
        b->work[i].stored = &b->book.persons[i]; // both are sorted by person
    return true;
}

// ------------------------------------------------------------------------------- evaluation

static void evaluate_batch(const struct round *r, struct batch *b)
{
    for (size_t i = 0; i < b->count; i++) {
        struct person_work *w = &b->work[i];
        struct stored_key *keys =
            ARENA_ARRAY(b->arena, struct stored_key, w->stored->deadline_count + 1);

        for (size_t k = 0; k < w->stored->deadline_count; k++)
            keys[k] = w->stored->deadlines[k].key;
        evaluate(b->arena, r->in->library, &w->timeline, (struct sight){r->blind}, r->today,
                 &w->evaluation);
        match_deadlines(b->arena, &w->evaluation, keys, w->stored->deadline_count, &w->pairing);
    }
}

// True through *ret_held when this round would change more than a day's work can explain.
static bool mass_change(struct round *r, const struct change_counts *counts, bool *ret_held,
                        struct error *err)
{
    bool whole = r->reading && !r->reading->some && r->belief.waiting_count == 0 &&
                 r->report.persons_waiting == 0;
    const char *why = NULL;

    *ret_held = false;
    if (r->first_start || r->in->trust || r->in->calendar_accepted)
        return true;
    if (!guard_measure(r->arena, r->in, counts, whole, r->now_text, &why, err))
        return false;
    if (why) {
        *ret_held = true;
        snprintf(r->report.said, sizeof r->report.said,
                 "held: %s. Nothing was written; feeds and mails go on with what was known.", why);
    }
    return true;
}

// ------------------------------------------------------------------------------- batches

// The next PERSONS_AT_ONCE persons, candidates first, sorted by person.
static struct batch next_batch(struct round *r, size_t from)
{
    size_t all = r->belief.ready_count + r->again_count;
    struct batch b = {.arena = arena_new(),
                      .count = all - from > PERSONS_AT_ONCE ? PERSONS_AT_ONCE : all - from};
    size_t kept = 0;

    b.work = ARENA_ARRAY(b.arena, struct person_work, b.count + 1);
    for (size_t i = 0; i < b.count; i++) {
        size_t at = from + i;

        b.work[i].person_id = at < r->belief.ready_count ? r->belief.ready[at].id
                                                         : r->again[at - r->belief.ready_count];
        b.work[i].seen_hex = at < r->belief.ready_count ? r->belief.ready[at].seen_hex : NULL;
    }
    if (b.count)
        qsort(b.work, b.count, sizeof *b.work, by_person);
    b.candidates = ARENA_ARRAY(b.arena, const struct candidate *, b.count + 1);
    b.source_room = ARENA_ARRAY(b.arena, size_t, b.count + 1);
    b.all_room = ARENA_ARRAY(b.arena, size_t, b.count + 1);
    b.sums = arena_alloc(b.arena, (b.count + 1) * sizeof *b.sums);
    memset(b.sums, 0, (b.count + 1) * sizeof *b.sums);
    // Somebody who changed and is to be looked at again anyway is handled once, as changed.
    for (size_t i = 0; i < b.count; i++) {
        if (kept && strcmp(b.work[kept - 1].person_id, b.work[i].person_id) == 0) {
            if (b.work[i].seen_hex)
                b.work[kept - 1] = b.work[i];
            continue;
        }
        b.work[kept++] = b.work[i];
    }
    b.count = kept;
    return b;
}

static void link_candidates(struct round *r, struct batch *b)
{
    for (size_t i = 0; i < r->belief.ready_count; i++) {
        const struct candidate *c = &r->belief.ready[i];
        struct person_work *w = work_of(b, c->id, strlen(c->id));

        if (!w)
            continue;
        b->candidates[w - b->work] = c;
        w->facts_changed = true;
        w->gone = c->vanished;
    }
}

static bool fact_known(const struct timeline *t, const struct fact *f)
{
    for (size_t i = 0; i < t->count; i++)
        if (t->facts[i].event == f->event && t->facts[i].ref && f->ref &&
            strcmp(t->facts[i].ref, f->ref) == 0)
            return true;
    return false;
}

// The source may have moved on, or a table have been emptied, since it was compared: what was
// fetched is believed only where it is what was compared.
static bool fetched_otherwise(struct round *r, const struct batch *b, size_t i)
{
    const struct seen_person *p = reading_find(r->reading, b->work[i].person_id);

    for (size_t o = 0; o < r->reading->origin_count; o++) {
        uint64_t compared = p ? p->sums[o] : 0;
        bool is_person = strcmp(r->reading->origins[o].name, source_person_origin) == 0;

        if (r->reading->origins[o].held)
            continue;
        if (is_person ? compared != 0 && !b->work[i].info : compared != b->sums[i][o])
            return true;
    }
    return false;
}

struct vanished_check {
    const struct round *round;
    struct batch *batch;
    bool *lost;
};

static bool check_vanished(void *arg, const struct fact_row *row, struct error *err)
{
    struct vanished_check *v = arg;
    struct person_work *w =
        work_of(v->batch, row->data[COLUMN_PERSON], (size_t)row->length[COLUMN_PERSON]);
    struct fact f;

    (void)err;
    if (!w || fact_row_fault(row))
        return true;
    f = fact_from_row(v->batch->arena, v->round->in->library, row);
    v->lost[w - v->batch->work] |= f.event >= 0 && !fact_known(&w->source_facts, &f);
    return true;
}

// Takes out of the batch, to be looked at again.
static void set_aside(struct round *r, struct batch *b, const bool *aside)
{
    size_t kept = 0;

    for (size_t i = 0; i < b->count; i++) {
        if (aside[i]) {
            r->report.persons_waiting++;
            continue;
        }
        b->work[kept] = b->work[i];
        b->candidates[kept++] = b->candidates[i];
    }
    b->count = kept;
}

static void set_aside_moving(struct round *r, struct batch *b)
{
    bool *aside = ARENA_ARRAY(b->arena, bool, b->count + 1);

    for (size_t i = 0; i < b->count; i++)
        aside[i] = b->candidates[i] && fetched_otherwise(r, b, i);
    set_aside(r, b, aside);
}

// Rows that vanished wait for a second equal reading, even of few persons.
static bool set_aside_vanished(struct round *r, struct batch *b, struct error *err)
{
    struct vanished_check v = {r, b, ARENA_ARRAY(b->arena, bool, b->count + 1)};
    const char **ids = ARENA_ARRAY(b->arena, const char *, b->count + 1), *array;
    char *quoted;
    size_t asked = 0;
    int64_t now = clock_monotonic();
    bool ok;

    for (size_t i = 0; i < b->count; i++)
        if (b->candidates[i] && b->candidates[i]->known &&
            !believe_vanished_rows(r->in->memory, b->candidates[i], now, r->in->config->settle_s))
            ids[asked++] = b->work[i].person_id;
    if (asked == 0 || r->in->trust)
        return true;
    array = db_text_array(b->arena, ids, asked);
    quoted = PQescapeLiteral(db_conn(r->in->store), array, strlen(array));
    ok = fact_rows_copy(
        r->in->store,
        arena_printf(b->arena, "SELECT %s FROM timely.fact WHERE person_id = ANY (%s::text[])",
                     fact_columns, quoted),
        check_vanished, &v, err);
    PQfreemem(quoted);
    if (!ok)
        return false;
    set_aside(r, b, v.lost);
    return true;
}

static bool record_batch(struct round *r, struct batch *b, struct error *err)
{
    struct change_context c = {r->in->library, r->in->config, r->in->directory, &b->book,
                               r->now,         r->today,      r->first_start,   r->in->quiet};

    for (size_t i = 0; i < b->count; i++) {
        size_t deadlines, messages;
        json_t *doc = person_document(b->arena, &c, &b->work[i], &deadlines, &messages);
        bool ok = book_record(r->in->store, doc, err);

        json_decref(doc);
        if (!ok)
            return false;
        r->report.persons_recorded++;
        r->report.deadlines_changed += deadlines;
        r->report.messages += messages;
    }
    return true;
}

static bool prepare_batch(struct round *r, struct batch *b, struct error *err)
{
    link_candidates(r, b);
    if (!fetch(r, b, err))
        return false;
    set_aside_moving(r, b);
    if (!set_aside_vanished(r, b, err))
        return false;
    if (r->first_start && b->count)
        r->blind = blind_survey(r->arena, r->in->library, b->work, b->count);
    evaluate_batch(r, b);
    return true;
}

// Counts first and applies after. When everything fits into one batch it is fetched once.
static bool handle_all(struct round *r, bool *ret_held, struct error *err)
{
    size_t all = r->belief.ready_count + r->again_count;
    struct change_counts counts = {
        ARENA_ARRAY(r->arena, long long, r->in->library->timescale_count + 1), 0};
    bool one = all <= PERSONS_AT_ONCE, ok = true, held = false;

    if (all == 0) // what was held may have been put right
        return mass_change(r, &counts, ret_held, err);
    for (int pass = one || r->first_start ? 1 : 0; ok && pass < 2 && !held; pass++)
        for (size_t from = 0; ok && !held && from < all; from += PERSONS_AT_ONCE) {
            struct batch b = next_batch(r, from);
            struct change_context c = {r->in->library, r->in->config, r->in->directory,
                                       &b.book,        r->now,        r->today,
                                       r->first_start, r->in->quiet};

            ok = prepare_batch(r, &b, err);
            for (size_t i = 0; ok && i < b.count && (one || pass == 0); i++)
                person_count(&c, &b.work[i], &counts);
            if (ok && (one || (pass == 0 && from + PERSONS_AT_ONCE >= all)))
                ok = mass_change(r, &counts, &held, err);
            if (ok && pass == 1 && !held)
                ok = record_batch(r, &b, err);
            arena_free(b.arena);
        }
    *ret_held = held;
    return ok;
}

// ------------------------------------------------------------------------------- the round

static bool record_faults(struct round *r, struct error *err)
{
    json_t *doc = json_object(), *rows = json_array();
    char *text;
    bool ok;

    for (size_t i = 0; i < r->reading->fault_count && i < MAX_FAULTS; i++) {
        const struct faulty_row *f = &r->reading->faults[i];

        json_array_append_new(rows, json_pack("{s:s?, s:s, s:s?, s:s}", "person_id", f->person_id,
                                              "origin", f->origin, "ref", f->ref, "text", f->what));
    }
    json_object_set_new(doc, "now", json_string(r->now_text));
    json_object_set_new(doc, "rows", rows);
    text = json_dumps(doc, JSON_COMPACT);
    json_decref(doc);
    ok = db_ask(r->in->store, "SELECT timely.record_faulty_rows($1::jsonb)", 1,
                (const char *const[]){text}, NULL, err);
    free(text);
    return ok;
}

static bool write_state(struct round *r, bool held, struct error *err)
{
    const char *values[] = {r->now_text,
                            r->in->library->version,
                            date_iso(r->arena, r->today),
                            r->report.said,
                            r->report.deadlines_changed ? "t" : "f",
                            held ? "t" : "f",
                            r->reading ? "t" : "f"};

    return db_ask(
        r->in->store,
        "UPDATE timely.state SET said = nullif($4, ''), "
        "read_at = CASE WHEN $7::boolean THEN now() ELSE read_at END, "
        "read_business_at = CASE WHEN $7::boolean THEN $1::timestamptz ELSE read_business_at END, "
        "changed_at = CASE WHEN $5::boolean THEN $1::timestamptz ELSE changed_at END, "
        "rules_version = CASE WHEN $6::boolean THEN rules_version ELSE $2 END, "
        "reconciled_on = CASE WHEN $6::boolean THEN reconciled_on ELSE $3::date END, "
        "first_started_at = coalesce(first_started_at, CASE WHEN EXISTS (SELECT FROM "
        "timely.person) "
        "THEN $1::timestamptz END)",
        7, values, NULL, err);
}

// The dirty list as it was when the round began, row by row: what is pressed meanwhile stays for
// the next one, whatever its number.
static bool dirty_mark(struct round *r, const char **ret, struct error *err)
{
    AUTO(pgresult_done) PGresult *rows = NULL;

    if (!db_ask(r->in->store, "SELECT coalesce(array_agg(dirty_id), '{}')::text FROM timely.dirty",
                0, NULL, &rows, err))
        return false;
    *ret = arena_strdup(r->arena, db_text(rows, 0, 0));
    return true;
}

static bool begin(struct round *r, struct error *err)
{
    if (!book_state_read(r->arena, r->in->store, &r->state, err))
        return false;
    r->now = business_now(r->in->clock);
    r->today = london_from_instant(r->now).on;
    r->now_text = instant_iso(r->arena, r->now);
    r->first_start = !r->state.started;
    r->rules_changed =
        !r->state.rules_version || strcmp(r->state.rules_version, r->in->library->version) != 0;
    return blind_read(r->arena, r->in, &r->blind, err);
}

static bool read_and_believe(struct round *r, struct error *err)
{
    if (!r->in->source)
        return true;
    if (!source_read(r->in->source, r->in->changed, r->in->changed_count, &r->reading, err))
        return false;
    if (r->reading->torn) {
        r->report.wait_more = true;
        snprintf(r->report.said, sizeof r->report.said,
                 "A table was emptied while it was read; the reading was thrown away.");
        reading_free(r->reading);
        r->reading = NULL;
        return true;
    }
    if (!believe(r->arena, r->in, r->reading, clock_monotonic(), r->now_text, &r->belief, err))
        return false;
    r->report.persons_waiting = r->belief.waiting_count;
    r->report.persons_changed = r->belief.ready_count + r->belief.waiting_count;
    r->report.held = r->belief.held_count > 0;
    if (r->belief.said)
        snprintf(r->report.said, sizeof r->report.said, "%s", r->belief.said);
    return true;
}

static bool finish(struct round *r, bool held, const char *dirty, struct error *err)
{
    if (!held &&
        !db_ask(r->in->store, "DELETE FROM timely.dirty WHERE dirty_id = ANY ($1::bigint[])", 1,
                &dirty, NULL, err))
        return false;
    if (r->reading && !r->reading->some && !record_faults(r, err))
        return false;
    if (r->reading && !r->reading->some && !held && r->report.persons_waiting == 0 &&
        (!believe_accept(r->arena, r->in, r->reading, &r->belief, r->now_text, err) ||
         !guard_used(r->in, r->now_text, err)))
        return false;
    r->report.wait_more |= r->report.persons_waiting > 0;
    r->report.held |= held;
    if (r->first_start && r->report.persons_recorded &&
        !blind_write(r->arena, r->in, r->today, r->blind, err))
        return false;
    return write_state(r, held, err);
}

static bool daily_survey(struct round *r, struct error *err)
{
    bool new_day =
        !date_known(r->state.reconciled_on) || !date_is(r->state.reconciled_on, r->today);
    bool changed;

    if (r->first_start || (!new_day && !r->rules_changed))
        return true;
    if (!blind_survey_everybody(r->arena, r->in, r->today, &r->blind, &changed, err))
        return false;
    r->rules_changed |= changed; // everybody is evaluated again
    return true;
}

static bool whole_round(struct round *r, struct error *err)
{
    const char *dirty;
    bool held;

    return begin(r, err) && dirty_mark(r, &dirty, err) && daily_survey(r, err) &&
           read_and_believe(r, err) && list_again(r, err) && handle_all(r, &held, err) &&
           finish(r, held, dirty, err);
}

bool reconcile_round(const struct reconcile_input *in, struct round_report *ret, struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct round r = {.arena = a, .in = in};
    bool ok = whole_round(&r, err);

    reading_free(r.reading);
    if (ok)
        *ret = r.report;
    return ok;
}

bool store_take(struct db *store, bool *ret_taken, struct error *err)
{
    AUTO(pgresult_done) PGresult *rows = NULL;

    // "timely" in hexadecimal: one number for every store, since the lock is the database's own.
    if (!db_ask(store, "SELECT pg_try_advisory_lock(x'74696d656c79'::bigint)", 0, NULL, &rows, err))
        return false;
    *ret_taken = db_bool(rows, 0, 0);
    return true;
}

bool reconcile_once(struct db *source, struct db *store, const struct library *l,
                    const struct config *c, const struct business_clock *clock, struct error *err)
{
    struct reconcile_memory *memory;
    struct directory *directory;
    struct round_report report;
    bool taken, ok;

    if (!store_take(store, &taken, err))
        return false;
    if (!taken)
        return true;
    if (!directory_read(store, &directory, err))
        return false;
    memory = reconcile_memory_new();
    ok = reconcile_round(&(struct reconcile_input){.source = source,
                                                   .store = store,
                                                   .library = l,
                                                   .config = c,
                                                   .clock = clock,
                                                   .directory = directory,
                                                   .memory = memory,
                                                   .quiet = true,
                                                   .trust = true},
                         &report, err);
    reconcile_memory_free(memory);
    directory_free(directory);
    return ok &&
           db_ask(store, "SELECT pg_advisory_unlock(x'74696d656c79'::bigint)", 0, NULL, NULL, err);
}
