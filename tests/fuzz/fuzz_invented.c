// Fuzzes evaluation with rules and facts that are both made of the input: up to four timescales of
// any phrases of the language, written as a rule file over the small council's events, then facts
// and what must hold of them. Every such file is well written, so the reader may refuse it for its
// sense alone.
#include "council.h"
#include "facts.h"
#include "phrases.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define RULES_MAX 4
#define RULE_BYTES 64 // of the input, for one timescale

// ----------------------------------------------------------------------------------- a rule file

static uint64_t say_events(struct draft *d, const char *key, uint64_t avoided)
{
    unsigned more = roll(d, 3);
    uint64_t events;

    text_addf(d->text, "    %s: [", key);
    events = say_ref(d, avoided);
    for (unsigned i = 0; i < more; i++) {
        say(d, ", ");
        events |= say_ref(d, avoided);
    }
    say(d, "]\n");
    return events;
}

static void say_what_ends_and_meets(struct draft *d)
{
    if (roll(d, 2)) {
        d->ends = say_events(d, "ends with", 0);
    } else {
        text_addf(d->text, "    ends with: [death, age %u]\n", 1 + roll(d, 30));
        d->ends = bit_of(d->library->death);
    }
    d->meets = say_events(d, "met by", d->ends);
}

static void say_due(struct draft *d, const char *indent)
{
    unsigned clauses = 1 + roll(d, 3);

    text_addf(d->text, "%sdue:\n", indent);
    for (unsigned i = 0; i < clauses; i++) {
        text_addf(d->text, "%s- ", indent);
        say_clause(d);
        say(d, "\n");
    }
}

static void say_versions(struct draft *d)
{
    unsigned change = 2023 + roll(d, 4);

    if (roll(d, 3)) {
        say(d, "    source: A source\n");
        say_due(d, "    ");
        return;
    }
    text_addf(d->text,
              "    versions:\n    - in force: from 1990-01-01 until %u-06-30\n      source: One\n",
              change);
    say_due(d, "      ");
    text_addf(d->text, "    - in force: from %u-07-01\n      source: Two\n", change);
    say_due(d, "      ");
}

static void say_for_whom(struct draft *d, const char *key, void (*say_one)(struct draft *d))
{
    if (roll(d, 4) != 1)
        return;
    text_addf(d->text, "    %s:\n    - ", key);
    say_one(d);
    say(d, "\n");
    if (roll(d, 3) != 1)
        return;
    say(d, "    - ");
    say_one(d);
    say(d, "\n");
}

static void say_ways(struct draft *d)
{
    SAY_ONE(d, "", "    same day counts: no\n");
    SAY_ONE(d, "", "    without a link: the next one\n");
    SAY_ONE(d, "", "    evidence while open: yes\n");
    SAY_ONE(d, "", "    count from: same day\n");
    SAY_ONE(d, "", "    meeting: icpc\n", "    meeting: icpc\n    invite: hold\n");
    SAY_ONE(d, "    tell: {profile: P-A, ladder: E-A}\n",
            "    tell: {profile: P-B, ladder: E-B}\n");
}

static void say_timescale(struct draft *d)
{
    unsigned subjects = (unsigned)d->library->subject_count, subject = roll(d, subjects + 1);

    d->of_record = subject == subjects;
    d->careless = roll(d, 64) == 1;
    text_addf(d->text, "  rule-%u:\n    title: Rule %u\n    evidence: V\n    subject: %s\n",
              d->number, d->number, d->of_record ? "record" : d->library->subjects[subject].name);
    SAY_ONE(d, "    force: law\n", "    force: guidance\n", "    force: statistic\n",
            "    force: local\n    default: on\n",
            "    force: local\n    default: on\n    calendar: local\n");
    say_what_ends_and_meets(d);
    say_versions(d);
    say_for_whom(d, "only for", say_condition);
    say_for_whom(d, "only while", say_lasting);
    say_ways(d);
}

// Each timescale has bytes of its own, so that a change in one leaves the others as they are.
static void invent(struct text *t, struct bytes *b, const struct library *l)
{
    unsigned rules = 1 + take(b, RULES_MAX);

    text_add(t, "chapter: Invented\ntimescales:\n");
    for (unsigned i = 0; i < rules; i++) {
        size_t own = b->left < RULE_BYTES ? b->left : RULE_BYTES;
        struct draft d = {.text = t, .bytes = {b->at, own}, .library = l, .number = i};

        say_timescale(&d);
        b->at += own;
        b->left -= own;
    }
}

// --------------------------------------------------------------------------------------- reading

static bool is_about_sense(const char *line, size_t length)
{
    static const char *const senses[] = {
        "satisfies what is due before it", "can never be satisfied",
        "both satisfies the duty and ends it", "both starts and ends the clock",
        "is both asked for and what ends the clock"};

    for (size_t i = 0; i < sizeof senses / sizeof *senses; i++)
        if (memmem(line, length, senses[i], strlen(senses[i])))
            return true;
    return false;
}

static bool has_place(const char *complaint)
{
    const char *place = strstr(complaint, "own.yaml:");
    int line, column;

    return place && sscanf(place, "own.yaml:%d:%d: ", &line, &column) == 2;
}

// One complaint a line, or "and 3 more".
static void check_refusal(const struct error *err)
{
    for (const char *line = err->text; *line;) {
        size_t length = strcspn(line, "\n");

        if (strncmp(line, "and ", 4) != 0 && !(has_place(line) && is_about_sense(line, length))) {
            (void)fprintf(stderr, "a well written file was refused: %s\n", err->text);
            abort();
        }
        line += length + (line[length] == '\n');
    }
}

// With closure days, which a local calendar leaves out.
static const char *overlay_of(const struct council *c)
{
    static const char text[] = "authority: A council\nclosure days: [2023-07-03, 2024-12-27]\n";
    const char *path = council_file(c->kept, c, "closures.txt");

    council_write(path, text, sizeof text - 1);
    return path;
}

// NULL for a file that is refused for its sense.
static struct library *load(const struct council *c, const char *overlay)
{
    struct library *l;
    struct error err;

    if (library_load(c->path, overlay, &l, &err))
        return l;
    check_refusal(&err);
    return NULL;
}

// Inputs that differ in their facts alone follow one another, and reading takes a hundred times as
// long as evaluating.
static const struct library *read_unless_same(const struct council *c, const char *overlay,
                                              const char *file)
{
    static struct library *last;
    static char *last_file;
    AUTO(arena_auto_free) struct arena *a = arena_new();

    if (last_file && strcmp(last_file, file) == 0)
        return last;
    library_free(last);
    free(last_file);
    last_file = strdup(file);
    council_write(council_file(a, c, "own.yaml"), file, strlen(file));
    last = load(c, overlay);
    return last;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct council council;
    static const char *overlay;
    static struct library *small; // for its events
    AUTO(text_done) struct text file = {0};
    struct bytes b = {data, size};
    const struct library *l;

    if (!small) {
        council = council_new();
        small = load(&council, NULL);
        overlay = overlay_of(&council);
    }
    invent(&file, &b, small);
    l = read_unless_same(&council, overlay, file.s);
    if (!l)
        return -1; // nothing to evaluate: not worth keeping
    check_bytes(l, b.at, b.left);
    return 0;
}
