// The reader of rule files: what it says of a bad file, and where; overlays; the shipped library
// with all its examples.
#include "rules_folder.h"

// Line 1 of a test's own rule file is "chapter", line 2 "timescales", line 3 the id, and the keys
// begin on line 4 at column 5, their values two blanks after the colon.
#define HEAD "chapter: Test\ntimescales:\n  one:\n"
#define BODY                                                                                       \
    "    title: One\n"                                                                             \
    "    force: guidance\n"                                                                        \
    "    source: The guidance\n"                                                                   \
    "    evidence: U\n"                                                                            \
    "    subject: enquiry\n"                                                                       \
    "    met by: icpc-held\n"
#define DUE "    due: within 15 working days of s47-started\n" // line 10

struct row {
    const char *rules;     // own.yaml
    const char *overlay;   // NULL for none
    const char *complaint; // that must be among the complaints; the folder's path is left out
};

// Removes the folder's name, so that places read "own.yaml:4:5".
static const char *without_folder(const struct folder *f, const char *text)
{
    const char *prefix = arena_printf(f->arena, "%s/", f->path);
    char *all = arena_strdup(f->arena, text), *at;

    while ((at = strstr(all, prefix)))
        memmove(at, at + strlen(prefix), strlen(at + strlen(prefix)) + 1);
    return all;
}

static const char *refusal(const struct folder *f, const struct row *r)
{
    const char *overlay = r->overlay ? folder_file(f, "own-overlay.txt") : NULL;
    struct library *l;
    struct error err;

    folder_write(f, "own.yaml", r->rules, strlen(r->rules));
    if (overlay)
        folder_write(f, "own-overlay.txt", r->overlay, strlen(r->overlay));
    if (library_load(f->path, overlay, &l, &err)) {
        library_free(l);
        return "";
    }
    assert_int_equal(err.fault, FAULT_INPUT);
    return without_folder(f, err.text);
}

static void check_rows(const struct row *rows, size_t count)
{
    struct folder f = folder_new();

    for (size_t i = 0; i < count; i++) {
        const char *got = refusal(&f, &rows[i]);
        const char *expected = rows[i].complaint;

        if (*expected ? !strstr(got, expected) : *got)
            fail_msg("row %zu: expected \"%s\", got \"%s\"", i, expected, got);
    }
    folder_done(&f);
}
#define CHECK(rows) check_rows(rows, sizeof rows / sizeof *rows)

static void test_good(void **state)
{
    static const struct row rows[] = {
        {HEAD BODY DUE, NULL, ""},
        {HEAD BODY DUE "  two:\n" BODY "    due: within 1 working day of the due date of one\n",
         NULL, ""},
        {HEAD BODY DUE, "authority: Test\n", ""},
    };

    (void)state;
    CHECK(rows);
}

static void test_keys(void **state)
{
    static const struct row rows[] = {
        {HEAD BODY DUE "    endswith: death\n", NULL,
         "own.yaml:11:5: unknown key \"endswith\"; did you mean \"ends with\"?"},
        {HEAD BODY DUE "    colour: red\n", NULL, "own.yaml:11:5: unknown key \"colour\""},
        {HEAD DUE "    force: law\n    source: S\n    evidence: V\n    subject: enquiry\n"
                  "    met by: icpc-held\n",
         NULL, "own.yaml:4:5: the key \"title\" is missing"},
        {HEAD BODY, NULL, "own.yaml:4:5: the key \"due\" is missing"},
        {HEAD BODY DUE "    default: off\n", NULL, "own.yaml:4:5: only local practice can be off"},
        {HEAD BODY DUE "    same day counts: maybe\n", NULL,
         "own.yaml:11:22: \"maybe\": expected \"yes\" or \"no\""},
        {HEAD BODY DUE "    without a link: a later one\n", NULL,
         "own.yaml:11:21: \"a later one\": expected \"the next one\""},
        {HEAD BODY DUE "    title: Again\n", NULL, "own.yaml:11:5: "},
        {HEAD BODY DUE "  One:\n" BODY DUE, NULL,
         "own.yaml:11:3: \"One\": an id is lower case letters, digits and hyphens"},
        {"timescales:\n  one:\n" BODY DUE, NULL, "own.yaml:1:1: the key \"chapter\" is missing"},
        {"chapter: Test\n", NULL, "own.yaml:1:1: the key \"timescales\" is missing"},
        {"- one\n", NULL, "own.yaml:1:1: expected the keys chapter and timescales"},
        {"chapter: Test\ntimescales:\n  one: 15 working days\n", NULL,
         "own.yaml:3:8: expected a timescale: title, force, due, met by"},
        {"", NULL, "own.yaml:1:1: expected the keys chapter and timescales"},
        {HEAD BODY "    due: within 15 working days of s47-started", NULL,
         "own.yaml:10:47: the last line has no end: the file may have been cut short"},
    };

    (void)state;
    CHECK(rows);
}

