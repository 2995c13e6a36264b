// The command line: one pass sorts words from options, a second checks them against the table of
// the command. What takes a value is known by all commands together, so that options may stand
// before the command's name.
#include "arguments.h"

#include "feed_commands.h"

#include <stdio.h>
#include <string.h>

static const struct command *const clusters[] = {commands_rules, commands_store, commands_deadlines,
                                                 commands_feed, commands_operator};
#define CLUSTERS (sizeof clusters / sizeof *clusters)

static const char *const common_options[] = {"config FILE", "embedded DIR", "format csv|json",
                                             "help", NULL};

#define MAX_COMMANDS 64
#define MAX_WORDS 256

// ---------------------------------------------------------------------------------- the commands

static size_t all_commands(const struct command **ret)
{
    size_t count = 0;

    for (size_t i = 0; i < CLUSTERS; i++)
        for (const struct command *c = clusters[i]; c->name && count < MAX_COMMANDS; c++)
            ret[count++] = c;
    return count;
}

static bool name_is(const char *option, const char *name)
{
    size_t length = strcspn(option, " ");

    return strlen(name) == length && strncmp(option, name, length) == 0;
}

// The entry of a list of options, or NULL.
static const char *option_in(const char *const *options, const char *name)
{
    for (; options && *options; options++)
        if (name_is(*options, name))
            return *options;
    return NULL;
}

static const char *option_of_any(const char *name)
{
    const struct command *commands[MAX_COMMANDS];
    size_t count = all_commands(commands);
    const char *found = option_in(common_options, name);

    for (size_t i = 0; !found && i < count; i++)
        found = option_in(commands[i]->options, name);
    return found;
}

const char *command_usage(struct arena *a, const struct command *c)
{
    const char *usage = arena_printf(a, "timely %s%s%s", c->name, *c->words ? " " : "", c->words);

    for (const char *const *o = c->options; o && *o; o++)
        usage = arena_printf(a, "%s [--%s]", usage, *o);
    return usage;
}

void command_help(struct text *out, const struct command *c)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();

    text_addf(out, "usage: %s\n\n%s\n\n", command_usage(a, c), c->summary);
    text_add(out,
             "With every command: --config FILE, or --embedded DIR for a private PostgreSQL in "
             "DIR;\n--format csv|json where it prints a list.\n");
}

void commands_help(struct text *out)
{
    const struct command *commands[MAX_COMMANDS];
    size_t count = all_commands(commands);

    text_add(out, "timely: what is due for which child, and why.\n\n"
                  "usage: timely COMMAND [WORDS] [--OPTION VALUE]\n\n");
    for (size_t i = 0; i < count; i++) {
        const struct command *c = commands[i];
        size_t length = strlen(c->name) + (*c->words ? 1 + strlen(c->words) : 0);

        text_addf(out, "  %s%s%s%*s %s\n", c->name, *c->words ? " " : "", c->words,
                  length < 31 ? (int)(31 - length) : 0, "", c->summary);
    }
    text_add(out, "\nWith every command: --config FILE, or --embedded DIR for a private PostgreSQL "
                  "in DIR;\n--format csv|json where it prints a list; --help for its options.\n");
}

// ---------------------------------------------------------------------------------- the words

static bool fail_usage(struct arena *a, const struct command *c, struct error *err)
{
    char said[sizeof err->text];

    snprintf(said, sizeof said, "%s", err->text);
    return fail(err, FAULT_INPUT, "%s\nusage: %s", said,
                c ? command_usage(a, c) : "timely COMMAND …; \"timely --help\" lists them");
}

static bool unknown_word(struct arena *a, const char *what, const char *word,
                         const char *const *known, size_t count, const struct command *c,
                         struct error *err)
{
    const char *near = nearest_word(word, known, count);

    if (near)
        fail(err, FAULT_INPUT, "unknown %s \"%s\"; did you mean \"%s\"?", what, word, near);
    else
        fail(err, FAULT_INPUT, "unknown %s \"%s\"", what, word);
    return fail_usage(a, c, err);
}

