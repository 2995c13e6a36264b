// A place in the pool is free, with or without an open connection, or is lent. Whoever finds none
// queues up, and is handed the next that is given back.
#include "store_pool.h"

#include <assert.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/queue.h>

#define IDLE_MOST SECONDS(60)

struct waiter {
    struct bell bell;
    bool served; // a place is ours
    TAILQ_ENTRY(waiter) place;
};

TAILQ_HEAD(waiters, waiter);

struct idle {
    struct db *db;
    int64_t since; // monotonic
};

struct store_pool {
    const struct db_options *options;
    int most, lent;
    struct idle *idle; // open ones, the last to come back at the end
    int idle_count;
    struct waiters waiters;
};

// Waits for its turn.
static bool take_place(struct store_pool *p, int64_t timeout_us, struct error *err)
{
    struct waiter w = {0};

    if (p->lent < p->most) {
        p->lent++;
        return true;
    }
    TAILQ_INSERT_TAIL(&p->waiters, &w, place);
    (void)bell_wait(&w.bell, timeout_us);
    if (w.served) // even when it came together with the end of our patience
        return true;
    TAILQ_REMOVE(&p->waiters, &w, place);
    return fail(err, FAULT_AWAY, "all %d connections to the store are in use", p->most);
}

static void give_place(struct store_pool *p)
{
    struct waiter *w = TAILQ_FIRST(&p->waiters);

    if (!w) {
        p->lent--;
        return;
    }
    TAILQ_REMOVE(&p->waiters, w, place);
    w->served = true;
    bell_ring(&w->bell);
}

// An idle connection has nothing to say, except that its server is going; and one that has been
// idle for long a firewall may have forgotten.
static bool is_sound(const struct idle *i)
{
    struct pollfd p = {.fd = PQsocket(db_conn(i->db)), .events = POLLIN};

    return p.fd >= 0 && poll(&p, 1, 0) == 0 && clock_monotonic() - i->since < IDLE_MOST;
}

static struct db *take_idle(struct store_pool *p)
{
    while (p->idle_count > 0) {
        const struct idle *i = &p->idle[--p->idle_count];

        if (is_sound(i))
            return i->db;
        db_close(i->db);
    }
    return NULL;
}

bool store_pool_take(struct store_pool *p, int64_t timeout_us, struct db **ret, struct error *err)
{
    if (!take_place(p, timeout_us, err))
        return false;
    *ret = take_idle(p);
    if (*ret || db_open(p->options, ret, err))
        return true;
    give_place(p);
    return false;
}

void store_pool_give(struct store_pool *p, struct db *db, bool sound)
{
    if (sound) {
        assert(p->idle_count < p->most);
        p->idle[p->idle_count++] = (struct idle){db, clock_monotonic()};
    } else {
        db_close(db);
    }
    give_place(p);
}

struct store_pool *store_pool_new(const struct db_options *o, int most)
{
    struct store_pool *p = calloc(1, sizeof *p);

    if (!p)
        out_of_memory();
    p->options = o;
    p->most = most;
    p->idle = calloc((size_t)most, sizeof *p->idle);
    if (!p->idle)
        out_of_memory();
    TAILQ_INIT(&p->waiters);
    return p;
}

void store_pool_free(struct store_pool *p)
{
    if (!p)
        return;
    assert(p->lent == 0);
    for (int i = 0; i < p->idle_count; i++)
        db_close(p->idle[i].db);
    free(p->idle);
    free(p);
}
