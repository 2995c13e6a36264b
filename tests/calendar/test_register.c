// Runs register-examples.txt: every worked example of the timescales, a line each.
#include "calendar_check.h"

#include "span.h"

#include <stdio.h>

#define EXAMPLES 174 // a lost line must not pass for a met one
#define CLOSED_MAX 20

struct example {
    char start[20], unit[8], closed[200], answer[20], book[20];
    int count;
};

static struct span span_of(const struct example *e)
{
    static const struct {
        const char *word;
        enum unit unit;
    } units[] = {{"wd", WORKING_DAYS}, {"d", DAYS},  {"w", WEEKS},
                 {"m", MONTHS},        {"y", YEARS}, {"h", HOURS}};

    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(units[i].word, e->unit) == 0)
            return (struct span){abs(e->count), units[i].unit, e->count < 0};
    fail_msg("unknown unit %s", e->unit);
    return (struct span){0};
}

static bool read_example(const char *line, struct example *e)
{
    int end = 0;

    *e = (struct example){0};
    if (sscanf(line, "%*s %19s %d%7[a-z]%n", e->start, &e->count, e->unit, &end) != 3)
        return false;
    line += end;
    if (*line == '[') {
        if (sscanf(line, "[closed %199[^]]]%n", e->closed, &end) != 1)
            return false;
        line += end;
    }
    int fields = sscanf(line, " -> %19s book %19s", e->answer, e->book);
    return fields >= 1;
}

static struct workdays *local_calendar(struct example *e)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct holiday closed[CLOSED_MAX] = {0};
    size_t count = 0;
    char *save = NULL;
    struct workdays *w;
    struct error err;

    for (char *day = strtok_r(e->closed, ",", &save); day; day = strtok_r(NULL, ",", &save)) {
        assert_true(count < CLOSED_MAX);
        closed[count++] = closure(day);
    }
    if (!workdays_load(holidays_path(a), ENGLAND_AND_WALES, closed, count, &w, &err))
        fail_msg("%s", err.text);
    return w;
}

static void run_example(const struct workdays *w, const char *line, const struct example *e)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct moment answer;
    struct error err;
    bool provisional;

    if (!span_apply(w, span_of(e), at(e->start), &answer, &provisional, &err))
        fail_msg("%s: %s", line, err.text);
    if (strcmp(moment_iso(a, answer), e->answer) != 0)
        fail_msg("got %s: %s", moment_iso(a, answer), line);
    if (e->book[0])
        assert_date(working_day_on_or_before(w, answer.on), e->book);
    assert_false(provisional);
}

static void every_worked_example_is_met(void **state)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    const char *path;
    char *text, *save = NULL;
    size_t length;
    int count = 0;
    struct error err;

    if (!data_path(a, "tests/calendar/register-examples.txt", &path, &err) ||
        !read_whole_file(a, path, 1u << 20, &text, &length, &err))
        fail_msg("%s", err.text);
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        struct example e;
        if (*line == '#')
            continue;
        if (!read_example(line, &e))
            fail_msg("not an example: %s", line);
        struct workdays *local = e.closed[0] ? local_calendar(&e) : NULL;
        run_example(local ? local : *state, line, &e);
        workdays_free(local);
        count++;
    }
    assert_int_equal(count, EXAMPLES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_worked_example_is_met),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, load_england, free_calendar);
}
