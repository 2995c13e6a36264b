// Feeds from memory. The store is asked for one sum over everything that matters; only when it has
// changed are the subscriptions listed, and of the bodies only those are fetched that are new.
#include "feeds.h"

#include "arena.h"
#include "clock.h"
#include "feed_body.h"
#include "feed_stale.h"
#include "log.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "/feed/"
#define SUFFIX ".ics"
#define HASH_SIZE 32 // SHA-256
#define CACHE_CONTROL "private, max-age=900"
#define PLAIN_TEXT "text/plain; charset=utf-8"

// The sum of hashes over the live subscriptions and the versions of their bodies.
static const char sum_sql[] =
    "SELECT concat_ws(' ', count(*), sum(hashtextextended(concat_ws(chr(31), f.feed_id, "
    "f.owner_kind, f.owner_id, f.token_hash, b.etag, b.last_modified), 0))) "
    "FROM timely.live_feed f LEFT JOIN timely.feed_body b USING (owner_kind, owner_id)";

// In the order of strcmp() by owner, so that the new list is matched with the old one in one pass.
static const char list_sql[] =
    "SELECT f.feed_id, f.token_hash, f.owner_kind, f.owner_id, b.etag, "
    "floor(extract(epoch FROM b.last_modified))::bigint "
    "FROM timely.live_feed f LEFT JOIN timely.feed_body b USING (owner_kind, owner_id) "
    "ORDER BY f.owner_kind COLLATE \"C\", f.owner_id COLLATE \"C\", f.feed_id";

static const char age_sql[] =
    "SELECT floor(extract(epoch FROM now() - read_at) * 1000000)::bigint, "
    "floor(extract(epoch FROM read_business_at) * 1000000)::bigint FROM timely.state";

static const char body_sql[] =
    "SELECT body_gzip, etag, floor(extract(epoch FROM last_modified))::bigint, "
    "version, oldest_version "
    "FROM timely.feed_body WHERE owner_kind = $1 AND owner_id = $2";

struct subscription {
    long long feed_id;
    unsigned char hash[HASH_SIZE];
    char *owner_kind, *owner_id;
    char *version; // of the body, as the store calls it; NULL: not rendered yet
    struct feed_body *body;
};

// One state of what is known, replaced as a whole.
struct list {
    struct subscription *items; // by owner
    size_t count;
    size_t *index; // open addressing by hash: position + 1, 0 is free
    size_t slots;  // a power of two
    size_t size;   // bytes of bodies
};

struct feeds {
    struct list *list;
    char *sum; // NULL: nothing was read yet
    struct data_age data;
    EVP_MD *sha256;
    EVP_MD_CTX *digest;
    struct throttle *throttle;
};

// Hashes

static void hash_token(struct feeds *f, const char *token, size_t length,
                       unsigned char ret[HASH_SIZE])
{
    if (EVP_DigestInit_ex2(f->digest, f->sha256, NULL) != 1 ||
        EVP_DigestUpdate(f->digest, token, length) != 1 ||
        EVP_DigestFinal_ex(f->digest, ret, NULL) != 1)
        out_of_memory();
}

static bool read_hash(const char *hex, unsigned char ret[HASH_SIZE])
{
    size_t length;

    return strlen(hex) == (size_t)2 * HASH_SIZE &&
           OPENSSL_hexstr2buf_ex(ret, HASH_SIZE, &length, hex, '\0') == 1 && length == HASH_SIZE;
}

// Lists

static void list_free(struct list *l)
{
    if (!l)
        return;
    for (size_t i = 0; i < l->count; i++) {
        free(l->items[i].owner_kind);
        free(l->items[i].owner_id);
        free(l->items[i].version);
        feed_body_release(l->items[i].body);
    }
    free(l->items);
    free(l->index);
    free(l);
}

static size_t first_slot(const struct list *l, const unsigned char hash[HASH_SIZE])
{
    uint64_t head;

    memcpy(&head, hash, sizeof head);
    return (size_t)head & (l->slots - 1);
}

static void build_index(struct list *l)
{
    l->slots = 16;
    while (l->slots < l->count * 2)
        l->slots *= 2;
    l->index = must(calloc(l->slots, sizeof *l->index));
    for (size_t i = 0; i < l->count; i++) {
        size_t slot = first_slot(l, l->items[i].hash);

        while (l->index[slot])
            slot = (slot + 1) & (l->slots - 1);
        l->index[slot] = i + 1;
    }
}

static const struct subscription *find(const struct list *l, const unsigned char hash[HASH_SIZE])
{
    for (size_t slot = first_slot(l, hash); l->index[slot]; slot = (slot + 1) & (l->slots - 1)) {
        const struct subscription *s = &l->items[l->index[slot] - 1];

        if (CRYPTO_memcmp(s->hash, hash, HASH_SIZE) == 0)
            return s;
    }
    return NULL;
}