static void test_phrases(void **state)
{
    static const struct row rows[] = {
        {HEAD BODY "    due: within 15 banking days of s47-started\n", NULL,
         "own.yaml:10:20: \"banking\": expected working days, days, weeks, months, "
         "years, hours or school days"},
        {HEAD BODY "    due: within fifteen working days of s47-started\n", NULL,
         "own.yaml:10:17: \"fifteen\": expected a whole number from 0 to 10000"},
        {HEAD BODY "    due: within 15 working days of s47-startet\n", NULL,
         "own.yaml:10:36: \"s47-startet\": no such event (nobody supplies it); did you mean "
         "\"s47-started\"?"},
        {HEAD BODY "    due: within 15 working days of alchemy\n", NULL,
         "own.yaml:10:36: \"alchemy\": no such event (nobody supplies it)"},
        {HEAD BODY "    due: within 15 working days after s47-started\n", NULL,
         "own.yaml:10:33: \"after\": expected \"of\" and the event that starts the clock"},
        {HEAD BODY "    due: within 15 working days of s47-started sometimes\n", NULL,
         "own.yaml:10:48: \"sometimes\": expected nothing more"},
        {HEAD BODY "    due: within 15 working days of s47-ended as conferense\n", NULL,
         "own.yaml:10:49: \"conferense\": no such code of that event; did you mean "
         "\"conference\"?"},
        {HEAD BODY "    due: 48 hours after icpc-booked\n", NULL,
         "own.yaml:10:19: \"after\": expected \"before\" (or begin with \"within\")"},
        {HEAD BODY "    due: 48 hours before icpc-booked, by nightfall\n", NULL,
         "own.yaml:10:39: \"by\": expected \"by office close\""},
        {HEAD BODY "    due: 48 hours before icpc-booked, by office close, by a working day\n",
         NULL, "expected only one of \"by office close\", \"by a working day\" and"},
        {HEAD BODY "    due: within the earlier of 2 months or 8 weeks of s47-started\n", NULL,
         "own.yaml:10:41: \"or\": expected \"and\" and a second period"},
        {HEAD BODY "    due: within 2 days of s47-started, if age about 5\n", NULL,
         "own.yaml:10:47: \"about\": expected a number from 1 to 99"},
        {HEAD BODY "    due: within 2 days of s47-started, if age 5\n", NULL,
         "expected \"or over\" (or \"age under N\")"},
        {HEAD BODY "    due: within 2 days of s47-started, if in jail\n", NULL,
         "own.yaml:10:50: \"end of the text\": expected a subject of events.yaml"},
        {HEAD BODY "    due: within 2 days of sdq-completed scoring high\n", NULL,
         "own.yaml:10:49: \"high\": expected a number from 1 to 9999"},
        {HEAD BODY "    due: within 2 days of two running late\n", NULL,
         "own.yaml:10:10: \"two\": no such timescale"},
        {HEAD BODY DUE "    only while: age under 5\n", NULL,
         "own.yaml:11:17: expected events that hold or that have not happened"},
        {HEAD BODY DUE "    calendar: local\n", NULL,
         "own.yaml:11:15: closure days of the authority extend nothing"},
        {HEAD BODY "    due: \n", NULL, "own.yaml:10:"},
        {HEAD BODY DUE "    ends with: [death, age x]\n", NULL,
         "own.yaml:11:24: \"age x\": expected an age from 1 to 99"},
        {HEAD BODY DUE "    examples: s47-started 2024-02-30 -> due 2024-04-08\n", NULL,
         "own.yaml:11:27: \"2024-02-30\": expected a date"},
        {HEAD BODY DUE "    examples: s47-started 2024-03-14 -> perhaps\n", NULL,
         "own.yaml:11:41: \"perhaps\": expected \"due DATE\" or \"nothing\""},
        {HEAD BODY DUE "    examples: s47-started 2024-03-14\n", NULL,
         "own.yaml:11:37: \"end of the text\": expected \"->\" and the answer"},
        {HEAD "    title: One\n    force: gidance\n    source: S\n    evidence: U\n"
              "    subject: enquirry\n    met by: icpc-held\n" DUE,
         NULL, "own.yaml:5:12: \"gidance\": expected law, guidance, local or statistic"},
        {HEAD "    title: One\n    force: guidance\n    source: S\n    evidence: U\n"
              "    subject: enquirry\n    met by: icpc-held\n" DUE,
         NULL, "own.yaml:8:14: \"enquirry\": no such subject; did you mean \"enquiry\"?"},
        {HEAD BODY DUE "    tell: {profile: P-Q, ladder: E-SW}\n", NULL,
         "one: no profile \"P-Q\" in telling.yaml"},
        {HEAD BODY DUE "    tell: {profile: P-M, ladder: E-QQ}\n", NULL,
         "one: no ladder \"E-QQ\" in telling.yaml"},
    };

    (void)state;
    CHECK(rows);
}

