// Links (feed_links.h).
#include "feed_links.h"

#include "page_secret.h"
#include "text.h"
#include "token.h"

struct links {
    struct arena *arena;
    const char *kind, *id; // of the owner
    struct page_secret secret;
    struct text deadlines, hashes; // arrays of PostgreSQL's
};

static void links_done(struct links *l)
{
    page_secret_done(&l->secret);
    text_done(&l->deadlines);
    text_done(&l->hashes);
}

static void add_link(struct links *l, struct feed_item *i, const char *public_url)
{
    const char *about = arena_printf(l->arena, "%s\x1f%s\x1f%s", l->kind, l->id, i->uid);
    const char *token = token_derived(l->arena, l->secret.bytes, l->secret.length, about);

    text_addf(&l->deadlines, "%s%lld", l->deadlines.length ? "," : "{", i->deadline_id);
    text_addf(&l->hashes, "%s%s", l->hashes.length ? "," : "{", token_hash(l->arena, token));
    i->link = arena_printf(l->arena, "%s/why/%s", public_url, token);
}

bool feed_links(struct arena *a, struct db *store, const char *public_url, const char *owner_kind,
                const char *owner_id, struct feed_item *items, size_t count, struct error *err)
{
    AUTO(links_done) struct links l = {.arena = a, .kind = owner_kind, .id = owner_id};

    if (!page_secret_read(store, &l.secret, err))
        return false;
    for (size_t i = 0; i < count; i++)
        if (items[i].state != FEED_CANCELLED)
            add_link(&l, &items[i], public_url);
    text_add(&l.deadlines, l.deadlines.length ? "}" : "{}");
    text_add(&l.hashes, l.hashes.length ? "}" : "{}");

    const char *values[] = {owner_kind, owner_id, text_str(&l.deadlines), text_str(&l.hashes)};

    return db_ask(store,
                  "DELETE FROM timely.page_link WHERE owner_kind = $1 AND owner_id = $2"
                  " AND NOT token_hash = ANY ($3::text[])",
                  3, (const char *[]){owner_kind, owner_id, values[3]}, NULL, err) &&
           db_ask(store,
                  "INSERT INTO timely.page_link (owner_kind, owner_id, deadline_id, token_hash)"
                  " SELECT $1, $2, n.deadline_id, n.token_hash"
                  " FROM unnest($3::bigint[], $4::text[]) AS n (deadline_id, token_hash)"
                  " ON CONFLICT DO NOTHING",
                  4, values, NULL, err);
}
