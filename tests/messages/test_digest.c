// Digests: golden files to look at, the order of lines, the cut of long ones, and text that tries
// to become markup or another line.
#include "digest.h"

#include "golden.h"
#include "in_arena.h"
#include "sample.h"
#include "text.h"

static struct digest_line line_of(const char *child, const char *family, const char *title,
                                  const char *force, const char *due_on, int working_days)
{
    return (struct digest_line){
        .child = child,
        .family = family,
        .title = title,
        .force = force,
        .due_on = day_of(due_on),
        .due_at = MOMENT_NONE,
        .working_days = working_days,
        .seen_on = DATE_NONE,
    };
}

static struct digest digest_of(const struct digest_line *lines, size_t count)
{
    return (struct digest){
        .reader = "Ivy Hart",
        .on = day_of("2024-04-03"),
        .lines = lines,
        .count = count,
        .service_name = "Council of Example, children's services",
        .help = "A date looks wrong? Ask the data team, extension 4417.",
    };
}

static void check_rendered(const char *name, const struct rendered *r)
{
    const char *text_name = arena_printf(arena, "%s.txt", name);
    const char *html_name = arena_printf(arena, "%s.html", name);
    const char *text = arena_printf(arena, "Subject: %s\n\n%s", r->subject, r->text);

    golden_check(text_name, text, strlen(text));
    golden_check(html_name, r->html, strlen(r->html));
}

// No line of plain text is wider than 72 columns, but one that is an address of the web.
static void assert_narrow(const char *text)
{
    for (const char *line = text; *line;) {
        size_t length = strcspn(line, "\n"), columns = 0;

        for (size_t i = 0; i < length; i++)
            columns += ((unsigned char)line[i] & 0xC0) != 0x80;
        if (columns > 72 && !strstr(arena_strndup(arena, line, length), "https://"))
            fail_msg("%zu columns: %.*s", columns, (int)length, line);
        line += length + (line[length] == '\n');
    }
}

static void digest_for_a_worker(void **state)
{
    struct digest_line lines[] = {
        line_of("1042", "f1", "Initial child protection conference", "Law", "2024-04-24", 15),
        line_of("0977", "f2", "Visit to a child in need", "Local", "2024-03-28", -2),
        line_of("1042", "f1", "Core group", "Guidance", "2024-04-03", 0),
        line_of("1043", "f1", "Initial child protection conference", "Law", "2024-04-09", 4),
        line_of("1043", "f1", "Report shared with the family before the conference", "Guidance",
                "2024-04-05", 2),
        line_of("1188", "f3", "Assessment under section 17", "Law", "2024-05-31", 41),
        line_of("0977", "f2", "Review of the child in need plan", "Guidance", "2024-04-04", 1),
    };
    struct digest d = digest_of(lines, sizeof lines / sizeof *lines);
    struct rendered r;

    (void)state;
    lines[0].booked = "booked for Thursday 18 April 2024, 10:00";
    lines[0].url = "https://timely.council.example/deadline/8";
    lines[0].seen_on = lines[2].seen_on = day_of("2024-03-25");
    lines[1].booked = "not recorded yet: booked for Wednesday 27 March 2024, 15:30";
    lines[1].url = "https://timely.council.example/deadline/7";
    lines[1].seen_on = lines[6].seen_on = day_of("2023-12-14");
    lines[2].is_new = true;
    lines[4].due_at = moment_of("2024-04-05T14:00");
    lines[5].seen_on = day_of("2024-04-03");
    lines[6].is_new = lines[6].reminder = true;
    digest_render(arena, &d, &r);
    assert_narrow(r.text);
    assert_string_equal(r.subject, "1 out of timescale, 1 due today; 1 new, 1 reminder");
    check_rendered("digest-worker", &r);
}