// Time spent is added up in days: "3 months" would have been 3.
static void test_derived_events(void **state)
{
    static const char events[] =
        "subjects:\n  care: {title: care, starts: care-started}\nevents:\n"
        "  birth: {title: birth}\n  death: {title: death}\n  care-started: {title: care}\n"
        "  long: {title: long, when: \"3 months in care since age 14, at age 16\"}\n";
    struct folder f = folder_new();
    struct library *l;
    struct error err;

    (void)state;
    unlink(folder_file(&f, "events.yaml")); // a link to the shipped file
    folder_write(&f, "events.yaml", events, sizeof events - 1);
    assert_false(library_load(f.path, NULL, &l, &err));
    assert_non_null(strstr(err.text, "events.yaml:7:29: \"3\": expected days or weeks"));
    folder_done(&f);
}

// What a profile says of what is not booked has to be among what it says.
static void test_unbooked_moments(void **state)
{
    static const char telling[] = "profiles:\n"
                                  "  P-Q:\n"
                                  "    remind: [3 working days before, on the day]\n"
                                  "    unbooked: [on the day, 2 working days before]\n"
                                  "ladders: {}\n";
    struct folder f = folder_new();
    struct library *l;
    struct error err;

    (void)state;
    unlink(folder_file(&f, "telling.yaml")); // a link to the shipped file
    folder_write(&f, "telling.yaml", telling, sizeof telling - 1);
    assert_false(library_load(f.path, NULL, &l, &err));
    assert_non_null(strstr(err.text,
                           "telling.yaml:4:28: \"2 working days before\": expected a moment "
                           "of this profile's lists"));
    assert_null(strstr(err.text, "\"on the day\""));
    folder_done(&f);
}

