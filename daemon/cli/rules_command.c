// `timely rules`: the timescales in words. A facet is one thing that is said of a timescale; the
// list shows them in columns, and `--diff` those of an overlay that are not the statute's.
#include "rules_command.h"

#include "table.h"

#include <string.h>

// A library, and whether it is told to people (titles of events) or to scripts (their names).
struct teller {
    struct arena *arena;
    const struct library *library;
    bool people;
};

// ------------------------------------------------------------------------------------ in words

static const char *event_words(const struct teller *t, const struct event_ref *r)
{
    const struct event_kind *e = &t->library->events[r->event];
    const char *words = t->people ? e->title : e->name;

    for (size_t i = 0; i < r->code_count; i++)
        words = arena_printf(t->arena, "%s %s %s", words,
                             i            ? "or"
                             : r->negated ? "unless"
                                          : "as",
                             r->codes[i]);
    return words;
}

static const char *events_words(const struct teller *t, const struct event_ref *refs, size_t count)
{
    const char *words = "";

    for (size_t i = 0; i < count; i++)
        words = arena_printf(t->arena, "%s%s%s", words, i ? "; " : "", event_words(t, &refs[i]));
    return words;
}

static const char *clause_words(const struct teller *t, const struct clause *c)
{
    static const char *const ordinals[] = {
        [EVERY] = "", [FIRST] = "first ", [SECOND] = "second ", [EVERY_LATER] = "every later "};
    const char *span = span_words(t->arena, c->span);

    if (c->due_of >= 0)
        return arena_printf(t->arena, "within %s of the due date of %s", span,
                            t->library->timescales[c->due_of].id);
    if (c->span.before)
        return arena_printf(t->arena, "%s before %s%s", span, event_words(t, &c->trigger),
                            c->by_office_close ? ", by office close" : "");
    return arena_printf(t->arena, "within %s of %s%s", span, ordinals[c->ordinal],
                        event_words(t, &c->trigger));
}

// Every version's clauses; dates are told where there is more than one version.
static const char *period(const struct teller *t, const struct timescale *ts)
{
    const char *words = "";

    for (size_t i = 0; i < ts->version_count; i++) {
        const struct version *v = &ts->versions[i];

        if (ts->version_count > 1 && date_known(v->until))
            words = arena_printf(t->arena, "%s%suntil %s: ", words, i ? "; " : "",
                                 date_iso(t->arena, v->until));
        else if (ts->version_count > 1)
            words = arena_printf(t->arena, "%s%sthen: ", words, i ? "; " : "");
        for (size_t k = 0; k < v->clause_count; k++)
            words = arena_printf(t->arena, "%s%s%s", words, k ? "; " : "",
                                 clause_words(t, &v->clauses[k]));
    }
    return words;
}

static const char *title(const struct teller *t, const struct timescale *ts)
{
    (void)t;
    return ts->title;
}

static const char *force(const struct teller *t, const struct timescale *ts)
{
    (void)t;
    return force_word(ts->force);
}

static const char *on(const struct teller *t, const struct timescale *ts)
{
    (void)t;
    return ts->on ? "yes" : "no";
}

static const char *subject(const struct teller *t, const struct timescale *ts)
{
    return ts->subject < 0 ? "record" : t->library->subjects[ts->subject].name;
}

static const char *met_by(const struct teller *t, const struct timescale *ts)
{
    return events_words(t, ts->met_by, ts->met_count);
}

static const char *ends_with(const struct teller *t, const struct timescale *ts)
{
    return events_words(t, ts->ends_with, ts->end_count);
}

static const char *only_for(const struct teller *t, const struct timescale *ts)
{
    return events_words(t, ts->only_for, ts->only_for_count);
}

static const char *source(const struct teller *t, const struct timescale *ts)
{
    (void)t;
    return ts->versions[ts->version_count - 1].source;
}

static const char *url(const struct teller *t, const struct timescale *ts)
{
    (void)t;
    return ts->versions[ts->version_count - 1].url;
}

static const char *evidence(const struct teller *t, const struct timescale *ts)
{
    (void)t;
    return ts->evidence;
}

static const char *reading(const struct teller *t, const struct timescale *ts)
{
    (void)t;
    return ts->reading;
}

static const char *chapter(const struct teller *t, const struct timescale *ts)
{
    (void)t;
    return ts->chapter;
}

static const char *told_by(const struct teller *t, const struct timescale *ts)
{
    return arena_printf(t->arena, "%s %s", ts->profile ? ts->profile : "",
                        ts->ladder ? ts->ladder : "");
}

typedef const char *facet(const struct teller *t, const struct timescale *ts);

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
    static facet *const facets[] = {title,     force,  on,  subject,  period,  met_by,
                                    ends_with, source, url, evidence, reading, chapter};
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
    } facets[] = {{"title", title},
                  {"force", force},
                  {"on", on},
                  {"subject", subject},
                  {"due", period},
                  {"met by", met_by},
                  {"ends with", ends_with},
                  {"only for", only_for},
                  {"source", source},
                  {"url", url},
                  {"evidence", evidence},
                  {"reading", reading},
                  {"tell", told_by}};

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

static const char *rungs_words(struct arena *a, const struct ladder *l)
{
    const char *words = "";

    for (size_t i = 0; i < l->count; i++)
        words = arena_printf(a, "%s%s%s", words, i ? "; " : "", l->rungs[i].id);
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

    if (argument(g, "diff"))
        return diff(s, file ? file : s->config.overlay, err);
    if (file) {
        fail(err, FAULT_INPUT, "rules takes no \"%s\" without --diff", file);
        return STATUS_USAGE;
    }
    return list(s, err);
}
