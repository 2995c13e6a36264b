// The reader of timescales, and of what a rule file has beside them.
#include "reader.h"

#include <stdlib.h>
#include <string.h>

static const char *const timescale_keys[] = {"title",
                                             "type",
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
                                             "answer",
                                             "tell",
                                             "examples",
                                             "versions",
                                             "evidence while open",
                                             "only while",
                                             "count from",
                                             "calendar"};
#define COUNT(array) (sizeof(array) / sizeof *(array))

// Nobody is a child, nor in care after it, for longer than 25 years.
static bool is_endless(struct span s)
{
    static const int most[] = {[WORKING_DAYS] = 25 * 261, [DAYS] = 25 * 366, [WEEKS] = 25 * 53,
                               [MONTHS] = 25 * 12,        [YEARS] = 25,      [HOURS] = 25 * 8784,
                               [SCHOOL_DAYS] = 25 * 261};

    return s.count > most[s.unit];
}

static void check_period(const struct reader *r, const struct node *n, const struct clause *c)
{
    bool needs_none = c->basis == TO_DUE_DATE || c->basis == HALF_WAY || c->basis == AT_SET_DATE;

    if (c->span.count == 0 && !needs_none)
        reader_complain(r, n, "a period of 0 is none: the duty would be late as it begins");
    if (is_endless(c->span) || is_endless(c->other))
        reader_complain(r, n, "%s are longer than a childhood: check the number and the unit",
                        span_words(r->phrases.arena, c->span));
}

struct clause *read_clauses(struct reader *r, const struct node *mapping, size_t *ret_count)
{
    size_t count, kept = 0;
    const struct node *const *items = reader_list(r, mapping, "due", &count);
    struct clause *clauses = ARENA_ARRAY(r->phrases.arena, struct clause, count + 1);

    if (count == 0)
        reader_complain(r, mapping,
                        "the key \"due\" is missing: \"within 15 working days of EVENT\"");
    for (size_t i = 0; i < count; i++) {
        struct named_timescales named;

        if (!phrase_due(&r->phrases, items[i], &clauses[kept], &named))
            continue;
        check_period(r, items[i], &clauses[kept]);
        if (named.of || named.no_later_than) {
            r->pending = arena_grow(r->phrases.arena, r->pending, sizeof *r->pending,
                                    r->pending_count, &r->pending_room);
            r->pending[r->pending_count++] = (struct pending_clause){
                &clauses[kept], named, r->phrases.file, items[i]->line, items[i]->column};
        }
        kept++;
    }
    *ret_count = kept;
    return clauses;
}

