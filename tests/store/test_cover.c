// Who is told on which rung while people are away and others on duty: tables of days.
#include "directory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define OPEN .from = DATE_NONE, .to = DATE_NONE
#define AWAY "Worker is away until Friday 12 April 2024"

// T1 (manager M1, deputy D1) under T2 (vacant) under T3 (M3) under T4 (M4), the top.
static const struct team teams[] = {
    {"T1", "T2", "M1", "D1"},
    {"T2", "T3", NULL, NULL},
    {"T3", "T4", "M3", NULL},
    {"T4", NULL, "M4", NULL},
};
static const struct staff everybody[] = {
    {.id = "W", .name = "Worker", .email = "w@x.example", .team_id = "T1", OPEN},
    {.id = "M1", .email = "m1@x.example", .team_id = "T1", OPEN},
    {.id = "D1", .email = "d1@x.example", .team_id = "T1", OPEN},
    {.id = "M3", .email = "m3@x.example", .team_id = "T3", OPEN},
    {.id = "M4", .email = "m4@x.example", .team_id = "T4", OPEN},
    {.id = "X", .email = "x@x.example", .team_id = "T1", OPEN},
    {.id = "Y", .email = "y@x.example", .team_id = "T1", OPEN},
};
static const struct responsible child = {"W", "T1", NULL, NULL};

struct bench {
    struct staff staff[COUNT(everybody)];
    struct cover cover[4];
    size_t cover_count;
    bool restricted;
    struct arena *arena;
};

static int set_up(void **state)
{
    static struct bench b;

    b = (struct bench){.arena = arena_new()};
    memcpy(b.staff, everybody, sizeof everybody);
    *state = &b;
    return 0;
}

static int tear_down(void **state)
{
    arena_free(((struct bench *)*state)->arena);
    return 0;
}

static struct date on(const char *iso)
{
    struct date d = DATE_NONE;

    if (iso)
        assert_true(date_parse(iso, &d));
    return d;
}

static struct staff *staff_of(struct bench *b, const char *id)
{
    for (size_t i = 0; i < COUNT(everybody); i++)
        if (strcmp(b->staff[i].id, id) == 0)
            return &b->staff[i];
    fail_msg("nobody is %s", id);
    return NULL;
}

static struct cover *add(struct bench *b, enum covered covers, const char *of, const char *stand_in,
                         const char *first, const char *last)
{
    struct cover *c = &b->cover[b->cover_count++];

    assert_true(b->cover_count <= COUNT(b->cover));
    *c = (struct cover){covers, of, stand_in, on(first), on(last), NULL, DATE_NONE};
    return c;
}

static struct directory *directory_of(const struct bench *b)
{
    return directory_make(&(struct directory_rows){.staff = b->staff,
                                                   .staff_count = COUNT(everybody),
                                                   .teams = teams,
                                                   .team_count = COUNT(teams),
                                                   .cover = b->cover,
                                                   .cover_count = b->cover_count});
}

static void check_told(struct bench *b, const struct responsible *r, const char *day,
                       const char *role, const char *who, const char *why)
{
    struct directory *d = directory_of(b);
    const char *said;
    const struct staff *s = directory_on_rung(b->arena, d, r, b->restricted, role, on(day), &said);

    assert_non_null(s);
    assert_string_equal(s->id, who);
    if (why)
        assert_string_equal(said, why);
    else
        assert_null(said);
    directory_free(d);
}

// Who is told as the role on each of the days, and why.
struct told {
    const char *day, *role, *who, *why;
};

static void check_days(struct bench *b, const struct told *t, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check_told(b, &child, t[i].day, t[i].role, t[i].who, t[i].why);
}
#define CHECK_DAYS(b, ...)                                                                         \
    check_days((b), (const struct told[]){__VA_ARGS__},                                            \
               sizeof((const struct told[]){__VA_ARGS__}) / sizeof(struct told))

