// The reader of what an authority wants of its measures, in its overlay: targets and thresholds.
#include "measure.h"
#include "reader.h"

#include <ctype.h>
#include <string.h>

// "90" or "79.2", in tenths; false for anything else, or above 10000 tenths.
static bool read_number(const char **s, int *ret)
{
    int n = 0, digits = 0;

    for (; isdigit((unsigned char)**s) && digits < 4; (*s)++, digits++)
        n = n * 10 + (**s - '0');
    if (digits == 0 || digits == 4)
        return false;
    n *= 10;
    if (**s == '.') {
        (*s)++;
        if (!isdigit((unsigned char)**s))
            return false;
        n += *(*s)++ - '0';
    }
    *ret = n;
    return true;
}

// One number or two with a hyphen between, and then `end`.
static bool read_range(const char *s, const char *end, int *low, int *high)
{
    if (!read_number(&s, low))
        return false;
    *high = *low;
    if (*s == '-') {
        s++;
        if (!read_number(&s, high))
            return false;
    }
    return strcmp(s, end) == 0 && *low <= *high;
}

static void unknown_measure(const struct reader *r, const struct entry *e)
{
    const struct measure *all;
    size_t count = measure_list(&all);
    const char **ids = ARENA_ARRAY(r->phrases.arena, const char *, count);
    const char *near;

    for (size_t i = 0; i < count; i++)
        ids[i] = all[i].id;
    near = nearest_word(e->key, ids, count);
    complain(r->phrases.complaints, r->phrases.file, e->line, e->column,
             near ? "unknown measure \"%s\"; did you mean \"%s\"?"
                  : "unknown measure \"%s\": `timely timeliness --measure list` has all",
             e->key, near);
}

static void read_target(struct reader *r, const struct entry *e)
{
    const struct measure *m = measure_find(e->key);
    struct target *t = &r->library->targets[r->library->target_count];

    if (!m) {
        unknown_measure(r, e);
        return;
    }
    if (!m->share) {
        complain(r->phrases.complaints, r->phrases.file, e->line, e->column,
                 "%s is no percentage, so it can have no target", e->key);
        return;
    }
    if (!reader_is(r, e->value, NODE_SCALAR, "a percentage: 90% or 90-95%"))
        return;
    t->measure = m->id;
    if (read_range(e->value->text, "%", &t->low, &t->high) && t->high <= 1000)
        r->library->target_count++;
    else
        reader_complain(r, e->value, "\"%s\": expected a percentage: 90%% or 90-95%%",
                        e->value->text);
}

static void read_targets(struct reader *r, const struct node *targets)
{
    r->library->targets = ARENA_ARRAY(r->phrases.arena, struct target, targets->count + 1);
    for (size_t i = 0; i < targets->count; i++)
        read_target(r, &targets->entries[i]);
}

static void read_thresholds(struct reader *r, const struct node *thresholds)
{
    static const char *const keys[] = {"caseload"};
    const struct node *caseload;
    int low, high;

    reader_known_keys(r, thresholds, keys, 1);
    caseload = reader_scalar(r, thresholds, "caseload", false);
    if (!caseload)
        return;
    if (read_range(caseload->text, "", &low, &high) && low % 10 == 0 && high % 10 == 0 && low > 0)
        r->library->caseload = (struct caseload_range){low / 10, high / 10};
    else
        reader_complain(r, caseload, "\"%s\": expected a number of children: 85 or 55-70",
                        caseload->text);
}

void read_overlay_targets(struct reader *r, const struct node *root)
{
    const struct node *targets = node_get(root, "targets");
    const struct node *thresholds = node_get(root, "thresholds");

    if (targets && reader_is(r, targets, NODE_MAPPING, "targets by their measures"))
        read_targets(r, targets);
    if (thresholds && reader_is(r, thresholds, NODE_MAPPING, "thresholds: caseload"))
        read_thresholds(r, thresholds);
}
