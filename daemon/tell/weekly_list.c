// The Monday lists: what one reader is concerned with is one mail, and a week's mails are put in
// together or not at all.
#include "weekly_list.h"

#include "agenda_mail.h"
#include "document.h"
#include "ladder.h"
#include "weekly.h"
#include "weekly_gather.h"
#include "zone.h"

#include <stdlib.h>
#include <string.h>

// ------------------------------------------------------------------------------- one reader

struct reader {
    const struct concern *concerns; // of this reader
    size_t concern_count;
    const struct share *shares;
    size_t share_count;
};

static bool is_below(const struct target *t, const struct weekly_figure *f)
{
    return t && 1000 * f->in_time < (size_t)t->low * f->held;
}

// Shares come by measure.
static void add_figures(const struct gathering *g, const struct reader *r, struct weekly *w)
{
    struct weekly_figure *figures = ARENA_ARRAY(g->arena, struct weekly_figure, r->share_count + 1);

    for (size_t i = 0, end; i < r->share_count; i = end) {
        const struct measure *m = r->shares[i].of->measure;
        const struct target *target = target_of(g->library, m);
        struct weekly_figure f = {.title = m->title,
                                  .target = target ? target_words(g->arena, target) : NULL};

        for (end = i; end < r->share_count && r->shares[end].of->measure == m; end++) {
            f.held++;
            f.in_time += r->shares[end].of->in_time;
        }
        f.below = is_below(target, &f);
        figures[w->figure_count++] = f;
    }
    w->figures = figures;
}

// Of a meeting that is booked for the two weeks, its time; else the day on which it is due.
static struct weekly_date date_of(const struct gathering *g, const struct concern *e)
{
    bool booked = date_known(e->owed->booked.on) && date_cmp(e->owed->booked.on, g->today) >= 0 &&
                  date_cmp(e->owed->booked.on, date_add_days(g->monday, 13)) <= 0;

    return (struct weekly_date){.on = booked ? e->owed->booked.on : e->owed->due_on,
                                .at = booked ? e->owed->booked : MOMENT_NONE,
                                .child = naming_child(g->arena, g->config->names, &e->owed->child),
                                .title = arena_strdup(g->arena, e->deadline->timescale->title)};
}

static int by_date(const void *x, const void *y)
{
    const struct weekly_date *a = x, *b = y;
    int by = date_cmp(a->on, b->on);

    if (by == 0)
        by = moment_cmp(a->at, b->at);
    if (by == 0)
        by = strcmp(a->child, b->child);
    return by != 0 ? by : strcmp(a->title, b->title);
}

// What is the chairs' own: a manager reads it apart from what the teams owe.
static bool is_record(const struct gathering *g, const struct concern *e)
{
    const char *role = ladder_acting_role(g->library, e->deadline->timescale);

    return role && weekly_is_chair(role);
}

// The first summary has counted it. In a list it would stand before everything that can be changed.
static bool is_older(const struct gathering *g, const struct concern *e)
{
    return e->owed->at_first_start &&
           date_cmp(e->owed->due_on, london_from_instant(g->first_started_at).on) < 0;
}

static void add_deadlines(const struct gathering *g, const struct reader *r, struct weekly *w)
{
    struct agenda_voice v = {g->arena, g->config, g->now};
    struct digest_line *late = ARENA_ARRAY(g->arena, struct digest_line, r->concern_count + 1);
    struct digest_line *records = ARENA_ARRAY(g->arena, struct digest_line, r->concern_count + 1);
    struct weekly_date *dates = ARENA_ARRAY(g->arena, struct weekly_date, r->concern_count + 1);

    for (size_t i = 0; i < r->concern_count; i++) {
        const struct concern *e = &r->concerns[i];
        struct weekly_date date = date_of(g, e);

        if (is_older(g, e)) {
            w->older_count++;
        } else if (date_cmp(e->owed->due_on, g->today) < 0) {
            struct digest_line l = agenda_owed_line(&v, g->library, e->owed);

            if (is_record(g, e))
                records[w->record_count++] = l;
            else
                late[w->late_count++] = l;
        } else if (date_cmp(date.on, date_add_days(g->monday, 13)) <= 0) {
            dates[w->date_count++] = date;
        }
    }
    if (w->date_count > 1)
        qsort(dates, w->date_count, sizeof *dates, by_date);
    w->late = late;
    w->records = records;
    w->dates = dates;
}