// Rules that read well and mean nothing.
static void test_sense(void **state)
{
#define HEAD_MET(met)                                                                              \
    HEAD "    title: One\n    force: guidance\n    source: S\n    evidence: U\n"                   \
         "    subject: enquiry\n    met by: " met "\n"
    static const struct row rows[] = {
        {HEAD BODY "    due: within 0 working days of s47-started\n", NULL,
         "own.yaml:10:10: a period of 0 is none"},
        {HEAD BODY "    due: within 10000 working days of s47-started\n", NULL,
         "own.yaml:10:10: 10000 working days are longer than a childhood"},
        {HEAD BODY "    due: within 20 school days of s47-started\n", NULL,
         "own.yaml:10:17: \"20\": expected another unit: school days cannot be counted"},
        {HEAD BODY DUE "    only for: birth within 5 school days before\n", NULL,
         "own.yaml:11:28: \"5\": expected another unit: school days cannot be counted"},
        {HEAD BODY "    due: within the earlier of 5 days and 0 weeks of s47-started\n", NULL,
         "own.yaml:10:43: \"0\": expected a period of at least 1"},
        {HEAD BODY "    due: within 5 days of s47-started, summed over 0 days\n", NULL,
         "own.yaml:10:52: \"0\": expected a period of at least 1"},
        {HEAD_MET("icpc-booked") "    due: 48 hours before icpc-booked\n", NULL,
         "own.yaml:10:26: one: \"icpc-booked\" satisfies what is due before it"},
        {HEAD "    title: One\n    force: guidance\n    source: S\n    evidence: U\n"
              "    subject: record\n    met by: icpc-held\n    due: within 5 days of icpc-held\n",
         NULL,
         "own.yaml:10:27: one: \"icpc-held\" can never be satisfied: of one record it happens "
         "only once"},
        {HEAD "    title: One\n    force: guidance\n    source: S\n    evidence: U\n"
              "    subject: person\n    met by: pep-held\n    due: within 5 days of pep-held\n",
         NULL, "own.yaml:10:27: one: \"pep-held\" starts a chain without an end"},
        {HEAD BODY DUE "    ends with: icpc-held\n", NULL,
         "one: \"icpc-held\" both satisfies the duty and ends it unmet"},
        {HEAD BODY DUE "    ends with: s47-started\n", NULL,
         "own.yaml:10:36: one: \"s47-started\" both starts and ends the clock"},
        {HEAD BODY DUE "    only for: birth\n    ends with: birth\n", NULL,
         "one: \"birth\" is both asked for and what ends the clock"},
        {HEAD BODY DUE "    ends with: s47-ended as conference\n    only for: s47-ended as "
                       "no-conference\n",
         NULL, ""},
        {"chapter: Test\ncadences:\n  weekly:\n    title: W\n    source: S\n    use: yes\n", NULL,
         "weekly: the key \"every\" is missing"},
        {"chapter: Test\ncadences:\n  weekly:\n    title: W\n    source: S\n    every: 2 moons\n",
         NULL, "own.yaml:6:12: \"2 moons\": expected a period, such as 6 weeks"},
        {HEAD BODY DUE "no clock:\n  Two: because\n", NULL,
         "\"Two\": an id is lower case letters, digits and hyphens"},
    };

    (void)state;
    CHECK(rows);
}

#define OVER "authority: Test\ntimescales:\n  one:\n"
#define VERSION(force, until)                                                                      \
    "      - {in force: " force until ", source: S, due: within 9 days of s47-started}\n"

