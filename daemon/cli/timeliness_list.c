// `timely timeliness --measure list`: every measure, what it counts and what it rests on; and those
// that cannot be told, and why.
#include "timeliness.h"

#include "table.h"

static const struct column columns[] = {
    {"measure", NULL, CELL_TEXT, 0},      {"title", NULL, CELL_TEXT, 0},
    {"counted", NULL, CELL_TEXT, 0},      {"basis", NULL, CELL_TEXT, 0},
    {"by_meeting", NULL, CELL_YES_NO, 0}, {"by_due", NULL, CELL_YES_NO, 0},
    {"parts", NULL, CELL_TEXT, 0},        {"cannot_be_told", NULL, CELL_TEXT, 0}};

static const char *parts_words(struct arena *a, const struct measure *m)
{
    const char *words = "";

    for (size_t i = 0; m->parts && m->parts[i]; i++)
        words = arena_printf(a, "%s%s%s", words, i ? ", " : "", m->parts[i]);
    return words;
}

static const char *when_words(const struct measure *m)
{
    return m->when == AT_PERIOD_END ? ", at the end of the month" : ", in the month";
}

static void print_paragraph(struct session *s, const struct measure *m)
{
    text_addf(&s->out, "%s: %s\n    Counted: %s%s. Basis: %s.\n", m->id, m->title, m->counted,
              when_words(m), m->basis);
    if (m->parts)
        text_addf(&s->out, "    Parts: %s.\n", parts_words(s->arena, m));
}

static void print_for_people(struct session *s, const struct measure *all, size_t count)
{
    for (size_t i = 0; i < count; i++)
        print_paragraph(s, &all[i]);
    text_add(&s->out, "\nWhat cannot be told:\n");
    for (const struct measure_missing *m = measures_missing; m->id; m++)
        text_addf(&s->out, "%s: %s\n    %s.\n", m->id, m->title, m->why);
}

void print_measures(struct session *s)
{
    const struct measure *all;
    size_t count = measure_list(&all);
    struct table *t;

    if (s->format == FORMAT_PEOPLE) {
        print_for_people(s, all, count);
        return;
    }
    t = table_begin(s, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < count; i++) {
        const struct measure *m = &all[i];
        bool by_due = m->by_due || m->when == WHEN_DUE;
        const char *cells[] = {m->id,
                               m->title,
                               m->counted,
                               m->basis,
                               m->meetings ? "yes" : "no",
                               by_due ? "yes" : "no",
                               parts_words(s->arena, m),
                               NULL};

        table_row(t, cells);
    }
    for (const struct measure_missing *m = measures_missing; m->id; m++) {
        const char *cells[] = {m->id, m->title, NULL, NULL, NULL, NULL, NULL, m->why};

        table_row(t, cells);
    }
    table_end(t);
}
