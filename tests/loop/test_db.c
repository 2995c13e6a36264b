// Asynchronous PostgreSQL against a real server.
#include "arena.h"
#include "db_fault.h"
#include "db_server.h"
#include "text.h"

#include <arpa/inet.h>
#include <unistd.h>

// Asking

static void run_settings(void *arg)
{
    AUTO(db_auto_close)
    struct db *db = open_with((struct db_options){.read_only = true,
                                                  .statement_timeout_ms = 5000,
                                                  .lock_timeout_ms = 700,
                                                  .role_name = "timelyd x"});

    (void)arg;
    must_answer(db, "SHOW search_path", "");
    must_answer(db, "SHOW client_encoding", "UTF8");
    must_answer(db, "SHOW datestyle", "ISO, YMD");
    must_answer(db, "SHOW timezone", "UTC");
    must_answer(db, "SHOW statement_timeout", "5s");
    must_answer(db, "SHOW lock_timeout", "700ms");
    must_answer(db, "SHOW application_name", "timelyd x");
    must_answer(db, "SHOW default_transaction_read_only", "on");
    must_answer(db, "SELECT current_setting('timezone')", "UTC");
}

static void test_a_connection_has_our_settings(void **state)
{
    (void)state;
    in_fiber(run_settings, NULL);
    setenv("PGTZ", "Asia/Tokyo", 1);
    setenv("PGDATESTYLE", "German", 1);
    in_fiber(run_settings, NULL);
    unsetenv("PGTZ");
    unsetenv("PGDATESTYLE");
}

static void run_own_options(void *arg)
{
    char conninfo[500];
    AUTO(db_auto_close) struct db *db = NULL;

    (void)arg;
    (void)snprintf(conninfo, sizeof(conninfo), "%s options='-c work_mem=7MB -c search_path=public'",
                   db_server_conninfo());
    db = open_with((struct db_options){.conninfo = conninfo});
    must_answer(db, "SHOW work_mem", "7MB");
    must_answer(db, "SHOW search_path", "");
}

static void test_options_of_the_connection_string_are_kept_under_ours(void **state)
{
    (void)state;
    in_fiber(run_own_options, NULL);
}

static void run_values(void *arg)
{
    AUTO(db_auto_close) struct db *db = open_db();
    AUTO(pgresult_done) PGresult *r = NULL;
    const char *const values[] = {"O'Neill; DROP", NULL, "-42"};
    struct error err = {0};

    (void)arg;
    MUST_OK(db_ask(db, "SELECT $1::text, $2::text, $3::bigint, true, false, NULL::int", 3, values,
                   &r, &err));
    MUST(strcmp(db_text(r, 0, 0), "O'Neill; DROP") == 0);
    MUST(!db_text(r, 0, 1));
    MUST_EQUAL(db_int(r, 0, 2), -42);
    MUST(db_bool(r, 0, 3));
    MUST(!db_bool(r, 0, 4));
    MUST_EQUAL(db_int(r, 0, 5), 0);
    MUST_OK(db_ask(db, "SELECT 1", 0, NULL, NULL, &err));
}

static void test_values_go_and_come(void **state)
{
    (void)state;
    in_fiber(run_values, NULL);
}

static void run_often(void *arg)
{
    static const char twice[] = "SELECT $1::int * 2", thrice[] = "SELECT $1::int * 3",
                      broken[] = "SELECT nothing";
    AUTO(db_auto_close) struct db *db = open_db();
    struct error err = {0};

    (void)arg;
    for (int i = 1; i <= 8; i++) {
        AUTO(pgresult_done) PGresult *two = NULL;
        AUTO(pgresult_done) PGresult *three = NULL;
        char number[2] = {(char)('0' + i), '\0'};
        const char *value = number;

        MUST(!db_ask_often(db, broken, 0, NULL, NULL, &err));
        MUST_EQUAL(err.fault, FAULT_INPUT);
        MUST_OK(db_ask_often(db, twice, 1, &value, &two, &err));
        MUST_OK(db_ask_often(db, thrice, 1, &value, &three, &err));
        MUST_EQUAL(db_int(two, 0, 0), 2 * i);
        MUST_EQUAL(db_int(three, 0, 0), 3 * i);
    }
    must_answer(db, "SELECT count(*) FROM pg_prepared_statements", "2");
}