static void test_versions(void **state)
{
    static const struct row rows[] = {
        {HEAD BODY "    versions:\n" VERSION("from 2010-01-01", " until 2015-03-31")
             VERSION("from 2015-04-01", ""),
         NULL, ""},
        {HEAD BODY "    versions:\n" VERSION("from 2010-01-01", " until 2015-04-01")
             VERSION("from 2015-04-01", ""),
         NULL, "own.yaml:12:9: in force while the version before it still is"},
        {HEAD BODY "    versions:\n" VERSION("from 2010-01-01", " until 2015-03-30")
             VERSION("from 2015-04-01", ""),
         NULL, "own.yaml:12:9: from 2015-03-31 until this version begins none is in force: a gap"},
        {HEAD BODY "    versions:\n" VERSION("from 2010-01-01", "") VERSION("from 2015-04-01", ""),
         NULL, "own.yaml:12:9: in force while the version before it still is"},
        {HEAD BODY "    versions:\n" VERSION("since 2010-01-01", ""), NULL,
         "own.yaml:11:20: \"since\": expected \"from DATE\""},
        {HEAD BODY "    versions:\n" VERSION("from 2015-04-01", " until 2010-01-01"), NULL,
         "own.yaml:11:20: in force until a day before it begins"},
        {HEAD BODY "    versions: []\n", NULL, "own.yaml:10:15: expected at least one version"},
        {HEAD BODY "    versions: none\n", OVER DUE,
         "own.yaml:10:15: expected a list of versions, oldest first"},
    };

    (void)state;
    CHECK(rows);
}

#define AFTER(name) "    due: within 1 working day of the due date of " name "\n"

static void test_circles(void **state)
{
    static const struct row rows[] = {
        {HEAD BODY AFTER("one"), NULL,
         "own.yaml:3:1: one counts from its own due date by way of others: a circle"},
        {HEAD BODY AFTER("two") "  two:\n" BODY AFTER("one"), NULL,
         "own.yaml:11:1: two counts from its own due date by way of others: a circle"},
        {HEAD BODY AFTER("two") "  two:\n" BODY AFTER("three") "  three:\n" BODY AFTER("one"), NULL,
         "own.yaml:19:1: three counts from its own due date by way of others: a circle"},
        // The circle is not in the last clause.
        {HEAD BODY "    due: [within 1 day of the due date of two, within 1 day of s47-started]\n"
                   "  two:\n" BODY
                   "    due: [within 1 day of the due date of one, within 1 day of the due date of "
                   "three]\n  three:\n" BODY DUE,
         NULL, "own.yaml:11:1: two counts from its own due date by way of others: a circle"},
        {HEAD BODY AFTER("too") "  two:\n" BODY DUE, NULL,
         "own.yaml:10:10: \"too\": no such timescale"},
    };

    (void)state;
    CHECK(rows);
}

// A timescale that counts from one in a circle is not itself blamed.
static void test_circle_names_its_own(void **state)
{
    struct folder f = folder_new();
    static const struct row r = {HEAD BODY AFTER("two") "  two:\n" BODY AFTER("two"), NULL, ""};
    const char *got = refusal(&f, &r);

    (void)state;
    assert_non_null(strstr(got, "two counts from its own"));
    assert_null(strstr(got, "one counts from its own"));
    folder_done(&f);
}

