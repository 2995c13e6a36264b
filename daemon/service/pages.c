// Pages (pages.h).
#include "pages.h"

#include "arena.h"
#include "clock.h"
#include "columns.h"
#include "feeds.h"
#include "http_request.h"
#include "log.h"
#include "page_form.h"
#include "page_visitor.h"
#include "token.h"
#include "why_page.h"
#include "zone.h"

#include <stdlib.h>
#include <string.h>

#define WHY "/why/"
#define STYLE "/pages.css"
#define TOKEN_MOST 64
#define FORM_MOST 8192 // bytes
#define PATIENCE (SECONDS(5))

// Nothing but our style; no frames, no forms to elsewhere.
static const char policy[] =
    "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'";
static const char *const headers[] = {"Content-Security-Policy", policy, NULL};

static const char deadline_sql[] = "SELECT * FROM timely.page_deadline($1, $2)";
static const char changes_sql[] = "SELECT * FROM timely.page_changes($1, $2)";
static const char recipient_sql[] = "SELECT * FROM timely.page_recipient($1, $2)";
static const char press_sql[] = "SELECT timely.press_page($1, $2, $3, $4::date, $5)";

bool pages_has(const char *path)
{
    return strncmp(path, WHY, strlen(WHY)) == 0 || strcmp(path, STYLE) == 0;
}

