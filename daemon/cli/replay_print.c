// A replay as it is read: by day for people, by line for scripts.
#include "replay_print.h"

#include "naming.h"
#include "table.h"
#include "zone.h"

#include <stdlib.h>
#include <string.h>

// ------------------------------------------------------------------------------- for scripts

struct replay_row *replay_rows(struct arena *a, const struct replay *r)
{
    struct replay_row *rows = ARENA_ARRAY(a, struct replay_row, r->lines + 1);
    size_t count = 0;

    for (size_t i = 0; i < r->count; i++)
        for (size_t k = 0; k < r->mails[i].count; k++)
            rows[count++] = (struct replay_row){
                .mail = &r->mails[i], .line = &r->mails[i].lines[k], .number = i + 1};
    return rows;
}

static const struct column columns[] = {
    {"at", NULL, CELL_TEXT, 0},          {"kind", NULL, CELL_TEXT, 0},
    {"recipient", NULL, CELL_TEXT, 0},   {"role", NULL, CELL_TEXT, 0},
    {"person_id", NULL, CELL_TEXT, 0},   {"timescale", NULL, CELL_TEXT, 0},
    {"subject_ref", NULL, CELL_TEXT, 0}, {"due_on", NULL, CELL_TEXT, 0},
    {"rung", NULL, CELL_TEXT, 0},        {"why", NULL, CELL_TEXT, 0},
    {"mail", NULL, CELL_NUMBER, 0},      {"standing", NULL, CELL_NUMBER, 0},
    {"which", NULL, CELL_TEXT, 0},
};
#define COLUMNS (sizeof columns / sizeof *columns)

static const char *time_iso(struct arena *a, instant t)
{
    return moment_iso(a, london_from_instant(t));
}

void replay_print_rows(struct session *s, const struct replay_row *rows, size_t count,
                       bool compared)
{
    static const char *const words[] = {"both", "only_before", "only_after"};
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct table *t = table_begin(s, columns, compared ? COLUMNS : COLUMNS - 1);

    for (size_t i = 0; i < count; i++) {
        const struct replayed_mail *m = rows[i].mail;
        const struct replayed_line *l = rows[i].line;
        const char *cells[COLUMNS] = {time_iso(a, m->at),
                                      replayed_word(m->kind),
                                      m->to ? m->to->id : "operator",
                                      l->role,
                                      l->child ? l->child->person_id : NULL,
                                      l->timescale,
                                      l->subject_ref,
                                      date_known(l->due_on) ? date_iso(a, l->due_on) : NULL,
                                      l->rung,
                                      l->why,
                                      arena_printf(a, "%zu", rows[i].number),
                                      arena_printf(a, "%zu", m->standing),
                                      words[rows[i].which]};

        table_row(t, cells);
        arena_reset(a);
    }
    table_end(t);
}

// ------------------------------------------------------------------------------- for people

bool replay_is_listed(const struct replayed_mail *m, const struct replayed_line *l)
{
    return m->kind == REPLAYED_WEEKLY && !l->rung;
}

// The role in which it comes, where that is one; else what its reader is.
static const char *role_words(const struct replayed_mail *m)
{
    const char *role = m->count && m->kind != REPLAYED_WEEKLY ? m->lines[0].role : NULL;

    for (size_t i = 1; role && i < m->count; i++)
        if (strcmp(m->lines[i].role, role) != 0)
            role = NULL;
    return role ? role : m->to && m->to->job_title ? m->to->job_title : "several roles";
}

const char *replay_mail_words(struct arena *a, const struct replayed_mail *m)
{
    if (!m->to)
        return arena_printf(a, "%s to the operator", replayed_word(m->kind));
    return arena_printf(a, "%s to %s (%s)", replayed_word(m->kind),
                        m->to->name ? m->to->name : m->to->id, role_words(m));
}

