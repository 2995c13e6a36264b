// The grammar of phrase.h: a cursor over one scalar's text.
#include "phrase.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct cursor {
    const struct phrase_context *context;
    const struct node *node;
    const char *at;
};

static struct cursor cursor_on(const struct phrase_context *c, const struct node *n)
{
    return (struct cursor){c, n, n->text};
}

static bool expected(const struct cursor *k, const char *what)
{
    int column = k->node->column + (int)(k->at - k->node->text);
    char found[40];
    size_t n = strcspn(k->at, " ,");

    if (n >= sizeof found)
        n = sizeof found - 1;
    memcpy(found, k->at, n);
    found[n] = '\0';
    complain(k->context->complaints, k->context->file, k->node->line, column, "\"%s\": expected %s",
             *found ? found : "end of the text", what);
    return false;
}

static void skip_blanks(struct cursor *k)
{
    while (*k->at == ' ')
        k->at++;
}

// Takes a fixed word or words, blanks between them as written.
static bool take(struct cursor *k, const char *words)
{
    size_t n = strlen(words);

    skip_blanks(k);
    if (strncmp(k->at, words, n) != 0)
        return false;
    if (isalnum((unsigned char)words[n - 1]) &&
        (isalnum((unsigned char)k->at[n]) || k->at[n] == '-' || k->at[n] == '_'))
        return false;
    k->at += n;
    return true;
}

// A name: letters, digits, hyphen, underscore.
static const char *take_name(struct cursor *k)
{
    size_t n = 0;

    skip_blanks(k);
    while (isalnum((unsigned char)k->at[n]) || k->at[n] == '-' || k->at[n] == '_')
        n++;
    if (n == 0)
        return NULL;
    k->at += n;
    return arena_strndup(k->context->arena, k->at - n, n);
}

static bool at_end(struct cursor *k)
{
    skip_blanks(k);
    return *k->at == '\0' || expected(k, "nothing more");
}

static bool unknown(const struct cursor *k, const char *word, const char *what,
                    const char *const *known, size_t count)
{
    const char *near = nearest_word(word, known, count);
    int column = k->node->column + (int)(k->at - k->node->text) - (int)strlen(word);

    complain(k->context->complaints, k->context->file, k->node->line, column,
             near ? "\"%s\": no such %s; did you mean \"%s\"?" : "\"%s\": no such %s", word, what,
             near);
    return false;
}

static bool take_event(struct cursor *k, int *ret)
{
    const struct library *l = k->context->library;
    const char *name = take_name(k);
    const char **known;

    if (!name)
        return expected(k, "an event of events.yaml");
    *ret = library_event(l, name);
    if (*ret >= 0)
        return true;
    known = ARENA_ARRAY(k->context->arena, const char *, l->event_count);
    for (size_t i = 0; i < l->event_count; i++)
        known[i] = l->events[i].name;
    return unknown(k, name, "event (nobody supplies it)", known, l->event_count);
}

static bool known_code(const struct event_kind *e, const char *code)
{
    if (e->code_count == 0)
        return true;
    return code_in(code, e->codes, e->code_count, false);
}

static bool take_codes(struct cursor *k, struct event_ref *ret)
{
    const struct event_kind *e = &k->context->library->events[ret->event];
    const char **codes = NULL;
    size_t room = 0;

    do {
        const char *code = take_name(k);

        if (!code)
            return expected(k, "a code");
        if (!known_code(e, code))
            return unknown(k, code, "code of that event", e->codes, e->code_count);
        codes = arena_grow(k->context->arena, (void *)codes, sizeof *codes, ret->code_count, &room);
        codes[ret->code_count++] = code;
    } while (take(k, "or"));
    ret->codes = codes;
    return true;
}

static bool take_number(struct cursor *k, int lowest, int highest, int *ret)
{
    char *end;
    long n;

    skip_blanks(k);
    n = strtol(k->at, &end, 10);
    if (!isdigit((unsigned char)*k->at) || n < lowest || n > highest)
        return expected(k,
                        arena_printf(k->context->arena, "a number from %d to %d", lowest, highest));
    k->at = end;
    *ret = (int)n;
    return true;
}

