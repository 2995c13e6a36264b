// Fibers on ucontext and libevent. Event callbacks only mark fibers as ready; ready fibers are
// resumed by loop_run between two turns of the event loop, never from inside a callback, so that
// nothing of libevent or libcurl is ever on the stack below a fiber.
#include "fiber.h"
#include "log.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define UNDER_ASAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) && !defined(UNDER_ASAN)
#define UNDER_ASAN 1
#endif

#ifdef UNDER_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

#define STACK_SIZE ((size_t)512 * 1024)
#define SPARE_MAX 64 // ended fibers whose stacks are kept for the next ones

enum fiber_state { FIBER_SPARE, FIBER_READY, FIBER_RUNNING, FIBER_WAITING };

// Memory that a context runs on, as AddressSanitizer wants it named when stacks are switched.
struct stack {
    const void *bottom;
    size_t size;
    void *fake; // where the sanitizer keeps this context's fake frames while it is away
};

struct fiber {
    struct loop *loop;
    const char *name;
    void (*run)(void *arg);
    void *arg;
    enum fiber_state state;
    enum wake wake;
    bool to_end; // the wait is not cancelled by loop_stop
    struct bell *bell;
    struct event *event;
    ucontext_t context;
    void *mapping; // guard page, then the stack
    struct stack stack;
    struct fiber *next_ready; // also links the spare ones
    struct fiber *previous, *next;
};

struct loop {
    struct event_base *base;
    ucontext_t context;
    struct stack stack;
    struct fiber *ready, **ready_end;
    struct fiber *alive;
    struct fiber *spare;
    size_t spare_count;
    bool stopping;
};

// The running fiber. Calls that wait take no loop or fiber, and makecontext passes no pointer: this
// is what "the calling fiber" means. One a thread.
static _Thread_local struct fiber *current;

static _Noreturn void die(const char *what)
{
    log_error("loop.broken", "reason=\"%s\"", what);
    abort();
}

static size_t page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

static void asan_leave(struct stack *from, const struct stack *to)
{
#ifdef UNDER_ASAN
    __sanitizer_start_switch_fiber(from ? &from->fake : NULL, to->bottom, to->size);
#else
    (void)from;
    (void)to;
#endif
}

static void asan_arrive(void *fake, struct stack *from)
{
#ifdef UNDER_ASAN
    const void *bottom;
    size_t size;

    __sanitizer_finish_switch_fiber(fake, &bottom, &size);
    if (from) { // the loop's own stack is known only from the first switch away from it
        from->bottom = bottom;
        from->size = size;
    }
#else
    (void)fake;
    (void)from;
#endif
}

// Frames that never returned leave their marks; the next user of the memory must not trip on them.
static void asan_forget(const struct stack *s)
{
#ifdef UNDER_ASAN
    __asan_unpoison_memory_region(s->bottom, s->size);
#else
    (void)s;
#endif
}

static void on_libevent_words(int severity, const char *words)
{
    if (severity == EVENT_LOG_WARN || severity == EVENT_LOG_ERR)
        log_warning("loop.event", "reason=\"%s\"", words);
}

struct loop *loop_new(void)
{
    struct loop *l = calloc(1, sizeof(*l));
    struct event_config *config = event_config_new();

    if (!l || !config)
        out_of_memory();
    event_set_log_callback(on_libevent_words);
    // Without the cached time a fiber that computed for seconds would find its next wait already
    // over; with the coarse clock waits would end up to 4 ms early.
    event_config_set_flag(config, EVENT_BASE_FLAG_NO_CACHE_TIME);
    event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
    // A watch that ends and begins again on the same socket costs no system call. Not for sockets
    // that were copied with dup(): there are none here. Closing and opening again is safe.
    event_config_set_flag(config, EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST);
    l->base = event_base_new_with_config(config);
    event_config_free(config);
    if (!l->base)
        die("no event base");
    l->ready_end = &l->ready;
    return l;
}

static void fiber_free(struct fiber *f)
{
    event_free(f->event);
    asan_forget(&f->stack);
    munmap(f->mapping, STACK_SIZE + page_size());
    free(f);
}

void loop_free(struct loop *l)
{
    if (!l)
        return;
    assert(!l->alive && "loop_free: fibers are still alive");
    while (l->spare) {
        struct fiber *f = l->spare;

        l->spare = f->next_ready;
        fiber_free(f);
    }
    event_base_free(l->base);
    free(l);
}