static void digest_for_a_manager(void **state)
{
    struct digest_line lines[] = {
        line_of("0977", "f2", "Visit to a child in need", "Local", "2024-03-28", -2),
        line_of("1301", "f5", "Initial child protection conference", "Law", "2024-03-15", -11),
        line_of("1302", "f5", "Initial child protection conference", "Law", "2024-03-15", -11),
        line_of("1188", "f3", "Review of a child's case", "Law", "2024-04-10", 5),
    };
    struct digest d = digest_of(lines, sizeof lines / sizeof *lines);
    struct rendered r;

    (void)state;
    d.reader = "Noor Malik";
    d.escalation = true;
    for (size_t i = 0; i < 4; i++) {
        lines[i].url = "https://timely.council.example/deadline/1";
        lines[i].seen_on = day_of("2024-03-20");
    }
    lines[0].reason = "out of timescale since 29 March; nothing is booked";
    lines[1].reason = lines[2].reason = "second miss in a row; the chair was told on 18 March";
    lines[1].worker = lines[2].worker = "Ivy <b> Hart";
    lines[0].worker = "Tom Reed";
    lines[1].is_new = lines[2].is_new = true;
    lines[3].reason = "no booking 5 working days before it is due";
    lines[3].said = "In hand until Tuesday 9 April 2024, says Ivy Hart: the <i>IRO</i> is away";
    digest_render(arena, &d, &r);
    assert_narrow(r.text);
    check_rendered("digest-manager", &r);
}

// What went to somebody else is told once, and is neither news nor work.
static void what_is_no_longer_theirs_stands_apart(void **state)
{
    struct digest_line lines[] = {
        line_of("1042", "f1", "Core group", "Guidance", "2024-04-09", 4),
        line_of("0977", "f2", "Visit to a child in need", "Local", "2024-03-28", -2),
        line_of("1188", "f3", "Assessment under section 17", "Law", "2024-05-31", 41),
    };
    struct digest d = digest_of(lines, 3);
    struct rendered r;

    (void)state;
    for (size_t i = 0; i < 2; i++)
        lines[i].is_new = true;
    lines[1].parting = true;
    lines[1].reason = "no longer yours: the child went to Tom Reed on Tuesday 2 April 2024";
    digest_render(arena, &d, &r);
    assert_narrow(r.text);
    assert_string_equal(r.subject, "1 due within 5 working days; 1 new");
    check_rendered("digest-parted", &r);
    // A list of them alone promises no work.
    d.lines = &lines[1];
    d.count = 1;
    d.escalation = true;
    digest_render(arena, &d, &r);
    assert_string_equal(r.subject, "1 no longer yours");
    assert_non_null(strstr(r.text, "Nothing is due."));
    assert_null(strstr(r.html, "NEW"));
}

static void summary_of_a_first_start(void **state)
{
    static const struct {
        const char *title, *force, *due_on;
        int working_days;
        size_t count;
    } rows[] = {
        {"Visit to a child in need", "Local", "2022-11-30", -330, 41},
        {"Review of a child's case", "Law", "2024-02-12", -35, 12},
        {"Review of a child's case", "Law", "2024-04-08", 3, 4},
        {"Assessment under section 17", "Law", "2024-04-03", 0, 2},
        {"Core group", "Guidance", "2024-06-03", 41, 17},
    };
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct digest_line *lines = ARENA_ARRAY(a, struct digest_line, 76);
    size_t count = 0;
    struct rendered r;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t n = 0; n < rows[i].count; n++)
            lines[count++] = line_of("1042", "f1", rows[i].title, rows[i].force, rows[i].due_on,
                                     rows[i].working_days);

    struct digest d = digest_of(lines, count);

    d.reader = "Noor Malik";
    summary_render(arena, &d, &r);
    assert_narrow(r.text);
    assert_string_equal(r.subject, "First summary: 76 open, 53 of them out of timescale");
    check_rendered("summary", &r);
    d.count = 0;
    summary_render(arena, &d, &r);
    assert_string_equal(r.subject, "First summary: nothing is open");
    assert_null(strstr(r.text, "What to do"));
}

static size_t count_of(const char *text, const char *what)
{
    size_t count = 0;

    for (; (text = strstr(text, what)); text++)
        count++;
    return count;
}

static const char *position(const char *text, const char *what)
{
    const char *at = strstr(text, what);

    if (!at)
        fail_msg("\"%s\" is missing", what);
    return at;
}

static void a_long_digest_is_cut_and_counted(void **state)
{
    struct arena *a = arena;
    struct digest_line *lines = ARENA_ARRAY(a, struct digest_line, 200);
    struct rendered r;

    (void)state;
    for (int i = 0; i < 200; i++)
        lines[i] = line_of(arena_printf(a, "%04d", i), NULL, i % 3 ? "Visit" : "Review", "Law",
                           "2024-05-01", 20 + i);

    struct digest d = digest_of(lines, 200);

    digest_render(arena, &d, &r);
    assert_non_null(strstr(r.text, "\nand 170 more:\n"));
    assert_null(strstr(r.text, " new"));
    for (int i = 0; i < 200; i++)
        lines[i].is_new = true;
    digest_render(arena, &d, &r);
    assert_non_null(strstr(r.text, "\nand 140 more:\n  133 x Visit [Law]\n  7 x Review [Law]\n"));
    assert_non_null(strstr(r.html, "and 140 more"));
    assert_null(strstr(r.text, "\n0199 ("));
    assert_string_equal(r.subject, "200 due in more than 5 working days");
}

