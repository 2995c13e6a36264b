// What goes on for a while on a connection: COPY and notifications, against a real server.
#include "db_server.h"
#include "text.h"

// COPY

struct copied {
    long rows;
    size_t bytes;
    long stop_at;
};

static bool count_row(void *arg, const char *data, size_t length, struct error *err)
{
    struct copied *c = arg;

    MUST(data);
    c->rows++;
    c->bytes += length;
    if (c->rows == c->stop_at)
        return fail(err, FAULT_INPUT, "row %ld will not do", c->rows);
    return true;
}

static void tick(void *arg)
{
    int *ticks = arg;

    while (fiber_sleep(1000) == WAKE_TIMEOUT)
        ++*ticks;
}

static void run_copy_out(void *arg)
{
    AUTO(db_auto_close) struct db *db = open_db();
    struct copied c = {0}, none = {0}, cut = {.stop_at = 3};
    struct error err = {0};

    (void)arg;
    MUST_OK(db_copy_out(db,
                        "COPY (SELECT i, repeat('x', 20) FROM generate_series(1, 200000) i) "
                        "TO STDOUT (FORMAT binary)",
                        count_row, &c, &err));
    MUST_EQUAL(c.rows, 200001); // and the trailer
    MUST_EQUAL(c.bytes, 19 + 200000 * (2 + 4 + 4 + 4 + 20) + 2);
    MUST_OK(db_copy_out(db, "COPY (SELECT 1 WHERE false) TO STDOUT", count_row, &none, &err));
    MUST_EQUAL(none.rows, 0);
    MUST(!db_copy_out(db, "COPY (SELECT generate_series(1, 100000)) TO STDOUT", count_row, &cut,
                      &err));
    MUST(strcmp(err.text, "row 3 will not do") == 0);
    MUST_EQUAL(cut.rows, 3);
    MUST(!db_copy_out(db,
                      "COPY (SELECT 1 / (100000 - i) FROM generate_series(1, 200000) i) TO STDOUT",
                      count_row, &c, &err));
    MUST_CONTAIN(err.text, "division by zero");
    MUST(!db_copy_out(db, "COPY public.absent TO STDOUT", count_row, &c, &err));
    MUST_CONTAIN(err.text, "42P01");
    MUST(!db_copy_out(db, "SELECT 1", count_row, &c, &err));
    MUST_CONTAIN(err.text, "not the COPY");
    must_answer(db, "SELECT 'in step'", "in step");
    loop_stop(fiber_loop());
}

static void test_copy_out_gives_way_and_stays_in_step(void **state)
{
    struct loop *l = loop_new();
    int ticks = 0;

    (void)state;
    fiber_start(l, "tick", tick, &ticks);
    fiber_start(l, "copy", run_copy_out, NULL);
    loop_run(l);
    loop_free(l);
    assert_true(ticks >= 5);
}

static void put_rows(struct db *db, int count)
{
    AUTO(text_done) struct text t = {0};
    struct error err = {0};

    for (int i = 0; i < count; i++)
        text_addf(&t, "%d\tline %d of a text that is neither long nor short\n", i, i);
    MUST_OK(db_copy_put(db, text_str(&t), t.length, &err));
}

static void run_copy_in(void *arg)
{
    AUTO(db_auto_close) struct db *db = open_db();
    struct error err = {0};

    (void)arg;
    MUST_OK(db_run(db, "CREATE TABLE public.c (n int, s text)", &err));
    MUST_OK(db_copy_begin(db, "COPY public.c FROM STDIN", &err));
    put_rows(db, 100000);
    put_rows(db, 0);
    put_rows(db, 10);
    MUST_OK(db_copy_end(db, NULL, &err));
    must_answer(db, "SELECT count(*) FROM public.c", "100010");

    MUST_OK(db_copy_begin(db, "COPY public.c FROM STDIN", &err));
    put_rows(db, 10);
    MUST_OK(db_copy_end(db, "not wanted", &err));
    must_answer(db, "SELECT count(*) FROM public.c", "100010");

    MUST_OK(db_copy_begin(db, "COPY public.c FROM STDIN", &err));
    put_rows(db, 2);
    MUST_OK(db_copy_put(db, "Ann Secret\tx\n", 13, &err));
    put_rows(db, 200000);
    MUST(!db_copy_end(db, NULL, &err));
    MUST_EQUAL(err.fault, FAULT_INPUT);
    MUST_CONTAIN(err.text, "(SQLSTATE 22P02; COPY c, line 3, column n)");
    MUST(!strstr(err.text, "Secret"));

    MUST(!db_copy_begin(db, "COPY public.absent FROM STDIN", &err));
    MUST_CONTAIN(err.text, "42P01");
    MUST_OK(db_begin(db, "", &err));
    MUST_OK(db_copy_begin(db, "COPY public.c FROM STDIN", &err));
    put_rows(db, 5);
    db_rollback(db);
    must_answer(db, "SELECT count(*) FROM public.c", "100010");
}

static void test_copy_in(void **state)
{
    (void)state;
    in_fiber(run_copy_in, NULL);
}

