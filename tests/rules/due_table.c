// Every clock of the shipped rules laid on every day of forty-one years, for tests/oracle to judge:
//     timescale,clause,started by,trigger,due
// One row a clause and trigger; clauses that look at the hour are laid on several of each day.
// "due" is empty where there is no answer. Conditions, ends and what meets a clock do not come in:
// this is the calendar's part alone.
#include "due.h"
#include "paths.h"

#include <stdio.h>

#define FIRST_DAY date_make(1995, 1, 1)
#define LAST_DAY date_make(2035, 12, 31)

// The hour not known; one hour each that summer time skips and repeats; the office's hours and
// more.
static const int minutes[] = {-1, 30, 90, 540, 750, 1020, 1410};

static const char *started_by(struct arena *a, const struct library *l, const struct clause *c)
{
    static const char *const words[] = {[FROM_DUE_DATE] = "due",
                                        [FROM_LATENESS] = "late",
                                        [TO_DUE_DATE] = "due",
                                        [HALF_WAY] = "half way to"};

    if (c->basis == FROM_EVENT || c->basis == AT_SET_DATE)
        return l->events[c->trigger.event].name;
    return arena_printf(a, "%s %s", words[c->basis], l->timescales[c->of].id);
}

static bool looks_at_the_hour(const struct clause *c)
{
    return c->span.unit == HOURS || c->rolling == BACK_TO_OFFICE_CLOSE;
}

// By a record that sets no date itself, without a longest period, nothing is due.
static bool has_a_sum(const struct clause *c)
{
    return c->basis != AT_SET_DATE || c->span.count > 0;
}

static bool lay_on(const struct library *l, const struct timescale *t, const struct clause *c,
                   struct moment from, struct deadline *ret);

// The other deadline that a clause leans on. Half ways begin with it, everything else on its due
// date.
static bool other_deadline(const struct library *l, const struct clause *c, struct moment from,
                           struct deadline *ret)
{
    const struct timescale *other = &l->timescales[c->of];

    if (c->basis == HALF_WAY)
        return lay_on(l, other, &other->versions[0].clauses[0], from, ret);
    *ret = (struct deadline){.timescale = other, .trigger_on = from.on, .due_on = from.on};
    return true;
}

static bool lay_on(const struct library *l, const struct timescale *t, const struct clause *c,
                   struct moment from, struct deadline *ret)
{
    struct fact trigger = {.event = c->trigger.event, .at = from};
    struct work work = {.history = {.library = l}};
    struct deadline other;
    struct clock_start start = {
        .timescale = t, .clause = c, .trigger = &trigger, .from = from, .trigger_on = from.on};

    if (c->of >= 0) {
        if (!other_deadline(l, c, from, &other))
            return false;
        start.after = &other;
    }
    *ret = (struct deadline){.timescale = t, .trigger_on = from.on};
    return due_compute(&work, &start, ret);
}

static bool in_force(const struct version *v, struct date on)
{
    return date_cmp(v->from, on) <= 0 && (!date_known(v->until) || date_cmp(on, v->until) <= 0);
}

static void print_clause(const struct library *l, const struct timescale *t,
                         const struct version *v, size_t index)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    const struct clause *c = &v->clauses[index];
    const char *starts = started_by(a, l, c);
    size_t each = looks_at_the_hour(c) ? sizeof minutes / sizeof *minutes : 1;
    struct deadline d;

    for (struct date on = FIRST_DAY; date_cmp(on, LAST_DAY) <= 0; on = date_add_days(on, 1))
        for (size_t i = 0; i < each && in_force(v, on); i++) {
            struct moment from = {on, minutes[i]};

            printf("%s,%d.%zu,%s,%s,%s\n", t->id, v->number, index + 1, starts, moment_iso(a, from),
                   lay_on(l, t, c, from, &d) ? moment_iso(a, d.due_at) : "");
        }
}

static void print_timescale(const struct library *l, const struct timescale *t)
{
    for (size_t v = 0; v < t->version_count; v++)
        for (size_t c = 0; c < t->versions[v].clause_count; c++)
            if (has_a_sum(&t->versions[v].clauses[c]))
                print_clause(l, t, &t->versions[v], c);
}

int main(void)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct library *l;
    const char *rules;
    struct error err;

    if (!data_path(a, "rules", &rules, &err) || !library_load(rules, NULL, &l, &err)) {
        fprintf(stderr, "due_table: %s\n", err.text);
        return 1;
    }
    puts("timescale,clause,started by,trigger,due");
    for (size_t i = 0; i < l->timescale_count; i++)
        print_timescale(l, &l->timescales[i]);
    library_free(l);
    return 0;
}
