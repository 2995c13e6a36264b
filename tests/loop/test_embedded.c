// The embedded PostgreSQL: first use, users that come, go and are killed, folders that will not do.
#include "embedded.h"
#include "fixture.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <libpq-fe.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char base[64];  // a folder that everybody may enter
static char place[96]; // the cluster that most tests share

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *f)
{
    (void)st;
    (void)type;
    (void)f;
    return remove(path);
}

static int set_up(void **state)
{
    (void)state;
    (void)strcpy(base, "/tmp/timely-test-XXXXXX");
    if (!mkdtemp(base) || chmod(base, 0755) != 0)
        return -1;
    (void)snprintf(place, sizeof(place), "%s/it's $HOME", base);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    return nftw(base, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static long ask_number(const char *conninfo, const char *sql)
{
    PGconn *c = PQconnectdb(conninfo);
    PGresult *r = PQexec(c, sql);
    long n = PQresultStatus(r) == PGRES_TUPLES_OK ? strtol(PQgetvalue(r, 0, 0), NULL, 10) : -1;

    if (n < 0)
        (void)fprintf(stderr, "%s", PQerrorMessage(c));
    PQclear(r);
    PQfinish(c);
    return n;
}

static void ask_text(const char *conninfo, const char *sql, char ret[200])
{
    PGconn *c = PQconnectdb(conninfo);
    PGresult *r = PQexec(c, sql);

    assert_int_equal(PQresultStatus(r), PGRES_TUPLES_OK);
    (void)snprintf(ret, 200, "%s", PQgetvalue(r, 0, 0));
    PQclear(r);
    PQfinish(c);
}

static struct embedded *open_place(const char *dir)
{
    struct error err = {0};
    struct embedded *e = NULL;

    if (!embedded_open(dir, &e, &err))
        (void)fprintf(stderr, "%s\n", err.text);
    assert_non_null(e);
    return e;
}

// The server's process, from the file that it keeps; 0 when there is none.
static pid_t server_of(const char *dir)
{
    char path[300];
    long pid = 0;
    FILE *f;

    (void)snprintf(path, sizeof(path), "%s/data/postmaster.pid", dir);
    f = fopen(path, "re");
    if (f) {
        char line[32] = "";

        (void)!fgets(line, sizeof(line), f);
        pid = strtol(line, NULL, 10);
        (void)fclose(f);
    }
    return (pid_t)pid;
}

static void assert_refused(const char *dir, enum fault fault, const char *part)
{
    struct error err = {0};
    struct embedded *e = NULL;

    assert_false(embedded_open(dir, &e, &err));
    assert_null(e);
    assert_int_equal(err.fault, fault);
    if (!strstr(err.text, part))
        print_error("\"%s\" lacks \"%s\"\n", err.text, part);
    assert_non_null(strstr(err.text, part));
}

static void test_first_use_makes_a_private_cluster(void **state)
{
    struct embedded *e = open_place(place);
    const char *c = embedded_conninfo(e);
    char value[200];
    struct stat st;

    (void)state;
    ask_text(c, "SELECT current_database() || ' ' || current_user", value);
    assert_string_equal(value, "timely timely");
    ask_text(c,
             "SELECT pg_encoding_to_char(encoding) || ' ' || datcollate FROM pg_database "
             "WHERE datname = 'timely'",
             value);
    assert_string_equal(value, "UTF8 C.UTF-8");
    ask_text(c, "SHOW data_checksums", value);
    assert_string_equal(value, "on");
    ask_text(c, "SHOW listen_addresses", value);
    assert_string_equal(value, "");
    assert_int_equal(ask_number(c, "SHOW max_connections"), 60);
    assert_int_equal(ask_number(c, "SELECT rolsuper::int FROM pg_roles WHERE rolname = 'timely'"),
                     1);
    assert_int_equal(chdir(place), 0);
    assert_int_equal(stat("data", &st), 0);
    assert_int_equal(st.st_mode & 077, 0);
    assert_int_not_equal(st.st_uid, 0);
    assert_int_equal(stat("postgres.log", &st), 0);
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(ask_number(c, "CREATE TABLE kept AS SELECT 7 AS n; SELECT n FROM kept"), 7);
    embedded_close(e);
    assert_int_equal(server_of(place), 0);
}

static void test_data_is_kept_and_a_second_open_shares_the_server(void **state)
{
    struct embedded *first = open_place(place);
    struct embedded *second = open_place(place);

    (void)state;
    assert_string_equal(embedded_conninfo(first), embedded_conninfo(second));
    assert_int_equal(ask_number(embedded_conninfo(second), "SELECT n FROM kept"), 7);
    embedded_close(first);
    assert_int_equal(ask_number(embedded_conninfo(second), "SELECT n FROM kept"), 7);
    embedded_close(second);
    assert_int_equal(server_of(place), 0);
    embedded_close(NULL);
}

// Children that use a folder: they open, say so, wait to be told, close.
struct user {
    pid_t pid;
    int said, told;
};

static struct user start_user(const char *dir)
{
    struct user u;
    int said[2], told[2];

    assert_int_equal(pipe(said) | pipe(told), 0);
    u.pid = fork();
    assert_true(u.pid >= 0);
    if (u.pid == 0) {
        struct error err = {0};
        struct embedded *e;
        char c;

        if (!embedded_open(dir, &e, &err))
            _exit(1);
        if (ask_number(embedded_conninfo(e), "SELECT 1") != 1)
            _exit(2);
        close(told[1]);
        (void)!write(said[1], "x", 1);
        (void)!read(told[0], &c, 1);
        embedded_close(e);
        _exit(0);
    }
    close(said[1]);
    close(told[0]);
    u.said = said[0];
    u.told = told[1];
    return u;
}

static void await_user(const struct user *u)
{
    char c;

    assert_int_equal(read(u->said, &c, 1), 1);
}

static int end_user(const struct user *u)
{
    int status;

    (void)!write(u->told, "x", 1);
    close(u->told);
    close(u->said);
    assert_int_equal(waitpid(u->pid, &status, 0), u->pid);
    return status;
}

static void test_users_who_come_at_once_share_and_the_last_stops_it(void **state)
{
    char dir[160];
    struct user users[3];

    (void)state;
    (void)snprintf(dir, sizeof(dir), "%s/at-once", base);
    for (int i = 0; i < 3; i++)
        users[i] = start_user(dir);
    for (int i = 0; i < 3; i++)
        await_user(&users[i]);
    assert_int_equal(end_user(&users[0]), 0);
    assert_int_not_equal(server_of(dir), 0);
    assert_int_equal(end_user(&users[1]), 0);
    assert_int_not_equal(server_of(dir), 0);
    assert_int_equal(end_user(&users[2]), 0);
    assert_int_equal(server_of(dir), 0);
}

static void test_a_killed_user_holds_nothing(void **state)
{
    struct user u = start_user(place);
    struct embedded *e;

    (void)state;
    await_user(&u);
    kill(u.pid, SIGKILL);
    (void)signal(SIGPIPE, SIG_IGN);
    end_user(&u);
    assert_int_not_equal(server_of(place), 0);
    e = open_place(place);
    assert_int_equal(ask_number(embedded_conninfo(e), "SELECT n FROM kept"), 7);
    embedded_close(e);
    assert_int_equal(server_of(place), 0);
}

static void test_a_killed_server_starts_again(void **state)
{
    struct embedded *e = open_place(place);

    (void)state;
    kill(server_of(place), SIGKILL);
    embedded_close(e);
    e = open_place(place);
    assert_int_equal(ask_number(embedded_conninfo(e), "SELECT n FROM kept"), 7);
    embedded_close(e);
}

// After a restart of the machine the number in postmaster.pid may be anybody's.
static void test_a_stale_pid_file_that_names_another_process(void **state)
{
    struct embedded *e;
    char path[300];
    FILE *f;

    (void)state;
    (void)snprintf(path, sizeof(path), "%s/data/postmaster.pid", place);
    f = fopen(path, "we");
    assert_non_null(f);
    (void)fprintf(f, "%d\n%s/data\n1700000000\n5432\n%s/data\n\n0 0\n", (int)getpid(), place,
                  place);
    (void)fclose(f);
    e = open_place(place);
    assert_int_equal(ask_number(embedded_conninfo(e), "SELECT n FROM kept"), 7);
    embedded_close(e);
    assert_int_equal(server_of(place), 0);
}

static void test_a_cluster_half_made_is_made_anew(void **state)
{
    char dir[160], path[200];
    struct embedded *e;

    (void)state;
    (void)snprintf(dir, sizeof(dir), "%s/half", base);
    (void)snprintf(path, sizeof(path), "%s/timely.gate", dir);
    assert_int_equal(mkdir(dir, 0755), 0);
    close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    (void)snprintf(path, sizeof(path), "%s/data.new", dir);
    assert_int_equal(mkdir(path, 0700), 0);
    (void)snprintf(path, sizeof(path), "%s/data.new/PG_VERSION", dir);
    close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    if (geteuid() == 0) {
        // As a killed run as root leaves it: everything belongs to the server's user.
        (void)!system("chown -R postgres /tmp/timely-test-*/half 2>/dev/null || "
                      "chown -R nobody /tmp/timely-test-*/half");
    }
    e = open_place(dir);
    embedded_close(e);
}

static void test_a_long_path_gets_a_short_socket(void **state)
{
    char dir[300], first[400];
    struct embedded *e, *second;

    (void)state;
    (void)snprintf(dir, sizeof(dir), "%s/%0120d", base, 1);
    e = open_place(dir);
    assert_non_null(strstr(embedded_conninfo(e), "host='/tmp/timely-"));
    (void)strcpy(first, embedded_conninfo(e));
    second = open_place(dir);
    assert_string_equal(embedded_conninfo(second), first);
    assert_int_equal(ask_number(first, "SELECT 1"), 1);
    embedded_close(second);
    embedded_close(e);
    *strrchr(first, '\'') = '\0';
    assert_int_equal(access(strstr(first, "/tmp/"), F_OK), -1);
    e = open_place(dir);
    assert_int_equal(ask_number(embedded_conninfo(e), "SELECT 1"), 1);
    embedded_close(e);
}

static void test_folders_that_will_not_do(void **state)
{
    char path[200];

    (void)state;
    assert_refused("", FAULT_INPUT, "no name");
    (void)snprintf(path, sizeof(path), "%s/missing/dir", base);
    assert_refused(path, FAULT_INPUT, "/missing: No such file");
    (void)snprintf(path, sizeof(path), "%s/file", base);
    close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
    assert_refused(path, FAULT_INPUT, "is not a folder");
    (void)snprintf(path, sizeof(path), "%s/other", base);
    assert_int_equal(mkdir(path, 0755), 0);
    (void)strcat(path, "/letter.txt");
    close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
    *strrchr(path, '/') = '\0';
    assert_refused(path, FAULT_INPUT, "holds something else (for example \"letter.txt\")");
    (void)strcat(path, "/timely.gate");
    assert_int_equal(access(path, F_OK), -1);
}

static void test_a_barred_parent_is_named(void **state)
{
    char path[200], barred[160], expected[220];

    (void)state;
    if (geteuid() != 0)
        skip();
    (void)snprintf(barred, sizeof(barred), "%s/barred", base);
    (void)snprintf(path, sizeof(path), "%s/inner", barred);
    assert_int_equal(mkdir(barred, 0700) | mkdir(path, 0755), 0);
    (void)strcat(path, "/dir");
    (void)snprintf(expected, sizeof(expected), "and %s does not let that user in", barred);
    assert_refused(path, FAULT_INPUT, expected);
    assert_int_equal(access(path, F_OK), -1); // nothing was made on the way
}

// Our caller may read our output to its end: no child may keep it open.
static void test_the_server_does_not_keep_our_output_open(void **state)
{
    int out[2], status;
    pid_t pid;
    char c;
    struct embedded *e;

    (void)state;
    assert_int_equal(pipe(out), 0);
    pid = fork();
    if (pid == 0) {
        struct error err = {0};

        dup2(out[1], 1);
        dup2(out[1], 2);
        _exit(embedded_open(place, &e, &err) ? 0 : 1); // killed, as it were: the server goes on
    }
    close(out[1]);
    assert_int_equal(read(out[0], &c, 1), 0);
    close(out[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_not_equal(server_of(place), 0);
    embedded_close(open_place(place));
    assert_int_equal(server_of(place), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_use_makes_a_private_cluster),
        cmocka_unit_test(test_data_is_kept_and_a_second_open_shares_the_server),
        cmocka_unit_test(test_users_who_come_at_once_share_and_the_last_stops_it),
        cmocka_unit_test(test_a_killed_user_holds_nothing),
        cmocka_unit_test(test_a_killed_server_starts_again),
        cmocka_unit_test(test_a_stale_pid_file_that_names_another_process),
        cmocka_unit_test(test_a_cluster_half_made_is_made_anew),
        cmocka_unit_test(test_a_long_path_gets_a_short_socket),
        cmocka_unit_test(test_folders_that_will_not_do),
        cmocka_unit_test(test_a_barred_parent_is_named),
        cmocka_unit_test(test_the_server_does_not_keep_our_output_open),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