static void run_copy_in_killed(void *arg)
{
    AUTO(db_auto_close) struct db *killer = open_db();
    AUTO(db_auto_close) struct db *db = open_db();
    struct error err = {0};
    char piece[65536];
    bool ok = true;

    (void)arg;
    memset(piece, 'x', sizeof(piece));
    MUST_OK(db_run(db, "CREATE TABLE public.k (s text)", &err));
    MUST_OK(db_copy_begin(db, "COPY public.k FROM STDIN", &err));
    MUST_OK(db_copy_put(db, piece, sizeof(piece), &err));
    terminate(killer, db);
    for (int i = 0; i < 1000 && ok; i++)
        ok = db_copy_put(db, piece, sizeof(piece), &err);
    MUST(!db_copy_end(db, NULL, &err));
    MUST_EQUAL(err.fault, FAULT_AWAY);
}

static void test_a_server_that_goes_within_a_copy(void **state)
{
    (void)state;
    in_fiber(run_copy_in_killed, NULL);
}

// Notifications

static void run_notify(void *arg)
{
    AUTO(db_auto_close) struct db *db = open_db();
    AUTO(db_auto_close) struct db *other = open_db();
    struct error err = {0};

    (void)arg;
    MUST_OK(db_run(db, "LISTEN changed", &err));
    MUST_EQUAL(db_wait_notify(db, 20000, &err), WAKE_TIMEOUT);
    MUST_OK(db_run(other, "NOTIFY changed; NOTIFY changed, 'two'", &err));
    MUST_EQUAL(db_wait_notify(db, SECONDS(5), &err), WAKE_READY);
    MUST_EQUAL(db_wait_notify(db, 20000, &err), WAKE_TIMEOUT); // all were taken
    MUST_OK(db_run(other, "NOTIFY changed", &err));
    MUST_OK(db_run(db, "SELECT pg_sleep(0.05)", &err)); // it arrives within a reply
    MUST_EQUAL(db_wait_notify(db, SECONDS(5), &err), WAKE_READY);
    db_interrupt(db);
    MUST_EQUAL(db_wait_notify(db, SECONDS(5), &err), WAKE_READY);
    MUST_EQUAL(db_wait_notify(db, 20000, &err), WAKE_TIMEOUT);
    MUST_EQUAL(err.fault, FAULT_NONE);
    terminate(other, db);
    MUST_EQUAL(db_wait_notify(db, SECONDS(5), &err), WAKE_STOPPING);
    MUST_EQUAL(err.fault, FAULT_AWAY);
}

static void test_notifications_wake(void **state)
{
    (void)state;
    in_fiber(run_notify, NULL);
}

struct listener {
    struct db *db;
    struct bell listening;
    enum wake woken;
};

static void run_listener(void *arg)
{
    struct listener *l = arg;
    struct error err = {0};

    l->db = open_db();
    MUST_OK(db_run(l->db, "LISTEN changed", &err));
    bell_ring(&l->listening);
    MUST_EQUAL(db_wait_notify(l->db, -1, &err), WAKE_READY); // the interruption
    bell_ring(&l->listening);
    MUST_EQUAL(db_wait_notify(l->db, -1, &err), WAKE_READY); // the notification
    bell_ring(&l->listening);
    l->woken = db_wait_notify(l->db, -1, &err);
    MUST_EQUAL(err.fault, FAULT_NONE);
    db_close(l->db);
}

static void run_waker(void *arg)
{
    struct listener *l = arg;
    AUTO(db_auto_close) struct db *db = open_db();
    struct error err = {0};

    MUST_EQUAL(bell_wait(&l->listening, SECONDS(5)), WAKE_READY);
    fiber_sleep(20000);
    db_interrupt(l->db);
    MUST_EQUAL(bell_wait(&l->listening, SECONDS(5)), WAKE_READY);
    fiber_sleep(20000);
    MUST_OK(db_run(db, "NOTIFY changed", &err));
    MUST_EQUAL(bell_wait(&l->listening, SECONDS(5)), WAKE_READY);
    fiber_sleep(20000);
    loop_stop(fiber_loop());
    must_answer(db, "SELECT 'asked after the stop'", "asked after the stop");
}

static void test_a_waiting_listener_is_interrupted_notified_and_stopped(void **state)
{
    struct loop *l = loop_new();
    struct listener listener = {.woken = WAKE_READY};

    (void)state;
    fiber_start(l, "listener", run_listener, &listener);
    fiber_start(l, "waker", run_waker, &listener);
    loop_run(l);
    loop_free(l);
    assert_int_equal(listener.woken, WAKE_STOPPING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_copy_out_gives_way_and_stays_in_step),
        cmocka_unit_test(test_copy_in),
        cmocka_unit_test(test_a_server_that_goes_within_a_copy),
        cmocka_unit_test(test_notifications_wake),
        cmocka_unit_test(test_a_waiting_listener_is_interrupted_notified_and_stopped),
    };

    return cmocka_run_group_tests(tests, db_server_start, db_server_stop);
}