// What is hidden is what weighs least, and says what it is; what is shown keeps its order.
static void a_cut_digest_shows_what_the_law_asks(void **state)
{
    static const struct {
        const char *title, *force, *due_on;
        int working_days;
        size_t count;
    } rows[] = {
        {"Questionnaire", "Statistic", "2023-10-02", -125, 20},
        {"Dental check", "Local", "2023-11-01", -103, 20},
        {"Core group", "Guidance", "2024-03-01", -21, 12},
        {"Visit to a child in care", "Law", "2024-04-02", -1, 15},
        {"Care plan", "Law", "2024-06-05", 43, 10},
    };
    struct digest_line *lines = ARENA_ARRAY(arena, struct digest_line, 77);
    size_t count = 0;
    struct rendered r;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t n = 0; n < rows[i].count; n++, count++)
            lines[count] = line_of(arena_printf(arena, "%04zu", count), NULL, rows[i].title,
                                   rows[i].force, rows[i].due_on, rows[i].working_days);

    struct digest d = digest_of(lines, count);

    digest_render(arena, &d, &r);
    assert_int_equal(count_of(r.text, "- Visit to a child in care [Law]"), 15);
    assert_int_equal(count_of(r.text, "- Core group [Guidance]"), 12);
    assert_int_equal(count_of(r.text, "- Dental check [Local]"), 3);
    assert_true(position(r.text, "- Dental check") < position(r.text, "- Core group"));
    assert_true(position(r.text, "- Core group") < position(r.text, "- Visit"));
    position(r.text, "\nand 47 more:\n  10 x Care plan [Law]\n  17 x Dental check [Local]\n"
                     "  20 x Questionnaire [Statistic]\n");
    position(r.html, "and 47 more</b><br>10 &times; Care plan ");
    // With room for all of it nothing is moved.
    d.lines = lines + 50;
    d.count = 27;
    digest_render(arena, &d, &r);
    assert_true(position(r.text, "- Core group") < position(r.text, "- Visit"));
    assert_true(position(r.text, "- Visit") < position(r.text, "- Care plan"));
    assert_null(strstr(r.text, " more:"));
}

// The worst family first and whole, then in it the worst child first and whole; but what is due
// today, as what is new, comes before what was told.
static void families_stand_together(void **state)
{
    struct digest_line lines[] = {
        line_of("C9", "z", "t1", "Law", "2024-04-02", -1),
        line_of("C8", "z", "t2", "Law", "2024-06-02", 40),
        line_of("C1", "a", "t3", "Law", "2024-04-04", 1),
        line_of("C9", "z", "t4", "Law", "2024-07-01", 60),
        line_of("C2", "a", "t5", "Law", "2024-04-02", -1),
        line_of("C3", NULL, "t6", "Law", "2024-04-01", -2),
        line_of("C2", "a", "t7", "Law", "2024-04-03", 0),
    };
    static const char *const order[] = {"t7", "t6", "t1", "t4", "t2", "t5", "t3"};
    struct digest d = digest_of(lines, sizeof lines / sizeof *lines);
    struct rendered r;
    const char *before = NULL;

    (void)state;
    digest_render(arena, &d, &r);
    // t1 and t5 are equally late: the title decides
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        const char *at = position(r.text, arena_printf(arena, "- %s [", order[i]));

        assert_true(!before || at > before);
        before = at;
    }
}

