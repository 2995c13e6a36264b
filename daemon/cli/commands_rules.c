// Commands about rules: a question about dates, and the checking of files. They need
// no database, but for `check --effect` and for the days that were accepted in a store.
#include "cadences_command.h"
#include "effect_command.h"
#include "proclaimed.h"
#include "rules_command.h"
#include "table.h"

#include "complaint.h"
#include "tree.h"

#include <stdio.h>
#include <string.h>

// ------------------------------------------------------------------------------------------ date

static const char *join_words(struct arena *a, const struct arguments *g)
{
    const char *joined = g->words[0];

    for (size_t i = 1; i < g->count; i++)
        joined = arena_printf(a, "%s %s", joined, g->words[i]);
    return joined;
}

static void add_skipped(struct session *s, const struct workdays *w, const struct question *q)
{
    struct skipped *skipped;
    size_t count = span_skipped(s->arena, w, q->span, q->start, &skipped);

    if (count)
        text_add(&s->out, "Not counted:\n");
    for (size_t i = 0; i < count; i++) {
        text_addf(&s->out, "  %s", date_words(s->arena, skipped[i].from));
        if (!date_is(skipped[i].from, skipped[i].to))
            text_addf(&s->out, " and %s", date_words(s->arena, skipped[i].to));
        text_addf(&s->out, ": %s\n", skipped[i].why);
    }
}

static const char *provisional_words(struct arena *a, const struct workdays *w)
{
    return arena_printf(a,
                        "provisional: bank holidays are published up to %s; later ones are those "
                        "to be expected",
                        date_words(a, workdays_horizon(w)));
}

static void explain_answer(struct session *s, const struct workdays *w, const struct question *q,
                           struct moment answer, bool provisional)
{
    const struct holiday *h = holiday_on(w, answer.on);

    text_addf(&s->out, "%s is %s %s %s.\n", moment_words(s->arena, answer),
              span_words(s->arena, q->span), q->span.before ? "before" : "after",
              moment_words(s->arena, q->start));
    add_skipped(s, w, q);
    if (q->span.unit == HOURS && q->start.minute < 0)
        text_add(&s->out, "Counted from 00:00, as no hour is given.\n");
    if (h)
        text_addf(&s->out, "The day itself is no working day: %s.\n", h->title);
    else if (!is_working_day(w, answer.on))
        text_add(&s->out, "The day itself is no working day: weekend.\n");
    if (provisional)
        text_addf(&s->out, "%s.\n", provisional_words(s->arena, w));
}

static void print_answer(struct session *s, const struct workdays *w, const struct question *q,
                         struct moment answer, bool provisional, bool explained)
{
    static const struct column columns[] = {{"date", NULL, CELL_TEXT, 0},
                                            {"provisional", NULL, CELL_YES_NO, 0}};
    const char *date = moment_iso(s->arena, answer);
    const char *cells[] = {date, provisional ? "yes" : "no"};

    if (s->format != FORMAT_PEOPLE) {
        struct table *t = table_begin(s, columns, 2);

        table_row(t, cells);
        table_end(t);
        return;
    }
    text_addf(&s->out, "%s\n", date);
    if (explained)
        explain_answer(s, w, q, answer, provisional);
    else if (provisional) // scripts take standard output as the date
        fprintf(stderr, "timely: %s\n", provisional_words(s->arena, w));
}

// The calendar that came with timely; where a store is named, with the days accepted there.
static bool load_calendar(struct session *s, struct workdays **ret, struct error *err)
{
    const char *path =
        arena_printf(s->arena, "%s/calendars/bank-holidays.json", s->config.rules_dir);
    struct holiday_list accepted = {0};

    if ((s->embedded_dir || s->config.store) &&
        !(session_store(s, err) && proclaimed_read(s->arena, s->store, &accepted, err)))
        return false;
    return workdays_load(path, ENGLAND_AND_WALES, accepted.items, accepted.count, ret, err);
}

static enum status run_date(struct session *s, const struct arguments *g, struct error *err)
{
    struct workdays *w;
    struct question q;
    struct moment answer;
    bool provisional, ok;

    if (!question_parse(join_words(s->arena, g), &q, err) || !load_calendar(s, &w, err))
        return status_of(err);
    ok = span_apply(w, q.span, q.start, &answer, &provisional, err);
    if (ok)
        print_answer(s, w, &q, answer, provisional, argument(g, "explain") != NULL);
    workdays_free(w);
    return ok ? STATUS_DONE : status_of(err);
}

// ----------------------------------------------------------------------------------------- check

static enum status complained(const char *text, enum status status)
{
    fprintf(stderr, "timely: %s\n", text);
    return status;
}

static bool run_examples(struct session *s, const char *rule_file, const char *overlay,
                         struct complaints *c, size_t *timescales, size_t *examples,
                         struct error *err)
{
    struct library *l;

