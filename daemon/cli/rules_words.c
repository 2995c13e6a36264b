// A timescale in words.
#include "rules_words.h"

#include "ladder.h"

#include <string.h>

static const char *name_of(const struct teller *t, int event)
{
    const struct event_kind *e = &t->library->events[event];

    return t->people ? e->title : e->name;
}

static const char *event_words(const struct teller *t, const struct event_ref *r)
{
    const char *words = name_of(t, r->event);

    for (size_t i = 0; i < r->code_count; i++)
        words = arena_printf(t->arena, "%s %s %s", words,
                             i            ? "or"
                             : r->negated ? "unless"
                                          : "as",
                             r->codes[i]);
    if (r->at_least)
        words = arena_printf(t->arena, "%s scoring %d or more", words, r->at_least);
    return words;
}

static const char *events_words(const struct teller *t, const struct event_ref *refs, size_t count)
{
    const char *words = "";

    for (size_t i = 0; i < count; i++)
        words = arena_printf(t->arena, "%s%s%s", words, i ? "; " : "", event_words(t, &refs[i]));
    return words;
}

static const char *age_words(const struct teller *t, const struct condition *c)
{
    const char *words = c->kind == CONDITION_AGE_UNDER
                            ? arena_printf(t->arena, "age under %d", c->age)
                            : arena_printf(t->arena, "age %d or over", c->age);

    if (c->span.count)
        words = arena_printf(t->arena, "%s in %s", words, span_words(t->arena, c->span));
    for (size_t i = 0; i < c->at_count; i++)
        words =
            arena_printf(t->arena, "%s %s %s", words, i ? "or" : "at", name_of(t, c->at_events[i]));
    return words;
}

static const char *condition_words(const struct teller *t, const struct condition *c)
{
    const char *not = c->negated ? "not " : "", *event;

    if (c->kind == CONDITION_AGE_AT_LEAST || c->kind == CONDITION_AGE_UNDER)
        return age_words(t, c);
    if (c->kind == CONDITION_IN_SUBJECT)
        return arena_printf(t->arena, "%sin %s", not, t->library->subjects[c->subject].name);
    event = event_words(t, &c->event);
    if (c->kind == CONDITION_HAS_LASTED)
        return arena_printf(t->arena, "%s%s for %s", not, event, span_words(t->arena, c->span));
    if (c->kind == CONDITION_SHORTLY_AGO)
        return arena_printf(t->arena, "%s%s within %s before", not, event,
                            span_words(t->arena, c->span));
    return arena_printf(t->arena, "%s%s", not, event);
}

static const char *conditions_words(const struct teller *t, const struct condition *all,
                                    size_t count)
{
    const char *words = "";

    for (size_t i = 0; i < count; i++)
        words = arena_printf(t->arena, "%s%s%s", words, i ? "; " : "", condition_words(t, &all[i]));
    return words;
}

static const char *period_words(const struct teller *t, const struct clause *c)
{
    const char *span = span_words(t->arena, c->span);

    if (!c->other.count)
        return span;
    return arena_printf(t->arena, "the earlier of %s and %s", span, span_words(t->arena, c->other));
}

static const char *core_words(const struct teller *t, const struct clause *c)
{
    static const char *const ordinals[] = {
        [EVERY] = "", [FIRST] = "first ", [SECOND] = "second ", [EVERY_LATER] = "every later "};
    const char *of = c->of >= 0 ? t->library->timescales[c->of].id : "";

    switch (c->basis) {
    case FROM_DUE_DATE:
        return arena_printf(t->arena, "within %s of the due date of %s", period_words(t, c), of);
    case FROM_LATENESS:
        return arena_printf(t->arena, "within %s of %s running late", period_words(t, c), of);
    case HALF_WAY:
        return arena_printf(t->arena, "half way to the due date of %s", of);
    case TO_DUE_DATE:
        if (c->span.count == 0)
            return arena_printf(t->arena, "by the due date of %s", of);
        return arena_printf(t->arena, "%s before the due date of %s", period_words(t, c), of);
    case AT_SET_DATE:
        return arena_printf(t->arena, "by the date set by %s%s%s", event_words(t, &c->trigger),
                            c->span.count ? ", at most " : "",
                            c->span.count ? span_words(t->arena, c->span) : "");
    case FROM_EVENT:
        break;
    }
    if (c->span.before)
        return arena_printf(t->arena, "%s before %s", period_words(t, c),
                            event_words(t, &c->trigger));
    return arena_printf(t->arena, "within %s of %s%s", period_words(t, c), ordinals[c->ordinal],
                        event_words(t, &c->trigger));
}

static const char *clause_words(const struct teller *t, const struct clause *c)
{
    static const char *const rolled[] = {[STAYS] = "",
                                         [BACK_TO_WORKING_DAY] = ", by a working day",
                                         [ON_TO_WORKING_DAY] = ", on to a working day",
                                         [BACK_TO_OFFICE_CLOSE] = ", by office close"};
    const char *words = arena_printf(t->arena, "%s%s", core_words(t, c), rolled[c->rolling]);

    if (c->no_later_than >= 0)
        words = arena_printf(t->arena, "%s, no later than the due date of %s", words,
                             t->library->timescales[c->no_later_than].id);
    if (c->summed_over.count)
        words = arena_printf(t->arena, "%s, summed over %s", words,
                             span_words(t->arena, c->summed_over));
    for (size_t i = 0; i < c->condition_count; i++)
        words = arena_printf(t->arena, "%s, if %s", words, condition_words(t, &c->conditions[i]));
    return words;
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
    return conditions_words(t, ts->only_for, ts->only_for_count);
}

const char *rule_only_while(const struct teller *t, const struct timescale *ts)
{
    return conditions_words(t, ts->only_while, ts->only_while_count);
}

const char *rule_counting(const struct teller *t, const struct timescale *ts)
{
    (void)t;
    if (ts->from_same_day)
        return "the day of the trigger is day 1";
    return ts->local_calendar ? "on the authority's own working days" : "";
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
    const char *words = arena_printf(t->arena, "%s %s", ts->profile ? ts->profile : "",
                                     ts->ladder ? ts->ladder : "");

    for (size_t i = 0; i < t->library->team_ladder_count; i++)
        if (team_ladder_decides(t->library, &t->library->team_ladders[i], ts))
            words =
                arena_printf(t->arena, "%s; team %s: %s", words, t->library->team_ladders[i].team,
                             t->library->team_ladders[i].ladder);
    return words;
}

const char *cadence_words(struct arena *a, const struct cadence *c)
{
    const char *every = c->every.count ? arena_printf(a, "every %s", span_words(a, c->every))
                                       : "no period is known";

    return arena_printf(a, "%s%s%s%s%s%s", every, c->on ? ", from " : ", off",
                        c->on ? date_iso(a, c->from) : "", c->role ? " (" : "",
                        c->role ? c->role : "", c->role ? ")" : "");
}

const char *kept_free_words(struct arena *a, const struct library *l, const char *meeting)
{
    static const char *const days[] = {"monday", "tuesday",  "wednesday", "thursday",
                                       "friday", "saturday", "sunday"};
    const char *words = NULL;

    for (size_t i = 0; i < l->kept_free_count; i++)
        for (int d = 0; d < 7; d++)
            if (strcmp(l->kept_free[i].meeting, meeting) == 0 && l->kept_free[i].day[d])
                words = arena_printf(a, "%s%s", words ? arena_printf(a, "%s, ", words) : "not on ",
                                     days[d]);
    return words;
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
