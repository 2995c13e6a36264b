// The clock: no other file asks the system for the time.
#include "clock.h"

#include <time.h>

static int64_t microseconds(clockid_t id)
{
    struct timespec t;

    // Cannot fail: both clocks exist on every Linux and the address is good.
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

instant clock_real(void)
{
    return microseconds(CLOCK_REALTIME);
}

int64_t clock_monotonic(void)
{
    return microseconds(CLOCK_BOOTTIME);
}

instant business_now(const struct business_clock *c)
{
    return c->business_anchor + (clock_real() - c->real_anchor);
}

int64_t pause_after(int64_t took, int64_t least)
{
    const int64_t most = SECONDS(600), pause = took < most / 100 ? took * 100 : most;

    return pause > least ? pause : least;
}
