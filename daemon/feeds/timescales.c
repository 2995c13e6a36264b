// The rules in words (timescales.h).
#include "timescales.h"

#include "explain.h"
#include "naming.h"

#include <jansson.h>

static void set(json_t *row, const char *key, const char *value)
{
    json_object_set_new(row, key, value ? json_string(value) : json_null());
}

static json_t *row_of(struct arena *a, const struct library *l, const struct timescale *t)
{
    const struct version *now = &t->versions[t->version_count - 1];
    json_t *row = json_object();

    set(row, "timescale", t->id);
    set(row, "type", naming_type(a, l, t->id));
    set(row, "title", t->title);
    set(row, "force", force_word(t->force));
    set(row, "source", now->source);
    set(row, "url", now->url);
    set(row, "evidence", t->evidence ? explain_evidence(a, t->evidence) : NULL);
    set(row, "reading", t->reading);
    set(row, "chapter", t->chapter);
    return row;
}

static void json_done(json_t **j)
{
    json_decref(*j);
}

static void string_done(char **s)
{
    free(*s);
}

bool timescales_publish(struct db *store, const struct library *l, struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    AUTO(json_done) json_t *rows = json_array();
    AUTO(string_done) char *text = NULL;

    for (size_t i = 0; i < l->timescale_count; i++)
        json_array_append_new(rows, row_of(a, l, &l->timescales[i]));
    text = json_dumps(rows, JSON_COMPACT);
    if (!text)
        out_of_memory();

    const char *values[] = {text};

    return db_ask(store,
                  "WITH now AS (SELECT * FROM jsonb_to_recordset($1::jsonb) AS n (timescale text,"
                  " type text, title text, force text, source text, url text, evidence text,"
                  " reading text, chapter text)), gone AS (DELETE FROM timely.timescale"
                  " WHERE timescale NOT IN (SELECT timescale FROM now))"
                  " INSERT INTO timely.timescale SELECT timescale, type, title, force, source, url,"
                  " evidence, reading, chapter FROM now ON CONFLICT (timescale) DO UPDATE SET"
                  " type = excluded.type, title = excluded.title, force = excluded.force,"
                  " source = excluded.source, url = excluded.url, evidence = excluded.evidence,"
                  " reading = excluded.reading, chapter = excluded.chapter",
                  1, values, NULL, err);
}
