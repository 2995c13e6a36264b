// One batch of a round: whom it is about, what is known of them, what is to be recorded.
#include "round.h"

#include "blind.h"

#include <stdlib.h>
#include <string.h>

// Recorded in one transaction: enough to spare a first start its waits for the disk.
#define PERSONS_PER_COMMIT 100

// ------------------------------------------------------------------------------- whom it is about

static int by_person(const void *a, const void *b)
{
    return strcmp(((const struct person_work *)a)->person_id,
                  ((const struct person_work *)b)->person_id);
}

struct batch batch_next(struct round *r, size_t from)
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

// ------------------------------------------------------------------------------- their facts

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

// ------------------------------------------------------------------------------- who waits

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

bool batch_prepare(struct round *r, struct batch *b, struct error *err)
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

// ------------------------------------------------------------------------------- recording

struct change_context batch_context(const struct round *r, struct batch *b)
{
    return (struct change_context){r->in->library, r->in->config, r->in->directory, &b->book,
                                   r->now,         r->today,      r->first_start,   r->in->quiet};
}

static const char *family_of(const struct person_work *w)
{
    return w->info ? w->info->family : w->stored->family;
}

// Families together; who has none comes first.
static int by_family(const void *a, const void *b)
{
    const struct person_work *x = *(const struct person_work *const *)a,
                             *y = *(const struct person_work *const *)b;
    const char *fx = family_of(x), *fy = family_of(y);
    int order = strcmp(fx ? fx : "", fy ? fy : "");

    return order ? order : strcmp(x->person_id, y->person_id);
}

static bool one_family(const struct person_work *x, const struct person_work *y)
{
    return family_of(x) && family_of(y) && strcmp(family_of(x), family_of(y)) == 0;
}

// Brothers and sisters share meetings, and an invite that one of them calls for must not leave
// before the others are in it: a family is never parted over two transactions.
bool batch_record(struct round *r, struct batch *b, struct error *err)
{
    struct change_context c = batch_context(r, b);
    struct person_work **ordered = ARENA_ARRAY(b->arena, struct person_work *, b->count + 1);
    json_auto_t *docs = json_array();

    for (size_t i = 0; i < b->count; i++)
        ordered[i] = &b->work[i];
    if (b->count)
        qsort((void *)ordered, b->count, sizeof *ordered, by_family);
    for (size_t i = 0; i < b->count; i++) {
        size_t deadlines, messages;

        json_array_append_new(docs,
                              person_document(b->arena, &c, ordered[i], &deadlines, &messages));
        r->report.persons_recorded++;
        r->report.deadlines_changed += deadlines;
        r->report.messages += messages;
        if (i + 1 < b->count &&
            (json_array_size(docs) < PERSONS_PER_COMMIT || one_family(ordered[i], ordered[i + 1])))
            continue;
        if (!book_record(r->in->store, docs, err))
            return false;
        json_array_clear(docs);
    }
    return true;
}
