// The Monday list: golden files to look at, what is cut, and a week with nothing late.
#include "weekly.h"

#include "golden.h"
#include "in_arena.h"
#include "sample.h"
#include "text.h"

static struct digest_line late(const char *child, const char *title, const char *force,
                               const char *due_on, int days)
{
    return (struct digest_line){.child = child,
                                .title = title,
                                .force = force,
                                .due_on = day_of(due_on),
                                .due_at = MOMENT_NONE,
                                .working_days = -days,
                                .seen_on = DATE_NONE};
}

static struct weekly_date ahead(const char *on, const char *at, const char *child,
                                const char *title)
{
    return (struct weekly_date){.on = day_of(on),
                                .at = at ? moment_of(at) : MOMENT_NONE,
                                .beyond = DATE_NONE,
                                .child = child,
                                .title = title,
                                .force = "Guidance"};
}

static struct weekly empty(void)
{
    return (struct weekly){.reader = "Noor Malik",
                           .on = day_of("2024-04-08"),
                           .monday = day_of("2024-04-08"),
                           .service_name = "Council of Example, children's services",
                           .help = "A date looks wrong? Ask the data team, extension 4417."};
}

static void the_week_of_a_manager(void **state)
{
    struct weekly_figure figures[] = {
        {"m-icpc", "initial conferences within 15 working days", 4, 3, "90-95%", true},
        {"m-rcpc", "review conferences in timescale", 6, 6, "90-95%", false},
        {"m-assessment", "assessments within 45 working days", 9, 8, NULL, false},
    };
    struct digest_line lines[] = {
        late("1301", "Initial child protection conference", "Law", "2024-03-15", 14),
        late("0977", "Visit to a child in need", "Local", "2024-04-04", 2),
    };
    struct digest_line records[] = {
        late("1188", "Outcomes and record of a review distributed", "Guidance", "2024-03-28", 5)};
    struct weekly_date dates[] = {
        ahead("2024-04-08", "2024-04-08T10:00", "1042", "Initial child protection conference"),
        ahead("2024-04-08", NULL, "1042", "Core group"),
        ahead("2024-04-08", NULL, "1043", "Core group"),
        ahead("2024-04-12", NULL, "0977", "Review of the child in need plan"),
        ahead("2024-04-12", NULL, "1204", "Initial child protection conference"),
        ahead("2024-04-12", NULL, "1205", "Initial child protection conference"),
        ahead("2024-04-17", "2024-04-17T14:30", "1188", "Review of a child's case"),
        ahead("2024-04-17", "2024-04-17T14:30", "1190", "Review of a child's case"),
        ahead("2024-04-18", "2024-04-18", "1191", "Review of a child's case"),
    };
    struct weekly w = empty();
    struct rendered r;

    (void)state;
    dates[4].beyond = day_of("2024-04-23");
    dates[7].beyond = dates[8].beyond = day_of("2024-04-13");
    lines[0].booked = "booked for Tuesday 9 April 2024, 09:30";
    lines[0].seen_on = day_of("2024-04-02");
    lines[0].worker = dates[1].worker = dates[2].worker = "Ivy Hart";
    w.figures = figures;
    w.figure_count = 3;
    w.late = lines;
    w.late_count = 2;
    w.records = records;
    w.record_count = 1;
    dates[1].url = "https://timely.example/why/abcdefghijklmnopqrstuvwx";
    dates[2].url = "https://timely.example/why/bcdefghijklmnopqrstuvwxy";
    w.dates = dates;
    w.date_count = 9;
    weekly_render(arena, &w, &r);
    assert_string_equal(r.subject, "Your week: 3 out of timescale, 2 due today, 4 ahead");
    golden_check("weekly.txt", arena_printf(arena, "Subject: %s\n\n%s", r.subject, r.text),
                 strlen(r.subject) + strlen(r.text) + 11);
    golden_check("weekly.html", r.html, strlen(r.html));
}

