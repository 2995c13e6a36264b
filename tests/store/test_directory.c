// Who is told on which rung: the ladder over vacancies, leavers, missing addresses and circles.
#include "directory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define TODAY date_make(2024, 4, 2)
#define OPEN .from = DATE_NONE, .to = DATE_NONE

// T1 (manager M1, deputy D1) under T2 (vacant) under T3 (M3) under T4 (M4), the top.
static struct team teams[] = {
    {"T1", "T2", "M1", "D1"}, {"T2", "T3", NULL, NULL}, {"T3", "T4", "M3", NULL},
    {"T4", NULL, "M4", NULL}, {"C", "T4", "CM", NULL},
};
static const struct staff everybody[] = {
    {.id = "W", .name = "Worker", .email = "w@x.example", .team_id = "T1", OPEN},
    {.id = "M1", .email = "m1@x.example", .team_id = "T1", OPEN},
    {.id = "D1", .email = "d1@x.example", .team_id = "T1", OPEN},
    {.id = "M3", .email = "m3@x.example", .team_id = "T3", OPEN},
    {.id = "M4", .email = "m4@x.example", .team_id = "T4", OPEN},
    {.id = "CH", .email = "ch@x.example", .team_id = "C", OPEN},
    {.id = "CM", .email = "cm@x.example", .team_id = "C", OPEN},
};
#define TEAMS (sizeof teams / sizeof *teams)
#define EVERYBODY (sizeof everybody / sizeof *everybody)

static const struct responsible child = {"W", "T1", "CH", "CH"};

struct bench {
    struct staff staff[EVERYBODY];
    struct arena *arena;
    const char *why;
};

static int set_up(void **state)
{
    static struct bench b;

    memcpy(b.staff, everybody, sizeof everybody);
    b.arena = arena_new();
    *state = &b;
    return 0;
}

static int tear_down(void **state)
{
    arena_free(((struct bench *)*state)->arena);
    return 0;
}

static struct staff *staff_of(struct bench *b, const char *id)
{
    for (size_t i = 0; i < EVERYBODY; i++)
        if (strcmp(b->staff[i].id, id) == 0)
            return &b->staff[i];
    return NULL;
}

static void check_rung(struct bench *b, const struct responsible *r, const char *role,
                       const char *expected, const char *why)
{
    struct directory *d = directory_make(&(struct directory_rows){
        .staff = b->staff, .staff_count = EVERYBODY, .teams = teams, .team_count = TEAMS});
    const struct staff *s = directory_on_rung(b->arena, d, r, false, role, TODAY, &b->why);

    if (expected)
        assert_non_null(s);
    else
        assert_null(s);
    if (s)
        assert_string_equal(s->id, expected);
    if (why)
        assert_string_equal(b->why, why);
    else
        assert_null(b->why);
    directory_free(d);
}

static void everybody_in_post(void **state)
{
    struct bench *b = *state;

    check_rung(b, &child, "social-worker", "W", NULL);
    check_rung(b, &child, "team-manager", "M1", NULL);
    check_rung(b, &child, "head-of-service", "M3", NULL);
    check_rung(b, &child, "director", "M4", NULL);
    check_rung(b, &child, "chair", "CH", NULL);
    check_rung(b, &child, "reviewing-officer", "CH", NULL);
    check_rung(b, &child, "chairs-manager", "CM", NULL);
    check_rung(b, &child, "safeguarding-manager", "M4", NULL);
}

static void a_vacant_post_goes_up(void **state)
{
    check_rung(*state, &child, "service-manager", "M3", "the service manager's post is vacant");
}

static void who_has_left_or_has_no_address_is_passed_over(void **state)
{
    struct bench *b = *state;

    staff_of(b, "W")->to = TODAY; // left on that day
    check_rung(b, &child, "social-worker", "M1", "the social worker has left");
    staff_of(b, "W")->to = date_add_days(TODAY, 1);
    check_rung(b, &child, "social-worker", "W", NULL);
    staff_of(b, "W")->deputy_id = "D1";
    staff_of(b, "W")->email = NULL;
    check_rung(b, &child, "social-worker", "D1", "the social worker has no mail address");
    staff_of(b, "M1")->from = date_add_days(TODAY, 1);
    check_rung(b, &child, "team-manager", "D1", "the team manager is not yet in post");
    staff_of(b, "D1")->email = "";
    check_rung(b, &child, "team-manager", "M3", "the team manager is not yet in post");
}

static void a_worker_may_have_a_manager_of_their_own(void **state)
{
    struct bench *b = *state;

    staff_of(b, "W")->manager_id = "D1";
    check_rung(b, &child, "team-manager", "D1", NULL);
    staff_of(b, "D1")->email = NULL;
    check_rung(b, &child, "team-manager", "M3", "the team manager has no mail address");
    staff_of(b, "W")->manager_id = "nobody";
    check_rung(b, &child, "team-manager", "M3", "the team manager is not in the directory");
}

static void nobody_is_allocated(void **state)
{
    const struct responsible teamless = {"W", NULL, NULL, NULL};
    const struct responsible of_a_team = {NULL, "T1", NULL, NULL};
    const struct responsible of_nobody = {NULL, NULL, NULL, NULL};

    check_rung(*state, &teamless, "team-manager", "M1", NULL);
    check_rung(*state, &of_a_team, "social-worker", "M1", "no social worker is allocated");
    check_rung(*state, &of_a_team, "chair", "M3", "no chair is allocated");
    check_rung(*state, &of_a_team, "chairs-manager", "M3", "no chair is allocated");
    check_rung(*state, &of_a_team, "reviewing-officer", "M3", "no reviewing officer is allocated");
    check_rung(*state, &of_nobody, "chair", NULL, "no chair is allocated");
    check_rung(*state, &of_nobody, "social-worker", NULL, "no social worker is allocated");
    check_rung(*state, &of_nobody, "director", NULL, "no worker is allocated");
    check_rung(*state, &child, "no-such-role", NULL, "the role's post is vacant");
}

static void a_chair_who_left_goes_to_the_chairs_manager(void **state)
{
    struct bench *b = *state;

    staff_of(b, "CH")->email = NULL;
    check_rung(b, &child, "chair", "CM", "the chair has no mail address");
    staff_of(b, "CM")->to = date_add_days(TODAY, -1);
    check_rung(b, &child, "chair", "M4", "the chair has no mail address");
}

static void circles_end(void **state)
{
    struct bench *b = *state;
    struct team saved = teams[3];

    for (size_t i = 0; i < EVERYBODY; i++)
        b->staff[i].email = NULL;
    teams[3].parent_id = "T1";
    check_rung(b, &child, "team-manager", NULL, "the team manager has no mail address");
    check_rung(b, &child, "director", NULL, "the director has no mail address");
    teams[3] = saved;
    staff_of(b, "W")->manager_id = "M1";
    staff_of(b, "M1")->manager_id = "W";
    check_rung(b, &child, "social-worker", NULL, "the social worker has no mail address");
}

static void nobody_is_in_post_of_null(void **state)
{
    (void)state;
    assert_false(staff_in_post(NULL, TODAY));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(everybody_in_post, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_vacant_post_goes_up, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_has_left_or_has_no_address_is_passed_over, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_worker_may_have_a_manager_of_their_own, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(nobody_is_allocated, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_chair_who_left_goes_to_the_chairs_manager, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(circles_end, set_up, tear_down),
        cmocka_unit_test(nobody_is_in_post_of_null),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
