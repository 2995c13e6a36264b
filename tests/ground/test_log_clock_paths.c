// The layer's doors to the system: log lines, the clock, and where files are.
#include "clock.h"
#include "log.h"
#include "paths.h"

#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

// ---- log

struct capture {
    int saved, pipe[2];
};

static struct capture capture_start(void)
{
    struct capture c = {.saved = dup(STDERR_FILENO)};

    assert_int_equal(pipe2(c.pipe, O_CLOEXEC), 0);
    assert_true(dup2(c.pipe[1], STDERR_FILENO) >= 0);
    return c;
}

// What was written to standard error meanwhile.
static char *capture_end(struct capture *c)
{
    static char got[8192]; // of a test, read before the next capture
    ssize_t length;

    dup2(c->saved, STDERR_FILENO);
    close(c->saved);
    close(c->pipe[1]);
    length = read(c->pipe[0], got, sizeof got - 1);
    close(c->pipe[0]);
    got[length > 0 ? length : 0] = '\0';
    return got;
}

static void assert_matches(const char *text, const char *pattern)
{
    regex_t r;

    assert_int_equal(regcomp(&r, pattern, REG_EXTENDED | REG_NOSUB), 0);

    bool matches = regexec(&r, text, 0, NULL, 0) == 0;

    regfree(&r);
    if (!matches)
        fail_msg("'%s' does not match '%s'", text, pattern);
}

static void a_line_has_time_level_event_and_values(void **state)
{
    struct capture c = capture_start();

    (void)state;
    unsetenv("JOURNAL_STREAM");
    errno = ENOENT;
    log_info("deadline.moved", "deadline=%d to=%s", 7, "2024-04-02");
    assert_int_equal(errno, ENOENT);
    log_warning("store.away", "%s", "");
    assert_matches(capture_end(&c),
                   "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{3}Z info deadline\\.moved "
                   "deadline=7 to=2024-04-02\n[^ ]+Z warning store\\.away\n$");
}

static void a_value_cannot_forge_a_line(void **state)
{
    struct capture c = capture_start();

    (void)state;
    log_error("x.y", "a=%s", "1\n<3>forged\r\x1b[2J\xC2\x9B\xE2\x80\xAE\xFF é😀");
    assert_matches(capture_end(&c), "^[^\n]* error x\\.y a=1\\\\n<3>forged\\\\x0d\\\\x1b\\[2J"
                                    "\\\\u009b\\\\u202e\\\\xff é😀\n$");
}

static void levels_below_the_least_are_silent(void **state)
{
    struct capture c = capture_start();
    enum log_level level = LOG_ERROR;

    (void)state;
    log_debug("hidden", "a=%d", 1);
    assert_true(log_level_from_name("debug", &level));
    log_set_level(level);
    log_debug("shown", "a=%d", 1);
    log_set_level(LOG_ERROR);
    log_warning("hidden", "a=%d", 1);
    log_set_level(LOG_INFO);
    assert_matches(capture_end(&c), "^[^ ]* debug shown a=1\n$");
    assert_false(log_level_from_name("Debug", &level));
    assert_false(log_level_from_name("", &level));
    assert_int_equal(level, LOG_DEBUG);
}

static void the_journal_gets_priorities(void **state)
{
    struct capture c = capture_start();
    struct stat st;
    char own[64];

    (void)state;
    assert_int_equal(fstat(STDERR_FILENO, &st), 0);
    snprintf(own, sizeof own, "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
    setenv("JOURNAL_STREAM", own, 1);
    log_error("x.y", "a=%d", 1);
    log_info("x.y", "a=%d", 2);
    setenv("JOURNAL_STREAM", "1:1", 1); // another stream: standard error was sent elsewhere
    log_info("x.y", "a=%d", 3);
    unsetenv("JOURNAL_STREAM");
    assert_matches(capture_end(&c), "^<3>x\\.y a=1\n<6>x\\.y a=2\n[^<][^ ]* info x\\.y a=3\n$");
}

// ---- clock

static void business_time_runs_from_its_anchor(void **state)
{
    const instant april_2024 = 1711929600 * SECONDS(1);
    instant before = clock_real();
    struct business_clock real = {0};
    struct business_clock sample = {.real_anchor = before, .business_anchor = april_2024};
    instant now = business_now(&sample);
    int64_t monotonic = clock_monotonic();

    (void)state;
    assert_true(before > 1700000000 * SECONDS(1));
    assert_true(business_now(&real) >= before);
    assert_in_range(now - april_2024, 0, clock_real() - before);
    assert_true(clock_monotonic() >= monotonic);
}

static void a_pause_keeps_to_a_hundredth_of_the_time(void **state)
{
    (void)state;
    assert_int_equal(pause_after(0, SECONDS(10)), SECONDS(10));
    assert_int_equal(pause_after(SECONDS(1) / 10, SECONDS(10)), SECONDS(10));
    assert_int_equal(pause_after(SECONDS(2), SECONDS(10)), SECONDS(200));
    assert_int_equal(pause_after(INT64_MAX, SECONDS(10)), SECONDS(600));
}

// ---- paths

static void write_file(const char *path, const char *bytes, size_t length)
{
    FILE *f = fopen(path, "we");

    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, length, f), length);
    assert_int_equal(fclose(f), 0);
}

