// Token buckets of many callers, in memory that does not grow.
//
// A bucket holds a minute's worth and fills at an even pace. Where more callers than there is room
// for ask at once, the one whose bucket is fullest is forgotten, which gives it a full one.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define RATE_KEY_SIZE 16

struct rate;

// `per_minute` from 1 on.
struct rate *rate_new(int per_minute);
void rate_free(struct rate *r); // NULL is nothing

// Takes one out of the bucket of `key` at `now` (monotonic, microseconds). False when it is empty:
// nothing is taken, and *ret_wait_s are the seconds, from 1 on, until there is one again.
bool rate_take(struct rate *r, const unsigned char key[RATE_KEY_SIZE], int64_t now,
               int *ret_wait_s);