static void test_what_is_asked_often_is_planned_once(void **state)
{
    (void)state;
    in_fiber(run_often, NULL);
}

// Of a question longer than a socket takes at once every byte has left when it is sent.
static void run_send(void *arg)
{
    static const char keep[] = "INSERT INTO public.sent SELECT length($1)",
                      broken[] = "SELECT 1 / $1::int";
    AUTO(db_auto_close) struct db *db = open_db(), *other = open_db();
    AUTO(arena_auto_free) struct arena *a = arena_new();
    const char *big = memset(arena_alloc(a, 5000001), 'x', 5000000), *zero = "0";
    char count[200] = "";
    struct error err = {0};

    (void)arg;
    MUST_OK(db_run(db, "CREATE TABLE public.sent (length int)", &err));
    MUST_OK(db_send_often(db, keep, 1, &big, &err));
    for (int i = 0; i < 1000 && strcmp(count, "1") != 0; i++) {
        (void)fiber_sleep(SECONDS(1) / 100);
        ask_value(other, "SELECT count(*) FROM public.sent WHERE length = 5000000", count);
    }
    MUST(strcmp(count, "1") == 0);
    MUST_OK(db_answer(db, NULL, &err));
    MUST_OK(db_send_often(db, broken, 1, &zero, &err));
    MUST(!db_answer(db, NULL, &err));
    MUST_EQUAL(err.fault, FAULT_INPUT);
    MUST_OK(db_run(db, "DROP TABLE public.sent", &err));
}

static void test_what_was_sent_is_done_before_its_answer_is_taken(void **state)
{
    (void)state;
    in_fiber(run_send, NULL);
}

static void run_array(void *arg)
{
    AUTO(db_auto_close) struct db *db = open_db();
    AUTO(arena_auto_free) struct arena *a = arena_new();
    AUTO(pgresult_done) PGresult *r = NULL;
    const char *const items[] = {"plain", "",    "a \"quoted\", {one}", "back\\slash", NULL,
                                 "NULL",  "żółw"};
    const size_t count = sizeof(items) / sizeof(items[0]);
    const char *const values[] = {db_text_array(a, items, count)};
    struct error err = {0};

    (void)arg;
    MUST_OK(db_ask(db, "SELECT unnest($1::text[])", 1, values, &r, &err));
    MUST_EQUAL(PQntuples(r), count);
    for (int i = 0; i < (int)count; i++) {
        const char *s = db_text(r, i, 0);

        MUST(items[i] ? s && strcmp(s, items[i]) == 0 : !s);
    }
    MUST(strcmp(db_text_array(a, NULL, 0), "{}") == 0);
}

static void test_arrays_of_texts_come_back_as_they_were(void **state)
{
    (void)state;
    in_fiber(run_array, NULL);
}

static void run_large(void *arg)
{
    AUTO(db_auto_close) struct db *db = open_db();
    AUTO(pgresult_done) PGresult *r = NULL;
    struct error err = {0};
    char *sent = malloc(5000001);
    const char *const values[] = {sent};

    (void)arg;
    memset(sent, 'x', 5000000);
    sent[5000000] = '\0';
    MUST_OK(db_ask(db, "SELECT $1::text || 'y' FROM generate_series(1, 3)", 1, values, &r, &err));
    MUST_EQUAL(PQntuples(r), 3);
    MUST_EQUAL(PQgetlength(r, 2, 0), 5000001);
    free(sent);
}

static void test_questions_and_answers_of_five_megabytes(void **state)
{
    (void)state;
    in_fiber(run_large, NULL);
}

static void run_overlap(void *arg)
{
    AUTO(db_auto_close) struct db *db = open_db();
    struct error err = {0};

    MUST_OK(db_ask(db, "SELECT pg_sleep(0.6)", 0, NULL, NULL, &err));
    ++*(int *)arg;
}

static void test_two_connections_wait_at_the_same_time(void **state)
{
    struct loop *l = loop_new();
    int64_t start = clock_monotonic();
    int done = 0;

    (void)state;
    fiber_start(l, "one", run_overlap, &done);
    fiber_start(l, "two", run_overlap, &done);
    loop_run(l);
    loop_free(l);
    assert_int_equal(done, 2);
    assert_true(clock_monotonic() - start < 1150000);
}

// Failing

