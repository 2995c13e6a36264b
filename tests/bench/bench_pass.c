// A full pass over the source with nothing to write, beside a bare unordered binary COPY of the
// same facts by plain blocking libpq that throws every row away. Both take turns; medians.
//
//     bench_pass CONNINFO first          accepts everything there is, as a first start does
//     bench_pass CONNINFO fill           notes the sums alone as accepted: quick, no deadlines
//     bench_pass CONNINFO compare RUNS   prints the two times, their ratio and the peak memory
//
// Source and store are one database. A pass that finds something to write is an error.
#include "reconcile.h"
#include "text.h"
#include "zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define MOST_RUNS 99

struct bench {
    struct arena *arena;
    const char *conninfo, *what;
    int runs;
    struct db *source, *store;
    struct library *library;
    struct config config;
    struct business_clock clock; // real time
    int status;
};

static bool open_both(struct bench *b, struct error *err)
{
    struct db_options o = {.conninfo = b->conninfo, .role_name = "bench_pass"};

    if (!db_open(&o, &b->store, err))
        return false;
    o.read_only = true;
    return db_open(&o, &b->source, err);
}

// -------------------------------------------------------------------------------- accepting

// A person's sums as timely.person.seen holds them: ten bytes a table, by the table's number.
static void add_seen(struct text *line, const struct seen_person *p, const int *numbers,
                     size_t count)
{
    text_addf(line, "%s\t\\\\x", p->id);
    for (size_t number = 1; number <= count; number++)
        for (size_t i = 0; i < count; i++)
            if (numbers[i] == (int)number && p->sums[i])
                text_addf(line, "%04x%016llx", (unsigned)number, (unsigned long long)p->sums[i]);
    text_add(line, "\t2024-01-01\n");
}

static bool put_persons(struct bench *b, const struct reading *r, const int *numbers,
                        struct error *err)
{
    AUTO(text_done) struct text line = {0};

    if (!db_copy_begin(b->store, "COPY timely.person (person_id, seen, accepted_at) FROM STDIN",
                       err))
        return false;
    for (size_t i = 0; i < r->room; i++) {
        if (!r->persons[i])
            continue;
        text_clear(&line);
        add_seen(&line, r->persons[i], numbers, r->origin_count);
        if (!db_copy_put(b->store, text_str(&line), line.length, err))
            return false;
    }
    return db_copy_end(b->store, NULL, err);
}

static bool put_tables(struct bench *b, const struct reading *r, struct error *err)
{
    for (size_t i = 0; i < r->origin_count; i++) {
        const char *values[] = {arena_printf(b->arena, "%zu", i + 1), r->origins[i].name,
                                arena_printf(b->arena, "%lld", r->origins[i].rows),
                                arena_printf(b->arena, "%lld", r->origins[i].filenode)};

        if (!db_ask(b->store,
                    "INSERT INTO timely.source_table OVERRIDING SYSTEM VALUE VALUES ($1::smallint, "
                    "$2, $3::bigint, $4::bigint, now())",
                    4, values, NULL, err))
            return false;
    }
    return true;
}

static bool fill(struct bench *b, struct error *err)
{
    const char *today = date_iso(b->arena, london_from_instant(business_now(&b->clock)).on);
    const char *values[] = {b->library->version, today};
    int numbers[MAX_ORIGINS];
    struct reading *r;
    bool ok;

    if (!source_read(b->source, NULL, 0, &r, err))
        return false;
    for (size_t i = 0; i < r->origin_count; i++)
        numbers[i] = (int)i + 1;
    ok = put_tables(b, r, err) && put_persons(b, r, numbers, err) &&
         db_ask(b->store,
                "UPDATE timely.state SET rules_version = $1, reconciled_on = $2::date, "
                "first_started_at = now()",
                2, values, NULL, err);
    reading_free(r);
    return ok;
}

static bool first(struct bench *b, struct error *err)
{
    int64_t began = clock_monotonic();

    if (!reconcile_once(b->source, b->store, b->library, &b->config, &b->clock, err))
        return false;
    printf("first pass, everything to write: %.2f s\n", (double)(clock_monotonic() - began) / 1e6);
    return true;
}

// -------------------------------------------------------------------------------- comparing