// Nothing matched: the first word is unknown, or it needs another one of a few.
static bool no_such_command(struct arena *a, const struct arguments *g, struct error *err)
{
    const struct command *commands[MAX_COMMANDS];
    size_t count = all_commands(commands), firsts = 0, seconds = 0, length = strlen(g->words[0]);
    const char *first[MAX_COMMANDS], *second[MAX_COMMANDS], *list = "";

    for (size_t i = 0; i < count; i++) {
        const char *name = commands[i]->name, *blank = strchr(name, ' ');

        first[firsts++] = blank ? arena_strndup(a, name, (size_t)(blank - name)) : name;
        if (!blank || (size_t)(blank - name) != length || strncmp(name, g->words[0], length) != 0)
            continue;
        list = arena_printf(a, "%s%s%s", list, seconds ? ", " : "", blank + 1);
        second[seconds++] = blank + 1;
    }
    if (seconds == 0)
        return unknown_word(a, "command", g->words[0], first, firsts, NULL, err);
    if (g->count > 1)
        return unknown_word(a, arena_printf(a, "word after \"%s\"", g->words[0]), g->words[1],
                            second, seconds, NULL, err);
    fail(err, FAULT_INPUT, "\"%s\" needs a word after it: %s", g->words[0], list);
    return fail_usage(a, NULL, err);
}

// The longest name that the words begin with.
static bool find_command(struct arena *a, struct arguments *g, const struct command **ret,
                         struct error *err)
{
    const struct command *commands[MAX_COMMANDS], *found = NULL;
    size_t count = all_commands(commands), taken = 0;
    const char *two = g->count > 1 ? arena_printf(a, "%s %s", g->words[0], g->words[1]) : "";

    for (size_t i = 0; i < count; i++) {
        if (strcmp(commands[i]->name, two) == 0) {
            found = commands[i];
            taken = 2;
        } else if (taken < 2 && strcmp(commands[i]->name, g->words[0]) == 0) {
            found = commands[i];
            taken = 1;
        }
    }
    if (!found)
        return no_such_command(a, g, err);
    g->words += taken;
    g->count -= taken;
    *ret = found;
    return true;
}

static bool check_words(struct arena *a, const struct command *c, const struct arguments *g,
                        struct error *err)
{
    size_t least = 0, most = 0;
    bool endless = strstr(c->words, "...") != NULL;

    for (const char *p = c->words; *p; p += strcspn(p, " "), p += strspn(p, " ")) {
        least += *p != '[';
        most++;
    }
    if (g->count < least)
        fail(err, FAULT_INPUT, "%s: something is missing: expected %s", c->name, c->words);
    else if (g->count > most && !endless && most == 0)
        fail(err, FAULT_INPUT, "%s takes no \"%s\"", c->name, g->words[0]);
    else if (g->count > most && !endless)
        fail(err, FAULT_INPUT, "%s: \"%s\" is one word too many", c->name, g->words[most]);
    else
        return true;
    return fail_usage(a, c, err);
}

// ---------------------------------------------------------------------------------- the options

static bool check_option(struct arena *a, const struct command *c, const char *name,
                         const char *value, struct error *err)
{
    const char *known[MAX_COMMANDS];
    size_t count = 0;
    const char *entry = option_in(common_options, name);

    if (!entry)
        entry = option_in(c->options, name);
    if (!entry) {
        for (const char *const *o = common_options; *o; o++)
            known[count++] = arena_printf(a, "--%.*s", (int)strcspn(*o, " "), *o);
        for (const char *const *o = c->options; o && *o && count < MAX_COMMANDS; o++)
            known[count++] = arena_printf(a, "--%.*s", (int)strcspn(*o, " "), *o);
        return unknown_word(a, arena_printf(a, "option of \"%s\"", c->name),
                            arena_printf(a, "--%s", name), known, count, c, err);
    }
    if (!strchr(entry, ' ') && value)
        fail(err, FAULT_INPUT, "--%s takes no value", name);
    else if (strchr(entry, ' ') && (!value || !*value))
        fail(err, FAULT_INPUT, "--%s needs a value: --%s", name, entry);
    else
        return true;
    return fail_usage(a, c, err);
}

static bool check_options(struct arena *a, const struct command *c, const struct arguments *g,
                          struct error *err)
{
    for (size_t i = 0; i < g->option_count; i++) {
        if (!check_option(a, c, g->names[i], g->values[i], err))
            return false;
        for (size_t k = 0; k < i; k++)
            if (strcmp(g->names[i], g->names[k]) == 0) {
                fail(err, FAULT_INPUT, "--%s is given twice", g->names[i]);
                return fail_usage(a, c, err);
            }
    }
    return true;
}

struct sorted {
    const char *words[MAX_WORDS], *names[MAX_WORDS], *values[MAX_WORDS];
    size_t words_count, options_count;
};