static struct version read_version(struct reader *r, const struct node *mapping, int number)
{
    const struct node *in_force = reader_scalar(r, mapping, "in force", false);
    struct version v = {.from = SINCE_EVER, .until = DATE_NONE, .number = number};

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
        else if (v[i].from.day - v[i - 1].until.day > 1)
            reader_complain(r, list->items[i],
                            "from %s until this version begins none is in force: a gap",
                            date_iso(r->phrases.arena, date_add_days(v[i - 1].until, 1)));
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

struct event_ref *read_refs(struct reader *r, const struct node *mapping, const char *key,
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

struct condition *read_conditions(struct reader *r, const struct node *mapping, const char *key,
                                  size_t *ret_count)
{
    size_t count, kept = 0;
    const struct node *const *items = reader_list(r, mapping, key, &count);
    struct condition *conditions = ARENA_ARRAY(r->phrases.arena, struct condition, count + 1);

    for (size_t i = 0; i < count; i++)
        kept += phrase_condition(&r->phrases, items[i], &conditions[kept]);
    *ret_count = kept;
    return conditions;
}

// What a clock can watch: that a spell goes on, or that something has not happened yet.
void read_only_while(struct reader *r, const struct node *mapping, struct timescale *t)
{
    t->only_while = read_conditions(r, mapping, "only while", &t->only_while_count);
    for (size_t i = 0; i < t->only_while_count; i++)
        if (t->only_while[i].kind != CONDITION_HOLDS &&
            t->only_while[i].kind != CONDITION_IN_SUBJECT)
            reader_complain(r, node_get(mapping, "only while"),
                            "expected events that hold or that have not happened: "
                            "\"EVENT\" or \"not EVENT\"; other conditions go under \"only for\"");
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
    if (n && strcmp(n->text, "statistic") == 0)
        return FORCE_STATISTIC;
    if (n && strcmp(n->text, "local") != 0)
        reader_complain(r, n, "\"%s\": expected law, guidance, local or statistic", n->text);
    return FORCE_LOCAL;
}

void read_tell(struct reader *r, const struct node *mapping, struct timescale *t)
{
    static const char *const keys[] = {"profile", "ladder"};
    const struct node *n = node_get(mapping, "tell");

    if (!n || !reader_is(r, n, NODE_MAPPING, "{profile: P-M, ladder: E-SW}"))
        return;
    reader_known_keys(r, n, keys, 2);
    t->profile = reader_text(r, n, "profile", true);
    t->ladder = reader_text(r, n, "ladder", true);
}

void read_examples(struct reader *r, const struct node *mapping, struct timescale *t)
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

struct timescale read_timescale(struct reader *r, const struct entry *e)
{
    const struct node *m = e->value;
    struct timescale t = {
        .id = e->key, .file = r->phrases.file, .line = e->line, .chapter = r->chapter};
    const struct node *link;

    reader_known_keys(r, m, timescale_keys, COUNT(timescale_keys));
    t.title = reader_text(r, m, "title", true);
    t.type = reader_text(r, m, "type", false);
    t.force = read_force(r, m);
    t.on = reader_choice(r, m, "default", "on", "off", t.force != FORCE_LOCAL || r->overlay);
    if (!t.on && is_statutory(t.force))
        reader_complain(r, m, "only local practice can be off");
    t.evidence = reader_text(r, m, "evidence", t.force != FORCE_LOCAL);
    t.reading = reader_text(r, m, "reading", false);
    t.subject = read_subject(r, m);
    read_versions(r, m, &t);
    t.met_by = read_refs(r, m, "met by", &t.met_count, NULL);
    if (t.met_count == 0)
        reader_complain(r, m, "the key \"met by\" is missing: the event that satisfies the duty");
    t.ends_with = read_refs(r, m, "ends with", &t.end_count, &t.until_age);
    t.only_for = read_conditions(r, m, "only for", &t.only_for_count);
    read_only_while(r, m, &t);
    t.from_same_day = reader_choice(r, m, "count from", "same day", "next day", false);
    t.local_calendar = reader_choice(r, m, "calendar", "local", "national", false);
    if (t.local_calendar && t.force != FORCE_LOCAL)
        reader_complain(r, node_get(m, "calendar"),
                        "closure days of the authority extend nothing that law or guidance asks");
    t.same_day_counts = reader_choice(r, m, "same day counts", "yes", "no", true);
    link = reader_scalar(r, m, "without a link", false);
    t.else_next = link != NULL;
    if (link && strcmp(link->text, "the next one") != 0)
        reader_complain(r, link, "\"%s\": expected \"the next one\"", link->text);
    t.evidence_while_open = reader_choice(r, m, "evidence while open", "yes", "no", false);
    t.meeting = reader_text(r, m, "meeting", false);
    t.hold_invite = reader_choice(r, m, "invite", "hold", "booked", false);
    t.no_answer = reader_choice(r, m, "answer", "not wanted", "wanted", false);
    read_tell(r, m, &t);
    read_examples(r, m, &t);
    return t;
}

// In its place by its id: others move, so references between them are resolved only when all are
// read.
void reader_add_timescale(struct reader *r, const struct timescale *t)
{
    struct library *l = r->library;
    size_t at;

    l->timescales = arena_grow(r->phrases.arena, l->timescales, sizeof *l->timescales,
                               l->timescale_count, &r->timescale_room);
    for (at = l->timescale_count++; at > 0 && strcmp(l->timescales[at - 1].id, t->id) > 0; at--)
        l->timescales[at] = l->timescales[at - 1];
    l->timescales[at] = *t;
}

void read_untimed(struct reader *r, const struct node *mapping)
{
    const struct node *list = node_get(mapping, "no clock");
    struct library *l = r->library;
    struct untimed *all = (struct untimed *)l->untimed;

    if (!list || !reader_is(r, list, NODE_MAPPING, "reasons by the ids that have no clock"))
        return;
    for (size_t i = 0; i < list->count; i++) {
        const struct entry *e = &list->entries[i];

        reader_check_id(r, e);
        if (!reader_is(r, e->value, NODE_SCALAR, "the reason, in one line"))
            continue;
        all = arena_grow(r->phrases.arena, all, sizeof *all, l->untimed_count, &r->untimed_room);
        all[l->untimed_count++] =
            (struct untimed){e->key, e->value->text, r->phrases.file, r->chapter};
        l->untimed = all;
    }
}

static void read_timescale_list(struct reader *r, const struct node *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct entry *e = &list->entries[i];
        struct timescale t;

        reader_check_id(r, e);
        if (!reader_is(r, e->value, NODE_MAPPING, "a timescale: title, force, due, met by"))
            continue;
        if (library_timescale(r->library, e->key) >= 0) {
            complain(r->phrases.complaints, r->phrases.file, e->line, e->column,
                     "\"%s\" is defined twice, in two files", e->key);
            continue;
        }
        t = read_timescale(r, e);
        reader_add_timescale(r, &t);
    }
}

void read_timescales(struct reader *r, const struct node *root)
{
    static const char *const keys[] = {"chapter", "timescales", "cadences", "no clock"};
    const struct node *list;

    if (!reader_is(r, root, NODE_MAPPING, "the keys chapter and timescales"))
        return;
    reader_known_keys(r, root, keys, COUNT(keys));
    r->chapter = reader_text(r, root, "chapter", true);
    list = node_get(root, "timescales");
    if (list && reader_is(r, list, NODE_MAPPING, "timescales by their ids"))
        read_timescale_list(r, list);
    else if (!node_get(root, "cadences"))
        reader_complain(r, root, "the key \"timescales\" is missing");
    read_untimed(r, root);
    read_cadences(r, root);
}
