// The same rules on a calendar that changed: due dates move, the version says so, the files do not.
#include "rules_check.h"

static const struct holiday wedding = {.title = "Royal wedding"};

static struct holiday on_day(const char *day)
{
    struct holiday h = wedding;

    h.on = on(day);
    return h;
}

static const char *due(const struct library *l, struct arena *a)
{
    struct date d;
    struct error err;

    if (!working_days_after(l->national, on("2026-06-08"), 15, &d, &err))
        fail_msg("%s", err.text);
    return date_iso(a, d);
}

static void a_proclaimed_day_gives_another_version(void **state)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct library *l = library_with(NULL);
    struct holiday changes[] = {on_day("2026-06-15"), on_day("2026-06-16")};
    const char *files = l->version, *one;
    const struct workdays *before = l->national;
    struct error err;

    (void)state;
    assert_string_equal(l->files_version, files);
    assert_string_equal(due(l, a), "2026-06-29");
    assert_true(library_proclaim(l, changes, 1, &err));
    one = l->version;
    assert_string_not_equal(one, files);
    assert_string_equal(l->files_version, files);
    assert_string_equal(due(l, a), "2026-06-30");
    assert_true(is_working_day(before, on("2026-06-15"))); // still there for who reads it
    assert_true(library_proclaim(l, changes, 2, &err));
    assert_string_not_equal(l->version, one);
    assert_string_equal(due(l, a), "2026-07-01");
    assert_false(is_working_day(l->local, on("2026-06-16")));
    assert_true(library_proclaim(l, NULL, 0, &err));
    assert_string_equal(l->version, files);
    assert_string_equal(due(l, a), "2026-06-29");
    library_free(l);
}

static void a_bad_change_leaves_the_library_as_it_was(void **state)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct library *l = library_with(NULL), *other = NULL;
    struct holiday far[] = {on_day("1901-01-01")};
    const char *version = l->version;
    struct error err;

    (void)state;
    assert_false(library_proclaim(l, far, 1, &err));
    assert_false(library_under(l, far, 1, &other, &err));
    assert_null(other);
    assert_string_equal(l->version, version);
    assert_string_equal(due(l, a), "2026-06-29");
    library_free(l);
}

static void a_library_under_another_calendar_is_its_own(void **state)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct library *l = library_with(NULL), *other;
    struct holiday changes[] = {on_day("2026-06-15")};
    struct error err;

    (void)state;
    assert_true(library_under(l, changes, 1, &other, &err));
    assert_string_equal(due(other, a), "2026-06-30");
    assert_string_equal(due(l, a), "2026-06-29");
    assert_ptr_equal(other->timescales, l->timescales);
    library_free(other);
    assert_string_equal(due(l, a), "2026-06-29");
    library_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_proclaimed_day_gives_another_version),
        cmocka_unit_test(a_bad_change_leaves_the_library_as_it_was),
        cmocka_unit_test(a_library_under_another_calendar_is_its_own),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
