// Links of mails (mail_links.h).
#include "mail_links.h"

#include "page_secret.h"
#include "text.h"
#include "token.h"

#include <string.h>

#define DIGITS MAIL_LINK_DIGITS
_Static_assert(sizeof MAIL_LINK_WORD - 1 + DIGITS == TOKEN_DERIVED_CHARS,
               "lines break as they will");

struct link {
    const char *place, *id; // in DIGITS digits: what stands in the words, the deadline's number
    const char *token;      // what is to stand there
    const char *message_id, *staff_id;
    bool kept; // the message is about this deadline
};

// Of all messages, in their order.
struct made {
    struct arena *arena;
    const char *place; // what stands before the digits, the public address with it
    struct link *links;
    size_t count, room;
};

// The number of the deadline for which digits stand in a message's words; NULL: of none.
// An invite is about each child of its meeting, some of whom its reader may not see: whatever its
// words have but the place of its own page was smuggled in.
static const char *number_for(struct arena *a, const struct outgoing *m, const char *digits)
{
    if (strspn(digits, "0123456789") < DIGITS)
        return NULL;
    if (!m->object_id)
        return arena_strndup(a, digits, DIGITS);
    return strspn(digits, "0") >= DIGITS ? arena_printf(a, "%0*lld", DIGITS, m->page_id) : NULL;
}

// The deadlines that the text of a message has places for.
static void find_places(struct made *l, const struct outgoing *m)
{
    const char *message_id = arena_printf(l->arena, "%lld", m->message_id);
    const char *digits = m->staff_id && m->text ? m->text : "";

    while ((digits = strstr(digits, l->place))) {
        const char *id = number_for(l->arena, m, digits += strlen(l->place));

        if (!id)
            continue;
        l->links = arena_grow(l->arena, l->links, sizeof *l->links, l->count, &l->room);
        l->links[l->count++] = (struct link){.place = arena_strndup(l->arena, digits, DIGITS),
                                             .id = id,
                                             .message_id = message_id,
                                             .staff_id = m->staff_id};
    }
}

static bool make_tokens(struct made *l, struct db *store, struct error *err)
{
    AUTO(page_secret_done) struct page_secret secret = {.length = 0};

    if (!page_secret_read(store, &secret, err))
        return false;
    for (size_t i = 0; i < l->count; i++)
        l->links[i].token =
            token_derived(l->arena, secret.bytes, secret.length,
                          arena_printf(l->arena, "mail\x1f%s\x1f%s\x1f%s", l->links[i].message_id,
                                       l->links[i].staff_id, l->links[i].id));
    return true;
}

// Of those that their message is about. Links of mails that are over go as new ones come. The store
// need not keep them at once: before the mail leaves it will have.
static const char keep_sql[] =
    "WITH asked AS (SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[])"
    " WITH ORDINALITY AS n (message_id, deadline_id, staff_id, token_hash, place)),"
    " over AS (DELETE FROM timely.page_link WHERE expires_at < now()),"
    " kept AS (INSERT INTO timely.page_link (deadline_id, token_hash, staff_id, expires_at)"
    " SELECT deadline_id, token_hash, staff_id, now() + make_interval(days => $5::integer)"
    " FROM asked JOIN timely.message_deadline USING (message_id, deadline_id)"
    " ON CONFLICT DO NOTHING)"
    " SELECT EXISTS (SELECT FROM timely.message_deadline m WHERE m.message_id = a.message_id"
    " AND m.deadline_id = a.deadline_id), set_config('synchronous_commit', 'off', true)"
    " FROM asked a ORDER BY place";

// Waits.
static bool keep_hashes(struct made *l, struct db *store, struct error *err)
{
    enum { MESSAGES, DEADLINES, STAFF, HASHES, COLUMNS };
    AUTO(pgresult_done) PGresult *kept = NULL;
    const char **columns[COLUMNS];
    const char *values[COLUMNS + 1];

    for (int c = 0; c < COLUMNS; c++)
        columns[c] = ARENA_ARRAY(l->arena, const char *, l->count);
    for (size_t i = 0; i < l->count; i++) {
        columns[MESSAGES][i] = l->links[i].message_id;
        columns[DEADLINES][i] = l->links[i].id;
        columns[STAFF][i] = l->links[i].staff_id;
        columns[HASHES][i] = token_hash(l->arena, l->links[i].token);
    }
    for (int c = 0; c < COLUMNS; c++)
        values[c] = db_text_array(l->arena, columns[c], l->count);
    values[COLUMNS] = arena_printf(l->arena, "%d", MAIL_LINK_DAYS);
    if (!db_ask_often(store, keep_sql, COLUMNS + 1, values, &kept, err))
        return false;
    for (size_t i = 0; i < l->count; i++)
        l->links[i].kept = db_bool(kept, (int)i, 0);
    return true;
}

static const char *token_for(const struct link *links, size_t count, const char *digits)
{
    for (size_t i = 0; i < count; i++)
        if (links[i].kept && strncmp(digits, links[i].place, DIGITS) == 0)
            return links[i].token;
    return NULL;
}

// The words of a message with its links.
static const char *filled(const struct made *l, const struct link *links, size_t count,
                          const char *words)
{
    AUTO(text_done) struct text out = {0};
    const char *at;

    if (!words)
        return NULL;
    while ((at = strstr(words, l->place))) {
        const char *digits = at + strlen(l->place), *token = token_for(links, count, digits);
        const char *kept = token ? digits - strlen(MAIL_LINK_WORD) : digits;

        text_add_n(&out, words, (size_t)(kept - words));
        text_add(&out, token ? token : "");
        words = token ? digits + DIGITS : digits;
    }
    text_add(&out, words);
    return arena_strdup(l->arena, text_str(&out));
}

bool mail_links_make(struct arena *a, struct db *store, const char *public_url,
                     struct outgoing *const *messages, size_t count, struct error *err)
{
    struct made l = {.arena = a, .place = arena_printf(a, "%s/why/" MAIL_LINK_WORD, public_url)};
    size_t *first = ARENA_ARRAY(a, size_t, count + 1);

    for (size_t i = 0; i < count; i++) {
        find_places(&l, messages[i]);
        first[i + 1] = l.count;
    }
    if (l.count == 0)
        return true;
    if (!make_tokens(&l, store, err) || !keep_hashes(&l, store, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct link *links = &l.links[first[i]];
        size_t own = first[i + 1] - first[i];

        if (own == 0)
            continue;
        messages[i]->text = filled(&l, links, own, messages[i]->text);
        messages[i]->html = filled(&l, links, own, messages[i]->html);
    }
    return true;
}
