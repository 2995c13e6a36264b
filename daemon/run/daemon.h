// The daemon: what its fibers share. One fiber watches, one runs the agenda, some deliver, one
// renders feeds, one takes up what people press, one beats; each is a file that reads top to
// bottom.
#pragma once

#include "book.h"
#include "config.h"
#include "directory.h"
#include "library.h"
#include "proclaimed.h"

struct before {
    struct library *library;
    struct arena *config_arena;
    struct before *earlier;
};

struct daemon {
    struct loop *loop;
    struct config config;
    struct arena *config_arena;
    struct library *library; // replaced as a whole on reload; lives on in `before` for who waits
    struct before *before;   // configurations and rules that were replaced, until the end
    unsigned long library_number;   // rises with every reload and change of the calendar
    struct holiday_list proclaimed; // bank holidays that were accepted: the library is on them
    struct arena *proclaimed_arena;
    long long proclaimed_last; // the newest row among them
    struct business_clock clock;
    // Bells: who is to look.
    struct bell
        watch_bell; // the source or the rules changed, a hold was decided, something is dirty
    struct bell agenda_bell;                 // deadlines changed
    struct bell outbox_bell;                 // messages were put in
    struct bell feeds_bell;                  // feeds became dirty
    struct bell holidays_bell, mailbox_bell; // the configuration was read again
    bool source_ok, store_ok;                // of the last try, for status and watchdog
    instant last_round_at;                   // real time at which the watch last finished a round
    const char *worker_name;                 // host and pid: who claims
};

// Business time, and the day in England that it falls on.
instant daemon_now(const struct daemon *d);
struct date daemon_today(const struct daemon *d);

// Opens the store, or the source, as the configuration says, for a fiber of this name. Waits.
MUST_USE bool daemon_open_store(const struct daemon *d, const char *fiber, struct db **ret,
                                struct error *err);
MUST_USE bool daemon_open_source(const struct daemon *d, const char *fiber, struct db **ret,
                                 struct error *err);

// Waits before another try after a failure: 1 s, 4 s, 9 s … at most 60 s, with jitter. Logs the
// error once for a run of equal ones. Returns false when the daemon is stopping.
struct backoff {
    int tries;
    char last[200];
};
bool backoff_wait(struct backoff *b, const char *event, const struct error *err);
void backoff_reset(struct backoff *b);

// The fibers.
void watch_run(void *daemon);         // source → facts → deadlines → store
void agenda_run(void *daemon);        // ladders → digests, alarms
void deliver_run(void *daemon);       // outbox → people
void feeds_run(void *daemon);         // deadlines → rendered feeds
void bank_holidays_run(void *daemon); // published bank holidays → proposals
void mailbox_run(void *daemon);       // answers and bounces → store
void inbox_run(void *daemon);         // what people press on pages → store
void beat_run(void *daemon);          // heartbeat, watchdog, status
