// A reader's week becomes the parts of one mail (weekly_list.h).
#include "weekly_list.h"

#include "mail_links.h"

#include <stdlib.h>
#include <string.h>

struct listing {
    const struct agenda_voice *voice;
    const struct agenda_mail *mail;
    const struct week_reader *reader;
    struct weekly *words;
};

// ------------------------------------------------------------------------------- how it went

static bool is_below(const struct target *t, const struct weekly_figure *f)
{
    return t && 1000 * f->in_time < (size_t)t->low * f->held;
}

// Shares come by measure.
static void add_figures(const struct listing *g)
{
    const struct week_reader *r = g->reader;
    struct arena *a = g->voice->arena;
    struct weekly_figure *figures = ARENA_ARRAY(a, struct weekly_figure, r->share_count + 1);

    for (size_t i = 0, end; i < r->share_count; i = end) {
        const struct measure *m = r->shares[i].of->measure;
        const struct target *target = target_of(r->week->library, m);
        struct weekly_figure f = {
            .id = m->id, .title = m->title, .target = target ? target_words(a, target) : NULL};

        for (end = i; end < r->share_count && r->shares[end].of->measure == m; end++) {
            f.held++;
            f.in_time += r->shares[end].of->in_time;
        }
        f.below = is_below(target, &f);
        figures[g->words->figure_count++] = f;
    }
    g->words->figures = figures;
}

// ------------------------------------------------------------------------------- the week

static struct date beyond(const struct concern *c)
{
    const struct owed *o = c->owed;

    if (!owed_is_booked_late(o))
        return DATE_NONE;
    return c->booked ? o->due_on : o->booked.on;
}

static struct weekly_date date_of(const struct listing *g, const struct concern *c)
{
    struct arena *a = g->voice->arena;

    return (struct weekly_date){
        .on = c->on,
        .at = c->booked ? c->owed->booked : MOMENT_NONE,
        .beyond = beyond(c),
        .child = naming_child(a, g->voice->config->names, &c->owed->child),
        .worker = agenda_worker(g->voice, c->owed, g->reader->to),
        .title = arena_strdup(a, c->timescale->title),
        .force = force_word(c->timescale->force),
        .url = mail_link_later(a, g->voice->config->public_url, c->owed->deadline_id)};
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

static const struct line *line_about(const struct agenda_mail *m, const struct owed *o)
{
    for (size_t i = 0; i < m->count; i++)
        if (m->lines[i]->owed->deadline_id == o->deadline_id)
            return m->lines[i];
    return NULL;
}

bool weekly_says(const struct agenda_mail *m, const struct concern *c)
{
    const struct line *l = line_about(m, c->owed);

    return c->part != WEEK_OLDER && !(l && l->is_new);
}

bool weekly_names(const struct agenda_mail *m, const struct weekly *words, const struct concern *c)
{
    return weekly_says(m, c) && (c->part != WEEK_DATE || weekly_names_dates(words, c->on));
}

static void add_concerns(const struct listing *g)
{
    const struct week_reader *r = g->reader;
    struct arena *a = g->voice->arena;
    struct digest_line *late = ARENA_ARRAY(a, struct digest_line, r->concern_count + 1);
    struct digest_line *records = ARENA_ARRAY(a, struct digest_line, r->concern_count + 1);
    struct weekly_date *dates = ARENA_ARRAY(a, struct weekly_date, r->concern_count + 1);
    struct weekly *w = g->words;

    for (size_t i = 0; i < r->concern_count; i++) {
        const struct concern *c = &r->concerns[i];

        w->older_count += c->part == WEEK_OLDER && !line_about(g->mail, c->owed);
        if (!weekly_says(g->mail, c))
            continue;
        if (c->part == WEEK_LATE)
            late[w->late_count++] = agenda_owed_line(g->voice, r->week->library, c->owed, r->to);
        else if (c->part == WEEK_RECORD)
            records[w->record_count++] =
                agenda_owed_line(g->voice, r->week->library, c->owed, r->to);
        else
            dates[w->date_count++] = date_of(g, c);
    }
    if (w->date_count > 1)
        qsort(dates, w->date_count, sizeof *dates, by_date);
    w->late = late;
    w->records = records;
    w->dates = dates;
}

// ------------------------------------------------------------------------------- the morning

static bool is_in_list(const struct listing *g, const struct line *l)
{
    for (size_t i = 0; i < g->reader->concern_count; i++)
        if (g->reader->concerns[i].owed->deadline_id == l->owed->deadline_id)
            return g->reader->concerns[i].part != WEEK_OLDER;
    return false;
}

static void add_lines(const struct listing *g)
{
    const struct agenda_mail *m = g->mail;
    struct arena *a = g->voice->arena;
    struct digest_line *fresh = ARENA_ARRAY(a, struct digest_line, m->count + 1);
    struct digest_line *standing = ARENA_ARRAY(a, struct digest_line, m->count + 1);
    struct digest_line *parted = ARENA_ARRAY(a, struct digest_line, m->count + 1);

    for (size_t i = 0; i < m->count; i++) {
        if (m->lines[i]->parting)
            parted[g->words->parted_count++] = agenda_digest_line(g->voice, m->lines[i]);
        else if (m->lines[i]->is_new)
            fresh[g->words->fresh_count++] = agenda_digest_line(g->voice, m->lines[i]);
        else if (!is_in_list(g, m->lines[i]))
            standing[g->words->standing_count++] = agenda_digest_line(g->voice, m->lines[i]);
    }
    g->words->fresh = fresh;
    g->words->standing = standing;
    g->words->parted = parted;
}

struct weekly weekly_words(const struct agenda_voice *v, const struct agenda_mail *m)
{
    struct weekly w = {.reader = m->to->name ? m->to->name : m->to->id,
                       .on = agenda_today(v),
                       .monday = m->list->week->monday,
                       .service_name = v->config->service_name,
                       .help = v->config->help};
    struct listing g = {v, m, m->list, &w};

    add_lines(&g);
    add_figures(&g);
    add_concerns(&g);
    return w;
}