bool pages_takes_form(const char *path)
{
    return strncmp(path, WHY, strlen(WHY)) == 0;
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
                             .now = column_moment(r, 0, 9),
                             .due_on = column_date(r, 0, 10),
                             .book_by = column_date(r, 0, 11),
                             .met_on = column_date(r, 0, 12),
                             .due_at = column_moment(r, 0, 13),
                             .booked = column_meeting(r, 0, 14),
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

static struct why_recipient *recipient_of(struct arena *a, const PGresult *r,
                                          const struct page_form_key *key)
{
    const struct date today = london_from_instant(clock_real()).on;
    struct why_recipient *to = ARENA_NEW(a, struct why_recipient);

    if (PQntuples(r) == 0)
        return NULL;
    *to = (struct why_recipient){.form_token = page_form_token(a, key, today),
                                 .acts = db_bool(r, 0, 0),
                                 .in_hand_until = column_date(r, 0, 1),
                                 .reason = db_text(r, 0, 2),
                                 .done_until = column_date(r, 0, 3),
                                 .waits = db_bool(r, 0, 4),
                                 .refused = given(r, 0, 5)};
    return to;
}

// What came with a link: the page is asked for, or a word is pressed there.
struct visit {
    struct arena *arena;
    const struct pages *pages;
    const struct http_request *request;
    const char *token, *hash, *style;
    struct page_visitor visitor; // all NULL without sign-on
    struct page_form_key key;
    struct page_word word;

    // What the store said.
    enum page_admission admission;
    const char *html; // NULL: the link opens nothing
    bool pressed;     // the word was put down
};

static bool read_visitor(struct visit *v, struct db *db, struct error *err)
{
    return page_visitor_read(v->arena, db, v->hash, v->request->identity, v->pages->by_email,
                             &v->visitor, &v->admission, err);
}

static bool read_page(struct visit *v, struct db *db, struct error *err)
{
    const char *values[] = {v->hash, v->visitor.staff_id};
    AUTO(pgresult_done) PGresult *deadline = NULL;
    AUTO(pgresult_done) PGresult *changes = NULL;
    AUTO(pgresult_done) PGresult *recipient = NULL;
    struct why_page page;

    if (!db_ask(db, deadline_sql, 2, values, &deadline, err))
        return false;
    if (PQntuples(deadline) == 0)
        return true;
    if (!db_ask(db, changes_sql, 2, values, &changes, err) ||
        !db_ask(db, recipient_sql, 2, values, &recipient, err))
        return false;
    page = page_of(deadline);
    page.changes = changes_of(v->arena, changes);
    page.change_count = (size_t)PQntuples(changes);
    page.recipient = recipient_of(v->arena, recipient, &v->key);
    page.signed_in_as = v->visitor.name;
    page.help = v->pages->help;
    v->html = why_page_render(v->arena, &page, v->style);
    return true;
}

static bool press(struct visit *v, struct db *db, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;
    const struct page_word *w = &v->word;
    const char *values[] = {v->hash, v->visitor.staff_id, w->done ? "done" : "in-hand",
                            w->done ? NULL : date_iso(v->arena, w->last_day),
                            w->done ? NULL : w->reason};

    if (!db_ask(db, press_sql, 5, values, &r, err))
        return false;
    v->pressed = db_bool(r, 0, 0);
    return true;
}

// ------------------------------------------------------------------------------------ answering

static void answer_notice(const struct visit *v, int status, const char *heading, const char *words,
                          struct http_response *ret)
{
    answer_page(status, notice_page_render(v->arena, heading, words, v->style), ret);
}

// Asks the store; false when it is away, and answered so.
static bool ask_store(struct visit *v,
                      bool (*ask)(struct visit *v, struct db *db, struct error *err),
                      struct http_response *ret)
{
    struct error err;
    struct db *db;
    bool asked = false;

    if (store_pool_take(v->pages->pool, PATIENCE, &db, &err)) {
        asked = ask(v, db, &err);
        store_pool_give(v->pages->pool, db, asked || err.fault != FAULT_AWAY);
    }
    if (asked)
        return true;
    log_warning("page.failed", "reason=\"%s\"", err.text);
    answer_notice(v, 503, "Not now, please",
                  "timely cannot reach its data at the moment. Please try again in a few minutes.",
                  ret);
    return false;
}

static void answer_unknown(const struct visit *v, struct http_response *ret)
{
    if (throttle_unknown(v->pages->throttle, &v->request->client, clock_monotonic(), ret))
        answer_notice(v, 404, "This link opens nothing",
                      "It may have been cut in half, or what it led to is no longer in the "
                      "calendar or mail that it came from. Open your calendar again for the link "
                      "of today.",
                      ret);
}

// Why a page does not open to somebody: in words that say nothing about the child or its people.
struct barred {
    const char *heading, *words;
};

static const struct barred not_signed_in = {
    "Please sign in",
    "This page opens only to staff who have signed in, and timely was not told that you have. Open "
    "the link where you open the authority's other systems for staff, and sign in when you are "
    "asked."};
static const struct barred not_known = {
    "timely does not know you",
    "You have signed in, but in timely's directory of staff nobody who is in post has your "
    "sign-on, or more than one has. Whoever keeps the directory can put that right."};
static const struct barred not_theirs = {
    "This page is not for you",
    "It opens to those who are responsible for what it is about, and by the records you are none "
    "of them today. If somebody passed the link on to you, please tell them."};

// Ends with whom to ask, where the authority has said it.
static void answer_barred(const struct visit *v, const struct barred *b, struct http_response *ret)
{
    const char *help = v->pages->help;

    answer_notice(v, 403, b->heading,
                  help ? arena_printf(v->arena, "%s %s", b->words, help) : b->words, ret);
}

// Where staff sign in. False for whom the page does not open; it is answered so.
static bool admit(struct visit *v, struct http_response *ret)
{
    if (!v->request->identity) {
        answer_barred(v, &not_signed_in, ret);
        return false;
    }
    if (!ask_store(v, read_visitor, ret))
        return false;
    if (v->admission == PAGE_OPENS) {
        v->key = (struct page_form_key){
            v->visitor.form_secret,
            arena_printf(v->arena, " on %s by %s", v->hash, v->visitor.staff_id)};
        return true;
    }
    if (v->admission == PAGE_LEADS_NOWHERE)
        answer_unknown(v, ret);
    else
        answer_barred(v, v->admission == PAGE_NOT_THEIRS ? &not_theirs : &not_known, ret);
    return false;
}

static void answer_why(struct visit *v, struct http_response *ret)
{
    if (!ask_store(v, read_page, ret))
        return;
    if (v->html)
        answer_page(200, v->html, ret);
    else
        answer_unknown(v, ret);
}

static void release_arena(void *arena)
{
    arena_free(arena);
}

// To the page, so that loading it again presses nothing again.
static void answer_pressed(const struct visit *v, struct http_response *ret)
{
    struct arena *kept = arena_new();
    const char **to = ARENA_ARRAY(kept, const char *, 3);

    to[0] = "Location";
    to[1] = arena_printf(kept, "%s%s%s", v->pages->prefix, WHY, v->token);
    *ret = (struct http_response){.status = 303,
                                  .content_type = "text/plain; charset=utf-8",
                                  .cache_control = "no-store",
                                  .headers = to,
                                  .release = release_arena,
                                  .owner = kept};
}

static void answer_form(struct visit *v, const struct form *f, struct http_response *ret)
{
    const struct date today = london_from_instant(clock_real()).on;
    const char *complaint;

    if (!page_form_is_ours(v->arena, &v->key, form_value(f, "form"), today)) {
        answer_notice(v, 403, "This form is too old",
                      "Nothing was put down. Please open the link again and press once more.", ret);
    } else if ((complaint = page_form_read(v->arena, f, &v->word))) {
        answer_notice(v, 400, "Nothing was put down", complaint, ret);
    } else if (ask_store(v, press, ret)) {
        if (v->pressed)
            answer_pressed(v, ret);
        else
            answer_notice(v, 409, "Nothing was put down",
                          "The link opens nothing any more, or what you pressed before was not "
                          "looked at yet. Please open it again.",
                          ret);
    }
}

static void answer_visit(void *arg, const struct http_request *q, struct http_response *ret)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    AUTO(form_done) struct form *f = NULL;
    struct pages *p = arg;
    struct visit v = {.arena = a,
                      .pages = p,
                      .request = q,
                      .token = http_path_behind(p->prefix, q->path) + strlen(WHY),
                      .style = arena_printf(a, "%s%s", p->prefix, STYLE)};

    if (strlen(v.token) > TOKEN_MOST) {
        answer_unknown(&v, ret);
        return;
    }
    v.hash = token_hash(a, v.token);
    v.key = (struct page_form_key){v.token, ""};
    if (p->sign_on && !admit(&v, ret))
        return;
    if (strcmp(q->method, "POST") != 0)
        answer_why(&v, ret);
    else if ((f = form_read(q, FORM_MOST)))
        answer_form(&v, f, ret);
    else
        answer_notice(&v, 400, "Nothing was put down", "What came is no form of this page.", ret);
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
        *ret = (struct http_response){.later = answer_visit, .later_arg = p};
}
