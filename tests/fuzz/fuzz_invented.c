// Fuzzes evaluation with rules and facts that are both made of the input: up to four timescales of
// any phrases of the language, written as a rule file over the small council's events, then facts
// and what must hold of them. Every such file is good, so the reader must take it.
#include "council.h"
#include "facts.h"
#include "text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define RULES_MAX 4
#define RULE_BYTES 40 // of the input, for one timescale

// What is left of the input; after its end, zeros.
struct bytes {
    const uint8_t *at;
    size_t left;
};

static unsigned take(struct bytes *b, unsigned sides)
{
    if (b->left == 0)
        return 0;
    b->left--;
    return *b->at++ % sides;
}

static const char *one_of(struct bytes *b, const char *const *words, unsigned count)
{
    return words[take(b, count)];
}
#define ONE_OF(b, ...)                                                                             \
    one_of(b, (const char *const[]){__VA_ARGS__},                                                  \
           sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static void add_event(struct text *t, struct bytes *b, const struct library *l)
{
    const struct event_kind *k = &l->events[take(b, (unsigned)l->event_count)];

    text_add(t, k->name);
    if (k->code_count == 0 || take(b, 2) == 0)
        return;
    text_addf(t, " %s %s", ONE_OF(b, "as", "unless"), k->codes[take(b, (unsigned)k->code_count)]);
    if (take(b, 2))
        text_addf(t, " or %s", k->codes[take(b, (unsigned)k->code_count)]);
}

static void add_events(struct text *t, struct bytes *b, const struct library *l, const char *key)
{
    unsigned more = take(b, 3);

    text_addf(t, "    %s: [", key);
    add_event(t, b, l);
    for (unsigned i = 0; i < more; i++) {
        text_add(t, ", ");
        add_event(t, b, l);
    }
    text_add(t, "]\n");
}

static void add_clause(struct text *t, struct bytes *b, const struct library *l, unsigned number)
{
    const char *unit = ONE_OF(b, "working day", "day", "week", "month", "year", "hour");
    unsigned count = take(b, 8) ? take(b, 60) : 10000 - take(b, 200);
    unsigned form = take(b, 8);

    if (form == 0) {
        text_addf(t, "%u %ss before ", count, unit);
        add_event(t, b, l);
        text_add(t, take(b, 2) ? ", by office close" : "");
    } else if (form == 1 && number > 0) {
        text_addf(t, "within %u %ss of the due date of rule-%u", count, unit, take(b, number));
    } else {
        text_addf(t, "within %u %ss of %s", count, unit,
                  ONE_OF(b, "", "first ", "second ", "every ", "every later "));
        add_event(t, b, l);
    }
}

// A phrase with ", by office close" has a comma, so each stands on a line of its own.
static void add_due(struct text *t, struct bytes *b, const struct library *l, unsigned number,
                    const char *indent)
{
    unsigned clauses = 1 + take(b, 3);

    text_addf(t, "%sdue:\n", indent);
    for (unsigned i = 0; i < clauses; i++) {
        text_addf(t, "%s- ", indent);
        add_clause(t, b, l, number);
        text_add(t, "\n");
    }
}

static void add_versions(struct text *t, struct bytes *b, const struct library *l, unsigned number)
{
    unsigned change = 2023 + take(b, 4);

    if (take(b, 3)) {
        text_addf(t, "    source: A source\n");
        add_due(t, b, l, number, "    ");
        return;
    }
    text_addf(t,
              "    versions:\n    - in force: from 1990-01-01 until %u-06-30\n      source: One\n",
              change);
    add_due(t, b, l, number, "      ");
    text_addf(t, "    - in force: from %u-07-01\n      source: Two\n", change);
    add_due(t, b, l, number, "      ");
}

static void add_rule(struct text *t, struct bytes *b, const struct library *l, unsigned number)
{
    unsigned subject = take(b, (unsigned)l->subject_count + 1);

    text_addf(t,
              "  rule-%u:\n    title: Rule %u\n    force: %s\n    evidence: V\n    subject: %s\n",
              number, number, ONE_OF(b, "law", "guidance", "local\n    default: on"),
              subject < l->subject_count ? l->subjects[subject].name : "record");
    add_versions(t, b, l, number);
    add_events(t, b, l, "met by");
    if (take(b, 2))
        text_addf(t, "    ends with: [death, age %u]\n", 1 + take(b, 99));
    else
        add_events(t, b, l, "ends with");
    if (take(b, 4) == 1)
        add_events(t, b, l, "only for");
    text_add(t, ONE_OF(b, "", "    same day counts: no\n"));
    text_add(t, ONE_OF(b, "", "    without a link: the next one\n"));
    text_add(t, ONE_OF(b, "", "    evidence while open: yes\n"));
    text_add(t, ONE_OF(b, "", "    meeting: icpc\n", "    meeting: icpc\n    invite: hold\n"));
    text_addf(t, "    tell: {profile: %s, ladder: %s}\n", ONE_OF(b, "P-A", "P-B"),
              ONE_OF(b, "E-A", "E-B"));
}

static struct library *load(const struct council *c)
{
    struct library *l;
    struct error err;

    if (library_load(c->path, NULL, &l, &err))
        return l;
    (void)fprintf(stderr, "a good file was refused: %s\n", err.text);
    abort();
}

// The file of the input's rules over the events of `l`.
static void invent(struct text *t, struct bytes *b, const struct library *l)
{
    unsigned rules = 1 + take(b, RULES_MAX);

    text_add(t, "chapter: Invented\ntimescales:\n");
    for (unsigned i = 0; i < rules; i++) {
        size_t own = b->left < RULE_BYTES ? b->left : RULE_BYTES;
        struct bytes of_rule = {b->at, own};

        add_rule(t, &of_rule, l, i);
        b->at += own;
        b->left -= own;
    }
}

// Inputs that differ in their facts alone follow one another, and reading takes a hundred times as
// long as evaluating.
static const struct library *read_unless_same(const struct council *c, const char *file)
{
    static struct library *last;
    static char *last_file;
    AUTO(arena_auto_free) struct arena *a = arena_new();

    if (last && strcmp(last_file, file) == 0)
        return last;
    library_free(last);
    free(last_file);
    last_file = strdup(file);
    council_write(council_file(a, c, "own.yaml"), file, strlen(file));
    last = load(c);
    return last;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct council council;
    static struct library *small; // for its events
    AUTO(text_done) struct text file = {0};
    struct bytes b = {data, size};

    if (!small) {
        council = council_new();
        small = load(&council);
    }
    invent(&file, &b, small);
    check_bytes(read_unless_same(&council, file.s), b.at, b.left);
    return 0;
}