static void run_errors(void *arg)
{
    AUTO(db_auto_close) struct db *db = open_db();
    struct error err = {0};

    (void)arg;
    MUST_OK(db_run(db,
                   "CREATE TABLE public.kin (name text PRIMARY KEY, n int CHECK (n > 0));"
                   "INSERT INTO public.kin VALUES ('Ann Secret', 1)",
                   &err));
    err = must_fail(db, "INSERT INTO public.kin VALUES ('Ann Secret', 1)", FAULT_INPUT);
    MUST_CONTAIN(err.text, "unique constraint \"kin_pkey\" (SQLSTATE 23505)");
    MUST(!strstr(err.text, "Secret"));
    err = must_fail(db, "SELECT 'Ann Secret'::text::date", FAULT_INPUT);
    MUST_CONTAIN(err.text, "invalid input syntax for type date (SQLSTATE 22007)");
    err = must_fail(db, "INSERT INTO public.kin VALUES ('Bob Secret', -1)", FAULT_INPUT);
    MUST(!strstr(err.text, "Secret"));
    err = must_fail(db, "SELECT * FROM kin", FAULT_INPUT);
    MUST_CONTAIN(err.text, "relation \"kin\" does not exist (SQLSTATE 42P01)");
    must_fail(db, "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001', MESSAGE = 'x'; END $$",
              FAULT_AWAY);
    must_fail(db, "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '53300', MESSAGE = 'x'; END $$",
              FAULT_AWAY);
    MUST(!db_run(db, "SELECT 1; SELECT 1/0; SELECT 2", &err));
    MUST_CONTAIN(err.text, "division by zero (SQLSTATE 22012)");
    must_answer(db, "SELECT 'still here'", "still here");
}

static void test_errors_are_sorted_and_carry_no_values(void **state)
{
    (void)state;
    assert_int_equal(db_fault_of("08006"), FAULT_AWAY);
    assert_int_equal(db_fault_of("57P03"), FAULT_AWAY);
    assert_int_equal(db_fault_of("55P03"), FAULT_AWAY);
    assert_int_equal(db_fault_of("25006"), FAULT_AWAY);
    assert_int_equal(db_fault_of("TLEAD"), FAULT_AWAY);
    assert_int_equal(db_fault_of("55006"), FAULT_INPUT);
    assert_int_equal(db_fault_of(NULL), FAULT_AWAY);
    in_fiber(run_errors, NULL);
}

static void run_timeout(void *arg)
{
    AUTO(db_auto_close) struct db *db = open_with((struct db_options){.statement_timeout_ms = 100});
    struct error err = must_fail(db, "SELECT pg_sleep(10)", FAULT_AWAY);

    (void)arg;
    MUST_CONTAIN(err.text, "SQLSTATE 57014");
    must_answer(db, "SELECT 1", "1");
}

static void test_a_statement_over_its_time_is_cancelled(void **state)
{
    (void)state;
    in_fiber(run_timeout, NULL);
}

static void run_terminated(void *arg)
{
    AUTO(db_auto_close) struct db *killer = open_db();
    AUTO(db_auto_close) struct db *db = open_db();
    struct error err;

    (void)arg;
    must_answer(db, "SELECT 1", "1");
    terminate(killer, db);
    err = must_fail(db, "SELECT 1", FAULT_AWAY);
    MUST(err.text[0]);
    must_fail(db, "SELECT 1", FAULT_AWAY);
    MUST(!db_begin(db, "", &err));
    db_rollback(db);
    db_close(db);
    db = open_db();
    must_answer(db, "SELECT 2", "2");
}

static void test_a_terminated_backend_is_away_and_can_be_opened_again(void **state)
{
    (void)state;
    in_fiber(run_terminated, NULL);
}

struct murder {
    struct db *victim;
    struct bell opened;
};

static void run_killer(void *arg)
{
    struct murder *m = arg;
    AUTO(db_auto_close) struct db *killer = open_db();

    MUST_EQUAL(bell_wait(&m->opened, SECONDS(10)), WAKE_READY);
    MUST_EQUAL(fiber_sleep(100000), WAKE_TIMEOUT);
    terminate(killer, m->victim);
}

