// The fiber of the bank holidays: fetches the published list once a business day, where one is
// configured, and again after a reload. What goes wrong is logged and tried again later: nothing
// depends on it.
#include "bank_holidays.h"
#include "log.h"
#include "web.h"

#define LIST_MAX_BYTES ((size_t)1 << 20)
#define FETCH_TIMEOUT_S 20
#define AGAIN_AFTER SECONDS(3600) // a failure
#define GLANCE_EVERY SECONDS(30)  // has the business day changed?
#define RECONCILED_GLANCE SECONDS(1)

bool bank_holidays_fetch(struct arena *a, const char *url, const char **ret, size_t *ret_length,
                         struct error *err)
{
    struct web_answer said;
    struct error why;

    if (!web_ask(a,
                 &(struct web_request){.url = url,
                                       .timeout_s = FETCH_TIMEOUT_S,
                                       .answer_most = LIST_MAX_BYTES,
                                       .follow = true},
                 &said, &why))
        return fail(err, FAULT_AWAY, "%s: %s", url, why.text);
    if (said.status != 200)
        return fail(err, FAULT_AWAY, "%s: the server answers %d", url, said.status);
    *ret = said.text;
    *ret_length = said.length;
    return true;
}

// The effect is told from what was accepted, so a first reading must be over. *ret_going_on false:
// the term has ended before.
static bool wait_for_facts(const struct daemon *d, long long epoch, struct db *store,
                           bool *ret_going_on, struct error *err)
{
    *ret_going_on = false;
    while (!*ret_going_on && lead_holds(d, epoch)) {
        AUTO(pgresult_done) PGresult *r = NULL;

        if (!db_ask(store, "SELECT rules_version IS NOT NULL FROM timely.state", 0, NULL, &r, err))
            return false;
        *ret_going_on = db_bool(r, 0, 0);
        if (!*ret_going_on)
            (void)fiber_sleep(RECONCILED_GLANCE);
    }
    return true;
}

static bool look(struct daemon *d, long long epoch, const char *url, struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    AUTO(db_auto_close) struct db *store = NULL;
    const char *bytes;
    size_t length;
    bool going_on;

    if (!bank_holidays_fetch(a, url, &bytes, &length, err) ||
        !lead_open_store(d, epoch, "holidays", &store, err) ||
        !wait_for_facts(d, epoch, store, &going_on, err))
        return false;
    if (!going_on)
        return true;
    if (!bank_holidays_propose(d, store, url, bytes, length, err))
        return false;
    log_info("holidays.read", "bytes=%zu", length);
    bell_ring(&d->outbox_bell);
    return true;
}

struct progress {
    struct date read_on; // business day of the last list that was read
    int64_t again_at;    // after a failure; 0: at once
};

static void once(struct daemon *d, long long epoch, struct progress *p)
{
    const char *url = d->config.bank_holidays_url;
    struct date today = daemon_today(d);
    struct error err = {0};

    if (!url || date_is(p->read_on, today) || clock_monotonic() < p->again_at)
        return;
    if (look(d, epoch, url, &err)) {
        p->read_on = today;
        return;
    }
    p->again_at = clock_monotonic() + AGAIN_AFTER;
    log_warning("holidays.unread", "reason=\"%s\"", err.text);
}

static void follow_list(struct daemon *d, long long epoch)
{
    struct progress p = {.read_on = DATE_NONE};

    while (lead_holds(d, epoch)) {
        once(d, epoch, &p);
        if (bell_wait(&d->holidays_bell, GLANCE_EVERY) == WAKE_READY) // another configuration
            p = (struct progress){.read_on = DATE_NONE};
    }
}

void bank_holidays_run(void *arg)
{
    struct daemon *d = arg;

    lead_terms(d, &d->holidays_bell, follow_list);
}
