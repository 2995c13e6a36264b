// A timescale in words.
#include "rules_words.h"

#include <string.h>

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
const char *rule_period(const struct teller *t, const struct timescale *ts)
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

const char *rule_title(const struct teller *t, const struct timescale *ts)
{
    (void)t;
    return ts->title;
}

const char *rule_force(const struct teller *t, const struct timescale *ts)
{
    (void)t;
    return force_word(ts->force);
}

const char *rule_on(const struct teller *t, const struct timescale *ts)
{
    (void)t;
    return ts->on ? "yes" : "no";
}

const char *rule_subject(const struct teller *t, const struct timescale *ts)
{
    return ts->subject < 0 ? "record" : t->library->subjects[ts->subject].name;
}

const char *rule_met_by(const struct teller *t, const struct timescale *ts)
{
    return events_words(t, ts->met_by, ts->met_count);
}

const char *rule_ends_with(const struct teller *t, const struct timescale *ts)
{
    return events_words(t, ts->ends_with, ts->end_count);
}

const char *rule_only_for(const struct teller *t, const struct timescale *ts)
{
    return events_words(t, ts->only_for, ts->only_for_count);
}

const char *rule_source(const struct teller *t, const struct timescale *ts)
{
    (void)t;
    return ts->versions[ts->version_count - 1].source;
}

const char *rule_url(const struct teller *t, const struct timescale *ts)
{
    (void)t;
    return ts->versions[ts->version_count - 1].url;
}

const char *rule_evidence(const struct teller *t, const struct timescale *ts)
{
    (void)t;
    return ts->evidence;
}

const char *rule_reading(const struct teller *t, const struct timescale *ts)
{
    (void)t;
    return ts->reading;
}

const char *rule_chapter(const struct teller *t, const struct timescale *ts)
{
    (void)t;
    return ts->chapter;
}

const char *rule_told_by(const struct teller *t, const struct timescale *ts)
{
    return arena_printf(t->arena, "%s %s", ts->profile ? ts->profile : "",
                        ts->ladder ? ts->ladder : "");
}

// "", for a rung with a morning of its own.
static const char *weekly_words(struct arena *a, const struct rung *r)
{
    const char *list = "";

    if (r->weekly)
        return ", in the week's first list";
    for (size_t i = 0; i < r->weekly_for_count; i++)
        list = arena_printf(a, "%s%s%s", list, i ? ", " : "", r->weekly_for[i]);
    return *list ? arena_printf(a, ", for %s in the week's first list", list) : "";
}

const char *rung_words(struct arena *a, const struct rung *r)
{
    bool profile = strcmp(r->id, "profile") == 0;

    return arena_printf(a, "%s%s%s%s%s%s", profile ? "the steps of the timescale's profile" : r->id,
                        r->role ? ": " : "", r->role ? r->role : "", weekly_words(a, r),
                        r->unbooked_only ? ", while nothing is booked in time" : "",
                        r->statutory_only ? ", for law and guidance" : "");
}
