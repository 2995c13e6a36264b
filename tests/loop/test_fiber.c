// Fibers: order of sleeps, bells, stopping, stacks.
#include "fixture.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define MANY 1000
#define MS INT64_C(1000)

// Sleeps

struct sleeper {
    int64_t until;
    int number;
};

static int woken[MANY], woken_count;

static void sleep_until(void *arg)
{
    struct sleeper *s = arg;

    int64_t left = s->until - clock_monotonic();

    MUST_EQUAL(fiber_sleep(left > 0 ? left : 0), WAKE_TIMEOUT);
    MUST(clock_monotonic() >= s->until);
    woken[woken_count++] = s->number;
}

static void test_a_thousand_sleepers_wake_in_order(void **state)
{
    static struct sleeper sleepers[MANY];
    struct loop *l = loop_new();
    int64_t start = clock_monotonic() + 500 * MS;

    (void)state;
    woken_count = 0;
    for (int i = 0; i < MANY; i++) {
        int number = i * 7 % MANY; // neither the order of starting nor its reverse

        sleepers[i] = (struct sleeper){.until = start + number * MS, .number = number};
        fiber_start(l, "sleeper", sleep_until, &sleepers[i]);
    }
    loop_run(l);
    assert_int_equal(woken_count, MANY);
    // Each would be in its place but for the moments in which the machine did something else.
    for (int i = 0, highest = 0; i < MANY; i++) {
        assert_in_range(highest - woken[i] + 100, 0, 200);
        highest = woken[i] > highest ? woken[i] : highest;
    }
    loop_free(l);
}

static void compute_then_sleep(void *arg)
{
    int64_t start = clock_monotonic();

    (void)arg;
    while (clock_monotonic() < start + 40 * MS)
        ;
    start = clock_monotonic();
    MUST_EQUAL(fiber_sleep(20 * MS), WAKE_TIMEOUT);
    MUST(clock_monotonic() - start >= 20 * MS);
}

static void test_a_sleep_after_long_work_is_not_cut_short(void **state)
{
    (void)state;
    in_fiber(compute_then_sleep, NULL);
}

// Starting and ending

static int finished;

static void finish(void *arg)
{
    (void)arg;
    finished++;
}

static void start_more(void *arg)
{
    (void)arg;
    for (int i = 0; i < 5000; i++) {
        int before = finished;

        fiber_start(fiber_loop(), "short", finish, NULL);
        MUST_EQUAL(finished, before); // it first runs from the loop
        if (i % 50 == 0)
            fiber_sleep(0);
    }
}

static void test_fibers_start_fibers_and_their_stacks_are_used_again(void **state)
{
    (void)state;
    finished = 0;
    in_fiber(start_more, NULL);
    assert_int_equal(finished, 5000);
}

static size_t fill_stack(int depth)
{
    char frame[16 * 1024];

    memset(frame, depth, sizeof(frame));
    if (depth > 0 && fill_stack(depth - 1) != sizeof(frame))
        return 0;
    fiber_sleep(0);
    for (size_t i = 0; i < sizeof(frame); i++)
        MUST_EQUAL(frame[i], depth);
    return sizeof(frame);
}

static void use_stack(void *arg)
{
    (void)arg;
    MUST(fill_stack(20) > 0);
    finished++;
}

static void test_deep_stacks_keep_their_contents_over_waits(void **state)
{
    struct loop *l = loop_new();

    (void)state;
    finished = 0;
    for (int i = 0; i < 20; i++)
        fiber_start(l, "deep", use_stack, NULL);
    loop_run(l);
    loop_free(l);
    assert_int_equal(finished, 20);
}

// Bells

struct pair {
    struct bell ping, pong;
    int rounds;
};

static void play_ping(void *arg)
{
    struct pair *p = arg;

    for (int i = 0; i < 10000; i++) {
        bell_ring(&p->pong);
        MUST_EQUAL(bell_wait(&p->ping, -1), WAKE_READY);
    }
}

static void play_pong(void *arg)
{
    struct pair *p = arg;

    for (int i = 0; i < 10000; i++) {
        MUST_EQUAL(bell_wait(&p->pong, SECONDS(10)), WAKE_READY);
        p->rounds++;
        bell_ring(&p->ping);
    }
}

static void test_two_fibers_ring_each_other(void **state)
{
    struct loop *l = loop_new();
    struct pair p = {0};

    (void)state;
    fiber_start(l, "ping", play_ping, &p);
    fiber_start(l, "pong", play_pong, &p);
    loop_run(l);
    loop_free(l);
    assert_int_equal(p.rounds, 10000);
}

static void ring_early(void *arg)
{
    struct bell *b = arg;

    bell_ring(b);
    bell_ring(b);
    MUST_EQUAL(bell_wait(b, -1), WAKE_READY);
    MUST_EQUAL(bell_wait(b, 10 * MS), WAKE_TIMEOUT);
    MUST(!b->waiter);
    bell_ring(b);
    MUST_EQUAL(bell_wait(b, 0), WAKE_READY);
}

static void test_a_bell_remembers_one_ring(void **state)
{
    struct bell b = {0};

    (void)state;
    in_fiber(ring_early, &b);
}