static void who_is_away_is_stood_in_for_and_then_told_again(void **state)
{
    struct bench *b = *state;

    add(b, COVER_PERSON, "W", "X", "2024-04-03", "2024-04-12");
    CHECK_DAYS(b, {"2024-04-02", "social-worker", "W", NULL},
               {"2024-04-03", "social-worker", "X", AWAY "; you stand in"},
               {"2024-04-12", "social-worker", "X", AWAY "; you stand in"},
               {"2024-04-12", "team-manager", "M1", NULL},
               {"2024-04-13", "social-worker", "W", NULL});
}

static void without_a_stand_in_the_deputy_then_duty_then_up(void **state)
{
    struct bench *b = *state;

    add(b, COVER_PERSON, "W", NULL, "2024-04-03", NULL);
    CHECK_DAYS(b, {"2024-04-03", "social-worker", "M1", "Worker is away"});
    add(b, COVER_WORKERS, "T1", "X", "2024-04-01", NULL)->weekdays = "tuesday thursday";
    CHECK_DAYS(b, {"2024-04-02", "social-worker", "W", NULL},
               {"2024-04-03", "social-worker", "M1", "Worker is away"},
               {"2024-04-04", "social-worker", "X", "Worker is away; you are on duty"},
               {"2024-04-09", "social-worker", "X", "Worker is away; you are on duty"},
               {"2024-04-10", "social-worker", "M1", "Worker is away"});
    staff_of(b, "W")->deputy_id = "Y";
    CHECK_DAYS(b, {"2024-04-04", "social-worker", "Y", "Worker is away"});
}

static void a_duty_manager_stands_in_for_a_vacant_post(void **state)
{
    struct bench *b = *state;
    static const char vacant[] = "the service manager's post is vacant";

    add(b, COVER_MANAGER, "T2", "Y", "2024-04-08", "2024-04-09");
    CHECK_DAYS(b, {"2024-04-05", "service-manager", "M3", vacant},
               {"2024-04-08", "service-manager", "Y",
                "the service manager's post is vacant; you are on duty"},
               {"2024-04-10", "service-manager", "M3", vacant});
}

static void nobody_allocated_goes_to_duty(void **state)
{
    struct bench *b = *state;
    const struct responsible of_a_team = {NULL, "T1", NULL, NULL};

    add(b, COVER_WORKERS, "T1", "X", "2024-04-01", NULL);
    check_told(b, &of_a_team, "2024-04-03", "social-worker", "X",
               "no social worker is allocated; you are on duty");
}

// Of absences that overlap the one that began last is asked first; together they last as long as
// the longer.
static void absences_may_overlap(void **state)
{
    struct bench *b = *state;

    add(b, COVER_PERSON, "W", "Y", "2024-04-01", "2024-04-12");
    add(b, COVER_PERSON, "W", "X", "2024-04-04", "2024-04-05");
    CHECK_DAYS(b, {"2024-04-03", "social-worker", "Y", AWAY "; you stand in"},
               {"2024-04-04", "social-worker", "X", AWAY "; you stand in"},
               {"2024-04-08", "social-worker", "Y", AWAY "; you stand in"});
    staff_of(b, "X")->to = on("2024-04-05"); // has left
    CHECK_DAYS(b, {"2024-04-04", "social-worker", "X", AWAY "; you stand in"},
               {"2024-04-05", "social-worker", "Y", AWAY "; you stand in"});
}

static void two_who_stand_in_for_each_other_are_no_circle(void **state)
{
    struct bench *b = *state;

    add(b, COVER_PERSON, "W", "X", "2024-04-01", "2024-04-12");
    add(b, COVER_PERSON, "X", "W", "2024-04-01", "2024-04-12");
    CHECK_DAYS(b, {"2024-04-03", "social-worker", "M1", AWAY});
    add(b, COVER_PERSON, "M1", "nobody", "2024-04-01", "2024-04-12");
    CHECK_DAYS(b, {"2024-04-03", "social-worker", "D1", AWAY},
               {"2024-04-03", "team-manager", "D1", "M1 is away until Friday 12 April 2024"});
}