static void test_overlay(void **state)
{
    static const struct row rows[] = {
        {HEAD BODY DUE, OVER "    due: within 10 working days of s47-started\n", ""},
        {HEAD BODY DUE, OVER "    due: within 15 working days of s47-started\n", ""},
        {HEAD BODY DUE, OVER "    due: within 16 working days of s47-started\n",
         "own-overlay.txt:4:10: an overlay may only tighten what guidance asks: the same event and "
         "unit, and no longer"},
        {HEAD BODY DUE, OVER "    due: within 10 days of s47-started\n",
         "own-overlay.txt:4:10: an overlay may only tighten"},
        {HEAD BODY DUE, OVER "    due: within 10 working days of s47-ended\n",
         "own-overlay.txt:4:10: an overlay may only tighten"},
        {HEAD BODY DUE, OVER "    due: within 10 working days of first s47-started\n",
         "own-overlay.txt:4:10: an overlay may only tighten"},
        {HEAD BODY "    due: within 15 working days of s47-ended as conference\n",
         OVER "    due: within 10 working days of s47-ended as no-conference\n",
         "own-overlay.txt:4:10: an overlay may only tighten"},
        {HEAD BODY "  two:\n" BODY DUE "  three:\n" BODY AFTER("one"), OVER "    use: yes\n",
         "own.yaml:4:5: the key \"due\" is missing"},
        {HEAD BODY DUE "  two:\n" BODY DUE "  three:\n" BODY AFTER("one"),
         "authority: Test\ntimescales:\n  three:\n" AFTER("two"),
         "own-overlay.txt:4:10: an overlay may only tighten"},
        {HEAD BODY DUE, OVER "    use: no\n",
         "own-overlay.txt:4:5: one cannot be switched off: it is Guidance"},
        {HEAD BODY DUE, OVER "    force: local\n", "own-overlay.txt:4:5: unknown key \"force\""},
        {HEAD BODY DUE, OVER "    met by: icpc-held\n",
         "own-overlay.txt:4:5: unknown key \"met by\""},
        {HEAD BODY DUE, "authority: Test\ntimescales:\n  own:\n" BODY DUE,
         "own-overlay.txt:4:5: an authority's own timescale is \"force: local\""},
        {HEAD BODY DUE, "authority: Test\noffice hours:\n  monday: 9 to 5\n",
         "own-overlay.txt:3:11: \"9 to 5\": expected 09:00-17:00 or closed"},
        {HEAD BODY DUE, "authority: Test\nclosure days: [2024-12-27, 2024-12-32]\n",
         "own-overlay.txt:2:28: \"2024-12-32\": expected a date"},
        {HEAD BODY DUE, "authority: Test\ntimescales:\n  onne:\n    use: yes\n",
         "own-overlay.txt:3:3: \"onne\": the rules have no such timescale; did you mean \"one\"?"},
        {HEAD BODY DUE, OVER "    only for: age 6 or over\n",
         "own-overlay.txt:4:15: \"only for\" of guidance is not an authority's to change"},
        {HEAD BODY DUE, "authority: Test\ndiary:\n  icpc: {not on: freitag}\n",
         "own-overlay.txt:3:18: \"freitag\": expected a day of the week, such as friday"},
        {HEAD BODY DUE, "authority: Test\ndiary:\n  picnic: {not on: friday}\n",
         "own-overlay.txt:3:3: \"picnic\": no such kind of meeting"},
        {HEAD BODY DUE, "authority: Test\ncadences:\n  weekly: {use: yes}\n",
         "the key \"title\" is missing"},
        {HEAD BODY DUE, "office hours:\n  monday: closed\n",
         "own-overlay.txt:1:1: the key \"authority\" is missing"},
    };

    (void)state;
    CHECK(rows);
}

// Ladders of the authority's own, and those of its teams.
#define OWN                                                                                        \
    "authority: Test\n"                                                                            \
    "ladders:\n"                                                                                   \
    "  E-OWN: [{tell: social-worker, by: profile}, {tell: director, at: on the day, statutory: "   \
    "yes}]\n"                                                                                      \
    "  E-CH: [{tell: chair, by: profile}]\n"
#define TOLD HEAD BODY DUE "    tell: {profile: P-M, ladder: E-SW}\n"

