// `timely rules`: the list shows the facets of the timescales in columns, `--diff` those of an
// overlay that are not the statute's, `--format html` all of them on a page.
#include "rules_command.h"

#include "measure.h"
#include "rules_page.h"
#include "rules_words.h"
#include "table.h"

#include <string.h>

// -------------------------------------------------------------------------------------- the list

static enum status list(struct session *s, struct error *err)
{
    static const struct column columns[] = {
        {"id", "Timescale", CELL_TEXT, 0},   {"title", NULL, CELL_TEXT, 0},
        {"force", "Force", CELL_TEXT, 0},    {"on", "On", CELL_YES_NO, 0},
        {"subject", NULL, CELL_TEXT, 0},     {"period", "Due", CELL_TEXT, 90},
        {"met_by", "Met by", CELL_TEXT, 60}, {"ends_with", NULL, CELL_TEXT, 0},
        {"source", "Source", CELL_TEXT, 90}, {"url", NULL, CELL_TEXT, 0},
        {"evidence", NULL, CELL_TEXT, 0},    {"reading", NULL, CELL_TEXT, 0},
        {"chapter", NULL, CELL_TEXT, 0},
    };
    static facet *const facets[] = {rule_title,  rule_force,    rule_on,        rule_subject,
                                    rule_period, rule_met_by,   rule_ends_with, rule_source,
                                    rule_url,    rule_evidence, rule_reading,   rule_chapter};
    enum { COLUMNS = sizeof columns / sizeof *columns };
    const char *cells[COLUMNS];
    struct teller t = {s->arena, NULL, s->format == FORMAT_PEOPLE};
    struct table *table;

    if (!session_library(s, err))
        return status_of(err);
    t.library = s->library;
    table = table_begin(s, columns, COLUMNS);
    for (size_t i = 0; i < s->library->timescale_count; i++) {
        const struct timescale *ts = &s->library->timescales[i];

        cells[0] = ts->id;
        for (size_t f = 0; f < COLUMNS - 1; f++)
            cells[f + 1] = facets[f](&t, ts);
        table_row(table, cells);
    }
    table_end(table);
    return STATUS_DONE;
}

static enum status page(struct session *s, struct error *err)
{
    if (!session_library(s, err))
        return status_of(err);
    rules_page(&s->out, s->arena, s->library);
    return STATUS_DONE;
}

// -------------------------------------------------------------------------------- the difference

struct difference {
    struct teller statute, authority;
    struct table *table;
    size_t count;
};

static void differs(struct difference *d, const char *timescale, const char *what,
                    const char *statute, const char *authority)
{
    const char *cells[] = {timescale, what, statute, authority};

    if (statute && authority && strcmp(statute, authority) == 0)
        return;
    if (!statute && !authority)
        return;
    table_row(d->table, cells);
    d->count++;
}

static void compare_timescale(struct difference *d, const struct timescale *statute,
                              const struct timescale *authority)
{
    static const struct {
        const char *what;
        facet *say;
    } facets[] = {{"title", rule_title},
                  {"force", rule_force},
                  {"on", rule_on},
                  {"subject", rule_subject},
                  {"due", rule_period},
                  {"met by", rule_met_by},
                  {"ends with", rule_ends_with},
                  {"only for", rule_only_for},
                  {"source", rule_source},
                  {"url", rule_url},
                  {"evidence", rule_evidence},
                  {"reading", rule_reading},
                  {"tell", rule_told_by}};

    for (size_t i = 0; i < sizeof facets / sizeof *facets; i++)
        differs(d, authority->id, facets[i].what,
                statute ? facets[i].say(&d->statute, statute) : NULL,
                facets[i].say(&d->authority, authority));
}

static const char *hours_words(struct arena *a, const struct office_hours *o, int day)
{
    int opens = o->day[day].opens, closes = o->day[day].closes;

    return opens < 0 ? "closed"
                     : arena_printf(a, "%02d:%02d-%02d:%02d", opens / 60, opens % 60, closes / 60,
                                    closes % 60);
}

static const char *closure_words(struct arena *a, const struct library *l)
{
    const char *words = NULL;

    for (size_t i = 0; i < l->closure_count; i++)
        words = arena_printf(a, "%s%s%s", words ? words : "", words ? ", " : "",
                             date_iso(a, l->closures[i]));
    return words;
}

