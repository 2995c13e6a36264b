// Fibers: straight-line code on one event loop.
//
// Work that waits (a database, a mail server, a date) runs in a fiber: a function with a stack of
// its own that gives way whenever it would block and goes on when the wait is over. One fiber runs
// at a time and only a call that says "waits" gives way, so nothing needs a lock. The daemon and
// the command line run the same code.
#pragma once

#include "clock.h"
#include "error.h"

struct event_base;
struct loop;
struct fiber;

struct loop *loop_new(void);
void loop_free(struct loop *l);
struct event_base *loop_base(struct loop *l);

// Runs until no fiber is left or loop_stop is called.
void loop_run(struct loop *l);
// Asks every wait to end early (it returns as cancelled) so that fibers finish; loop_run then
// returns.
void loop_stop(struct loop *l);
bool loop_stopping(const struct loop *l);

// Starts a fiber; it first runs from the loop, not from this call. `name` is for the log and must
// outlive it. The fiber ends when `run` returns.
void fiber_start(struct loop *l, const char *name, void (*run)(void *arg), void *arg);

// Runs one function as a fiber to its end: the whole of a command line program.
void loop_run_one(struct loop *l, const char *name, void (*run)(void *arg), void *arg);

// The loop of the running fiber.
struct loop *fiber_loop(void);

enum wake { WAKE_READY, WAKE_TIMEOUT, WAKE_STOPPING };

// Waits. Real time; a negative timeout waits for ever; a sleep that is over answers WAKE_TIMEOUT.
// After loop_stop waits return WAKE_STOPPING at once, except the …_to_end ones, for finishing what
// is in flight (bounded by its timeout).
enum wake fiber_sleep(int64_t microseconds);
enum wake fiber_wait_fd(int fd, bool for_read, bool for_write, int64_t timeout_us);
enum wake fiber_wait_fd_to_end(int fd, bool for_read, bool for_write, int64_t timeout_us);

// A bell wakes whoever waits for it; ringing it while nobody waits is remembered once.
struct bell {
    struct fiber *waiter;
    bool rung;
};
enum wake bell_wait(struct bell *b, int64_t timeout_us);
enum wake bell_wait_to_end(struct bell *b, int64_t timeout_us);
void bell_ring(struct bell *b); // may be called from anywhere on the loop's thread
