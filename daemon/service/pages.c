// Pages (pages.h).
#include "pages.h"

#include "arena.h"
#include "clock.h"
#include "columns.h"
#include "feeds.h"
#include "log.h"
#include "why_page.h"

#include <stdlib.h>
#include <string.h>

#define WHY "/why/"
#define STYLE "/pages.css"
#define TOKEN_MOST 64
#define PATIENCE (SECONDS(5))

// Nothing but our style; no frames, no forms to elsewhere.
static const char *const headers[] = {
    "Content-Security-Policy",
    "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'",
    NULL};

static const char deadline_sql[] = "SELECT * FROM timely.page_deadline($1)";
static const char changes_sql[] = "SELECT * FROM timely.page_changes($1)";

bool pages_has(const char *path)
{
    return strncmp(path, WHY, strlen(WHY)) == 0 || strcmp(path, STYLE) == 0;
}

static void answer_page(int status, const char *html, struct http_response *ret)
{
    char *body = strdup(html);

    if (!body)
        out_of_memory();
    *ret = (struct http_response){.status = status,
                                  .content_type = "text/html; charset=utf-8",
                                  .body = body,
                                  .length = strlen(body),
                                  .cache_control = "no-store",
                                  .headers = headers,
                                  .release = free,
                                  .owner = body};
}

// ---------------------------------------------------------------------------------- reading

static const char *given(const PGresult *r, int row, int column)
{
    const char *s = db_text(r, row, column);

    return s && *s ? s : NULL;
}

static struct why_page page_of(const PGresult *r)
{
    return (struct why_page){.reference = db_text(r, 0, 0),
                             .title = db_text(r, 0, 1),
                             .force = given(r, 0, 2),
                             .source = given(r, 0, 3),
                             .url = given(r, 0, 4),
                             .evidence = given(r, 0, 5),
                             .reading = given(r, 0, 6),
                             .state = db_text(r, 0, 7),
                             .why = given(r, 0, 8),
                             .today = column_date(r, 0, 9),
                             .due_on = column_date(r, 0, 10),
                             .book_by = column_date(r, 0, 11),
                             .met_on = column_date(r, 0, 12),
                             .due_at = column_moment(r, 0, 13),
                             .booked = column_moment(r, 0, 14),
                             .in_timescale = db_bool(r, 0, 15),
                             .provisional = db_bool(r, 0, 16),
                             .derivation = db_text(r, 0, 17),
                             .not_counted = given(r, 0, 18),
                             .as_of = column_moment(r, 0, 19)};
}

static struct why_change *changes_of(struct arena *a, const PGresult *r)
{
    int count = PQntuples(r);
    struct why_change *all = ARENA_ARRAY(a, struct why_change, count + 1);

    for (int i = 0; i < count; i++)
        all[i] =
            (struct why_change){column_moment(r, i, 0), db_text(r, i, 1), column_date(r, i, 2)};
    return all;
}

// *ret is NULL where the link opens nothing.
static bool read_page(struct arena *a, struct db *db, const struct pages *p, const char *hash,
                      const char *style, const char **ret, struct error *err)
{
    AUTO(pgresult_done) PGresult *deadline = NULL;
    AUTO(pgresult_done) PGresult *changes = NULL;
    struct why_page page;

    *ret = NULL;
    if (!db_ask(db, deadline_sql, 1, &hash, &deadline, err))
        return false;
    if (PQntuples(deadline) == 0)
        return true;
    if (!db_ask(db, changes_sql, 1, &hash, &changes, err))
        return false;
    page = page_of(deadline);
    page.changes = changes_of(a, changes);
    page.change_count = (size_t)PQntuples(changes);
    page.help = p->help;
    *ret = why_page_render(a, &page, style);
    return true;
}

// ------------------------------------------------------------------------------------ answering

static bool ask_store(struct arena *a, const struct pages *p, const char *token, const char *style,
                      const char **ret, struct error *err)
{
    struct db *db;
    bool read;

    if (!store_pool_take(p->pool, PATIENCE, &db, err))
        return false;
    read = read_page(a, db, p, feed_token_hash(a, token), style, ret, err);
    store_pool_give(p->pool, db, read || err->fault != FAULT_AWAY);
    return read;
}

static void answer_why(void *arg, const struct http_request *q, struct http_response *ret)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    const struct pages *p = arg;
    const char *style = arena_printf(a, "%s%s", p->prefix, STYLE);
    const char *token = q->path + strlen(WHY), *html = NULL;
    struct error err;

    if (strlen(token) > TOKEN_MOST) {
        html = NULL;
    } else if (!ask_store(a, p, token, style, &html, &err)) {
        log_warning("page.failed", "reason=\"%s\"", err.text);
        answer_page(503,
                    notice_page_render(a, "Not now, please",
                                       "timely cannot reach its data at the moment. Please try "
                                       "again in a few minutes.",
                                       style),
                    ret);
        return;
    }
    if (html)
        answer_page(200, html, ret);
    else if (throttle_unknown(p->throttle, &q->client, clock_monotonic(), ret))
        answer_page(404,
                    notice_page_render(a, "This link opens nothing",
                                       "It may have been cut in half, or what it led to is no "
                                       "longer in the calendar or mail that it came from. Open "
                                       "your calendar again for the link of today.",
                                       style),
                    ret);
}

void pages_answer(struct pages *p, const struct http_request *q, struct http_response *ret)
{
    if (strcmp(q->path, STYLE) == 0)
        *ret = (struct http_response){.status = 200,
                                      .content_type = "text/css; charset=utf-8",
                                      .body = page_style,
                                      .length = strlen(page_style),
                                      .cache_control = "public, max-age=86400"};
    else
        *ret = (struct http_response){.later = answer_why, .later_arg = p};
}
