// The reader of an authority's overlay: what it tightens, adds, renames or switches off.
#include "reader.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

// The timescales that a clause leans on, by name: numbers are given only when all is read.
static struct named_timescales named_by(const struct reader *r, const struct clause *c)
{
    for (size_t i = 0; i < r->pending_count; i++)
        if (r->pending[i].clause == c)
            return r->pending[i].named;
    return (struct named_timescales){NULL, NULL};
}

static bool same_event(const struct event_ref *a, const struct event_ref *b)
{
    if (a->event != b->event || a->negated != b->negated || a->code_count != b->code_count ||
        a->at_least != b->at_least)
        return false;
    for (size_t i = 0; i < a->code_count; i++)
        if (!code_in(a->codes[i], b->codes, b->code_count, false))
            return false;
    return true;
}

static bool no_longer(const struct span *own, const struct span *law)
{
    bool shorter = law->before ? own->count >= law->count : own->count <= law->count;

    return own->unit == law->unit && own->before == law->before && shorter;
}

static bool same_condition(const struct condition *a, const struct condition *b)
{
    return a->kind == b->kind && a->negated == b->negated && same_event(&a->event, &b->event) &&
           a->span.count == b->span.count && a->span.unit == b->span.unit && a->age == b->age &&
           a->subject == b->subject && a->at_count == 0 && b->at_count == 0;
}

static bool same_conditions(const struct clause *a, const struct clause *b)
{
    if (a->condition_count != b->condition_count)
        return false;
    for (size_t i = 0; i < a->condition_count; i++)
        if (!same_condition(&a->conditions[i], &b->conditions[i]))
            return false;
    return true;
}

// Tighter in the same words: only numbers may differ, and the answer may be rolled back.
static bool clause_tightens(const struct reader *r, const struct clause *own,
                            const struct clause *law)
{
    struct named_timescales a = named_by(r, own), b = named_by(r, law);

    return own->basis == law->basis && no_longer(&own->span, &law->span) &&
           no_longer(&own->other, &law->other) && same_event(&own->trigger, &law->trigger) &&
           own->ordinal == law->ordinal && same_text(a.of, b.of) &&
           same_text(a.no_later_than, b.no_later_than) &&
           own->summed_over.count == law->summed_over.count &&
           own->summed_over.unit == law->summed_over.unit && same_conditions(own, law) &&
           (own->rolling == law->rolling || own->rolling == BACK_TO_WORKING_DAY ||
            own->rolling == BACK_TO_OFFICE_CLOSE);
}

// An authority may ask for more than the law, never for less.
static bool tightens(const struct reader *r, const struct version *own, const struct version *law)
{
    if (own->clause_count != law->clause_count)
        return false;
    for (size_t i = 0; i < own->clause_count; i++)
        if (!clause_tightens(r, &own->clauses[i], &law->clauses[i]))
            return false;
    return true;
}

// The authority's own text takes the place of the last version, or follows it from a day of its
// own: what was in force before that day stays what it was.
static void overlay_due(struct reader *r, const struct node *m, struct timescale *t)
{
    const struct node *from = reader_scalar(r, m, "in force", false);
    size_t count = t->version_count;
    const struct version *law;
    struct version *versions, *own;

    if (!node_get(m, "due") || count == 0)
        return;
    law = &t->versions[count - 1];
    versions = ARENA_ARRAY(r->phrases.arena, struct version, count + 1);
    memcpy(versions, t->versions, count * sizeof *versions);
    own = &versions[from ? count : count - 1];
    if (from) {
        *own = *law;
        own->number = law->number + 1;
        if (!phrase_in_force(&r->phrases, from, &own->from, &own->until))
            return;
        if (date_cmp(own->from, law->from) <= 0)
            reader_complain(r, from,
                            "expected a day after the one on which the rule itself came "
                            "into force");
        versions[count - 1].until = date_add_days(own->from, -1);
    }
    own->clauses = read_clauses(r, m, &own->clause_count);
    if (is_statutory(t->force) && !tightens(r, own, law)) {
        reader_complain(
            r, node_get(m, "due"),
            "an overlay may only tighten what %s asks: the same event and unit, and no longer",
            t->force == FORCE_LAW ? "the law" : "guidance");
        return;
    }
    t->versions = versions;
    t->version_count = count + (from != NULL);
    // The statute's examples no longer hold for it; the overlay may bring its own.
    t->example_count = 0;
}

// Where local practice is written, and for whom it holds, is the authority's to say.
static void overlay_local(struct reader *r, const struct node *m, struct timescale *t)
{
    static const char *const own[] = {"source",   "url",       "evidence",  "reading",
                                      "only for", "ends with", "only while"};
    struct version *last;

    for (size_t i = 0; is_statutory(t->force) && i < COUNT(own); i++)
        if (node_get(m, own[i]))
            reader_complain(r, node_get(m, own[i]), "\"%s\" of %s is not an authority's to change",
                            own[i], t->force == FORCE_LAW ? "the law" : "guidance");
    if (node_get(m, "only for"))
        t->only_for = read_conditions(r, m, "only for", &t->only_for_count);
    if (node_get(m, "only while"))
        read_only_while(r, m, t);
    if (node_get(m, "ends with"))
        t->ends_with = read_refs(r, m, "ends with", &t->end_count, &t->until_age);
    if (node_get(m, "evidence"))
        t->evidence = reader_text(r, m, "evidence", true);
    if (node_get(m, "reading"))
        t->reading = reader_text(r, m, "reading", true);
    if (t->version_count == 0 || (!node_get(m, "source") && !node_get(m, "url")))
        return;
    last = (struct version *)&t->versions[t->version_count - 1];
    last->source = node_get(m, "source") ? reader_text(r, m, "source", true) : last->source;
    last->url = reader_text(r, m, "url", false);
}

