// `timely check --effect`: which open deadlines would move. Rules are changed by people who must
// see the effect first.
#include "effect_command.h"

#include "effect.h"
#include "proclaimed.h"
#include "table.h"

#define MOST_FOR_PEOPLE 50

// Other rules on the calendar in force.
static bool other_rules(struct session *s, const char *rule_file, const char *overlay,
                        struct library **ret, struct error *err)
{
    struct holiday_list accepted;
    struct library *l;

    if (!proclaimed_read(s->arena, s->store, &accepted, err) ||
        !library_load_with(s->config.rules_dir, rule_file, overlay ? overlay : s->config.overlay,
                           &l, err))
        return false;
    if (!library_proclaim(l, accepted.items, accepted.count, err)) {
        library_free(l);
        return false;
    }
    *ret = l;
    return true;
}

// The same rules on the calendar that is proposed; NULL when nothing is.
static bool proposed_calendar(struct session *s, struct library **ret, struct error *err)
{
    struct holiday_list accepted, open;
    struct holiday *all;

    if (!proclaimed_read(s->arena, s->store, &accepted, err) ||
        !proclaimed_open(s->arena, s->store, &open, err))
        return false;
    if (open.count == 0) {
        *ret = NULL;
        return true;
    }
    all = ARENA_ARRAY(s->arena, struct holiday, accepted.count + open.count);
    for (size_t i = 0; i < accepted.count; i++)
        all[i] = accepted.items[i];
    for (size_t i = 0; i < open.count; i++)
        all[accepted.count + i] = open.items[i];
    return library_under(s->library, all, accepted.count + open.count, ret, err);
}

static void print_counts(struct session *s, const struct effect *e)
{
    text_addf(&s->out, "%s\n", effect_sentence(s->arena, e));
    for (size_t i = 0; i < e->count; i++) {
        const struct effect_count *c = &e->counts[i];

        text_addf(&s->out, "  %s: %zu open", c->timescale, c->open);
        if (c->moved)
            text_addf(&s->out, ", %zu would move", c->moved);
        if (c->gone)
            text_addf(&s->out, ", %zu would no longer be owed", c->gone);
        if (c->added)
            text_addf(&s->out, ", %zu would be new", c->added);
        text_add(&s->out, "\n");
    }
}

static const char *moment_cell(struct session *s, struct moment m)
{
    return date_known(m.on) ? moment_iso(s->arena, m) : NULL;
}

static void print_items(struct session *s, const struct effect *e)
{
    static const struct column columns[] = {
        {"change", "Change", CELL_TEXT, 0},        {"person_id", "Child", CELL_TEXT, 0},
        {"timescale", "Timescale", CELL_TEXT, 0},  {"subject_ref", NULL, CELL_TEXT, 0},
        {"trigger_on", "From", CELL_TEXT, 0},      {"due", "Due", CELL_TEXT, 0},
        {"would_be_due", "Would be", CELL_TEXT, 0}};
    struct table *t = table_begin(s, columns, sizeof columns / sizeof *columns);

    for (size_t i = 0; i < e->item_count; i++) {
        const struct effect_item *x = &e->items[i];
        const char *cells[] = {effect_word(x->kind),
                               x->person_id,
                               x->timescale,
                               x->subject_ref,
                               date_iso(s->arena, x->trigger_on),
                               moment_cell(s, x->from),
                               moment_cell(s, x->to)};

        table_row(t, cells);
    }
    table_end(t);
}

static void print_effect(struct session *s, const struct effect *e)
{
    size_t all = e->moved + e->gone + e->added;

    if (s->format == FORMAT_PEOPLE) {
        print_counts(s, e);
        if (all)
            text_add(&s->out, "\n");
    }
    print_items(s, e);
    if (s->format == FORMAT_PEOPLE && all > e->item_count)
        text_addf(&s->out, "... and %zu more (--format csv lists all)\n", all - e->item_count);
}

enum status run_effect(struct session *s, const char *rule_file, const char *overlay,
                       struct error *err)
{
    bool of_calendar = !rule_file && !overlay, ok;
    struct library *then = NULL;
    struct effect effect = {0};

    if (!session_library(s, err) || !session_store(s, err) || !session_reconcile(s, err) ||
        !(of_calendar ? proposed_calendar(s, &then, err)
                      : other_rules(s, rule_file, overlay, &then, err)))
        return status_of(err);
    if (!then && s->format == FORMAT_PEOPLE) {
        text_add(&s->out, "No change of the calendar is proposed, and no file was given to "
                          "compare with.\n");
        return STATUS_DONE;
    }
    ok = !then ||
         effect_measure(s->arena, s->store, s->library, then, session_today(s),
                        s->format == FORMAT_PEOPLE ? MOST_FOR_PEOPLE : SIZE_MAX, &effect, err);
    if (ok)
        print_effect(s, &effect);
    library_free(then);
    return ok ? STATUS_DONE : status_of(err);
}
