// The examples of rules: facts, and the due date that they must give.
#include "evaluate.h"

#include <string.h>

// The due date of the last deadline of the timescale that the example's facts give.
static bool example_due(struct arena *a, const struct library *l, const struct timescale *t,
                        const struct example *x, struct moment *ret)
{
    struct fact *facts = ARENA_ARRAY(a, struct fact, x->count);
    struct timeline timeline = {"example", facts, x->count};
    struct date last = {0};
    struct evaluation e;
    bool any = false;

    for (size_t i = 0; i < x->count; i++) {
        struct booking_details *b = ARENA_NEW(a, struct booking_details);

        facts[i] = x->facts[i];
        b->scheduled = facts[i].at;
        b->ends = MOMENT_NONE;
        if (l->events[facts[i].event].booking)
            facts[i].booking = b;
        if (facts[i].at.on.day > last.day)
            last = facts[i].at.on;
    }
    timeline_sort(&timeline);
    evaluate(a, l, &timeline, (struct sight){NULL}, last, &e);
    for (size_t i = 0; i < e.count; i++)
        if (e.deadlines[i].timescale == t) {
            *ret = e.deadlines[i].due_at.minute >= 0 ? e.deadlines[i].due_at
                                                     : (struct moment){e.deadlines[i].due_on, -1};
            any = true;
        }
    return any;
}

static void run_example(const struct library *l, const struct timescale *t, const struct example *x,
                        struct complaints *c)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct moment due;
    bool any = example_due(a, l, t, x, &due);

    if (any && !x->no_deadline && date_is(due.on, x->due.on) &&
        (x->due.minute < 0 || due.minute == x->due.minute))
        return;
    if (!any && x->no_deadline)
        return;
    complain(c, x->file, x->line, 1, "%s: example \"%s\": the rule gives %s", t->id, x->text,
             any ? moment_iso(a, due) : "nothing");
}

// Examples hold whether or not the authority has switched the timescale on. The statute's hold for
// the statute as it stands: an overlay may move any date that leans on one it has tightened.
size_t library_run_examples(const struct library *l, struct complaints *c)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct library all_on = *l;
    size_t count = 0;

    all_on.timescales = ARENA_ARRAY(a, struct timescale, l->timescale_count + 1);
    for (size_t i = 0; i < l->timescale_count; i++) {
        all_on.timescales[i] = l->timescales[i];
        all_on.timescales[i].on = true;
    }
    for (size_t i = 0; i < l->timescale_count; i++) {
        const struct timescale *t = &all_on.timescales[i];

        for (size_t j = 0; j < t->example_count; j++)
            if (t->examples[j].overlay == (l->authority != NULL)) {
                run_example(&all_on, t, &t->examples[j], c);
                count++;
            }
    }
    return count;
}