struct event_base *loop_base(struct loop *l)
{
    return l->base;
}

bool loop_stopping(const struct loop *l)
{
    return l->stopping;
}

struct loop *fiber_loop(void)
{
    assert(current && "fiber_loop: not called from a fiber");
    return current->loop;
}

static void make_ready(struct fiber *f)
{
    f->state = FIBER_READY;
    f->next_ready = NULL;
    *f->loop->ready_end = f;
    f->loop->ready_end = &f->next_ready;
}

// Ends the wait of a fiber, once: whatever comes second finds it no longer waiting, and a bell that
// rings from now on remembers it.
static void wake(struct fiber *f, enum wake why)
{
    if (f->state != FIBER_WAITING)
        return;
    f->wake = why;
    event_del(f->event);
    if (f->bell) {
        f->bell->waiter = NULL;
        f->bell = NULL;
    }
    make_ready(f);
}

void loop_stop(struct loop *l)
{
    l->stopping = true;
    for (struct fiber *f = l->alive; f; f = f->next) {
        if (!f->to_end)
            wake(f, WAKE_STOPPING);
    }
}

static void on_event(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    wake(arg, what & (EV_READ | EV_WRITE) ? WAKE_READY : WAKE_TIMEOUT);
}

static struct fiber *fiber_new(struct loop *l)
{
    struct fiber *f = calloc(1, sizeof(*f));
    size_t guard = page_size();

    if (!f)
        out_of_memory();
    f->mapping = mmap(NULL, STACK_SIZE + guard, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
    if (f->mapping == MAP_FAILED || mprotect(f->mapping, guard, PROT_NONE) != 0)
        die("no memory for the stack of a fiber");
    f->loop = l;
    f->stack.bottom = (char *)f->mapping + guard;
    f->stack.size = STACK_SIZE;
    f->event = event_new(l->base, -1, 0, on_event, f);
    if (!f->event)
        out_of_memory();
    return f;
}

// The first frame of every fiber. It never returns: the loop takes the stack back.
static void enter(void)
{
    struct fiber *f = current;

    asan_arrive(NULL, &f->loop->stack);
    f->run(f->arg);
    f->state = FIBER_SPARE;
    asan_leave(NULL, &f->loop->stack);
    setcontext(&f->loop->context);
    abort();
}

static void prepare_context(struct fiber *f)
{
    if (getcontext(&f->context) != 0)
        die("no context for a fiber");
    f->context.uc_stack.ss_sp = (char *)f->mapping + page_size();
    f->context.uc_stack.ss_size = STACK_SIZE;
    f->context.uc_link = NULL;
    makecontext(&f->context, enter, 0);
}

void fiber_start(struct loop *l, const char *name, void (*run)(void *arg), void *arg)
{
    struct fiber *f = l->spare;

    if (f) {
        l->spare = f->next_ready;
        l->spare_count--;
    } else {
        f = fiber_new(l);
    }
    f->name = name;
    f->run = run;
    f->arg = arg;
    f->to_end = false;
    prepare_context(f);
    f->previous = NULL;
    f->next = l->alive;
    if (l->alive)
        l->alive->previous = f;
    l->alive = f;
    make_ready(f);
}

static void retire(struct fiber *f)
{
    struct loop *l = f->loop;

    if (f->next)
        f->next->previous = f->previous;
    *(f->previous ? &f->previous->next : &l->alive) = f->next;
    if (l->spare_count >= SPARE_MAX) {
        fiber_free(f);
        return;
    }
    asan_forget(&f->stack);
    f->next_ready = l->spare;
    l->spare = f;
    l->spare_count++;
}

static void resume(struct fiber *f)
{
    struct loop *l = f->loop;

    f->state = FIBER_RUNNING;
    current = f;
    asan_leave(&l->stack, &f->stack);
    swapcontext(&l->context, &f->context);
    asan_arrive(l->stack.fake, NULL);
    current = NULL;
    if (f->state == FIBER_SPARE)
        retire(f);
}

static void give_way(struct fiber *f)
{
    f->state = FIBER_WAITING;
    asan_leave(&f->stack, &f->loop->stack);
    swapcontext(&f->context, &f->loop->context);
    asan_arrive(f->stack.fake, &f->loop->stack);
}

// Resumes those that are ready now. Fibers that become ready meanwhile wait for the next turn, so
// that a pair that keeps waking each other cannot starve the sockets.
static void run_ready(struct loop *l)
{
    struct fiber *f = l->ready;

    l->ready = NULL;
    l->ready_end = &l->ready;
    while (f) {
        struct fiber *next = f->next_ready;

        resume(f);
        f = next;
    }
}

void loop_run(struct loop *l)
{
    assert(!current && "loop_run: called from a fiber");
    while (l->alive) {
        int result;

        run_ready(l);
        if (!l->alive)
            break;
        result = event_base_loop(l->base, l->ready ? EVLOOP_NONBLOCK : EVLOOP_ONCE);
        if (result < 0)
            die("the event loop failed");
        if (result > 0 && !l->ready) {
            log_error("loop.stuck", "fiber=%s", l->alive->name);
            die("every fiber waits for a bell that nobody can ring");
        }
    }
}

void loop_run_one(struct loop *l, const char *name, void (*run)(void *arg), void *arg)
{
    fiber_start(l, name, run, arg);
    loop_run(l);
}

// Arms the fiber's event (fd -1: a timer alone) and gives way until something wakes it.
static enum wake wait_event(int fd, short what, bool to_end, int64_t timeout_us)
{
    struct fiber *f = current;
    struct timeval tv = {.tv_sec = timeout_us / 1000000, .tv_usec = timeout_us % 1000000};

