// One round of reconciling, in the order of the data: read, believe, fetch, evaluate, guard,
// record.
#include "reconcile.h"

#include "blind.h"
#include "document.h"
#include "guard.h"
#include "leader.h"
#include "round.h"
#include "zone.h"

#include <string.h>

// ------------------------------------------------------------------------------- whom to look at

static bool list_again(struct round *r, struct error *err)
{
    AUTO(pgresult_done) PGresult *rows = NULL;
    bool everybody = r->everybody && !r->first_start;
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

// ------------------------------------------------------------------------------- batches

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
            struct batch b = batch_next(r, from);
            struct change_context c = batch_context(r, &b);

            ok = batch_prepare(r, &b, err);
            for (size_t i = 0; ok && i < b.count && (one || pass == 0); i++)
                person_count(&c, &b.work[i], &counts);
            if (ok && (one || (pass == 0 && from + PERSONS_AT_ONCE >= all)))
                ok = mass_change(r, &counts, &held, err);
            if (ok && pass == 1 && !held)
                ok = batch_record(r, &b, err);
            arena_free(b.arena);
        }
    *ret_held = held;
    return ok;
}

// ------------------------------------------------------------------------------- the round

static bool record_faults(struct round *r, struct error *err)
{
    AUTO(json_done) json_t *doc = json_object();
    json_t *rows = json_array();

    for (size_t i = 0; i < r->reading->fault_count && i < MAX_FAULTS; i++) {
        const struct faulty_row *f = &r->reading->faults[i];

        json_array_append_new(rows, json_pack("{s:s?, s:s, s:s?, s:s}", "person_id", f->person_id,
                                              "origin", f->origin, "ref", f->ref, "text", f->what));
    }
    json_object_set_new(doc, "now", json_string(r->now_text));
    json_object_set_new(doc, "rows", rows);
    return document_ask(r->in->store, "SELECT timely.record_faulty_rows($1::jsonb)", doc, NULL,
                        err);
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
    // After a clock that was ahead, what was to be looked at by it waits for a day that is far
    // away.
    r->everybody =
        !r->state.rules_version || strcmp(r->state.rules_version, r->in->library->version) != 0 ||
        (date_known(r->state.reconciled_on) && date_cmp(r->today, r->state.reconciled_on) < 0);
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
    // What a few persons' reading says of a held table is not believed: it may be filling again,
    // which a reading of everything sees.
    r->report.wait_more |= r->report.persons_waiting > 0 ||
                           (r->reading && r->reading->some && r->belief.held_count > 0);
    r->report.held |= held;
    if (r->first_start && r->report.persons_recorded &&
        !blind_write(r->arena, r->in, r->today, r->blind, err))
        return false;
    // Other rules may have other ladders; a first start finds everything new.
    if (r->everybody && !r->first_start && !held &&
        !db_ask(r->in->store, "SELECT timely.look_again($1::timestamptz)", 1,
                (const char *[]){r->now_text}, NULL, err))
        return false;
    return write_state(r, held, err);
}

static bool daily_survey(struct round *r, struct error *err)
{
    bool new_day =
        !date_known(r->state.reconciled_on) || !date_is(r->state.reconciled_on, r->today);
    bool changed;

    if (r->first_start || (!new_day && !r->everybody))
        return true;
    if (!blind_survey_everybody(r->arena, r->in, r->today, &r->blind, &changed, err))
        return false;
    r->everybody |= changed;
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

static bool reconcile_alone(struct db *source, struct db *store, const struct library *l,
                            const struct config *c, const struct business_clock *clock,
                            struct error *err)
{
    struct reconcile_memory *memory;
    struct directory *directory;
    struct round_report report;
    bool ok;

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
    return ok;
}

bool reconcile_once(struct db *source, struct db *store, const struct library *l,
                    const struct config *c, const struct business_clock *clock, struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    const char *name = leader_name(a);
    struct error ignored;
    long long epoch;
    bool ok;

    if (!leader_take(store, name, &epoch, err))
        return false;
    if (!epoch)
        return true;
    ok = leader_claim(store, name, epoch, err) &&
         reconcile_alone(source, store, l, c, clock, err) && leader_claim(store, name, 0, err);
    // Also after a failure: whoever waits for the lead need not wait for the end of the lease.
    return leader_resign(store, name, ok ? err : &ignored) && ok;
}
