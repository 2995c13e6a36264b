// The reader of timescales, in the statutory files and in an authority's overlay.
#include "reader.h"

#include <stdlib.h>
#include <string.h>

static const char *const timescale_keys[] = {"title",
                                             "force",
                                             "default",
                                             "source",
                                             "url",
                                             "evidence",
                                             "reading",
                                             "in force",
                                             "subject",
                                             "due",
                                             "met by",
                                             "same day counts",
                                             "without a link",
                                             "ends with",
                                             "only for",
                                             "meeting",
                                             "invite",
                                             "tell",
                                             "examples",
                                             "versions",
                                             "evidence while open"};
#define COUNT(array) (sizeof(array) / sizeof *(array))

static struct clause *read_clauses(struct reader *r, const struct node *mapping, size_t *ret_count)
{
    size_t count, kept = 0;
    const struct node *const *items = reader_list(r, mapping, "due", &count);
    struct clause *clauses = ARENA_ARRAY(r->phrases.arena, struct clause, count + 1);

    if (count == 0)
        reader_complain(r, mapping,
                        "the key \"due\" is missing: \"within 15 working days of EVENT\"");
    for (size_t i = 0; i < count; i++) {
        const char *due_of;

        if (!phrase_due(&r->phrases, items[i], &clauses[kept], &due_of))
            continue;
        if (due_of) {
            r->pending = arena_grow(r->phrases.arena, r->pending, sizeof *r->pending,
                                    r->pending_count, &r->pending_room);
            r->pending[r->pending_count++] = (struct pending_due_of){
                &clauses[kept], due_of, r->phrases.file, items[i]->line, items[i]->column};
        }
        kept++;
    }
    *ret_count = kept;
    return clauses;
}

static struct version read_version(struct reader *r, const struct node *mapping, int number)
{
    const struct node *in_force = reader_scalar(r, mapping, "in force", false);
    struct version v = {.from = {INT32_MIN + 1}, .until = DATE_NONE, .number = number};

    if (in_force && phrase_in_force(&r->phrases, in_force, &v.from, &v.until) &&
        date_known(v.until) && date_cmp(v.until, v.from) < 0)
        reader_complain(r, in_force, "in force until a day before it begins");
    v.source = reader_text(r, mapping, "source", true);
    v.url = reader_text(r, mapping, "url", false);
    v.clauses = read_clauses(r, mapping, &v.clause_count);
    return v;
}

// Versions must follow one another: two in force on one day would give two dates for one duty.
static void check_versions(const struct reader *r, const struct node *list, const struct version *v,
                           size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (!date_known(v[i - 1].until) || v[i - 1].until.day >= v[i].from.day)
            reader_complain(r, list->items[i],
                            "in force while the version before it still is: "
                            "expected \"until\" there, or a later \"from\"");
}

static void read_versions(struct reader *r, const struct node *mapping, struct timescale *t)
{
    static const char *const keys[] = {"in force", "due", "source", "url"};
    const struct node *list = node_get(mapping, "versions");
    struct version *v;

    if (!list) {
        v = ARENA_NEW(r->phrases.arena, struct version);
        *v = read_version(r, mapping, 1);
        t->versions = v;
        t->version_count = 1;
        return;
    }
    if (!reader_is(r, list, NODE_SEQUENCE, "a list of versions, oldest first"))
        return;
    if (list->count == 0)
        reader_complain(r, list, "expected at least one version: in force, due, source");
    v = ARENA_ARRAY(r->phrases.arena, struct version, list->count + 1);
    for (size_t i = 0; i < list->count; i++) {
        if (!reader_is(r, list->items[i], NODE_MAPPING, "a version: in force, due, source"))
            return;
        reader_known_keys(r, list->items[i], keys, COUNT(keys));
        v[i] = read_version(r, list->items[i], (int)i + 1);
    }
    check_versions(r, list, v, list->count);
    t->versions = v;
    t->version_count = list->count;
}

static struct event_ref *read_refs(struct reader *r, const struct node *mapping, const char *key,
                                   size_t *ret_count, int *ret_age)
{
    size_t count, kept = 0;
    const struct node *const *items = reader_list(r, mapping, key, &count);
    struct event_ref *refs = ARENA_ARRAY(r->phrases.arena, struct event_ref, count + 1);

    for (size_t i = 0; i < count; i++) {
        if (ret_age && strncmp(items[i]->text, "age ", 4) == 0) {
            *ret_age = atoi(items[i]->text + 4);
            if (*ret_age < 1 || *ret_age > 99)
                reader_complain(r, items[i], "\"%s\": expected an age from 1 to 99",
                                items[i]->text);
        } else if (phrase_event_ref(&r->phrases, items[i], &refs[kept])) {
            kept++;
        }
    }
    *ret_count = kept;
    return refs;
}