// The yardstick: nothing but libpq.
static bool bare_copy(struct bench *b, long long *ret_bytes, struct error *err)
{
    PGconn *conn = PQconnectdb(b->conninfo);
    PGresult *r = PQexec(conn, "COPY (SELECT * FROM timely_source.fact) TO STDOUT (FORMAT binary)");
    bool ok = PQresultStatus(r) == PGRES_COPY_OUT;
    char *row;
    int length;

    *ret_bytes = 0;
    while (ok && (length = PQgetCopyData(conn, &row, 0)) > 0) {
        *ret_bytes += length;
        PQfreemem(row);
    }
    PQclear(r);
    PQfinish(conn);
    return ok || fail(err, FAULT_INPUT, "the bare copy was refused");
}

static bool pass(struct bench *b, struct reconcile_memory *memory, struct error *err)
{
    struct directory *directory;
    struct round_report report;
    bool ok;

    if (!directory_read(b->store, &directory, err))
        return false;
    ok = reconcile_round(&(struct reconcile_input){.source = b->source,
                                                   .store = b->store,
                                                   .library = b->library,
                                                   .config = &b->config,
                                                   .clock = &b->clock,
                                                   .directory = directory,
                                                   .memory = memory},
                         &report, err);
    directory_free(directory);
    if (ok && (report.persons_changed || report.persons_recorded || report.held))
        return fail(err, FAULT_INPUT, "the pass found %zu persons changed, recorded %zu: %s",
                    report.persons_changed, report.persons_recorded, report.said);
    return ok;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *figures, int count)
{
    qsort(figures, (size_t)count, sizeof *figures, by_size);
    return figures[count / 2];
}

static long peak_mb(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss / 1024;
}

static bool compare(struct bench *b, struct error *err)
{
    struct reconcile_memory *memory = reconcile_memory_new();
    double ours[MOST_RUNS], bare[MOST_RUNS];
    long long bytes = 0;
    bool ok = true;

    for (int i = 0; ok && i < b->runs; i++) {
        int64_t began = clock_monotonic();

        ok = bare_copy(b, &bytes, err);
        bare[i] = (double)(clock_monotonic() - began) / 1e6;
        began = clock_monotonic();
        ok = ok && pass(b, memory, err);
        ours[i] = (double)(clock_monotonic() - began) / 1e6;
    }
    reconcile_memory_free(memory);
    if (!ok)
        return false;
    double our_s = median(ours, b->runs), bare_s = median(bare, b->runs);

    printf("full pass, nothing to write: %.3f s  bare COPY of %lld MB: %.3f s  ratio %.2f (aim at "
           "most 1.5)  peak memory %ld MB (aim at most 400)  median of %d\n",
           our_s, bytes / 1000000, bare_s, our_s / bare_s, peak_mb(), b->runs);
    return true;
}

// -------------------------------------------------------------------------------- main

static bool work(struct bench *b, struct error *err)
{
    if (!open_both(b, err))
        return false;
    if (strcmp(b->what, "first") == 0)
        return first(b, err);
    if (strcmp(b->what, "fill") == 0)
        return fill(b, err);
    return compare(b, err);
}

static void run(void *arg)
{
    struct bench *b = arg;
    struct error err;

    if (!work(b, &err)) {
        (void)fprintf(stderr, "bench_pass: %s\n", err.text);
        b->status = 1;
    }
    db_close(b->source);
    db_close(b->store);
}

int main(int argc, char **argv)
{
    struct bench b = {.arena = arena_new(), .runs = argc > 3 ? atoi(argv[3]) : 5};
    struct loop *loop = loop_new();
    struct error err = {.text = "CONNINFO first|fill|compare [RUNS]"};

    config_defaults(b.arena, &b.config);
    if (argc < 3 || b.runs < 1 || b.runs > MOST_RUNS ||
        !library_load(b.config.rules_dir, NULL, &b.library, &err)) {
        (void)fprintf(stderr, "bench_pass: %s\n", err.text);
        return 2;
    }
    b.conninfo = argv[1];
    b.what = argv[2];
    loop_run_one(loop, "bench", run, &b);
    loop_free(loop);
    library_free(b.library);
    arena_free(b.arena);
    return b.status;
}
