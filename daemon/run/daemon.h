// The daemon: what its fibers share. One fiber keeps the lead, one watches, one runs the agenda,
// some deliver, one renders feeds, one takes up what people press, one beats; each is a file that
// reads top to bottom.
#pragma once

#include "backoff.h"
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

// Of several daemons on a store one leads. A term is the time in which a daemon leads under one
// epoch.
struct lead {
    long long epoch;   // 0: another daemon leads, as far as is known
    int64_t until;     // monotonic: from then on the lease may be over
    size_t terms;      // fibers that work in a term
    struct bell ended; // the last of them has ended its term
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
    struct lead lead;
    // Bells: who is to look.
    struct bell
        watch_bell; // the source or the rules changed, a hold was decided, something is dirty
    struct bell agenda_bell;                 // deadlines changed
    struct bell outbox_bell;                 // messages were put in
    struct bell feeds_bell;                  // feeds became dirty
    struct bell holidays_bell, mailbox_bell; // the configuration was read again
    struct bell beat_bell;                   // a term has begun or ended
    // Monotonic: since when these fibers have been at one look; 0: they wait for the next.
    int64_t watch_at_work_since, alarm_at_work_since;
    const char *worker_name; // this process (leader_name): who leads, who claims
};

// Business time, and the day in England that it falls on.
instant daemon_now(const struct daemon *d);
struct date daemon_today(const struct daemon *d);

// Opens the store, or the source, as the configuration says, for a fiber of this name. Waits.
MUST_USE bool daemon_open_store(const struct daemon *d, const char *fiber, struct db **ret,
                                struct error *err);
MUST_USE bool daemon_open_source(const struct daemon *d, const char *fiber, struct db **ret,
                                 struct error *err);

// Whether this daemon leads under this epoch, as far as it can know by itself: counted on its own
// monotonic clock from before the last renewal was sent. What it then writes is checked by the
// store, since a process may be paused between this answer and its deed. False when the daemon is
// stopping.
bool lead_holds(const struct daemon *d, long long epoch);

// The life of a fiber that works only while its daemon leads: waits for a term on the fiber's own
// bell, runs `term`, which returns when lead_holds no longer does, and waits for the next; until
// the daemon stops. What a term has learnt ends with it.
void lead_terms(struct daemon *d, struct bell *bell,
                void (*term)(struct daemon *d, long long epoch));

// The store for such a fiber: what it writes is refused once this term is over. Waits.
MUST_USE bool lead_open_store(const struct daemon *d, long long epoch, const char *fiber,
                              struct db **ret, struct error *err);

// The fibers.
void lead_run(void *daemon);          // one of the daemons on a store leads
void watch_run(void *daemon);         // source → facts → deadlines → store
void agenda_run(void *daemon);        // ladders → digests, alarms
void deliver_run(void *daemon);       // outbox → people
void feeds_run(void *daemon);         // deadlines → rendered feeds
void bank_holidays_run(void *daemon); // published bank holidays → proposals
void mailbox_run(void *daemon);       // answers and bounces → store
void inbox_run(void *daemon);         // what people press on pages → store
void alarm_run(void *daemon);         // self-audit → somebody, by another way than the outbox
void beat_run(void *daemon);          // heartbeat, watchdog