static bool take_age(struct cursor *k, int *ret)
{
    return take_number(k, 1, 99, ret);
}

static bool take_event_ref(struct cursor *k, struct event_ref *ret)
{
    *ret = (struct event_ref){.line = k->node->line,
                              .column = k->node->column + (int)(k->at - k->node->text)};
    if (!take_event(k, &ret->event))
        return false;
    if (take(k, "as"))
        return take_codes(k, ret);
    if (take(k, "unless")) {
        ret->negated = true;
        return take_codes(k, ret);
    }
    if (take(k, "scoring"))
        return take_number(k, 1, 9999, &ret->at_least) &&
               (take(k, "or more") || expected(k, "\"or more\""));
    return true;
}

static bool take_span(struct cursor *k, struct span *ret)
{
    const char *what, *rest;

    skip_blanks(k);
    if (!span_parse(k->at, ret, &rest, &what)) {
        k->at = rest;
        return expected(k, what);
    }
    if (ret->unit == SCHOOL_DAYS)
        return expected(k, "another unit: school days cannot be counted, since no calendar of "
                           "school terms is loaded");
    k->at = rest;
    return true;
}

// Where a span may be left out, one of 0 would be taken for none.
static bool take_limit(struct cursor *k, struct span *ret)
{
    const char *at = k->at;

    if (!take_span(k, ret))
        return false;
    if (ret->count > 0)
        return true;
    k->at = at + strspn(at, " ");
    return expected(k, "a period of at least 1");
}

static enum ordinal take_ordinal(struct cursor *k)
{
    if (take(k, "first"))
        return FIRST;
    if (take(k, "second"))
        return SECOND;
    if (take(k, "every later"))
        return EVERY_LATER;
    take(k, "every");
    return EVERY;
}

bool phrase_event_ref(const struct phrase_context *c, const struct node *n, struct event_ref *ret)
{
    struct cursor k = cursor_on(c, n);

    return take_event_ref(&k, ret) && at_end(&k);
}

// ---------------------------------------------------------------------------------- conditions

static bool take_events(struct cursor *k, struct condition *ret)
{
    int *events = NULL;
    size_t room = 0;

    do {
        events = arena_grow(k->context->arena, events, sizeof *events, ret->at_count, &room);
        if (!take_event(k, &events[ret->at_count]))
            return false;
        ret->at_count++;
    } while (take(k, "or"));
    ret->at_events = events;
    return true;
}

static bool take_age_condition(struct cursor *k, struct condition *ret)
{
    ret->kind = take(k, "under") ? CONDITION_AGE_UNDER : CONDITION_AGE_AT_LEAST;
    if (!take_age(k, &ret->age))
        return false;
    if (ret->kind == CONDITION_AGE_AT_LEAST && !take(k, "or over"))
        return expected(k, "\"or over\" (or \"age under N\")");
    if (take(k, "in"))
        return take_span(k, &ret->span);
    return !take(k, "at") || take_events(k, ret);
}

static bool take_subject(struct cursor *k, int *ret)
{
    const struct library *l = k->context->library;
    const char *name = take_name(k);

    for (size_t i = 0; name && i < l->subject_count; i++)
        if (strcmp(l->subjects[i].name, name) == 0) {
            *ret = (int)i;
            return true;
        }
    return expected(k, "a subject of events.yaml");
}

static bool take_condition(struct cursor *k, struct condition *ret)
{
    *ret = (struct condition){.kind = CONDITION_HOLDS, .negated = take(k, "not")};
    if (!ret->negated && take(k, "age"))
        return take_age_condition(k, ret);
    if (take(k, "in")) {
        ret->kind = CONDITION_IN_SUBJECT;
        return take_subject(k, &ret->subject);
    }
    if (!take_event_ref(k, &ret->event))
        return false;
    if (take(k, "for")) {
        ret->kind = CONDITION_HAS_LASTED;
        return take_span(k, &ret->span);
    }
    if (take(k, "within")) {
        ret->kind = CONDITION_SHORTLY_AGO;
        return take_span(k, &ret->span) && (take(k, "before") || expected(k, "\"before\""));
    }
    return true;
}