static void test_ladders_of_teams(void **state)
{
    static const struct row rows[] = {
        {TOLD, OWN "teams:\n  north: {one: E-OWN, E-SW: E-OWN}\n  south: {}\n", ""},
        {TOLD, "authority: Test\nladders:\n  E-SW: [{tell: chair, by: profile}]\n", ""},
        {TOLD, "authority: Test\nladders:\n  E-SW: [{tell: chief, by: profile}]\n",
         "own-overlay.txt:3:17: \"chief\": no such role"},
        {TOLD, "authority: Test\nladders:\n  E-SW: [{tell: director, at: on the day}]\n",
         "own-overlay.txt:3:10: a rung of the director needs \"statutory: yes\": what is local "
         "stops at the service manager"},
        {TOLD, "authority: Test\nladders:\n  E-SW: [{tell: head-of-service, by: profile}]\n",
         "own-overlay.txt:3:10: a rung of the head-of-service needs \"statutory: yes\""},
        {TOLD, OWN "teams:\n  north: {two: E-OWN}\n",
         "own-overlay.txt:6:11: \"two\": the rules have no such timescale or ladder"},
        {TOLD, OWN "teams:\n  north: {E-SV: E-OWN}\n",
         "own-overlay.txt:6:11: \"E-SV\": the rules have no such timescale or ladder; did you mean "
         "\"E-SW\"?"},
        {TOLD, OWN "teams:\n  north: {one: E-OWM}\n",
         "own-overlay.txt:6:16: \"E-OWM\": no such ladder; did you mean \"E-OWN\"?"},
        {TOLD, OWN "teams:\n  north: {one: E-CH}\n",
         "own-overlay.txt:6:16: \"E-CH\": expected a ladder that reminds the social-worker by the "
         "profile, as E-SW does"},
        {HEAD BODY DUE, OWN "teams:\n  north: {one: E-OWN}\n",
         "own-overlay.txt:6:11: \"one\": nobody is told of this timescale"},
        {TOLD, OWN "teams:\n  north: E-OWN\n", "own-overlay.txt:6:10: expected ladders by the"},
        {TOLD, OWN "teams: [north]\n", "own-overlay.txt:5:8: expected teams by their ids"},
        {TOLD, OWN "teams:\n  north: {one: [E-OWN]}\n",
         "own-overlay.txt:6:16: expected the id of a ladder"},
    };

    (void)state;
    CHECK(rows);
}

// An overlay changes what is in force now; what was in force before stays as it was.
static void test_overlay_keeps_older_versions(void **state)
{
    struct folder f = folder_new();
    static const char rules[] =
        HEAD BODY "    versions:\n" VERSION("from 2010-01-01", " until 2015-03-31")
            VERSION("from 2015-04-01", "");
    static const char overlay[] = OVER "    due: within 5 days of s47-started\n";
    struct library *l;
    struct error err;

    (void)state;
    folder_write(&f, "own.yaml", rules, strlen(rules));
    folder_write(&f, "own-overlay.txt", overlay, strlen(overlay));
    if (!library_load(f.path, folder_file(&f, "own-overlay.txt"), &l, &err))
        fail_msg("%s", err.text);
    struct evaluation e = evaluation_of(
        f.arena, l, "s47-started 2015-03-31 ep=E1; s47-started 2015-04-01 ep=E2", "2015-04-02");
    assert_string_equal(
        deadlines_text(f.arena, &e, NULL, on("2015-04-02")),
        "one E1 2015-03-31 -> 2015-04-09 open | one E2 2015-04-01 -> 2015-04-06 open");
    library_free(l);
    folder_done(&f);
}

// A rule of the authority's own from a day on: months before keep their figures.
static void test_overlay_from_a_day(void **state)
{
    struct folder f = folder_new();
    static const char overlay[] =
        OVER "    in force: from 2024-04-01\n    due: within 10 working days of s47-started\n";
    struct library *l;
    struct error err;

    (void)state;
    folder_write(&f, "own.yaml", HEAD BODY DUE, strlen(HEAD BODY DUE));
    folder_write(&f, "own-overlay.txt", overlay, strlen(overlay));
    if (!library_load(f.path, folder_file(&f, "own-overlay.txt"), &l, &err))
        fail_msg("%s", err.text);
    struct evaluation e = evaluation_of(
        f.arena, l, "s47-started 2024-03-31 ep=E1; s47-started 2024-04-02 ep=E2", "2024-04-02");
    assert_string_equal(
        deadlines_text(f.arena, &e, NULL, on("2024-04-02")),
        "one E1 2024-03-31 -> 2024-04-22 open | one E2 2024-04-02 -> 2024-04-16 open");
    library_free(l);
    folder_done(&f);
}

// All that is wrong is told at once.
static void test_all_complaints_at_once(void **state)
{
    struct folder f = folder_new();
    static const struct row r = {HEAD BODY "    due: within 15 days of nothing\n    colour: red\n",
                                 "authority: Test\nhours: none\n", ""};
    const char *got = refusal(&f, &r);

    (void)state;
    assert_non_null(strstr(got, "own.yaml:11:5: unknown key \"colour\""));
    assert_non_null(strstr(got, "own.yaml:10:28: \"nothing\": no such event"));
    assert_non_null(strstr(got, "own-overlay.txt:2:1: unknown key \"hours\""));
    folder_done(&f);
}

