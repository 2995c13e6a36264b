// The rules in words (timescales.h).
#include "timescales.h"

#include "document.h"
#include "explain.h"
#include "ladder.h"
#include "naming.h"

static json_t *row_of(struct arena *a, const struct library *l, const struct timescale *t)
{
    const struct version *now = &t->versions[t->version_count - 1];
    json_t *row = json_object();

    json_set_text(row, "timescale", t->id);
    json_set_text(row, "type", naming_type(a, l, t->id));
    json_set_text(row, "title", t->title);
    json_set_text(row, "force", force_word(t->force));
    json_set_text(row, "source", now->source);
    json_set_text(row, "url", now->url);
    json_set_text(row, "evidence", t->evidence ? explain_evidence(a, t->evidence) : NULL);
    json_set_text(row, "reading", t->reading);
    json_set_text(row, "chapter", t->chapter);
    json_object_set_new(row, "speaks", json_boolean(ladder_always_speaks(l, t)));
    json_set_text(row, "acts", ladder_acting_role(l, t));
    return row;
}

static bool publish_teams(struct arena *a, struct db *store, const struct library *l,
                          struct error *err)
{
    const char **ids = ARENA_ARRAY(a, const char *, l->team_ladder_count + 1), *array;

    for (size_t i = 0; i < l->team_ladder_count; i++)
        ids[i] = l->team_ladders[i].team;
    array = db_text_array(a, ids, l->team_ladder_count);
    return db_ask(store,
                  "WITH gone AS (DELETE FROM timely.ruled_team WHERE team_id <> ALL ($1::text[]))"
                  " INSERT INTO timely.ruled_team SELECT DISTINCT unnest($1::text[])"
                  " ON CONFLICT DO NOTHING",
                  1, &array, NULL, err);
}

bool timescales_publish(struct db *store, const struct library *l, struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    AUTO(json_done) json_t *rows = json_array();

    for (size_t i = 0; i < l->timescale_count; i++)
        json_array_append_new(rows, row_of(a, l, &l->timescales[i]));
    return document_ask(
               store,
               "WITH now AS (SELECT * FROM jsonb_to_recordset($1::jsonb) AS n (timescale text,"
               " type text, title text, force text, source text, url text, evidence text,"
               " reading text, chapter text, speaks boolean, acts text)), gone AS (DELETE FROM "
               "timely.timescale"
               " WHERE timescale NOT IN (SELECT timescale FROM now))"
               " INSERT INTO timely.timescale SELECT timescale, type, title, force, source, url,"
               " evidence, reading, chapter, speaks, acts FROM now ON CONFLICT (timescale) DO "
               "UPDATE SET"
               " type = excluded.type, title = excluded.title, force = excluded.force,"
               " source = excluded.source, url = excluded.url, evidence = excluded.evidence,"
               " reading = excluded.reading, chapter = excluded.chapter,"
               " speaks = excluded.speaks, acts = excluded.acts",
               rows, NULL, err) &&
           publish_teams(a, store, l, err);
}