bool phrase_condition(const struct phrase_context *c, const struct node *n, struct condition *ret)
{
    struct cursor k = cursor_on(c, n);

    return take_condition(&k, ret) && at_end(&k);
}

// ---------------------------------------------------------------------------------- when it is due

static bool take_timescale(struct cursor *k, const char **ret)
{
    *ret = take_name(k);
    return *ret || expected(k, "a timescale");
}

// A second one would silently take the place of the first.
static bool is_first(struct cursor *k, bool said_before, const char *what)
{
    return !said_before || expected(k, what);
}

static bool roll(struct cursor *k, struct clause *ret, enum rolling rolling)
{
    bool said_before = ret->rolling != STAYS;

    ret->rolling = rolling;
    return is_first(k, said_before,
                    "only one of \"by office close\", \"by a working day\" and \"on to a working "
                    "day\"");
}

static bool take_tail(struct cursor *k, struct clause *ret, struct named_timescales *named)
{
    struct condition *conditions;

    if (take(k, "by office close"))
        return roll(k, ret, BACK_TO_OFFICE_CLOSE);
    if (take(k, "by a working day"))
        return roll(k, ret, BACK_TO_WORKING_DAY);
    if (take(k, "on to a working day"))
        return roll(k, ret, ON_TO_WORKING_DAY);
    if (take(k, "no later than the due date of"))
        return is_first(k, named->no_later_than, "\"no later than\" only once") &&
               take_timescale(k, &named->no_later_than);
    if (take(k, "summed over"))
        return is_first(k, ret->summed_over.count, "\"summed over\" only once") &&
               take_limit(k, &ret->summed_over);
    if (!take(k, "if"))
        return expected(k, "\"by office close\", \"by a working day\", \"on to a working day\", "
                           "\"no later than\", \"summed over\" or \"if\"");
    conditions = ARENA_ARRAY(k->context->arena, struct condition, ret->condition_count + 1);
    if (ret->condition_count)
        memcpy(conditions, ret->conditions, ret->condition_count * sizeof *conditions);
    if (!take_condition(k, &conditions[ret->condition_count]))
        return false;
    ret->conditions = conditions;
    ret->condition_count++;
    return true;
}

static bool take_tails(struct cursor *k, struct clause *ret, struct named_timescales *named)
{
    while (take(k, ","))
        if (!take_tail(k, ret, named))
            return false;
    return at_end(k);
}

static bool take_period(struct cursor *k, struct clause *ret)
{
    if (!take(k, "the earlier of"))
        return take_span(k, &ret->span);
    if (!take_span(k, &ret->span))
        return false;
    if (!take(k, "and"))
        return expected(k, "\"and\" and a second period");
    return take_limit(k, &ret->other);
}

// "EVENT", or "TIMESCALE running late". Which of the two is told by what follows.
static bool take_anchor(struct cursor *k, struct clause *ret, struct named_timescales *named)
{
    const char *at, *name;

    if (take(k, "the due date of")) {
        ret->basis = FROM_DUE_DATE;
        return take_timescale(k, &named->of);
    }
    at = k->at;
    name = take_name(k);
    if (name && take(k, "running late")) {
        ret->basis = FROM_LATENESS;
        named->of = name;
        return true;
    }
    k->at = at;
    ret->ordinal = take_ordinal(k);
    return take_event_ref(k, &ret->trigger);
}