static void what_was_withdrawn_held_until_the_day_before(void **state)
{
    struct bench *b = *state;

    add(b, COVER_PERSON, "W", "X", "2024-04-01", "2024-04-12")->withdrawn = on("2024-04-05");
    CHECK_DAYS(b, {"2024-04-04", "social-worker", "X", AWAY "; you stand in"},
               {"2024-04-05", "social-worker", "W", NULL});
}

static void of_a_restricted_child_nobody_hears_by_rota(void **state)
{
    struct bench *b = *state;

    b->restricted = true;
    staff_of(b, "W")->deputy_id = "Y";
    add(b, COVER_PERSON, "W", "X", "2024-04-01", "2024-04-12");
    add(b, COVER_WORKERS, "T1", "X", "2024-04-01", NULL);
    CHECK_DAYS(b, {"2024-04-03", "social-worker", "M1", AWAY});
    add(b, COVER_PERSON, "M1", "X", "2024-04-01", NULL);
    CHECK_DAYS(b, {"2024-04-03", "team-manager", "D1", "M1 is away"});
}

// Better late than nobody.
static void where_all_are_away_the_first_is_told(void **state)
{
    struct bench *b = *state;

    add(b, COVER_PERSON, "M3", NULL, "2024-04-01", NULL);
    add(b, COVER_PERSON, "M4", "M3", "2024-04-01", NULL);
    CHECK_DAYS(b, {"2024-04-03", "head-of-service", "M3", "M3 is away"},
               {"2024-04-03", "director", "M4", "M4 is away"});
}

static void absences_ahead_are_known(void **state)
{
    struct bench *b = *state;
    struct directory *d;
    struct absence away;

    add(b, COVER_PERSON, "W", NULL, "2024-04-20", NULL);
    add(b, COVER_PERSON, "W", NULL, "2024-04-08", "2024-04-09");
    add(b, COVER_PERSON, "W", NULL, "2024-04-05", "2024-04-05")->withdrawn = on("2024-04-01");
    d = directory_of(b);
    assert_false(directory_away(d, "W", on("2024-04-05"), &away));
    assert_true(date_is(directory_away_next(d, "W", on("2024-04-02")), on("2024-04-08")));
    assert_true(date_is(directory_away_next(d, "W", on("2024-04-08")), on("2024-04-20")));
    assert_false(date_known(directory_away_next(d, "W", on("2024-04-20"))));
    assert_false(date_known(directory_away_next(d, NULL, on("2024-04-02"))));
    assert_true(directory_away(d, "W", on("2024-04-20"), &away));
    assert_true(date_is(away.first, on("2024-04-20")) && !date_known(away.last));
    directory_free(d);
}

static void teams_of_a_child_go_up(void **state)
{
    struct bench *b = *state;
    const struct responsible of_no_known_team = {"W", "T9", NULL, NULL};
    struct directory *d = directory_of(b);
    const char *const *of = directory_teams(b->arena, d, &of_no_known_team);

    for (size_t i = 0; i < COUNT(teams); i++)
        assert_string_equal(of[i], teams[i].id);
    assert_null(of[COUNT(teams)]);
    directory_free(d);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(who_is_away_is_stood_in_for_and_then_told_again),
        TEST(without_a_stand_in_the_deputy_then_duty_then_up),
        TEST(a_duty_manager_stands_in_for_a_vacant_post),
        TEST(nobody_allocated_goes_to_duty),
        TEST(absences_may_overlap),
        TEST(two_who_stand_in_for_each_other_are_no_circle),
        TEST(what_was_withdrawn_held_until_the_day_before),
        TEST(of_a_restricted_child_nobody_hears_by_rota),
        TEST(where_all_are_away_the_first_is_told),
        TEST(absences_ahead_are_known),
        TEST(teams_of_a_child_go_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