const char *replay_line_words(struct session *s, const struct replayed_line *l)
{
    struct arena *a = s->arena;
    const char *rung = l->rung ? strchr(l->rung, ',') : NULL;
    const char *due =
        arena_printf(a, "%s, %s, due %s", l->title, naming_child(a, s->config.names, l->child),
                     date_words(a, l->due_on));

    if (rung)
        due = arena_printf(a, "%s: %s", due, rung + 2);
    return l->why ? arena_printf(a, "%s; %s", due, l->why) : due;
}

static int by_title(const void *x, const void *y)
{
    return strcmp((*(const struct replayed_line *const *)x)->title,
                  (*(const struct replayed_line *const *)y)->title);
}

// A summary counts: nobody reads what stood open line by line.
static void print_counts(struct session *s, const struct replayed_mail *m)
{
    const struct replayed_line **lines =
        ARENA_ARRAY(s->arena, const struct replayed_line *, m->count + 1);
    size_t first = 0;

    for (size_t i = 0; i < m->count; i++)
        lines[i] = &m->lines[i];
    qsort((void *)lines, m->count, sizeof *lines, by_title);
    for (size_t i = 0; i < m->count; i++)
        if (i + 1 == m->count || strcmp(lines[i]->title, lines[i + 1]->title) != 0) {
            print_safe(s,
                       arena_printf(s->arena, "         %zu: %s", i + 1 - first, lines[i]->title));
            first = i + 1;
        }
}

// A list is long: what is new in it is read line by line, the rest is counted.
static void print_list(struct session *s, const struct replayed_mail *m)
{
    struct date on = london_from_instant(m->at).on;
    size_t late = 0, ahead = 0, figures = 0;

    for (size_t i = 0; i < m->count; i++) {
        const struct replayed_line *l = &m->lines[i];
        bool listed = replay_is_listed(m, l);

        if (!listed)
            print_safe(s, arena_printf(s->arena, "         %s", replay_line_words(s, l)));
        figures += listed && !l->child;
        late += listed && l->child && date_cmp(l->due_on, on) < 0;
        ahead += listed && l->child && date_cmp(l->due_on, on) >= 0;
    }
    text_addf(&s->out, "         the week: %zu out of timescale, %zu ahead, %zu %s of last week\n",
              late, ahead, figures, figures == 1 ? "figure" : "figures");
}

static void print_mail(struct session *s, const struct replayed_mail *m)
{
    const char *standing =
        m->standing ? arena_printf(s->arena, ", and %zu told before", m->standing) : "";

    print_safe(s, arena_printf(s->arena, "  %s  %s: %zu line%s%s",
                               time_iso(s->arena, m->at) + strlen("2024-04-02T"),
                               replay_mail_words(s->arena, m), m->count, m->count == 1 ? "" : "s",
                               standing));
    if (m->kind == REPLAYED_SUMMARY) {
        print_counts(s, m);
        return;
    }
    if (m->kind == REPLAYED_WEEKLY) {
        print_list(s, m);
        return;
    }
    for (size_t i = 0; i < m->count; i++)
        print_safe(s, arena_printf(s->arena, "         %s", replay_line_words(s, &m->lines[i])));
}

static void print_days(struct session *s, const struct replay *r)
{
    struct date day = DATE_NONE;

    for (size_t i = 0; i < r->count; i++) {
        struct date on = london_from_instant(r->mails[i].at).on;

        if (!date_is(on, day))
            text_addf(&s->out, "%s%s\n", i ? "\n" : "", date_words(s->arena, on));
        day = on;
        print_mail(s, &r->mails[i]);
    }
    if (r->count)
        text_add(&s->out, "\n");
}

void replay_print(struct session *s, const struct replay_input *in, const struct replay *r)
{
    if (s->format != FORMAT_PEOPLE) {
        replay_print_rows(s, replay_rows(s->arena, r), r->lines, false);
        return;
    }
    print_days(s, r);
    if (!in->reader)
        replay_print_figures(s, in, r);
}