static void overlay_timescale(struct reader *r, const struct entry *e, struct timescale *t)
{
    static const char *const keys[] = {
        "title",  "use", "due",      "in force", "tell",     "invite",    "answer",    "examples",
        "source", "url", "evidence", "reading",  "only for", "ends with", "only while"};
    bool use;

    reader_known_keys(r, e->value, keys, COUNT(keys));
    use = reader_choice(r, e->value, "use", "yes", "no", t->on);
    if (!use && is_statutory(t->force))
        reader_complain(r, e->value, "%s cannot be switched off: it is %s", e->key,
                        force_word(t->force));
    else
        t->on = use;
    if (node_get(e->value, "title"))
        t->title = reader_text(r, e->value, "title", true);
    t->hold_invite = reader_choice(r, e->value, "invite", "hold", "booked", t->hold_invite);
    t->no_answer = reader_choice(r, e->value, "answer", "not wanted", "wanted", t->no_answer);
    overlay_due(r, e->value, t);
    overlay_local(r, e->value, t);
    if (node_get(e->value, "examples"))
        read_examples(r, e->value, t);
    read_tell(r, e->value, t);
}

// What names neither a period nor what satisfies it was meant for a timescale of the library.
static bool is_meant_for_another(struct reader *r, const struct entry *e)
{
    const struct library *l = r->library;
    const char **ids, *near;

    if (node_get(e->value, "due") || node_get(e->value, "met by") || node_get(e->value, "versions"))
        return false;
    ids = ARENA_ARRAY(r->phrases.arena, const char *, l->timescale_count + 1);
    for (size_t i = 0; i < l->timescale_count; i++)
        ids[i] = l->timescales[i].id;
    near = nearest_word(e->key, ids, l->timescale_count);
    complain(r->phrases.complaints, r->phrases.file, e->line, e->column,
             near ? "\"%s\": the rules have no such timescale; did you mean \"%s\"?"
                  : "\"%s\": the rules have no such timescale; a new one of the authority needs "
                    "title, force, source, subject, due and met by",
             e->key, near);
    return true;
}

static void overlay_timescales(struct reader *r, const struct node *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct entry *e = &list->entries[i];
        int known = library_timescale(r->library, e->key);
        struct timescale t;

        reader_check_id(r, e);
        if (!reader_is(r, e->value, NODE_MAPPING, "a timescale"))
            continue;
        if (known >= 0) {
            overlay_timescale(r, e, &r->library->timescales[known]);
            continue;
        }
        if (is_meant_for_another(r, e))
            continue;
        t = read_timescale(r, e);
        if (t.force != FORCE_LOCAL)
            reader_complain(r, e->value, "an authority's own timescale is \"force: local\"");
        reader_add_timescale(r, &t);
    }
}

static void read_office(struct reader *r, const struct node *n)
{
    static const char *const days[] = {"monday", "tuesday",  "wednesday", "thursday",
                                       "friday", "saturday", "sunday"};

    reader_known_keys(r, n, days, 7);
    for (size_t i = 0; i < 7; i++) {
        const struct node *day = reader_scalar(r, n, days[i], false);
        struct office_hours *o = &r->library->office;

        if (day && !office_day_parse(day->text, &o->day[i].opens, &o->day[i].closes))
            reader_complain(r, day, "\"%s\": expected 09:00-17:00 or closed", day->text);
    }
}

static void read_closures(struct reader *r, const struct node *mapping)
{
    size_t count;
    const struct node *const *items = reader_list(r, mapping, "closure days", &count);
    struct library *l = r->library;

    l->closures = ARENA_ARRAY(r->phrases.arena, struct date, count + 1);
    for (size_t i = 0; i < count; i++)
        if (date_parse(items[i]->text, &l->closures[l->closure_count]))
            l->closure_count++;
        else
            reader_complain(r, items[i], "\"%s\": expected a date (2024-12-27)", items[i]->text);
}

void read_overlay(struct reader *r, const struct node *root)
{
    static const char *const keys[] = {"authority", "office hours", "closure days", "timescales",
                                       "cadences",  "diary",        "targets",      "thresholds",
                                       "ladders",   "teams"};
    const struct node *office, *list;

    r->overlay = true;
    if (!reader_is(r, root, NODE_MAPPING, "an overlay: authority, office hours, timescales"))
        return;
    reader_known_keys(r, root, keys, COUNT(keys));
    r->library->authority = reader_text(r, root, "authority", true);
    r->chapter = r->library->authority;
    office = node_get(root, "office hours");
    if (office && reader_is(r, office, NODE_MAPPING, "opening hours by day of the week"))
        read_office(r, office);
    read_closures(r, root);
    read_overlay_ladders(r, root);
    list = node_get(root, "timescales");
    if (list && reader_is(r, list, NODE_MAPPING, "timescales by their ids"))
        overlay_timescales(r, list);
    read_overlay_teams(r, root);
    read_cadences(r, root);
    read_diary(r, root);
    read_overlay_targets(r, root);
}
