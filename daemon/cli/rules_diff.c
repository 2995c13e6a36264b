// What an overlay makes of the rules: every facet of a timescale that is not the statute's, office
// hours, days kept free, cadences, ladders.
#include "rules_diff.h"

#include "measure.h"
#include "rules_words.h"
#include "table.h"

#include <string.h>

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
    } facets[] = {
        {"title", rule_title},         {"force", rule_force},       {"on", rule_on},
        {"subject", rule_subject},     {"due", rule_period},        {"met by", rule_met_by},
        {"ends with", rule_ends_with}, {"only for", rule_only_for}, {"only while", rule_only_while},
        {"counting", rule_counting},   {"source", rule_source},     {"url", rule_url},
        {"evidence", rule_evidence},   {"reading", rule_reading},   {"tell", rule_told_by}};

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

static void compare_cadences(struct difference *d)
{
    const struct library *statute = d->statute.library, *authority = d->authority.library;
    struct arena *a = d->statute.arena;

    for (size_t i = 0; i < authority->cadence_count; i++) {
        const char *was = NULL;

        for (size_t k = 0; k < statute->cadence_count && !was; k++)
            if (strcmp(statute->cadences[k].id, authority->cadences[i].id) == 0)
                was = cadence_words(a, &statute->cadences[k]);
        differs(d, authority->cadences[i].id, "cadence", was,
                cadence_words(a, &authority->cadences[i]));
    }
}

static void compare_diary(struct difference *d)
{
    const struct library *authority = d->authority.library;
    struct arena *a = d->statute.arena;

    for (size_t i = 0; i < authority->kept_free_count; i++) {
        const char *meeting = authority->kept_free[i].meeting;

        differs(d, NULL, arena_printf(a, "diary, %s", meeting),
                kept_free_words(a, d->statute.library, meeting),
                kept_free_words(a, authority, meeting));
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
    compare_diary(d);
    compare_cadences(d);
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

enum status rules_diff(struct session *s, const char *overlay, struct error *err)
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