static int compare_owners(const struct subscription *a, const struct subscription *b)
{
    int kinds = strcmp(a->owner_kind, b->owner_kind);

    return kinds ? kinds : strcmp(a->owner_id, b->owner_id);
}

// Refreshing

static char *version_of(const char *etag, const char *last_modified)
{
    char *version;

    if (!etag || !last_modified)
        return NULL;
    if (asprintf(&version, "%s %s", last_modified, etag) < 0)
        out_of_memory();
    return version;
}

static bool same_version(const struct subscription *a, const struct subscription *b)
{
    return a->version && b->version && strcmp(a->version, b->version) == 0;
}

// Leaves out what no token can have: such a row was not written by timely.
static struct list *read_list(const PGresult *rows)
{
    struct list *l = must(calloc(1, sizeof *l));
    const int count = PQntuples(rows);

    l->items = must(calloc((size_t)count + 1, sizeof *l->items));
    for (int i = 0; i < count; i++) {
        struct subscription *s = &l->items[l->count];

        s->feed_id = db_int(rows, i, 0);
        if (!read_hash(db_text(rows, i, 1), s->hash)) {
            log_error("feed.unusable", "feed=%lld reason=\"its token's hash is none\"", s->feed_id);
            continue;
        }
        s->owner_kind = must(strdup(db_text(rows, i, 2)));
        s->owner_id = must(strdup(db_text(rows, i, 3)));
        s->version = version_of(db_text(rows, i, 4), db_text(rows, i, 5));
        l->count++;
    }
    return l;
}

// Fetches the body of a subscription; keeps the one it has when there is no better one.
static bool fetch_body(struct db *db, struct subscription *s, struct error *err)
{
    const char *const values[] = {s->owner_kind, s->owner_id};
    AUTO(pgresult_done) PGresult *r = NULL;
    struct feed_body *body;

    if (!db_ask(db, body_sql, 2, values, &r, err))
        return false;
    if (PQntuples(r) == 0)
        return true;
    body = feed_body_new(db_text(r, 0, 0), db_text(r, 0, 1), db_int(r, 0, 2));
    if (!body) {
        log_error("feed.unusable", "feed=%lld reason=\"its body is no gzip or its etag is none\"",
                  s->feed_id);
        return true;
    }
    body->version = db_int(r, 0, 3);
    body->oldest_version = db_int(r, 0, 4);
    feed_body_release(s->body);
    s->body = body;
    free(s->version);
    s->version = version_of(db_text(r, 0, 1), PQgetvalue(r, 0, 2));
    return true;
}

// The first subscription of the owner of `s` in what is left of the old list, or NULL.
static const struct subscription *same_owner(const struct subscription **left,
                                             const struct subscription *end,
                                             const struct subscription *s)
{
    while (*left < end && compare_owners(*left, s) < 0)
        ++*left;
    return *left < end && compare_owners(*left, s) == 0 ? *left : NULL;
}

// Gives every subscription its body: its neighbour's of the same owner, the old list's, or a fresh
// one.
static bool fill_list(struct db *db, struct list *l, const struct list *old, struct error *err)
{
    const struct subscription *left = old->items, *const end = old->items + old->count;

    for (struct subscription *s = l->items; s < l->items + l->count; s++) {
        const struct subscription *before;

        if (s > l->items && compare_owners(s - 1, s) == 0) {
            s->body = feed_body_take(s[-1].body);
            continue;
        }
        before = same_owner(&left, end, s);
        if (before)
            s->body = feed_body_take(before->body);
        if (s->version && !(before && same_version(before, s)) && !fetch_body(db, s, err))
            return false;
        if (s->body)
            l->size += s->body->length + s->body->gzip_length;
    }
    return true;
}

static bool reload(struct feeds *f, struct db *db, struct error *err)
{
    AUTO(pgresult_done) PGresult *rows = NULL;
    struct list *l;

    if (!db_ask(db, list_sql, 0, NULL, &rows, err))
        return false;
    l = read_list(rows);
    if (!fill_list(db, l, f->list, err)) {
        list_free(l);
        return false;
    }
    build_index(l);
    if (l->count != f->list->count)
        log_info("feeds.known", "feeds=%zu before=%zu", l->count, f->list->count);
    list_free(f->list);
    f->list = l;
    return true;
}

static bool learn_age(struct feeds *f, struct db *db, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;

    if (!db_ask(db, age_sql, 0, NULL, &r, err))
        return false;
    f->data = (struct data_age){.known = PQntuples(r) == 1 && db_text(r, 0, 0) && db_text(r, 0, 1),
                                .learnt_at = clock_monotonic()};
    if (f->data.known) {
        f->data.age = db_int(r, 0, 0);
        f->data.read_at = db_int(r, 0, 1);
    }
    return true;
}