static void take_option(struct arena *a, struct sorted *s, const char *given, const char *next,
                        int *i)
{
    const char *equals = strchr(given, '=');
    const char *name = equals ? arena_strndup(a, given, (size_t)(equals - given)) : given;
    const char *entry = option_of_any(name);
    const char *value = equals ? equals + 1 : NULL;

    if (!equals && entry && strchr(entry, ' ') && next) {
        value = next;
        (*i)++;
    }
    s->names[s->options_count] = name;
    s->values[s->options_count++] = value;
}

static bool sort_arguments(struct arena *a, int argc, char *const *argv, struct sorted *s,
                           struct error *err)
{
    bool ended = false;

    if (argc > MAX_WORDS)
        return fail(err, FAULT_INPUT, "more than %d words", MAX_WORDS - 1);
    for (int i = 1; i < argc; i++) {
        if (!utf8_valid(argv[i], strlen(argv[i])))
            return fail(err, FAULT_INPUT, "word %d is no UTF-8", i);
        if (!ended && strcmp(argv[i], "--") == 0)
            ended = true;
        else if (!ended && strncmp(argv[i], "--", 2) == 0)
            take_option(a, s, argv[i] + 2, argv[i + 1], &i);
        else if (!ended && argv[i][0] == '-' && argv[i][1])
            return fail(err, FAULT_INPUT, "unknown option \"%s\"; options begin with two dashes",
                        argv[i]);
        else
            s->words[s->words_count++] = argv[i];
    }
    return true;
}

bool arguments_read(struct arena *a, int argc, char *const *argv, struct command_line *ret,
                    struct error *err)
{
    struct sorted *s = ARENA_NEW(a, struct sorted);
    struct command_line line = {0};

    if (!sort_arguments(a, argc, argv, s, err))
        return fail_usage(a, NULL, err);
    line.arguments =
        (struct arguments){s->words, s->words_count, s->names, s->values, s->options_count};
    line.help = argument(&line.arguments, "help") != NULL;
    line.version = argument(&line.arguments, "version") != NULL;
    if (s->words_count == 0 && !line.help && !line.version && s->options_count > 0) {
        fail(err, FAULT_INPUT, "no command is given");
        return fail_usage(a, NULL, err);
    }
    if (s->words_count > 0 && !find_command(a, &line.arguments, &line.command, err))
        return false;
    if (line.command && !line.help &&
        (!check_options(a, line.command, &line.arguments, err) ||
         !check_words(a, line.command, &line.arguments, err)))
        return false;
    *ret = line;
    return true;
}

// ---------------------------------------------------------------------------------- for commands

const char *argument(const struct arguments *g, const char *name)
{
    for (size_t i = 0; i < g->option_count; i++)
        if (strcmp(g->names[i], name) == 0)
            return g->values[i] ? g->values[i] : "";
    return NULL;
}

bool argument_date(const struct arguments *g, const char *name, struct date otherwise,
                   struct date *ret, struct error *err)
{
    const char *given = argument(g, name);

    if (!given) {
        *ret = otherwise;
        return true;
    }
    if (!date_parse(given, ret))
        return fail(err, FAULT_INPUT, "--%s \"%s\": expected a date such as 2024-03-31", name,
                    given);
    return true;
}

bool argument_word(const struct arguments *g, const char *name, const char *const *words,
                   int otherwise, int *ret, struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    const char *given = argument(g, name), *list = "";

    if (!given) {
        *ret = otherwise;
        return true;
    }
    for (int i = 0; words[i]; i++) {
        if (strcmp(given, words[i]) == 0) {
            *ret = i;
            return true;
        }
        list = arena_printf(a, "%s%s%s", list, !i ? "" : words[i + 1] ? ", " : " or ", words[i]);
    }
    return fail(err, FAULT_INPUT, "--%s \"%s\": expected %s", name, given, list);
}

bool timescale_named(const struct library *l, const char *id, const struct timescale **ret,
                     struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    const char **known, *near;
    int found = id ? library_timescale(l, id) : -1;

    if (!id || found >= 0) {
        *ret = id ? &l->timescales[found] : NULL;
        return true;
    }
    known = ARENA_ARRAY(a, const char *, l->timescale_count + 1);
    for (size_t i = 0; i < l->timescale_count; i++)
        known[i] = l->timescales[i].id;
    near = nearest_word(id, known, l->timescale_count);
    return near ? fail(err, FAULT_INPUT, "unknown timescale \"%s\"; did you mean \"%s\"?", id, near)
                : fail(err, FAULT_INPUT, "unknown timescale \"%s\"; \"timely rules\" lists them",
                       id);
}