static void run_victim(void *arg)
{
    struct murder *m = arg;
    struct error err;

    m->victim = open_db();
    bell_ring(&m->opened);
    err = must_fail(m->victim, "SELECT pg_sleep(30)", FAULT_AWAY);
    MUST_CONTAIN(err.text, "57P01");
    db_close(m->victim);
}

static void test_a_backend_terminated_within_a_question(void **state)
{
    struct loop *l = loop_new();
    struct murder m = {0};

    (void)state;
    fiber_start(l, "killer", run_killer, &m);
    fiber_start(l, "victim", run_victim, &m);
    loop_run(l);
    loop_free(l);
}

static void must_not_open(struct db_options o, enum fault fault, const char *part,
                          const char *secret)
{
    struct error err = {0};
    struct db *db = NULL;

    MUST(!db_open(&o, &db, &err));
    MUST(!db);
    MUST_EQUAL(err.fault, fault);
    MUST_CONTAIN(err.text, part);
    MUST(!strchr(err.text, '\n'));
    MUST(!secret || !strstr(err.text, secret));
}

static void run_refused(void *arg)
{
    char missing[400];

    (void)arg;
    (void)snprintf(missing, sizeof(missing), "%s dbname=absent", db_server_conninfo());
    must_not_open((struct db_options){.conninfo = "host=/nowhere dbname=x"}, FAULT_AWAY,
                  "cannot connect to the database: connection to server on socket \"/nowhere",
                  NULL);
    must_not_open((struct db_options){.conninfo = missing}, FAULT_AWAY, "\"absent\" does not exist",
                  NULL);
    must_not_open((struct db_options){.conninfo = "host=/hunter2/x", .password = "hunter2"},
                  FAULT_AWAY, "/***/x", "hunter2");
    must_not_open((struct db_options){.conninfo = "host=localhost hots=x"}, FAULT_INPUT, "\"hots\"",
                  NULL);
    must_not_open((struct db_options){.conninfo = "password=hunter two"}, FAULT_INPUT,
                  "not well formed", "two\"");
    must_not_open((struct db_options){.conninfo = "host=127.0.0.1 port=1"}, FAULT_AWAY, "refused",
                  NULL);
}

static void test_connections_that_fail_say_why_without_secrets(void **state)
{
    (void)state;
    in_fiber(run_refused, NULL);
}

// A port whose queue of connections is full drops what is sent to it, as a machine without power
// does.
static int silent_port(int queue[2], struct sockaddr_in *at)
{
    socklen_t size = sizeof *at;
    int port = socket(AF_INET, SOCK_STREAM, 0);

    *at = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    MUST(bind(port, (struct sockaddr *)at, size) == 0 && listen(port, 0) == 0);
    MUST(getsockname(port, (struct sockaddr *)at, &size) == 0);
    for (size_t i = 0; i < 2; i++) {
        queue[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)connect(queue[i], (struct sockaddr *)at, size);
    }
    return port;
}

static void run_silent_host(void *arg)
{
    AUTO(db_auto_close) struct db *known = open_db();
    AUTO(db_auto_close) struct db *found = NULL;
    struct sockaddr_in at;
    char conninfo[600];
    int queue[2], silent = silent_port(queue, &at);

    (void)arg;
    (void)snprintf(conninfo, sizeof conninfo,
                   "%s host=127.0.0.1,%s port=%d,%s tcp_user_timeout=300", db_server_conninfo(),
                   PQhost(db_conn(known)), ntohs(at.sin_port), PQport(db_conn(known)));
    found = open_with((struct db_options){.conninfo = conninfo});
    must_answer(found, "SELECT 1", "1");
    close(queue[0]);
    close(queue[1]);
    close(silent);
}

static void test_a_silent_host_is_left_for_the_next(void **state)
{
    (void)state;
    in_fiber(run_silent_host, NULL);
}

// Transactions

