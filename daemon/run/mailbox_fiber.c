// The fiber of the mailbox: looks into it at an interval, where one is configured, and takes what
// is new and ours. One look is one connection, and one or two commands where nothing is new.
#include "daemon.h"
#include "imap.h"
#include "log.h"
#include "mail_proof.h"
#include "mail_read.h"
#include "oauth.h"
#include "replies.h"
#include "zone.h"

#define GLANCE_EVERY SECONDS(30) // is one configured by now?
#define FIRST_DAYS 3             // a first look takes mails that are no older
#define MAILS_A_LOOK 500
#define TRIES_MOST 3 // looks that may end at the same mail

// What is kept from look to look, for a term.
struct watch {
    struct daemon *daemon;
    struct db *store;
    struct backoff backoff;
    uint32_t hard_uid; // the mail at which looks have ended
    int hard_tries;
};

struct look {
    struct watch *watch;
    struct config config; // as it was when the look began: a reload in between is for the next one
    struct arena *arena;
    struct imap *imap;
    struct directory *directory; // read when it is first needed
    struct mail_place place;
    uint32_t *uids;
    size_t count, next;
    size_t mails; // put into the outbox
};

static void look_done(struct look *l)
{
    imap_close(l->imap);
    directory_free(l->directory);
    arena_free(l->arena);
}

static bool open_mailbox(struct look *l, struct error *err)
{
    const struct config *c = &l->config;
    struct mail_proof proof;
    bool denied = false;

    if (!mail_proof(l->arena, c, c->imap_password_file, &proof, err))
        return false;
    if (imap_open(&(struct mail_server){.url = c->imap_url,
                                        .user = c->imap_user,
                                        .password = proof.password,
                                        .bearer = proof.bearer,
                                        .require_tls = c->imap_require_tls,
                                        .ca_file = c->imap_ca_file,
                                        .timeout_s = c->imap_timeout_s},
                  &l->imap, &denied, err))
        return true;
    if (denied && proof.bearer)
        oauth_refused(proof.bearer);
    return false;
}

// --------------------------------------------------------------------------------- what is new

static struct date first_day(void)
{
    return date_add_days(london_from_instant(clock_real()).on, -FIRST_DAYS);
}

// The last UID before the first one that is to be looked at.
static uint32_t before(const struct look *l, const struct imap_folder *f)
{
    if (l->count)
        return l->uids[0] - 1;
    return f->uid_next ? f->uid_next - 1 : 0;
}

// A mailbox that is new to us, or was made anew: its old mails are left.
static bool begin_at(struct look *l, const struct imap_folder *f, struct error *err)
{
    if (!imap_uids(l->imap, l->arena, 1, first_day(), &l->uids, &l->count, err))
        return false;
    l->place.uid_validity = f->uid_validity;
    l->place.last_uid = before(l, f);
    l->place.known = true;
    log_info("mailbox.begun", "mails=%zu", l->count);
    return mail_place_write(l->watch->store, &l->place, err);
}

static bool find_new(struct look *l, struct error *err)
{
    const char *key = mail_place_key(l->arena, &l->config);
    struct imap_folder f;

    if (!mail_place_read(l->watch->store, key, &l->place, err) ||
        !imap_examine(l->imap, l->config.imap_folder, &f, err))
        return false;
    if (!l->place.known || l->place.uid_validity != f.uid_validity)
        return begin_at(l, &f, err);
    if (f.uid_next && f.uid_next <= l->place.last_uid + 1)
        return true;
    return imap_uids(l->imap, l->arena, l->place.last_uid + 1, DATE_NONE, &l->uids, &l->count, err);
}

// ----------------------------------------------------------------------------------- one mail

static void report(const struct taken *t, uint32_t uid)
{
    if (t->again)
        return;
    if (t->as == TAKEN_ANSWER)
        log_info("mailbox.answer", "object=%lld mails=%zu", t->object_id, t->mails);
    else if (t->as == TAKEN_BOUNCE)
        log_warning("mailbox.bounce", "mails=%zu", t->mails);
    else if (t->as == TAKEN_IGNORED)
        log_info("mailbox.ignored", "object=%lld reason=%s", t->object_id, t->why);
    else
        log_info("mailbox.left", "uid=%u reason=\"%s\"", uid, t->why);
}

