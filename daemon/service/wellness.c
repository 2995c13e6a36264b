// The last answer of timely.wellness(), kept (wellness.h).
#include "wellness.h"

#include "arena.h"
#include "clock.h"

#include <stdlib.h>
#include <string.h>

#define ASK_EVERY SECONDS(10)

struct wellness {
    struct arena *arena; // of the samples
    struct metric *samples;
    size_t count;
    int64_t ask_again_at; // monotonic
};

struct wellness *wellness_new(void)
{
    struct wellness *w = calloc(1, sizeof *w);

    if (!w)
        out_of_memory();
    return w;
}

void wellness_free(struct wellness *w)
{
    arena_free(w->arena);
    free(w);
}

static void keep(struct wellness *w, const PGresult *r)
{
    arena_free(w->arena);
    w->arena = arena_new();
    w->count = (size_t)PQntuples(r);
    w->samples = ARENA_ARRAY(w->arena, struct metric, w->count + 1);
    for (int i = 0; i < PQntuples(r); i++)
        w->samples[i] = (struct metric){"timely_unwell",
                                        "What the self-audit finds not well, by code.",
                                        METRIC_GAUGE,
                                        "code",
                                        arena_strdup(w->arena, db_text(r, i, 0)),
                                        (double)db_int(r, i, 1)};
}

bool wellness_refresh(struct wellness *w, struct db *db, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;
    int64_t began = clock_monotonic(), now;

    if (began < w->ask_again_at)
        return true;
    if (!db_ask(db, "SELECT code, count FROM timely.wellness()", 0, NULL, &r, err))
        return false;
    keep(w, r);
    now = clock_monotonic();
    w->ask_again_at = now + pause_after(now - began, ASK_EVERY);
    return true;
}

void wellness_codes(const struct wellness *w, struct text *ret)
{
    const char *gap = "";

    for (size_t i = 0; i < w->count; i++) {
        const char *code = w->samples[i].label_value;

        if (w->samples[i].value == 0 || strncmp(code, "daemon-", strlen("daemon-")) == 0)
            continue;
        text_addf(ret, "%s%s", gap, code);
        gap = " ";
    }
}

const struct metric *wellness_metrics(const struct wellness *w, size_t *ret_count)
{
    *ret_count = w->count;
    return w->samples;
}
