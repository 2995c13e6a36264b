// Links of mails (mail_links.h).
#include "mail_links.h"

#include "page_secret.h"
#include "text.h"
#include "token.h"

#include <string.h>

// "/why/deadline-000000000000042" stands for "/why/" and a token.
#define WORD "deadline-"
#define DIGITS 15
_Static_assert(sizeof WORD - 1 + DIGITS == TOKEN_DERIVED_CHARS, "lines break as they will");

const char *mail_link_later(struct arena *a, const char *public_url, long long deadline_id)
{
    return arena_printf(a, "%s/why/" WORD "%0*lld", public_url, DIGITS, deadline_id);
}

struct made {
    struct arena *arena;
    const char *place;          // what stands before the digits, the public address with it
    const char **ids, **tokens; // numbers of deadlines in DIGITS digits, and their links
    size_t count;
};

// The deadlines that the text has places for.
static void find_places(struct made *l, const char *text)
{
    const char *digits = text ? text : "";

    l->ids = ARENA_ARRAY(l->arena, const char *, strlen(digits) / DIGITS + 1);
    while ((digits = strstr(digits, l->place))) {
        digits += strlen(l->place);
        if (strspn(digits, "0123456789") >= DIGITS)
            l->ids[l->count++] = arena_strndup(l->arena, digits, DIGITS);
    }
}

static bool make_tokens(struct made *l, struct db *store, const struct outgoing *m,
                        struct error *err)
{
    AUTO(page_secret_done) struct page_secret secret = {.length = 0};

    if (!page_secret_read(store, &secret, err))
        return false;
    l->tokens = ARENA_ARRAY(l->arena, const char *, l->count + 1);
    for (size_t i = 0; i < l->count; i++)
        l->tokens[i] = token_derived(l->arena, secret.bytes, secret.length,
                                     arena_printf(l->arena, "mail\x1f%lld\x1f%s\x1f%s",
                                                  m->message_id, m->staff_id, l->ids[i]));
    return true;
}

// Of those that the message is about. Links of mails that are over go as new ones come. The store
// need not keep them at once: before the mail leaves it will have.
static const char keep_sql[] =
    "WITH over AS (DELETE FROM timely.page_link WHERE expires_at < now()),"
    " meant AS (SELECT DISTINCT n.deadline_id, n.token_hash"
    " FROM unnest($1::bigint[], $2::text[]) AS n (deadline_id, token_hash)"
    " JOIN timely.message_deadline m ON m.message_id = $5::bigint AND m.deadline_id = n.deadline_id"
    "), kept AS (INSERT INTO timely.page_link (deadline_id, token_hash, staff_id, expires_at)"
    " SELECT deadline_id, token_hash, $3, now() + make_interval(days => $4::integer) FROM meant"
    " ON CONFLICT DO NOTHING)"
    " SELECT token_hash, set_config('synchronous_commit', 'off', true) FROM meant";

static bool is_among(const PGresult *hashes, const char *hash)
{
    for (int i = 0; i < PQntuples(hashes); i++)
        if (strcmp(db_text(hashes, i, 0), hash) == 0)
            return true;
    return false;
}

// Leaves those that were kept. Waits.
static bool keep_hashes(struct made *l, struct db *store, const struct outgoing *m,
                        struct error *err)
{
    AUTO(pgresult_done) PGresult *kept = NULL;
    const char **hashes = ARENA_ARRAY(l->arena, const char *, l->count + 1);
    const char *values[] = {db_text_array(l->arena, l->ids, l->count), NULL, m->staff_id,
                            arena_printf(l->arena, "%d", MAIL_LINK_DAYS),
                            arena_printf(l->arena, "%lld", m->message_id)};
    size_t asked = l->count;

    for (size_t i = 0; i < asked; i++)
        hashes[i] = token_hash(l->arena, l->tokens[i]);
    values[1] = db_text_array(l->arena, hashes, asked);
    if (!db_ask_often(store, keep_sql, 5, values, &kept, err))
        return false;
    l->count = 0;
    for (size_t i = 0; i < asked; i++)
        if (is_among(kept, hashes[i])) {
            l->ids[l->count] = l->ids[i];
            l->tokens[l->count++] = l->tokens[i];
        }
    return true;
}

static const char *token_for(const struct made *l, const char *digits)
{
    for (size_t i = 0; i < l->count; i++)
        if (strncmp(digits, l->ids[i], DIGITS) == 0)
            return l->tokens[i];
    return NULL;
}

static const char *filled(const struct made *l, const char *words)
{
    AUTO(text_done) struct text out = {0};
    const char *at;

    if (!words)
        return NULL;
    while ((at = strstr(words, l->place))) {
        const char *digits = at + strlen(l->place), *token = token_for(l, digits);
        const char *kept = token ? digits - strlen(WORD) : digits;

        text_add_n(&out, words, (size_t)(kept - words));
        text_add(&out, token ? token : "");
        words = token ? digits + DIGITS : digits;
    }
    text_add(&out, words);
    return arena_strdup(l->arena, text_str(&out));
}

bool mail_links_make(struct arena *a, struct db *store, const char *public_url, struct outgoing *m,
                     struct error *err)
{
    struct made l = {.arena = a, .place = arena_printf(a, "%s/why/" WORD, public_url)};

    if (!m->staff_id)
        return true;
    find_places(&l, m->text);
    if (l.count == 0)
        return true;
    if (!make_tokens(&l, store, m, err) || !keep_hashes(&l, store, m, err))
        return false;
    m->text = filled(&l, m->text);
    m->html = filled(&l, m->html);
    return true;
}