static bool take(struct look *l, uint32_t uid, const char *bytes, size_t length, struct error *err)
{
    struct daemon *d = l->watch->daemon;
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct incoming m = {&l->place, uid, bytes, length};
    struct taken t;

    if (!l->directory && !directory_read(l->watch->store, &l->directory, err))
        return false;
    // The library may be replaced while this waits.
    const struct library *const *library = (const struct library *const *)&d->library;
    struct replies_context c = {&d->config, library, l->directory, daemon_now(d), clock_real()};

    if (!replies_take(a, l->watch->store, &c, &m, &t, err))
        return false;
    report(&t, uid);
    l->mails += t.mails;
    return true;
}

static bool is_hard(const struct watch *w, uint32_t uid)
{
    return w->hard_uid == uid && w->hard_tries >= TRIES_MOST;
}

// Fetched only where it can be one of ours.
static bool look_at(struct look *l, uint32_t uid, struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    const char *structure, *bytes;
    size_t length;

    if (is_hard(l->watch, uid)) {
        log_error("mailbox.passed-over", "uid=%u tries=%d", uid, l->watch->hard_tries);
        return true;
    }
    if (!imap_structure(l->imap, a, uid, &structure, err))
        return false;
    if (!structure || !mail_may_matter(structure))
        return true;
    if (!imap_mail(l->imap, a, uid, MAIL_READ_BYTES_MAX + 1, &bytes, &length, err))
        return false;
    return !bytes || take(l, uid, bytes, length, err);
}

// A mail that ends look after look, whatever it is made of, must not end them for ever. That the
// store is away is not its doing.
static void blame(struct watch *w, uint32_t uid, const struct error *err)
{
    struct error ignored;

    if (err->fault == FAULT_AWAY && !db_ask(w->store, "SELECT", 0, NULL, NULL, &ignored))
        return;
    w->hard_tries = w->hard_uid == uid ? w->hard_tries + 1 : 1;
    w->hard_uid = uid;
}

// --------------------------------------------------------------------------------------- a look

static bool take_all(struct look *l, struct error *err)
{
    struct watch *w = l->watch;
    uint32_t last = l->place.last_uid;

    for (; l->next < l->count && l->next < MAILS_A_LOOK; l->next++) {
        if (!look_at(l, l->uids[l->next], err)) {
            blame(w, l->uids[l->next], err);
            return false;
        }
        last = l->uids[l->next];
    }
    if (last == l->place.last_uid)
        return true;
    l->place.last_uid = last;
    return mail_place_write(w->store, &l->place, err);
}

static bool look(struct watch *w, bool *ret_more, struct error *err)
{
    struct daemon *d = w->daemon;
    AUTO(look_done) struct look l = {.watch = w, .config = d->config, .arena = arena_new()};
    bool told;

    if (!open_mailbox(&l, err) || !find_new(&l, err) || !take_all(&l, err) ||
        !bounces_tell(w->store, &d->config, daemon_now(d), &told, err))
        return false;
    if (l.mails || told)
        bell_ring(&d->outbox_bell);
    *ret_more = l.next < l.count;
    return mail_place_looked(w->store, l.place.mailbox, NULL, err);
}

// Why the mailbox was not read is said where `timely status` finds it, if the store can be reached.
static void say_problem(struct watch *w, const struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct error ignored;
    const char *key = mail_place_key(a, &w->daemon->config);

    if (!w->store || !mail_place_looked(w->store, key, err->text, &ignored)) {
        db_close(w->store);
        w->store = NULL;
    }
}

static bool wait_to_go_on(struct watch *w, bool more)
{
    const struct config *c = &w->daemon->config;
    int64_t wait = !c->imap_url ? GLANCE_EVERY : more ? 1 : SECONDS(c->mailbox_every_s);

    return bell_wait(&w->daemon->mailbox_bell, wait) != WAKE_STOPPING;
}

static void read_mailbox(struct daemon *d, long long epoch)
{
    struct watch w = {.daemon = d};
    bool going_on = true;

    while (going_on && lead_holds(d, epoch)) {
        struct error err;
        bool more = false;

        if (!d->config.imap_url ||
            ((w.store || lead_open_store(d, epoch, "mailbox", &w.store, &err)) &&
             look(&w, &more, &err))) {
            backoff_reset(&w.backoff);
            going_on = wait_to_go_on(&w, more);
            continue;
        }
        if (!lead_holds(d, epoch))
            break;
        say_problem(&w, &err);
        going_on = backoff_wait(&w.backoff, "mailbox.unread", &err);
    }
    db_close(w.store);
}

// One reader a store.
void mailbox_run(void *daemon)
{
    struct daemon *d = daemon;

    lead_terms(d, &d->mailbox_bell, read_mailbox);
}