static void a_file_is_read_whole(void **state)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    char path[] = "/tmp/test_paths-XXXXXX";
    char big[20000];
    char *bytes = NULL;
    size_t length = 0;
    struct error err = {0};

    (void)state;
    close(mkstemp(path));
    assert_true(read_whole_file(a, path, 0, &bytes, &length, &err));
    assert_int_equal(length, 0);
    assert_string_equal(bytes, "");

    memset(big, 'b', sizeof big);
    big[7] = '\0';
    write_file(path, big, sizeof big);
    assert_true(read_whole_file(a, path, sizeof big, &bytes, &length, &err));
    assert_int_equal(length, sizeof big);
    assert_memory_equal(bytes, big, sizeof big);
    assert_int_equal(bytes[length], '\0');

    length = 1;
    assert_false(read_whole_file(a, path, sizeof big - 1, &bytes, &length, &err));
    assert_int_equal(err.fault, FAULT_INPUT);
    assert_non_null(strstr(err.text, "20000 bytes long, expected at most 19999"));
    assert_int_equal(length, 1);

    unlink(path);
    assert_false(read_whole_file(a, path, 10, &bytes, &length, &err));
    assert_non_null(strstr(err.text, "No such file"));
    assert_false(read_whole_file(a, "/tmp", 10, &bytes, &length, &err));
    assert_non_null(strstr(err.text, "/tmp: Is a directory"));
}

static void what_does_not_know_its_size_is_read_too(void **state)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    char path[64];
    char big[30000];
    char *bytes;
    size_t length = 0;
    struct error err = {0};
    int ends[2];

    (void)state;
    memset(big, 'p', sizeof big);
    for (size_t max = sizeof big - 1; max <= sizeof big; max++) {
        assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
        assert_int_equal(write(ends[1], big, sizeof big), sizeof big);
        close(ends[1]);
        snprintf(path, sizeof path, "/proc/self/fd/%d", ends[0]);
        assert_int_equal(read_whole_file(a, path, max, &bytes, &length, &err), max == sizeof big);
        close(ends[0]);
    }
    assert_int_equal(length, sizeof big);
    assert_memory_equal(bytes, big, sizeof big);
}

static void make_folder(const char *path)
{
    if (mkdir(path, 0700) != 0)
        assert_int_equal(errno, EEXIST);
}

static void data_is_found_where_the_environment_says(void **state)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    char folder[] = "/tmp/test_paths-XXXXXX";
    const char *found = NULL;
    struct error err = {0};

    (void)state;
    assert_non_null(mkdtemp(folder));

    const char *file = arena_printf(a, "%s/rules/x.yaml", folder);

    make_folder(arena_printf(a, "%s/rules", folder));
    write_file(file, "a: 1\n", 5);
    setenv("TIMELY_DATA", folder, 1);
    assert_true(data_path(a, "rules/x.yaml", &found, &err));
    assert_string_equal(found, file);
    found = NULL;
    assert_false(data_path(a, "rules/y.yaml", &found, &err));
    assert_int_equal(err.fault, FAULT_INPUT);
    assert_non_null(strstr(err.text, "rules/y.yaml: not found in /tmp/test_paths-"));
    assert_null(found);
    unsetenv("TIMELY_DATA");
    unlink(file);
    rmdir(arena_printf(a, "%s/rules", folder));
    rmdir(folder);
}

static void data_is_found_from_the_executable(void **state)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    char exe[4000];
    ssize_t length = readlink("/proc/self/exe", exe, sizeof exe - 1);
    const char *found = NULL;
    struct error err = {0};

    (void)state;
    assert_true(length > 0);
    exe[length] = '\0';
    *strrchr(exe, '/') = '\0';
    unsetenv("TIMELY_DATA");

    const char *parent = arena_strndup(a, exe, (size_t)(strrchr(exe, '/') - exe));
    const char *near = arena_printf(a, "%s/paths-probe", parent);
    const char *share = arena_printf(a, "%s/share", parent);
    const char *timely = arena_printf(a, "%s/timely", share);
    const char *installed = arena_printf(a, "%s/paths-probe", timely);

    write_file(near, "", 0);
    assert_true(data_path(a, "paths-probe", &found, &err));
    assert_string_equal(found, near);

    make_folder(share);
    make_folder(timely);
    write_file(installed, "", 0);
    assert_true(data_path(a, "paths-probe", &found, &err));
    assert_string_equal(found, installed);

    unlink(installed);
    unlink(near);
    rmdir(timely);
    rmdir(share);
    assert_false(data_path(a, "paths-probe", &found, &err));
    assert_non_null(strstr(err.text, "paths-probe: not found; looked in "));
    assert_non_null(strstr(err.text, "/../share/timely, "));
    assert_non_null(strstr(err.text, "TIMELY_DATA"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_has_time_level_event_and_values),
        cmocka_unit_test(a_value_cannot_forge_a_line),
        cmocka_unit_test(levels_below_the_least_are_silent),
        cmocka_unit_test(the_journal_gets_priorities),
        cmocka_unit_test(business_time_runs_from_its_anchor),
        cmocka_unit_test(a_pause_keeps_to_a_hundredth_of_the_time),
        cmocka_unit_test(a_file_is_read_whole),
        cmocka_unit_test(what_does_not_know_its_size_is_read_too),
        cmocka_unit_test(data_is_found_where_the_environment_says),
        cmocka_unit_test(data_is_found_from_the_executable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