    assert(f && "a call that waits was made outside a fiber");
    f->to_end = to_end;
    if (fd >= 0 || timeout_us >= 0) {
        event_assign(f->event, f->loop->base, fd, what, on_event, f);
        if (event_add(f->event, timeout_us >= 0 ? &tv : NULL) != 0)
            out_of_memory();
    }
    give_way(f);
    return f->wake;
}

enum wake fiber_sleep(int64_t microseconds)
{
    if (loop_stopping(fiber_loop()))
        return WAKE_STOPPING;
    return wait_event(-1, 0, false, microseconds);
}

static enum wake wait_fd(int fd, bool for_read, bool for_write, bool to_end, int64_t timeout_us)
{
    short what = (short)((for_read ? EV_READ : 0) | (for_write ? EV_WRITE : 0));
    struct pollfd p = {.fd = fd,
                       .events = (short)((for_read ? POLLIN : 0) | (for_write ? POLLOUT : 0))};
    enum wake w;

    if (!to_end && loop_stopping(fiber_loop()))
        return WAKE_STOPPING;
    // libevent would not tell, and the wait not end: whoever waits learns why by using it.
    if (poll(&p, 1, 0) > 0 && p.revents & POLLNVAL)
        return WAKE_READY;
    w = wait_event(fd, what, to_end, timeout_us);
    // When the process itself was held up, the time is over and the answer is there as well.
    if (w == WAKE_TIMEOUT && poll(&p, 1, 0) > 0)
        return WAKE_READY;
    return w;
}

enum wake fiber_wait_fd(int fd, bool for_read, bool for_write, int64_t timeout_us)
{
    return wait_fd(fd, for_read, for_write, false, timeout_us);
}

enum wake fiber_wait_fd_to_end(int fd, bool for_read, bool for_write, int64_t timeout_us)
{
    return wait_fd(fd, for_read, for_write, true, timeout_us);
}

static enum wake wait_bell(struct bell *b, bool to_end, int64_t timeout_us)
{
    assert(current && "a call that waits was made outside a fiber");
    assert(!b->waiter && "two fibers wait for one bell");
    if (!to_end && current->loop->stopping)
        return WAKE_STOPPING;
    if (b->rung) {
        b->rung = false;
        return WAKE_READY;
    }
    b->waiter = current;
    current->bell = b;
    return wait_event(-1, 0, to_end, timeout_us);
}

enum wake bell_wait(struct bell *b, int64_t timeout_us)
{
    return wait_bell(b, false, timeout_us);
}

enum wake bell_wait_to_end(struct bell *b, int64_t timeout_us)
{
    return wait_bell(b, true, timeout_us);
}

void bell_ring(struct bell *b)
{
    if (b->waiter)
        wake(b->waiter, WAKE_READY);
    else
        b->rung = true;
}