// Who was told of it before reads no NEW; the heading, the sentence and the subject count either.
static void what_is_said_again_is_a_reminder(void **state)
{
    struct digest_line lines[] = {
        line_of("1", "a", "t1", "Law", "2024-04-12", 7),
        line_of("2", "b", "t2", "Law", "2024-04-12", 7),
        line_of("3", "c", "t3", "Law", "2024-04-03", 0),
        line_of("4", "d", "t4", "Law", "2024-04-12", 7),
    };
    struct digest d = digest_of(lines, 4);
    struct rendered r;

    (void)state;
    lines[0].is_new = lines[1].is_new = true;
    lines[1].reminder = true;
    digest_render(arena, &d, &r);
    assert_string_equal(r.subject, "1 due today; 1 new, 1 reminder");
    position(r.text, " 1 line is new, 1 is a reminder.\n");
    position(r.text, "\nNew: 1. Reminders: 1. Also due today: 1\n");
    position(r.text, "\nTold before, and still open: 1\n");
    position(r.text, "  NEW  t1 [Law]\n    due Friday");
    position(r.text, "  - t2 [Law]\n    due Friday"); // in full all the same
    assert_int_equal(count_of(r.html, "&nbsp;NEW&nbsp;"), 1);
    lines[0].reminder = true;
    digest_render(arena, &d, &r);
    assert_string_equal(r.subject, "1 due today; 2 reminders");
    position(r.text, " 2 lines are reminders.\n");
    position(r.text, "\nReminders: 2. Also due today: 1\n");
    lines[0].is_new = lines[1].is_new = false;
    digest_render(arena, &d, &r);
    assert_string_equal(r.subject, "1 due today");
    position(r.text, "\nDue today: 1\n");
    d.count = 1;
    digest_render(arena, &d, &r);
    position(r.text, "\nThis is what is waiting for you: 1 due in more than 5 working days.\n");
}

static void subjects_name_the_worst(void **state)
{
    struct digest_line lines[] = {
        line_of("1", "a", "t", "Law", "2024-04-05", 2),
        line_of("2", "b", "t", "Law", "2024-06-05", 40),
    };
    struct digest d = digest_of(lines, 2);
    struct rendered r;

    (void)state;
    digest_render(arena, &d, &r);
    assert_string_equal(r.subject, "1 due within 5 working days");
    d.escalation = true;
    digest_render(arena, &d, &r);
    assert_string_equal(r.subject, "For your attention: 1 due within 5 working days");
    d.escalation = false;
    lines[1].late = "That is after Wednesday 5 June 2024. <Ask> for an earlier date.";
    lines[1].is_new = true;
    digest_render(arena, &d, &r);
    assert_string_equal(r.subject, "1 booked after the due date; 1 new");
    assert_non_null(
        strstr(r.text, "\n    That is after Wednesday 5 June 2024. <Ask> for an earlier"));
    assert_non_null(strstr(r.html, "&lt;Ask&gt; for an earlier date."));
    lines[0].due_on = day_of("2024-04-02");
    digest_render(arena, &d, &r);
    assert_string_equal(r.subject, "1 out of timescale, 1 booked after the due date; 1 new");
    d.count = 0;
    digest_render(arena, &d, &r);
    assert_string_equal(r.subject, "Nothing is due");
}

// The first week of a placement and six weeks after a visit bear one title.
static void two_of_a_title_say_what_they_are_counted_from(void **state)
{
    struct digest_line lines[] = {
        line_of("0733", "f1", "Visit to a child in care", "Law", "2024-03-28", -2),
        line_of("0733", "f1", "Visit to a child in care", "Law", "2024-04-09", 4),
        line_of("0734", "f1", "Visit to a child in care", "Law", "2024-04-09", 4),
        line_of("0733", "f1", "Personal education plan", "Guidance", "2024-04-09", 4),
    };
    struct digest d = digest_of(lines, 4);
    struct rendered r;

    (void)state;
    lines[0].counted = "Due by Thursday 28 March 2024: 1 week after the placement began.";
    lines[1].counted = "Due by Tuesday 9 April 2024: 6 weeks after <b> the visit.";
    lines[1].is_new = true;
    lines[2].counted = lines[3].counted = "Due by another sentence.";
    digest_render(arena, &d, &r);
    position(r.text, "\n    Due by Thursday 28 March 2024: 1 week after the placement began.\n");
    position(r.text, "\n    Due by Tuesday 9 April 2024: 6 weeks after <b> the visit.\n");
    position(r.html, "6 weeks after &lt;b&gt; the visit.");
    assert_null(strstr(r.text, "another sentence"));
    assert_null(strstr(r.html, "another sentence"));
}