bool feeds_refresh(struct feeds *f, struct db *db, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;

    if (!learn_age(f, db, err) || !db_ask(db, sum_sql, 0, NULL, &r, err))
        return explain(err, "feeds");
    if (f->sum && strcmp(f->sum, PQgetvalue(r, 0, 0)) == 0)
        return true;
    // What changes from here on changes the next sum.
    if (!reload(f, db, err))
        return explain(err, "feeds");
    free(f->sum);
    f->sum = must(strdup(PQgetvalue(r, 0, 0)));
    return true;
}

static const struct subscription *find_by_token(struct feeds *f, const char *token, size_t length)
{
    unsigned char hash[HASH_SIZE];

    hash_token(f, token, length, hash);
    return find(f->list, hash);
}

bool feeds_find(struct feeds *f, const char *token, size_t length, int64_t now,
                struct feed_found *ret)
{
    const struct subscription *s = find_by_token(f, token, length);

    if (!s)
        return false;
    *ret = (struct feed_found){s->feed_id, s->owner_kind, s->owner_id,
                               s->body ? feed_stale(s->body, &f->data, now) : NULL};
    return true;
}

// Answering

static void answer_text(int status, const char *text, struct http_response *ret)
{
    *ret = (struct http_response){
        .status = status, .content_type = PLAIN_TEXT, .body = text, .length = strlen(text)};
}

// The token of "/feed/TOKEN.ics"; of any other path an empty one, which is hashed all the same.
static const char *token_in(const char *path, size_t *ret_length)
{
    const size_t length = strlen(path), around = strlen(PREFIX SUFFIX);

    *ret_length = 0;
    if (length <= around || strncmp(path, PREFIX, strlen(PREFIX)) != 0 ||
        strcmp(path + length - strlen(SUFFIX), SUFFIX) != 0)
        return "";
    *ret_length = length - around;
    return path + strlen(PREFIX);
}

// The tag to confirm with a 304; NULL: the whole answer is due. A client that kept the other coding
// is right as well: it is the same version.
static const char *unchanged_tag(const struct http_request *q, const struct feed_body *b,
                                 const char *own_tag)
{
    int64_t since;

    if (q->if_none_match) {
        if (conditional_etag_named(q->if_none_match, own_tag))
            return own_tag;
        if (conditional_etag_named(q->if_none_match, b->etag))
            return b->etag;
        if (b->gzip && conditional_etag_named(q->if_none_match, b->etag_gzip))
            return b->etag_gzip;
        return NULL;
    }
    if (q->if_modified_since && conditional_read_date(q->if_modified_since, &since) &&
        b->last_modified <= since)
        return own_tag;
    return NULL;
}

static void answer_body(struct feed_body *b, const struct http_request *q,
                        struct http_response *ret)
{
    assert(b); // there is one to serve: clang-tidy does not see it

    const bool gzip = q->accepts_gzip && b->gzip;
    const char *own_tag = gzip ? b->etag_gzip : b->etag;
    const char *unchanged = unchanged_tag(q, b, own_tag);

    *ret = (struct http_response){
        .status = unchanged ? 304 : 200,
        .content_type = "text/calendar; charset=utf-8",
        .body = gzip ? b->gzip : b->plain,
        .length = gzip ? b->gzip_length : b->length,
        .etag = unchanged ? unchanged : own_tag,
        .last_modified = b->last_modified_date,
        .cache_control = CACHE_CONTROL,
        .gzipped = gzip,
        .release = feed_body_release,
        .owner = feed_body_take(b),
    };
}

void feeds_answer(struct feeds *f, const struct http_request *q, int64_t now,
                  struct http_response *ret)
{
    const struct subscription *s;
    const char *token;
    size_t length;

    token = token_in(q->path, &length);
    s = find_by_token(f, token, length);
    if (!s) {
        if (throttle_unknown(f->throttle, &q->client, now, ret))
            answer_text(404, "There is no such calendar.\n", ret);
        return;
    }
    if (!throttle_feed(f->throttle, s->hash, now, ret))
        return;
    if (s->body)
        answer_body(feed_stale(s->body, &f->data, now), q, ret);
    else
        answer_text(503, "This calendar is not ready yet. Please ask again in a few minutes.\n",
                    ret);
    log_debug("feed.asked", "feed=%lld status=%d", s->feed_id, ret->status);
}

size_t feeds_count(const struct feeds *f)
{
    return f->list->count;
}

size_t feeds_size(const struct feeds *f)
{
    return f->list->size;
}

struct feeds *feeds_new(struct throttle *throttle)
{
    struct feeds *f = must(calloc(1, sizeof *f));

    f->sha256 = must(EVP_MD_fetch(NULL, "SHA256", NULL));
    f->digest = must(EVP_MD_CTX_new());
    f->throttle = throttle;
    f->list = must(calloc(1, sizeof *f->list));
    build_index(f->list);
    return f;
}

void feeds_free(struct feeds *f)
{
    if (!f)
        return;
    list_free(f->list);
    EVP_MD_free(f->sha256);
    EVP_MD_CTX_free(f->digest);
    free(f->sum);
    free(f);
}