static int read_subject(struct reader *r, const struct node *mapping)
{
    const struct library *l = r->library;
    const struct node *n = reader_scalar(r, mapping, "subject", true);
    const char **names;

    if (!n || strcmp(n->text, "record") == 0)
        return -1;
    names = ARENA_ARRAY(r->phrases.arena, const char *, l->subject_count + 1);
    for (size_t i = 0; i < l->subject_count; i++) {
        names[i] = l->subjects[i].name;
        if (strcmp(names[i], n->text) == 0)
            return (int)i;
    }
    names[l->subject_count] = "record";
    {
        const char *near = nearest_word(n->text, names, l->subject_count + 1);

        reader_complain(r, n,
                        near ? "\"%s\": no such subject; did you mean \"%s\"?"
                             : "\"%s\": no such subject",
                        n->text, near);
    }
    return -1;
}

static enum force read_force(struct reader *r, const struct node *mapping)
{
    const struct node *n = reader_scalar(r, mapping, "force", true);

    if (n && strcmp(n->text, "law") == 0)
        return FORCE_LAW;
    if (n && strcmp(n->text, "guidance") == 0)
        return FORCE_GUIDANCE;
    if (n && strcmp(n->text, "local") != 0)
        reader_complain(r, n, "\"%s\": expected law, guidance or local", n->text);
    return FORCE_LOCAL;
}

static void read_tell(struct reader *r, const struct node *mapping, struct timescale *t)
{
    static const char *const keys[] = {"profile", "ladder"};
    const struct node *n = node_get(mapping, "tell");

    if (!n || !reader_is(r, n, NODE_MAPPING, "{profile: P-M, ladder: E-SW}"))
        return;
    reader_known_keys(r, n, keys, 2);
    t->profile = reader_text(r, n, "profile", true);
    t->ladder = reader_text(r, n, "ladder", true);
}

static void read_examples(struct reader *r, const struct node *mapping, struct timescale *t)
{
    size_t count, kept = 0;
    const struct node *const *items = reader_list(r, mapping, "examples", &count);
    struct example *examples = ARENA_ARRAY(r->phrases.arena, struct example, count + 1);

    for (size_t i = 0; i < count; i++)
        if (phrase_example(&r->phrases, items[i], &examples[kept])) {
            examples[kept].file = r->phrases.file;
            examples[kept++].overlay = r->overlay;
        }
    t->examples = examples;
    t->example_count = kept;
}

static struct timescale read_timescale(struct reader *r, const struct entry *e)
{
    const struct node *m = e->value;
    struct timescale t = {
        .id = e->key, .file = r->phrases.file, .line = e->line, .chapter = r->chapter};
    const struct node *link;

    reader_known_keys(r, m, timescale_keys, COUNT(timescale_keys));
    t.title = reader_text(r, m, "title", true);
    t.force = read_force(r, m);
    t.on = reader_choice(r, m, "default", "on", "off", t.force != FORCE_LOCAL || r->overlay);
    if (!t.on && t.force != FORCE_LOCAL)
        reader_complain(r, m, "only local practice can be off");
    t.evidence = reader_text(r, m, "evidence", t.force != FORCE_LOCAL);
    t.reading = reader_text(r, m, "reading", false);
    t.subject = read_subject(r, m);
    read_versions(r, m, &t);
    t.met_by = read_refs(r, m, "met by", &t.met_count, NULL);
    if (t.met_count == 0)
        reader_complain(r, m, "the key \"met by\" is missing: the event that satisfies the duty");
    t.ends_with = read_refs(r, m, "ends with", &t.end_count, &t.until_age);
    t.only_for = read_refs(r, m, "only for", &t.only_for_count, NULL);
    t.same_day_counts = reader_choice(r, m, "same day counts", "yes", "no", true);
    link = reader_scalar(r, m, "without a link", false);
    t.else_next = link != NULL;
    if (link && strcmp(link->text, "the next one") != 0)
        reader_complain(r, link, "\"%s\": expected \"the next one\"", link->text);
    t.evidence_while_open = reader_choice(r, m, "evidence while open", "yes", "no", false);
    t.meeting = reader_text(r, m, "meeting", false);
    t.hold_invite = reader_choice(r, m, "invite", "hold", "booked", false);
    read_tell(r, m, &t);
    read_examples(r, m, &t);
    return t;
}

static struct timescale *add_timescale(struct reader *r, const struct timescale *t)
{
    struct library *l = r->library;

    l->timescales = arena_grow(r->phrases.arena, l->timescales, sizeof *l->timescales,
                               l->timescale_count, &r->timescale_room);
    l->timescales[l->timescale_count] = *t;
    return &l->timescales[l->timescale_count++];
}

