// `timely rules`: the list shows the facets of the timescales in columns; `--diff` (rules_diff.c)
// those of an overlay that are not the statute's; `--format html` (rules_page.c) all of them on a
// page.
#include "rules_command.h"

#include "rules_diff.h"
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
        {"chapter", NULL, CELL_TEXT, 0},     {"tell", NULL, CELL_TEXT, 0},
    };
    static facet *const facets[] = {rule_title,  rule_force,    rule_on,        rule_subject,
                                    rule_period, rule_met_by,   rule_ends_with, rule_source,
                                    rule_url,    rule_evidence, rule_reading,   rule_chapter,
                                    rule_told_by};
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

enum status run_rules(struct session *s, const struct arguments *g, struct error *err)
{
    const char *file = g->count ? g->words[0] : NULL;

    if (argument(g, "diff") && s->page) {
        fail(err, FAULT_INPUT, "the difference has no page: leave --format html or --diff out");
        return STATUS_USAGE;
    }
    if (argument(g, "diff"))
        return rules_diff(s, file ? file : s->config.overlay, err);
    if (file) {
        fail(err, FAULT_INPUT, "rules takes no \"%s\" without --diff", file);
        return STATUS_USAGE;
    }
    return s->page ? page(s, err) : list(s, err);
}
