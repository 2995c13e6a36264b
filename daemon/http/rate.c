// A bucket is kept as one moment: when it will be full again. Taking one puts that off by the time
// that one takes to fill; a bucket is empty when it would be put off beyond a minute from now. A
// moment that has passed is a full bucket, which is the same as none: that makes its place free.
#include "rate.h"

#include "clock.h"
#include "error.h"

#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#define MINUTE SECONDS(60)
#define SETS 1024 // where a key may stand, by its hash
#define WAYS 8    // places of a set

struct bucket {
    unsigned char key[RATE_KEY_SIZE];
    int64_t full_at;
};

struct rate {
    int64_t one;   // the time in which one flows in
    uint64_t seed; // nobody outside can choose keys that crowd one set
    struct bucket sets[SETS][WAYS];
};

struct rate *rate_new(int per_minute)
{
    struct rate *r = calloc(1, sizeof *r);

    if (!r || RAND_bytes((unsigned char *)&r->seed, sizeof r->seed) != 1)
        out_of_memory();
    r->one = MINUTE / per_minute;
    return r;
}

void rate_free(struct rate *r)
{
    free(r);
}

// The bucket of the key, or else the fullest of its set, made its own.
static struct bucket *find(struct rate *r, const unsigned char key[RATE_KEY_SIZE])
{
    struct bucket *set = r->sets[XXH3_64bits_withSeed(key, RATE_KEY_SIZE, r->seed) % SETS];
    struct bucket *fullest = set;

    for (struct bucket *b = set; b < set + WAYS; b++) {
        if (memcmp(b->key, key, RATE_KEY_SIZE) == 0)
            return b;
        if (b->full_at < fullest->full_at)
            fullest = b;
    }
    memcpy(fullest->key, key, RATE_KEY_SIZE);
    fullest->full_at = 0;
    return fullest;
}

bool rate_take(struct rate *r, const unsigned char key[RATE_KEY_SIZE], int64_t now, int *ret_wait_s)
{
    struct bucket *b = find(r, key);
    const int64_t full_at = (b->full_at > now ? b->full_at : now) + r->one;
    const int64_t wait = full_at - (now + MINUTE);

    if (wait > 0) {
        *ret_wait_s = (int)((wait + SECONDS(1) - 1) / SECONDS(1));
        return false;
    }
    b->full_at = full_at;
    return true;
}