static void check_word(const struct reader *r, const struct entry *e)
{
    for (const char *p = e->key; *p; p++)
        if (!((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || *p == '-')) {
            complain(r->phrases.complaints, r->phrases.file, e->line, e->column,
                     "\"%s\": an id is lower case letters, digits and hyphens", e->key);
            return;
        }
}

void read_timescales(struct reader *r, const struct node *root)
{
    static const char *const keys[] = {"chapter", "timescales"};
    const struct node *list;

    if (!reader_is(r, root, NODE_MAPPING, "the keys chapter and timescales"))
        return;
    reader_known_keys(r, root, keys, 2);
    r->chapter = reader_text(r, root, "chapter", true);
    list = node_get(root, "timescales");
    if (!list || !reader_is(r, list, NODE_MAPPING, "timescales by their ids")) {
        reader_complain(r, root, "the key \"timescales\" is missing");
        return;
    }
    for (size_t i = 0; i < list->count; i++) {
        const struct entry *e = &list->entries[i];
        struct timescale t;

        check_word(r, e);
        if (!reader_is(r, e->value, NODE_MAPPING, "a timescale: title, force, due, met by"))
            continue;
        if (library_timescale(r->library, e->key) >= 0) {
            complain(r->phrases.complaints, r->phrases.file, e->line, e->column,
                     "\"%s\" is defined twice, in two files", e->key);
            continue;
        }
        t = read_timescale(r, e);
        add_timescale(r, &t);
    }
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

// The timescale whose due date starts the clause, by name: numbers are given only when all is read.
static const char *due_of_name(const struct reader *r, const struct clause *c)
{
    for (size_t i = 0; i < r->pending_count; i++)
        if (r->pending[i].clause == c)
            return r->pending[i].timescale;
    return NULL;
}

static bool same_event(const struct event_ref *a, const struct event_ref *b)
{
    if (a->event != b->event || a->negated != b->negated || a->code_count != b->code_count)
        return false;
    for (size_t i = 0; i < a->code_count; i++)
        if (!code_in(a->codes[i], b->codes, b->code_count, false))
            return false;
    return true;
}

static bool clause_tightens(const struct reader *r, const struct clause *own,
                            const struct clause *law)
{
    const struct span *a = &own->span, *b = &law->span;
    bool shorter = b->before ? a->count >= b->count : a->count <= b->count;

    return shorter && a->unit == b->unit && a->before == b->before &&
           same_event(&own->trigger, &law->trigger) && own->ordinal == law->ordinal &&
           same_text(due_of_name(r, own), due_of_name(r, law)) &&
           (own->by_office_close || !law->by_office_close);
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

static void overlay_due(struct reader *r, const struct node *m, struct timescale *t)
{
    const struct version *law;
    struct version *versions, *own;

    if (!node_get(m, "due") || t->version_count == 0)
        return;
    law = &t->versions[t->version_count - 1];
    // What was in force before stays what it was.
    versions = ARENA_ARRAY(r->phrases.arena, struct version, t->version_count);
    memcpy(versions, t->versions, t->version_count * sizeof *versions);
    own = &versions[t->version_count - 1];
    own->clauses = read_clauses(r, m, &own->clause_count);
    if (t->force != FORCE_LOCAL && !tightens(r, own, law)) {
        reader_complain(
            r, node_get(m, "due"),
            "an overlay may only tighten what %s asks: the same event and unit, and no longer",
            t->force == FORCE_LAW ? "the law" : "guidance");
        return;
    }
    t->versions = versions;
    // The statute's examples no longer hold for it; the overlay may bring its own.
    t->example_count = 0;
}

static void overlay_timescale(struct reader *r, const struct entry *e, struct timescale *t)
{
    static const char *const keys[] = {"title", "use", "due", "tell", "invite", "examples"};
    bool use;

    reader_known_keys(r, e->value, keys, COUNT(keys));
    use = reader_choice(r, e->value, "use", "yes", "no", t->on);
    if (!use && t->force != FORCE_LOCAL)
        reader_complain(r, e->value, "%s cannot be switched off: it is %s", e->key,
                        force_word(t->force));
    else
        t->on = use;
    if (node_get(e->value, "title"))
        t->title = reader_text(r, e->value, "title", true);
    t->hold_invite = reader_choice(r, e->value, "invite", "hold", "booked", t->hold_invite);
    overlay_due(r, e->value, t);
    if (node_get(e->value, "examples"))
        read_examples(r, e->value, t);
    read_tell(r, e->value, t);
}

static void overlay_timescales(struct reader *r, const struct node *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct entry *e = &list->entries[i];
        int known = library_timescale(r->library, e->key);
        struct timescale t;

        check_word(r, e);
        if (!reader_is(r, e->value, NODE_MAPPING, "a timescale"))
            continue;
        if (known >= 0) {
            overlay_timescale(r, e, &r->library->timescales[known]);
            continue;
        }
        t = read_timescale(r, e);
        if (t.force != FORCE_LOCAL)
            reader_complain(r, e->value, "an authority's own timescale is \"force: local\"");
        add_timescale(r, &t);
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
    static const char *const keys[] = {"authority",  "office hours", "closure days",
                                       "timescales", "targets",      "thresholds"};
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
    read_overlay_targets(r, root);
    list = node_get(root, "timescales");
    if (list && reader_is(r, list, NODE_MAPPING, "timescales by their ids"))
        overlay_timescales(r, list);
}