static void test_two_files_one_id(void **state)
{
    struct folder f = folder_new();
    static const struct row r = {HEAD BODY DUE, NULL, ""};

    (void)state;
    folder_write(&f, "other.yaml", r.rules, strlen(r.rules));
    assert_non_null(
        strstr(refusal(&f, &r), "own.yaml:3:3: \"one\" is defined twice, in two files"));
    folder_done(&f);
}

static void test_no_folder(void **state)
{
    struct library *l;
    struct error err;

    (void)state;
    assert_false(library_load("/no/such/folder", NULL, &l, &err));
    assert_int_equal(err.fault, FAULT_INPUT);
    assert_non_null(strstr(err.text, "/no/such/folder"));
}

// ---------------------------------------------------------------------------- the shipped library

static void check_examples(const struct library *l)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct complaints c = {.arena = a};

    assert_true(library_run_examples(l, &c) > 0);
    if (c.count)
        fail_msg("%s", c.items[0]);
}

static void test_examples(void **state)
{
    static const char *const overlays[] = {NULL, "milton-keynes.yaml", "buckinghamshire.yaml"};

    (void)state;
    for (size_t i = 0; i < sizeof overlays / sizeof *overlays; i++) {
        struct library *l = library_with(overlays[i]);

        check_examples(l);
        for (size_t k = 0; k < l->timescale_count; k++)
            if (l->timescales[k].example_count == 0)
                fail_msg("%s has no example", l->timescales[k].id);
        library_free(l);
    }
}

static void test_wrong_example_is_told(void **state)
{
    struct folder f = folder_new();
    static const char rules[] =
        HEAD BODY DUE "    examples:\n      - s47-started 2024-03-14 -> due 2024-04-09\n"
                      "      - s47-started 2024-03-14 -> nothing\n";
    struct complaints c = {.arena = f.arena};
    struct library *l;
    struct error err;

    (void)state;
    folder_write(&f, "own.yaml", rules, strlen(rules));
    assert_true(library_load(f.path, NULL, &l, &err));
    assert_int_equal(library_run_examples(l, &c), 2);
    assert_int_equal(c.count, 2);
    assert_string_equal(without_folder(&f, c.items[0]),
                        "own.yaml:12:1: one: example \"s47-started 2024-03-14 -> due 2024-04-09\": "
                        "the rule gives 2024-04-08");
    library_free(l);
    folder_done(&f);
}

static void test_version_follows_the_text(void **state)
{
    struct library *plain = library_with(NULL), *again = library_with(NULL);
    struct library *other = library_with("milton-keynes.yaml");

    (void)state;
    assert_string_equal(plain->version, again->version);
    assert_string_not_equal(plain->version, other->version);
    assert_string_equal(other->authority, "Milton Keynes");
    library_free(plain);
    library_free(again);
    library_free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_phrases),
        cmocka_unit_test(test_versions),
        cmocka_unit_test(test_sense),
        cmocka_unit_test(test_derived_events),
        cmocka_unit_test(test_unbooked_moments),
        cmocka_unit_test(test_overlay_from_a_day),
        cmocka_unit_test(test_circles),
        cmocka_unit_test(test_circle_names_its_own),
        cmocka_unit_test(test_overlay),
        cmocka_unit_test(test_ladders_of_teams),
        cmocka_unit_test(test_overlay_keeps_older_versions),
        cmocka_unit_test(test_all_complaints_at_once),
        cmocka_unit_test(test_two_files_one_id),
        cmocka_unit_test(test_no_folder),
        cmocka_unit_test(test_examples),
        cmocka_unit_test(test_wrong_example_is_told),
        cmocka_unit_test(test_version_follows_the_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
