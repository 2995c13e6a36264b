// Why those above are told: true of every timescale of the library, at each rung of its ladder,
// whatever is booked.
#include "agenda_words.h"
#include "ladder.h"
#include "zone.h"

// Before cmocka, whose macro fail() would garble the declaration in error.h.
#include "rules_check.h"

#define STAFF(who, team)                                                                           \
    {                                                                                              \
        who, NULL, who "@council.example", NULL, team, NULL, NULL, DATE_NONE, DATE_NONE            \
    }

static const struct staff people[] = {
    STAFF("SW", "T"),    STAFF("TM", "T"),         STAFF("SM", "SVC"),   STAFF("HEAD", "HOS"),
    STAFF("DIR", "TOP"), STAFF("CHAIR", "CHAIRS"), STAFF("CM", "CHAIRS")};
static const struct team teams[] = {
    {.id = "TOP", .manager_id = "DIR"},
    {.id = "HOS", .parent_id = "TOP", .manager_id = "HEAD"},
    {.id = "SVC", .parent_id = "HOS", .manager_id = "SM"},
    {.id = "T", .parent_id = "SVC", .manager_id = "TM"},
    {.id = "CHAIRS", .parent_id = "TOP", .manager_id = "CM"},
};

struct seen {
    size_t unbooked, booked_late, ahead, late;
};

static bool says(const char *reason, const char *words)
{
    return strstr(reason, words) != NULL;
}

static void check_reason(const struct timescale *t, const struct owed *o, struct date today,
                         const char *reason, struct seen *seen)
{
    bool late = date_cmp(o->due_on, today) < 0, booked = date_known(o->booked.on);
    bool late_booking = booked && date_cmp(o->booked.on, o->due_on) > 0;

    if (!reason)
        fail_msg("%s: told without a reason", t->id);
    if (says(reason, "it is not booked in time") != (!late && t->meeting && !booked) ||
        says(reason, "booked after its due date") != (!late && t->meeting && late_booking) ||
        says(reason, "nothing is recorded yet") !=
            (!late && !(t->meeting && (!booked || late_booking))) ||
        says(reason, "out of timescale since") + says(reason, "it was due on") != late)
        fail_msg("%s on %d, due %d: %s", t->id, today.day, o->due_on.day, reason);
    seen->unbooked += says(reason, "not booked");
    seen->booked_late += says(reason, "booked after");
    seen->ahead += says(reason, "nothing is recorded yet");
    seen->late += late;
}

static void check_at(struct arena *a, const struct library *l, const struct directory *d,
                     const struct owed *o, instant now, struct seen *seen)
{
    struct plan_input in = {.library = l, .directory = d, .now = now, .owed = o, .count = 1};
    struct agenda_voice v = {a, NULL, d, now};
    struct plan plan;

    agenda_plan(a, &in, &plan);
    for (size_t i = 0; i < plan.count; i++)
        if (plan.lines[i].escalation && !plan.lines[i].late_booking)
            check_reason(&l->timescales[library_timescale(l, o->timescale)], o,
                         london_from_instant(now).on, agenda_reason(&v, &plan.lines[i]), seen);
}

static void check_booked_for(const struct library *l, const struct directory *d,
                             const struct timescale *t, const char *booked, struct seen *seen)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct owed o = {.deadline_id = 1,
                     .timescale = t->id,
                     .subject_ref = "S",
                     .trigger_on = on("2024-01-08"),
                     .due_on = on("2024-04-08"),
                     .book_by = on("2024-04-08"),
                     .due_at = {on("2024-04-08"), -1},
                     .booked = booked ? at(booked) : MOMENT_NONE,
                     .open = true,
                     .trigger_at = MOMENT_NONE,
                     .trigger_recorded = MOMENT_NONE,
                     .who = {"SW", "T", "CHAIR", "CHAIR"},
                     .worker_since = on("2023-01-02"),
                     .seen_on = DATE_NONE};
    struct telling *tellings;
    size_t count =
        ladder_tellings(a, l, owed_deadline(a, l, &o), directory_teams(a, d, &o.who), &tellings);

    for (size_t i = 0; i < count; i++)
        if (tellings[i].escalation)
            check_at(a, l, d, &o, tellings[i].at, seen);
}

static void test_no_reason_is_false(void **state)
{
    const struct library *l = *state;
    struct directory *d = directory_make(&(struct directory_rows){
        people, sizeof people / sizeof *people, teams, sizeof teams / sizeof *teams, NULL, 0});
    struct seen seen = {0};

    for (size_t i = 0; i < l->timescale_count; i++) {
        const struct timescale *t = &l->timescales[i];

        if (t->version_count == 0)
            continue;
        check_booked_for(l, d, t, NULL, &seen);
        if (t->meeting) {
            check_booked_for(l, d, t, "2024-04-02T10:00", &seen);
            check_booked_for(l, d, t, "2024-04-30T10:00", &seen);
        }
    }
    assert_true(seen.unbooked > 50 && seen.booked_late > 50);
    assert_true(seen.ahead > 50 && seen.late > 100);
    directory_free(d);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {cmocka_unit_test(test_no_reason_is_false)};

    return cmocka_run_group_tests(tests, load_rules, free_rules);
}