static void run_transactions(void *arg)
{
    AUTO(db_auto_close) struct db *db = open_db();
    struct error err = {0};

    (void)arg;
    MUST_OK(db_run(db, "CREATE TABLE public.t (n int)", &err));
    MUST_OK(db_begin(db, "REPEATABLE READ", &err));
    must_answer(db, "SHOW transaction_isolation", "repeatable read");
    MUST_OK(db_run(db, "INSERT INTO public.t VALUES (1)", &err));
    MUST_OK(db_commit(db, &err));
    must_answer(db, "SELECT count(*) FROM public.t", "1");

    MUST_OK(db_begin(db, "", &err));
    MUST_OK(db_run(db, "INSERT INTO public.t VALUES (2)", &err));
    db_rollback(db);
    db_rollback(db);
    must_answer(db, "SELECT count(*) FROM public.t", "1");

    MUST_OK(db_begin(db, "", &err));
    MUST_OK(db_run(db, "INSERT INTO public.t VALUES (3)", &err));
    must_fail(db, "SELECT 1/0", FAULT_INPUT);
    MUST(!db_commit(db, &err));
    MUST_CONTAIN(err.text, "nothing was stored");
    must_answer(db, "SELECT count(*) FROM public.t", "1");

    MUST_OK(db_begin(db, "REPEATABLE READ, READ ONLY", &err));
    must_fail(db, "INSERT INTO public.t VALUES (4)", FAULT_AWAY);
    db_rollback(db);
}

static void test_transactions(void **state)
{
    (void)state;
    in_fiber(run_transactions, NULL);
}

static void run_pooled(void *arg)
{
    AUTO(db_auto_close)
    struct db *db = open_with((struct db_options){
        .pooled = true, .read_only = true, .statement_timeout_ms = 4000, .lock_timeout_ms = 300});
    struct error err = {0};

    (void)arg;
    must_answer(db, "SHOW search_path", "\"$user\", public");
    MUST_OK(db_begin(db, "REPEATABLE READ", &err));
    must_answer(db, "SHOW search_path", "\"\"");
    must_answer(db, "SHOW transaction_read_only", "on");
    must_answer(db, "SHOW transaction_isolation", "repeatable read");
    must_answer(db, "SHOW statement_timeout", "4s");
    must_answer(db, "SHOW lock_timeout", "300ms");
    must_answer(db, "SHOW timezone", "UTC");
    MUST_OK(db_commit(db, &err));
    must_answer(db, "SHOW search_path", "\"$user\", public");
    must_answer(db, "SHOW statement_timeout", "0");
}

static void test_behind_a_pooler_settings_live_in_the_transaction(void **state)
{
    (void)state;
    in_fiber(run_pooled, NULL);
}

// Stopping

static void run_long_question(void *arg)
{
    AUTO(db_auto_close) struct db *db = open_db();

    must_answer(db, "SELECT 'whole' FROM pg_sleep(0.4)", "whole");
    *(bool *)arg = loop_stopping(fiber_loop());
}

static void run_stopper(void *arg)
{
    (void)arg;
    fiber_sleep(150000);
    loop_stop(fiber_loop());
}

static void test_a_question_in_flight_ends_after_a_stop(void **state)
{
    struct loop *l = loop_new();
    bool was_stopping = false;

    (void)state;
    fiber_start(l, "question", run_long_question, &was_stopping);
    fiber_start(l, "stopper", run_stopper, NULL);
    loop_run(l);
    loop_free(l);
    assert_true(was_stopping);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_connection_has_our_settings),
        cmocka_unit_test(test_options_of_the_connection_string_are_kept_under_ours),
        cmocka_unit_test(test_values_go_and_come),
        cmocka_unit_test(test_what_is_asked_often_is_planned_once),
        cmocka_unit_test(test_what_was_sent_is_done_before_its_answer_is_taken),
        cmocka_unit_test(test_arrays_of_texts_come_back_as_they_were),
        cmocka_unit_test(test_questions_and_answers_of_five_megabytes),
        cmocka_unit_test(test_two_connections_wait_at_the_same_time),
        cmocka_unit_test(test_errors_are_sorted_and_carry_no_values),
        cmocka_unit_test(test_a_statement_over_its_time_is_cancelled),
        cmocka_unit_test(test_a_terminated_backend_is_away_and_can_be_opened_again),
        cmocka_unit_test(test_a_backend_terminated_within_a_question),
        cmocka_unit_test(test_connections_that_fail_say_why_without_secrets),
        cmocka_unit_test(test_a_silent_host_is_left_for_the_next),
        cmocka_unit_test(test_transactions),
        cmocka_unit_test(test_behind_a_pooler_settings_live_in_the_transaction),
        cmocka_unit_test(test_a_question_in_flight_ends_after_a_stop),
    };

    return cmocka_run_group_tests(tests, db_server_start, db_server_stop);
}