static void compare_office(struct difference *d)
{
    static const char *const days[] = {"monday", "tuesday",  "wednesday", "thursday",
                                       "friday", "saturday", "sunday"};
    struct arena *a = d->statute.arena;

    for (int i = 0; i < 7; i++)
        differs(d, NULL, arena_printf(a, "office hours, %s", days[i]),
                hours_words(a, &d->statute.library->office, i),
                hours_words(a, &d->authority.library->office, i));
    differs(d, NULL, "closure days", closure_words(a, d->statute.library),
            closure_words(a, d->authority.library));
}

static void compare_targets(struct difference *d)
{
    const struct library *statute = d->statute.library, *authority = d->authority.library;
    struct arena *a = d->statute.arena;

    for (size_t i = 0; i < authority->target_count; i++)
        differs(d, NULL, arena_printf(a, "target, %s", authority->targets[i].measure), NULL,
                target_words(a, &authority->targets[i]));
    differs(d, NULL, "threshold, caseload", caseload_words(a, &statute->caseload),
            caseload_words(a, &authority->caseload));
}

static const char *rungs_words(struct arena *a, const struct ladder *l)
{
    const char *words = "";

    for (size_t i = 0; i < l->count; i++)
        words = arena_printf(a, "%s%s%s", words, i ? "; " : "", rung_words(a, &l->rungs[i]));
    return words;
}

static void compare_ladders(struct difference *d, const struct ladder *statute,
                            size_t statute_count, const struct ladder *authority, size_t count)
{
    struct arena *a = d->statute.arena;

    for (size_t i = 0; i < count; i++) {
        const char *was = NULL;

        for (size_t k = 0; k < statute_count && !was; k++)
            if (strcmp(statute[k].id, authority[i].id) == 0)
                was = rungs_words(a, &statute[k]);
        differs(d, NULL, authority[i].id, was, rungs_words(a, &authority[i]));
    }
}

static void compare(struct difference *d)
{
    const struct library *statute = d->statute.library, *authority = d->authority.library;

    for (size_t i = 0; i < authority->timescale_count; i++) {
        int of = library_timescale(statute, authority->timescales[i].id);

        compare_timescale(d, of >= 0 ? &statute->timescales[of] : NULL, &authority->timescales[i]);
    }
    compare_office(d);
    compare_targets(d);
    compare_ladders(d, statute->profiles, statute->profile_count, authority->profiles,
                    authority->profile_count);
    compare_ladders(d, statute->ladders, statute->ladder_count, authority->ladders,
                    authority->ladder_count);
}

static enum status print_difference(struct session *s, const struct library *statute,
                                    const struct library *authority)
{
    const char *name = authority->authority ? authority->authority : "The overlay";
    const struct column columns[] = {{"timescale", "Timescale", CELL_TEXT, 0},
                                     {"what", "What", CELL_TEXT, 0},
                                     {"statute", "Statute and guidance", CELL_TEXT, 80},
                                     {"authority", name, CELL_TEXT, 80}};
    bool people = s->format == FORMAT_PEOPLE;
    struct difference d = {{s->arena, statute, people}, {s->arena, authority, people}, NULL, 0};

    d.table = table_begin(s, columns, sizeof columns / sizeof *columns);
    compare(&d);
    table_end(d.table);
    if (people && d.count == 0)
        text_addf(&s->out, "%s changes nothing.\n", name);
    return STATUS_DONE;
}

// The rules without any overlay, and with the one that is named or configured.
static enum status diff(struct session *s, const char *overlay, struct error *err)
{
    struct library *statute, *authority;
    enum status status;

    if (!overlay) {
        fail(err, FAULT_INPUT, "no overlay is configured; name one: timely rules --diff FILE");
        return STATUS_USAGE;
    }
    if (!library_load(s->config.rules_dir, NULL, &statute, err))
        return status_of(err);
    if (!library_load(s->config.rules_dir, overlay, &authority, err)) {
        library_free(statute);
        return status_of(err);
    }
    status = print_difference(s, statute, authority);
    library_free(authority);
    library_free(statute);
    return status;
}

enum status run_rules(struct session *s, const struct arguments *g, struct error *err)
{
    const char *file = g->count ? g->words[0] : NULL;

    if (argument(g, "diff") && s->page) {
        fail(err, FAULT_INPUT, "the difference has no page: leave --format html or --diff out");
        return STATUS_USAGE;
    }
    if (argument(g, "diff"))
        return diff(s, file ? file : s->config.overlay, err);
    if (file) {
        fail(err, FAULT_INPUT, "rules takes no \"%s\" without --diff", file);
        return STATUS_USAGE;
    }
    return s->page ? page(s, err) : list(s, err);
}
