// `timely replay`: the messages that would have gone on past days, sending none; with an overlay,
// what would have been different under it; of one reader also the mails themselves. Nothing is
// stored.
#include "deadlines.h"
#include "people.h"
#include "proclaimed.h"
#include "replay_mails.h"
#include "replay_print.h"

// One set of rules, and what it would have said.
struct telling_of {
    struct replay_input input;
    struct chronicle chronicle;
    struct replay replay;
};

static bool day_argument(const struct session *s, const struct arguments *g, const char *name,
                         struct date *ret, struct error *err)
{
    const struct workdays *w = s->library->national;

    if (!argument(g, name))
        return fail(err, FAULT_INPUT, "--%s DATE is missing", name);
    if (!argument_date(g, name, DATE_NONE, ret, err))
        return false;
    // A deadline may lie a year ahead of the day on which it becomes known.
    if (date_cmp(*ret, workdays_first(w)) < 0 ||
        date_cmp(*ret, date_add_days(workdays_last(w), -366)) > 0)
        return fail(err, FAULT_INPUT,
                    "--%s %s: the bank holidays are known, or can be foretold, from %s to %s; give "
                    "a day between them that leaves a year for what is due",
                    name, argument(g, name), date_iso(s->arena, workdays_first(w)),
                    date_iso(s->arena, workdays_last(w)));
    return true;
}

static bool days_arguments(const struct session *s, const struct arguments *g,
                           struct replay_input *ret, struct error *err)
{
    if (!day_argument(s, g, "from", &ret->from, err) || !day_argument(s, g, "to", &ret->to, err))
        return false;
    if (date_cmp(ret->from, ret->to) > 0)
        return fail(err, FAULT_INPUT, "--from %s lies after --to %s", argument(g, "from"),
                    argument(g, "to"));
    return true;
}

// The rules with the overlay that is named, on the calendar in force; NULL when none is.
static bool other_rules(struct session *s, const struct arguments *g, struct library **ret,
                        struct error *err)
{
    const char *overlay = argument(g, "overlay");

    *ret = NULL;
    return !overlay || library_load(s->config.rules_dir, overlay, ret, err);
}

static bool proclaim(struct session *s, struct library *l, struct error *err)
{
    struct holiday_list accepted;

    return proclaimed_read(s->arena, s->store, &accepted, err) &&
           library_proclaim(l, accepted.items, accepted.count, err);
}

static void run(struct session *s, struct telling_of *t)
{
    t->input.chronicle = &t->chronicle;
    replay_run(s->arena, &t->input, &t->replay);
}

static bool compare(struct session *s, const struct telling_of *before, struct library *other,
                    struct error *err)
{
    struct telling_of after = {.input = before->input,
                               .chronicle = chronicle_under(s->arena, &before->chronicle, other)};

    if (!proclaim(s, other, err))
        return false;
    after.input.library = other;
    run(s, &after);
    replay_print_difference(s, &before->input, &before->replay, &after.replay);
    return true;
}

// What one reader would have had, in the place of everybody's.
static bool tell_reader(struct session *s, const struct arguments *g, struct telling_of *t,
                        struct error *err)
{
    const char *dir = argument(g, "mails");

    replay_keep_reader(&t->replay, t->input.reader);
    replay_print(s, &t->input, &t->replay);
    return !dir || replay_write_mails(s, &t->replay, dir, err);
}

static bool replay(struct session *s, const struct arguments *g, const struct telling_of *asked,
                   struct library *other, const struct directory *directory, struct error *err)
{
    struct telling_of now = *asked;

    now.input.directory = directory;
    if (now.input.reader && !directory_staff(directory, now.input.reader))
        return fail(err, FAULT_INPUT, "--staff %s: nobody in the directory has this number",
                    now.input.reader);
    if (!chronicle_read(s->arena, s->store, s->library, &now.chronicle, err))
        return false;
    run(s, &now);
    if (other)
        return compare(s, &now, other, err);
    if (now.input.reader)
        return tell_reader(s, g, &now, err);
    replay_print(s, &now.input, &now.replay);
    return true;
}

static bool check_reader(const struct arguments *g, struct error *err)
{
    if (argument(g, "mails") && !argument(g, "staff"))
        return fail(err, FAULT_INPUT,
                    "--mails DIR writes one reader's mails: say whose with --staff ID");
    if (argument(g, "overlay") && argument(g, "staff"))
        return fail(err, FAULT_INPUT,
                    "--overlay compares what everybody is told: leave out --staff");
    return true;
}

enum status run_replay(struct session *s, const struct arguments *g, struct error *err)
{
    struct telling_of now = {.input = {.config = &s->config, .reader = argument(g, "staff")}};
    struct directory *directory = NULL;
    struct library *other = NULL;
    bool ok;

    if (!check_reader(g, err) || !session_library(s, err) ||
        !days_arguments(s, g, &now.input, err) || !other_rules(s, g, &other, err))
        return status_of(err);
    now.input.library = s->library;
    ok = people_begin(s, err) && directory_read(s->store, &directory, err) &&
         replay(s, g, &now, other, directory, err);
    directory_free(directory);
    library_free(other);
    return ok ? STATUS_DONE : status_of(err);
}