    if (!library_load_with(s->config.rules_dir, rule_file, overlay, &l, err))
        return false;
    *timescales = l->timescale_count;
    *examples += library_run_examples(l, c);
    library_free(l);
    return true;
}

// The rules without the overlay first: its examples are no reason to believe those of the law.
static enum status check_rules(struct session *s, const char *rule_file, const char *overlay,
                               const char *what)
{
    struct complaints c = {.arena = s->arena};
    size_t timescales, examples = 0;
    struct error err;

    if (!run_examples(s, rule_file, NULL, &c, &timescales, &examples, &err) ||
        (overlay && !run_examples(s, rule_file, overlay, &c, &timescales, &examples, &err)))
        return complained(err.text, status_of(&err));
    for (size_t i = 0; i < c.count; i++)
        fprintf(stderr, "timely: %s\n", c.items[i]);
    if (c.count)
        return STATUS_NO;
    text_addf(&s->out, "%s%zu timescales, %zu examples: all right\n", what, timescales, examples);
    return STATUS_DONE;
}

static enum status check_config(struct session *s, const char *file)
{
    struct config c;
    struct error err;

    if (!config_read(s->arena, file, &c, &err))
        return complained(err.text, status_of(&err));
    text_addf(&s->out, "%s: configuration: all right\n", file);
    return STATUS_DONE;
}

enum file_kind { FILE_OVERLAY, FILE_RULES, FILE_CONFIG };

// What a file is shows by the keys at its root.
static bool kind_of(struct session *s, const char *file, enum file_kind *ret, struct error *err)
{
    static const char *const of_rules[] = {"timescales", "events", "profiles", "ladders"};
    struct tree tree;

    if (!tree_read_file(s->arena, file, &tree, err))
        return false;
    *ret = node_get(tree.root, "authority") ? FILE_OVERLAY : FILE_CONFIG;
    for (size_t i = 0; *ret == FILE_CONFIG && i < sizeof of_rules / sizeof *of_rules; i++)
        if (node_get(tree.root, of_rules[i]))
            *ret = FILE_RULES;
    return true;
}

static enum status check_file(struct session *s, const char *file)
{
    enum file_kind kind;
    struct error err;

    if (!kind_of(s, file, &kind, &err))
        return complained(err.text, status_of(&err));
    switch (kind) {
    case FILE_OVERLAY:
        return check_rules(s, NULL, file, arena_printf(s->arena, "%s: overlay: ", file));
    case FILE_RULES:
        return check_rules(s, file, NULL, arena_printf(s->arena, "%s: rules: ", file));
    case FILE_CONFIG:
        break;
    }
    return check_config(s, file);
}

static enum status check_files(struct session *s, const struct arguments *g)
{
    enum status worst = STATUS_DONE;

    if (g->count == 0)
        return check_rules(s, NULL, s->config.overlay, "");
    for (size_t i = 0; i < g->count; i++) {
        enum status status = check_file(s, g->words[i]);

        if (status > worst)
            worst = status;
    }
    return worst;
}

// Of each kind one file at most: the comparison is with one set of rules.
static enum status check_effect(struct session *s, const struct arguments *g, struct error *err)
{
    const char *given[2] = {NULL, NULL}; // by kind

    for (size_t i = 0; i < g->count; i++) {
        enum file_kind kind;

        if (!kind_of(s, g->words[i], &kind, err))
            return status_of(err);
        if (kind == FILE_CONFIG || given[kind]) {
            fail(err, FAULT_INPUT, "%s: --effect takes one file of rules and one overlay",
                 g->words[i]);
            return STATUS_USAGE;
        }
        given[kind] = g->words[i];
    }
    return run_effect(s, given[FILE_RULES], given[FILE_OVERLAY], err);
}

// Each complaint is printed as it is found. The effect of what is wrong is not asked for.
static enum status run_check(struct session *s, const struct arguments *g, struct error *err)
{
    enum status status = check_files(s, g);

    if (status != STATUS_DONE || !argument(g, "effect"))
        return status;
    if (s->format != FORMAT_PEOPLE)
        text_clear(&s->out); // for scripts the list alone
    return check_effect(s, g, err);
}

const struct command commands_rules[] = {
    {"date", "QUESTION...", "answers \"15 working days after 2024-12-20\"",
     (const char *const[]){"explain", NULL}, run_date},
    {"check", "[FILE...]", "checks rules with their examples, overlays and configuration",
     (const char *const[]){"effect", NULL}, run_check},
    {"rules", "[FILE]", "lists the timescales that are known; what an overlay makes of them",
     (const char *const[]){"diff", NULL}, run_rules, .page = true},
    {"cadences", "", "lists when the service's own recurring tasks are",
     (const char *const[]){"from DATE", "to DATE", NULL}, run_cadences},
    {0},
};