static bool due_before(struct cursor *k, struct clause *ret, struct named_timescales *named)
{
    if (!take_span(k, &ret->span))
        return false;
    if (!take(k, "before"))
        return expected(k, "\"before\" (or begin with \"within\")");
    ret->span.before = true;
    if (!take(k, "the due date of"))
        return take_event_ref(k, &ret->trigger);
    ret->basis = TO_DUE_DATE;
    return take_timescale(k, &named->of);
}

static bool due_at_set_date(struct cursor *k, struct clause *ret)
{
    ret->basis = AT_SET_DATE;
    if (!take_event_ref(k, &ret->trigger))
        return false;
    return !take(k, ", at most") || take_limit(k, &ret->span);
}

static bool take_due(struct cursor *k, struct clause *ret, struct named_timescales *named)
{
    if (take(k, "by the date set by"))
        return due_at_set_date(k, ret);
    if (take(k, "by the due date of")) {
        ret->basis = TO_DUE_DATE;
        ret->span = (struct span){0, DAYS, true};
        return take_timescale(k, &named->of);
    }
    if (take(k, "half way to the due date of")) {
        ret->basis = HALF_WAY;
        return take_timescale(k, &named->of);
    }
    if (!take(k, "within"))
        return due_before(k, ret, named);
    if (!take_period(k, ret))
        return false;
    if (!take(k, "of"))
        return expected(k, "\"of\" and the event that starts the clock");
    return take_anchor(k, ret, named);
}

bool phrase_due(const struct phrase_context *c, const struct node *n, struct clause *ret,
                struct named_timescales *ret_named)
{
    struct cursor k = cursor_on(c, n);

    *ret = (struct clause){.of = -1, .no_later_than = -1};
    *ret_named = (struct named_timescales){NULL, NULL};
    return take_due(&k, ret, ret_named) && take_tails(&k, ret, ret_named);
}

// ------------------------------------------------------------------------------- derived events

static bool derive_time_spent(struct cursor *k, struct derived *ret)
{
    ret->how = TIME_SPENT;
    if (!take(k, "in"))
        return expected(k, "\"in\" and a subject");
    if (!take_subject(k, &ret->subject))
        return false;
    if (!take(k, "since age"))
        return expected(k, "\"since age\"");
    if (!take_age(k, &ret->since_age))
        return false;
    if (!take(k, ", at age"))
        return expected(k, "\", at age\"");
    return take_age(k, &ret->age);
}

bool phrase_derived(const struct phrase_context *c, const struct node *n, struct derived *ret)
{
    struct cursor k = cursor_on(c, n);
    const char *at = k.at, *rest, *what;

    *ret = (struct derived){.how = AT_AGE};
    if (take(&k, "age"))
        return take_age(&k, &ret->age) && at_end(&k);
    if (span_parse(at, &ret->span, &rest, &what)) {
        if (ret->span.unit != DAYS && ret->span.unit != WEEKS)
            return expected(&k, "days or weeks, in which time spent is added up");
        k.at = rest;
        return derive_time_spent(&k, ret) && at_end(&k);
    }
    ret->how = NTH_WITHIN;
    if (!take_number(&k, 2, 99, &ret->count) || !take_event(&k, &ret->event))
        return false;
    if (!take(&k, "within"))
        return expected(&k, "\"within\"");
    return take_span(&k, &ret->span) && at_end(&k);
}

// ----------------------------------------------------------------------------- telling, examples

static bool take_percent(struct cursor *k, int *ret)
{
    char *end;
    long n;

    skip_blanks(k);
    n = strtol(k->at, &end, 10);
    if (end == k->at || *end != '%' || n < 1 || n > 99)
        return false;
    k->at = end + 1;
    *ret = (int)n;
    return true;
}