// Stopping

struct stop {
    struct bell bell, last;
    int fds[2];
    int cancelled, completed;
};

static void stop_asleep(void *arg)
{
    struct stop *s = arg;

    MUST_EQUAL(fiber_sleep(SECONDS(1000)), WAKE_STOPPING);
    MUST(loop_stopping(fiber_loop()));
    MUST_EQUAL(fiber_sleep(SECONDS(1000)), WAKE_STOPPING);
    s->cancelled++;
}

static void stop_at_bell(void *arg)
{
    struct stop *s = arg;

    MUST_EQUAL(bell_wait(&s->bell, -1), WAKE_STOPPING);
    MUST_EQUAL(bell_wait(&s->bell, -1), WAKE_STOPPING);
    s->cancelled++;
}

static void stop_at_socket(void *arg)
{
    struct stop *s = arg;

    MUST_EQUAL(fiber_wait_fd(s->fds[0], true, false, -1), WAKE_STOPPING);
    s->cancelled++;
}

static void read_to_end(void *arg)
{
    struct stop *s = arg;
    char c;

    MUST_EQUAL(fiber_wait_fd_to_end(s->fds[0], true, false, 20 * MS), WAKE_TIMEOUT);
    MUST_EQUAL(fiber_wait_fd_to_end(s->fds[0], true, false, -1), WAKE_READY);
    MUST_EQUAL(read(s->fds[0], &c, 1), 1);
    s->completed++;
}

static void wait_bell_to_end(void *arg)
{
    struct stop *s = arg;

    MUST_EQUAL(bell_wait_to_end(&s->last, -1), WAKE_READY);
    MUST_EQUAL(write(s->fds[1], "x", 1), 1);
    s->completed++;
}

static void stop_all(void *arg)
{
    struct stop *s = arg;

    MUST_EQUAL(fiber_sleep(50 * MS), WAKE_TIMEOUT);
    loop_stop(fiber_loop());
    bell_ring(&s->last);
}

static void test_stopping_cancels_waits_and_lets_work_in_flight_finish(void **state)
{
    void (*const runs[])(void *) = {stop_asleep, stop_at_bell,     stop_at_socket,
                                    read_to_end, wait_bell_to_end, stop_all};
    struct loop *l = loop_new();
    struct stop s = {0};

    (void)state;
    assert_int_equal(pipe(s.fds), 0);
    for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++)
        fiber_start(l, "stopped", runs[i], &s);
    loop_run(l);
    loop_free(l);
    close(s.fds[0]);
    close(s.fds[1]);
    assert_int_equal(s.cancelled, 3);
    assert_int_equal(s.completed, 2);
}

// Sockets

static void watch_closed(void *arg)
{
    (void)arg;
    MUST_EQUAL(fiber_wait_fd(9999, true, false, -1), WAKE_READY);
}

static void test_a_bad_descriptor_counts_as_ready(void **state)
{
    (void)state;
    in_fiber(watch_closed, NULL);
}

// Our own mistakes end the process

static int signal_of(void (*mistake)(void))
{
    int status;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        setrlimit(RLIMIT_CORE, &(struct rlimit){0});
        (void)freopen("/dev/null", "w", stderr);
        (void)freopen("/dev/null", "w", stdout);
        (void)signal(SIGABRT, SIG_DFL);
        (void)signal(SIGSEGV, SIG_DFL);
        mistake();
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void sleep_outside(void)
{
    fiber_sleep(0);
}

static void wait_for_nobody(void *arg)
{
    bell_wait(arg, -1);
}

static void get_stuck(void)
{
    struct bell b = {0};

    in_fiber(wait_for_nobody, &b);
}

// Deeper than a stack of 512 KiB.
static int overflow(int depth)
{
    volatile char frame[4096];

    frame[0] = (char)depth;
    return depth == 0 ? 0 : overflow(depth - 1) + frame[0];
}

static void run_overflow(void *arg)
{
    (void)arg;
    overflow(1000);
}

static void overrun(void)
{
    in_fiber(run_overflow, NULL);
}

static void test_mistakes_are_fatal(void **state)
{
    (void)state;
    assert_int_equal(signal_of(sleep_outside), SIGABRT);
    assert_int_equal(signal_of(get_stuck), SIGABRT);
    assert_int_equal(signal_of(overrun), SIGSEGV); // the guard page, not a neighbour's stack
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_thousand_sleepers_wake_in_order),
        cmocka_unit_test(test_a_sleep_after_long_work_is_not_cut_short),
        cmocka_unit_test(test_fibers_start_fibers_and_their_stacks_are_used_again),
        cmocka_unit_test(test_deep_stacks_keep_their_contents_over_waits),
        cmocka_unit_test(test_two_fibers_ring_each_other),
        cmocka_unit_test(test_a_bell_remembers_one_ring),
        cmocka_unit_test(test_stopping_cancels_waits_and_lets_work_in_flight_finish),
        cmocka_unit_test(test_a_bad_descriptor_counts_as_ready),
        cmocka_unit_test(test_mistakes_are_fatal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