static void what_cannot_wait_says_when_it_is_due(void **state)
{
    struct digest_line lines[] = {
        line_of("1", "a", "t", "Law", "2024-04-03", 0),
        line_of("2", "a", "t", "Law", "2024-04-03", 0),
    };
    struct digest d = digest_of(lines, 1);
    struct rendered r;

    (void)state;
    d.at_once = true;
    lines[0].is_new = lines[1].is_new = true;
    lines[0].due_at = moment_of("2024-04-03T16:30");
    digest_render(arena, &d, &r);
    assert_string_equal(r.subject, "due today, 16:30; told at once");
    position(r.text, "\nThis is waiting for you, at once and not with your next digest: 1 due\n");
    assert_null(strstr(r.text, "line"));
    d.escalation = true;
    d.count = 2;
    digest_render(arena, &d, &r);
    assert_string_equal(r.subject, "For your attention: 2 due today; told at once");
    position(r.text,
             "\nThis is for your attention, at once and not with your next digest: 2 due\n");
}

static void days_are_said_in_words(void **state)
{
    static const struct {
        const char *due_on;
        int working_days;
        const char *at, *words;
    } rows[] = {
        {"2024-04-09", 4, NULL, "due Tuesday 9 April (in 4 working days)"},
        {"2024-04-04", 1, NULL, "due tomorrow, Thursday 4 April\n"},
        {"2025-01-03", 192, NULL, "due Friday 3 January 2025 (in 192 working days)"},
        {"2024-04-06", 0, NULL, "due Saturday 6 April (before the next working day)"},
        {"2024-04-03", 0, NULL, "due today\n"},
        {"2024-04-03", 0, "2024-04-03T16:30", "due today, 16:30\n"},
        {"2024-04-02", -1, NULL, "was due Tuesday 2 April, 1 working day ago"},
        {"2023-12-29", -64, NULL, "was due Friday 29 December 2023, 64 working days ago"},
        {"2024-03-31", 0, NULL, "was due Sunday 31 March\n"},
    };
    struct rendered r;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct digest_line l = line_of("1", "a", "t", "Law", rows[i].due_on, rows[i].working_days);
        struct digest d = digest_of(&l, 1);

        if (rows[i].at)
            l.due_at = moment_of(rows[i].at);
        digest_render(arena, &d, &r);
        position(r.text, rows[i].words);
    }
}

static const char *const hostile[] = {
    "a\r\nb\nc\rd\xe2\x80\xa8"
    "e",
    "<script>alert('x')</script><img src=http://x.example/p.png onerror=\"a\">",
    "</td></tr></table><h1>&nbsp;&#60;b&#62;",
    "😀 \xe2\x80\xae"
    "desrever \x1b[2J \xff\xfe, semicolon; comma",
    "javascript:alert(1)",
};

static const char *ten_kilobytes(void)
{
    AUTO(text_done) struct text t = {0};

    while (t.length < 10240)
        text_add(&t, "<b>Ŵ&\r\n");
    return arena_strdup(arena, t.s);
}

static struct rendered render_hostile(const char *s)
{
    struct digest_line told = line_of(s, s, s, s, "2024-04-09", 4);
    struct digest d;
    struct rendered r;

    told.worker = told.booked = told.reason = told.said = told.counted = s;
    told.url = strcmp(s, "plain") == 0 ? NULL : s;

    struct digest_line lines[] = {told, told};

    lines[1].is_new = true;
    d = digest_of(lines, 2);
    d.reader = d.service_name = d.help = s;
    digest_render(arena, &d, &r);
    return r;
}

static struct rendered summarise_hostile(const char *s)
{
    struct digest_line l = line_of(s, s, s, s, "2024-04-09", 4);
    struct digest d = digest_of(&l, 1);
    struct rendered r;

    d.reader = d.service_name = d.help = s;
    summary_render(arena, &d, &r);
    return r;
}

static struct rendered invite_hostile(const char *s)
{
    struct invite_words w = {.heading = s,
                             .title = s,
                             .child = s,
                             .due_on = day_of("2024-04-09"),
                             .starts = MOMENT_NONE,
                             .place = s,
                             .url = s,
                             .derivation = s,
                             .service_name = s};
    struct rendered r;

    invite_render(arena, &w, &r);
    return r;
}

static void hostile_text_stays_text(void **state)
{
    struct rendered (*const renders[])(const char *) = {render_hostile, summarise_hostile,
                                                        invite_hostile};

    (void)state;
    for (size_t k = 0; k < 3; k++) {
        struct rendered plain = renders[k]("plain");

        for (size_t n = 0; n <= sizeof hostile / sizeof *hostile; n++) {
            const char *s = n < sizeof hostile / sizeof *hostile ? hostile[n] : ten_kilobytes();
            struct rendered r = renders[k](s);

            assert_int_equal(count_of(r.html, "<"), count_of(plain.html, "<"));
            assert_int_equal(count_of(r.html, "\""), count_of(plain.html, "\""));
            assert_true(strlen(r.text) < 6000);
            assert_null(strpbrk(r.subject, "\r\n"));
            assert_null(strchr(r.text, '\r'));
            assert_null(strchr(r.text, '\x1b'));
            assert_null(strstr(r.text, "\nb\n"));
            assert_narrow(r.text);
        }
    }
}