bool phrase_rung(const struct phrase_context *c, const struct node *n, struct rung *ret)
{
    struct cursor k = cursor_on(c, n);

    *ret = (struct rung){.id = n->text};
    if (take(&k, "at the start")) {
        ret->when = AT_TRIGGER;
    } else if (take(&k, "on the day")) {
        ret->when = ON_DUE;
    } else if (take(&k, "weekly")) {
        ret->when = WEEKLY;
    } else if (take(&k, "booked late")) {
        ret->when = BOOKED_LATE;
    } else if (take_percent(&k, &ret->percent)) {
        ret->when = PART_ELAPSED;
        if (!take(&k, "elapsed"))
            return expected(&k, "\"elapsed\"");
    } else {
        if (!take_span(&k, &ret->span))
            return false;
        if (take(&k, "before")) {
            ret->when = BEFORE_DUE;
            ret->span.before = true;
        } else if (take(&k, "after")) {
            ret->when = AFTER_DUE;
        } else {
            return expected(&k, "\"before\" or \"after\" (the due date)");
        }
    }
    return at_end(&k);
}

static bool take_moment(struct cursor *k, struct moment *ret)
{
    char text[24];
    size_t n;

    skip_blanks(k);
    n = strcspn(k->at, " ,");
    if (n >= sizeof text)
        return expected(k, "a date (2024-03-14) or a moment (2024-03-14T10:00)");
    memcpy(text, k->at, n);
    text[n] = '\0';
    if (!moment_parse(text, ret))
        return expected(k, "a date (2024-03-14) or a moment (2024-03-14T10:00)");
    k->at += n;
    return true;
}

// Codes may be numbers; no code is as long as a year and goes on with a hyphen.
static bool starts_date(const char *s)
{
    return strspn(s, "0123456789") == 4 && s[4] == '-';
}

// The date that the record itself names: an action's, an order's.
static bool take_set_date(struct cursor *k, struct fact *ret)
{
    struct booking_details *b = ARENA_NEW(k->context->arena, struct booking_details);

    b->ends = MOMENT_NONE;
    ret->booking = b;
    return take_moment(k, &b->scheduled);
}

static bool take_example_fact(struct cursor *k, size_t number, struct fact *ret)
{
    *ret = (struct fact){.until = MOMENT_NONE, .recorded = MOMENT_NONE, .origin = "example"};
    ret->ref = arena_printf(k->context->arena, "%zu", number);
    if (!take_event(k, &ret->event))
        return false;
    skip_blanks(k);
    if (!starts_date(k->at)) {
        ret->code = take_name(k);
        if (!ret->code || !known_code(&k->context->library->events[ret->event], ret->code))
            return expected(k, "a date, or a code of that event and a date");
    }
    return take_moment(k, &ret->at) && (!take(k, "until") || take_moment(k, &ret->until)) &&
           (!take(k, "set for") || take_set_date(k, ret));
}

bool phrase_example(const struct phrase_context *c, const struct node *n, struct example *ret)
{
    struct cursor k = cursor_on(c, n);
    size_t room = 0;

    *ret = (struct example){.line = n->line, .text = n->text, .due = MOMENT_NONE};
    do {
        ret->facts = arena_grow(c->arena, ret->facts, sizeof *ret->facts, ret->count, &room);
        if (!take_example_fact(&k, ret->count + 1, &ret->facts[ret->count]))
            return false;
        ret->count++;
    } while (take(&k, ","));
    if (!take(&k, "->"))
        return expected(&k, "\"->\" and the answer");
    if (take(&k, "nothing")) {
        ret->no_deadline = true;
        return at_end(&k);
    }
    if (!take(&k, "due"))
        return expected(&k, "\"due DATE\" or \"nothing\"");
    return take_moment(&k, &ret->due) && at_end(&k);
}

bool phrase_in_force(const struct phrase_context *c, const struct node *n, struct date *ret_from,
                     struct date *ret_until)
{
    struct cursor k = cursor_on(c, n);
    struct moment from, until = MOMENT_NONE;

    if (!take(&k, "from"))
        return expected(&k, "\"from DATE\"");
    if (!take_moment(&k, &from))
        return false;
    if (take(&k, "until") && !take_moment(&k, &until))
        return false;
    if (!at_end(&k))
        return false;
    *ret_from = from.on;
    *ret_until = until.on;
    return true;
}