// What is new this morning comes first, and what it says no other part says again.
static void a_monday_morning_with_something_new(void **state)
{
    struct weekly_figure figures[] = {
        {"m-icpc", "initial conferences within 15 working days", 4, 4, "90-95%", false}};
    struct digest_line fresh[] = {
        late("1042", "Core group", "Guidance", "2024-04-05", 1),
        late("0733", "Visit to a child in care", "Law", "2024-04-08", 0),
    };
    struct digest_line lines[] = {
        late("1301", "Initial child protection conference", "Guidance", "2024-03-15", 14)};
    struct digest_line standing[] = {
        late("1188", "Review child protection conference", "Guidance", "2024-05-02", -17)};
    struct digest_line parted[] = {late("0412", "Core group", "Guidance", "2024-04-03", 3)};
    struct weekly_date dates[] = {
        ahead("2024-04-10", "2024-04-10T14:30", "1042", "Review child protection conference")};
    struct weekly w = empty();
    struct rendered r;

    (void)state;
    for (int i = 0; i < 2; i++)
        fresh[i].is_new = true;
    fresh[0].reminder = true;
    fresh[0].reason = "out of timescale since Friday 5 April 2024";
    fresh[0].url = "https://timely.example/why/abcdefghijklmnopqrstuvwx";
    fresh[0].deadline_id = 1;
    standing[0].reason = "it is not booked in time";
    parted[0].is_new = parted[0].parting = true;
    parted[0].reason = "no longer yours: the child went to Tom Reed on Friday 5 April 2024";
    w.parted = parted;
    w.parted_count = 1;
    w.fresh = fresh;
    w.fresh_count = 2;
    w.figures = figures;
    w.figure_count = 1;
    w.late = lines;
    w.late_count = 1;
    w.standing = standing;
    w.standing_count = 1;
    w.dates = dates;
    w.date_count = 1;
    weekly_render(arena, &w, &r);
    assert_string_equal(r.subject, "Your week: 2 out of timescale, 1 due today, 1 ahead");
    golden_check("monday.txt", arena_printf(arena, "Subject: %s\n\n%s", r.subject, r.text),
                 strlen(r.subject) + strlen(r.text) + 11);
    golden_check("monday.html", r.html, strlen(r.html));
}

// A head of service has hundreds: the worst are named, a full week is numbers.
static void a_long_list_is_cut(void **state)
{
    struct digest_line lines[31];
    struct weekly_date dates[70];
    struct weekly w = empty();
    struct rendered r;

    (void)state;
    for (int i = 0; i < 31; i++)
        lines[i] = late(arena_printf(arena, "20%02d", i), "Visit to a child on a plan", "Guidance",
                        i == 17 ? "2023-10-02" : "2024-04-03", i == 17 ? 130 : 3);
    for (int i = 0; i < 70; i++)
        dates[i] = ahead("2024-04-09", NULL, arena_printf(arena, "30%02d", i), "Core group");
    w.late = lines;
    w.late_count = 31;
    w.dates = dates;
    w.date_count = 70;
    weekly_render(arena, &w, &r);
    assert_non_null(strstr(r.text, "2017 (no record of when last seen)"));
    assert_true(strstr(r.text, "2017 (") < strstr(r.text, "2000 ("));
    assert_null(strstr(r.text, "2030 ("));
    assert_non_null(strstr(r.text, "and 11 more:\n  11 x Visit to a child on a plan [Guidance]"));
    assert_non_null(strstr(r.text, "Tuesday 9 April: 70\n    - Core group [Guidance], due: 70\n"));
    assert_null(strstr(r.text, "3000"));
    assert_null(strstr(r.html, "3000"));
}

static void a_week_with_nothing_late(void **state)
{
    struct weekly_date date = ahead("2024-04-15", NULL, "<b>&", "Core group");
    struct weekly w = empty();
    struct rendered r;

    (void)state;
    w.dates = &date;
    w.date_count = 1;
    weekly_render(arena, &w, &r);
    assert_string_equal(r.subject, "Your week: nothing late");
    assert_non_null(strstr(r.text, "Nothing is out of timescale; 0 dates this week, 1 next week."));
    assert_non_null(strstr(r.text, "This week: nothing is due\n"));
    assert_non_null(strstr(r.html, "Core group [Guidance], due: &lt;b&gt;&amp;<"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_week_of_a_manager),
        cmocka_unit_test(a_monday_morning_with_something_new),
        cmocka_unit_test(a_long_list_is_cut),
        cmocka_unit_test(a_week_with_nothing_late),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, make_arena, drop_arena);
}
