// The clock: the only reader of the time. Business time decides every date and can be set (the
// sample lives in April 2024); monotonic time decides waits.
#pragma once

#include <stdint.h>

// Microseconds since 1970-01-01 00:00 UTC.
typedef int64_t instant;

#define SECONDS(n) ((int64_t)(n)*1000000)

instant clock_real(void);
int64_t clock_monotonic(void); // microseconds; never goes back, nor stands while the machine sleeps

// Business time = business_anchor + (real - real_anchor), running at the speed of real time.
// Both zero (the default) means real time itself.
struct business_clock {
    instant real_anchor;
    instant business_anchor;
};

instant business_now(const struct business_clock *c);

// How long to pause, in microseconds, after something that took so long and is done again and
// again, so that it takes no more than a hundredth of the time: at least `least`, at most 10
// minutes.
int64_t pause_after(int64_t took, int64_t least);