static json_t *message_of(const struct gathering *g, const struct staff *to, const struct weekly *w)
{
    struct rendered words;

    weekly_render(g->arena, w, &words);
    return outbox_message(
        g->arena, g->config,
        &(struct outbox_mail){
            .kind = "weekly",
            .dedupe = arena_printf(g->arena, "weekly:%s:%s", to->id, date_iso(g->arena, g->monday)),
            .staff_id = to->id,
            .recipient = to->email,
            .subject = words.subject,
            .text = words.text,
            .html = words.html});
}

// NULL: there is nothing for this reader.
static json_t *mail_to(const struct gathering *g, const struct staff *to, const struct reader *r)
{
    struct weekly w = {.reader = to->name ? to->name : to->id,
                       .on = g->today,
                       .monday = g->monday,
                       .service_name = g->config->service_name,
                       .help = g->config->help};
    json_t *mail, *about = json_array();

    add_figures(g, r, &w);
    add_deadlines(g, r, &w);
    for (size_t i = 0; i < r->concern_count; i++)
        if (!is_older(g, &r->concerns[i]))
            json_array_append_new(about, json_integer(r->concerns[i].owed->deadline_id));
    if (w.figure_count + json_array_size(about) == 0) {
        json_decref(about);
        return NULL;
    }
    mail = json_object();
    json_object_set_new(mail, "about", about);
    json_object_set_new(mail, "message", message_of(g, to, &w));
    return mail;
}

// ------------------------------------------------------------------------------- all of them

// Both lists are sorted by reader: the next one of either, with all that is theirs.
static const struct staff *next_reader(const struct gathering *g, struct reader *r)
{
    const struct concern *e = r->concerns + r->concern_count,
                         *last = g->concerns + g->concern_count;
    const struct share *s = r->shares + r->share_count, *end = g->shares + g->share_count;
    const struct staff *to = NULL;

    if (e < last)
        to = e->to;
    if (s < end && (!to || strcmp(s->to->id, to->id) < 0))
        to = s->to;
    *r = (struct reader){e, 0, s, 0};
    while (e + r->concern_count < last && e[r->concern_count].to == to)
        r->concern_count++;
    while (s + r->share_count < end && s[r->share_count].to == to)
        r->share_count++;
    return to;
}

static json_t *all_mails(const struct gathering *g)
{
    json_t *mails = json_array();
    struct reader r = {g->concerns, 0, g->shares, 0};
    const struct staff *to;

    while ((to = next_reader(g, &r))) {
        json_t *mail = mail_to(g, to, &r);

        if (mail)
            json_array_append_new(mails, mail);
    }
    return mails;
}

static bool record(const struct gathering *g, json_t *mails, struct error *err)
{
    AUTO(json_done) json_t *doc = json_object();

    json_object_set_new(doc, "now", json_string(instant_iso(g->arena, g->now)));
    json_object_set_new(doc, "monday", json_string(date_iso(g->arena, g->monday)));
    json_object_set_new(doc, "mails", mails);
    return document_ask(g->store, "SELECT timely.record_weekly($1::jsonb)", doc, NULL, err);
}

// Has the week's first office day opened, after the first start, and is this week's list not made?
static bool is_due(struct gathering *g, bool *ret, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;
    instant list = agenda_next_list(
        g->library, instant_from_london((struct moment){date_add_days(g->monday, -1), 0}));
    const char *monday = date_iso(g->arena, g->monday);

    *ret = false;
    if (!list || g->now < list || !agenda_office_open(g->library, g->now))
        return true;
    if (!db_ask(g->store,
                "SELECT (extract(epoch FROM first_started_at) * 1000000)::bigint,"
                " weekly_on >= $1::date FROM timely.state",
                1, &monday, &r, err))
        return false;
    g->first_started_at = db_int(r, 0, 0);
    *ret = g->first_started_at && g->first_started_at < list && !db_bool(r, 0, 1);
    return true;
}

bool weekly_round(struct db *store, const struct library *l, const struct config *config,
                  const struct directory *directory, instant now, size_t *ret_mails,
                  struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct date today = london_from_instant(now).on;
    struct gathering g = {.arena = a,
                          .store = store,
                          .library = l,
                          .directory = directory,
                          .config = config,
                          .now = now,
                          .today = today,
                          .monday = date_add_days(today, -date_weekday(today))};
    json_t *mails;
    bool due;

    *ret_mails = 0;
    if (!is_due(&g, &due, err))
        return false;
    if (!due)
        return true;
    if (!weekly_gather(&g, err))
        return false;
    mails = all_mails(&g);
    *ret_mails = json_array_size(mails);
    return record(&g, mails, err);
}