static void a_hold_that_ends_is_no_cancelled_meeting(void **state)
{
    struct invite_words w = {.heading = "ICPC 1042 due",
                             .title = "Initial child protection conference",
                             .due_on = day_of("2024-04-09"),
                             .starts = MOMENT_NONE,
                             .cancelled = true,
                             .service_name = "Council"};
    struct rendered r;

    (void)state;
    invite_render(arena, &w, &r);
    assert_string_equal(r.subject, "Hold released: ICPC 1042 due, Tuesday 9 April 2024");
    position(r.text, "the last day was Tuesday 9 April 2024\n");
    position(r.html, "the meeting is booked, and has an entry of its own");
}

static void an_invite_too_late_says_so_and_a_calendar_has_no_link(void **state)
{
    struct invite_words w = {
        .heading = "RCPC 1042",
        .title = "Review child protection conference",
        .child = "1042",
        .due_on = day_of("2024-04-09"),
        .starts = {day_of("2024-04-10"), 600},
        .ends = {day_of("2024-04-10"), 660},
        .derivation = "Due by Tuesday 9 April 2024: 3 months after Tuesday 9 January 2024.",
        .page = "https://timely.council.example/why/deadline-000000000000000",
        .service_name = "Council"};
    const char *description;
    struct rendered r;

    (void)state;
    invite_render(arena, &w, &r);
    check_rendered("invite-late", &r);
    assert_int_equal(count_of(r.text, "Due by"), 1);
    assert_int_equal(count_of(r.html, "Due by"), 1);
    assert_null(strstr(r.subject, "timescale"));
    description = invite_description(arena, &w);
    assert_non_null(strstr(description, "after the last day in timescale, Tuesday 9 April 2024."));
    assert_null(strstr(description, "/why/"));
    assert_int_equal(count_of(description, "Due by"), 1);
    w.derivation = NULL;
    invite_render(arena, &w, &r);
    position(r.text, "\nDue by: Tuesday 9 April 2024\n");
    position(r.html, ">Due by<");
}

static void a_cancellation_says_no_day_that_was_not_shown(void **state)
{
    struct invite_words w = {.heading = "RCPC",
                             .title = "Review child protection conference",
                             .due_on = DATE_NONE,
                             .starts = MOMENT_NONE,
                             .ends = MOMENT_NONE,
                             .cancelled = true,
                             .service_name = "Council"};
    struct rendered r;

    (void)state;
    invite_render(arena, &w, &r);
    assert_string_equal(r.subject, "Cancelled: RCPC");
    assert_null(strstr(r.text, "When:"));
    assert_null(strstr(r.html, ">When<"));
}

static void html_is_escaped(void **state)
{
    (void)state;
    assert_string_equal(html_escape(arena, "a<b>&\"'\x01\n\x7f é"), "a&lt;b&gt;&amp;&quot;&#39; é");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digest_for_a_worker),
        cmocka_unit_test(digest_for_a_manager),
        cmocka_unit_test(what_is_no_longer_theirs_stands_apart),
        cmocka_unit_test(two_of_a_title_say_what_they_are_counted_from),
        cmocka_unit_test(summary_of_a_first_start),
        cmocka_unit_test(a_long_digest_is_cut_and_counted),
        cmocka_unit_test(a_cut_digest_shows_what_the_law_asks),
        cmocka_unit_test(families_stand_together),
        cmocka_unit_test(what_is_said_again_is_a_reminder),
        cmocka_unit_test(subjects_name_the_worst),
        cmocka_unit_test(what_cannot_wait_says_when_it_is_due),
        cmocka_unit_test(days_are_said_in_words),
        cmocka_unit_test(hostile_text_stays_text),
        cmocka_unit_test(a_hold_that_ends_is_no_cancelled_meeting),
        cmocka_unit_test(an_invite_too_late_says_so_and_a_calendar_has_no_link),
        cmocka_unit_test(a_cancellation_says_no_day_that_was_not_shown),
        cmocka_unit_test(html_is_escaped),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, make_arena, drop_arena);
}
