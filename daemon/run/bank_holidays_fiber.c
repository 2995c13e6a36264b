// The fiber of the bank holidays: fetches the published list once a business day, where one is
// configured, and again after a reload. What goes wrong is logged and tried again later: nothing
// depends on it.
#include "bank_holidays.h"
#include "log.h"
#include "text.h"
#include "transfer.h"

#include <string.h>

#define LIST_MAX_BYTES (1u << 20)
#define FETCH_TIMEOUT_S 20L
#define CONNECT_TIMEOUT_S 10L
#define AGAIN_AFTER SECONDS(3600) // a failure
#define GLANCE_EVERY SECONDS(30)  // has the business day changed?
#define RECONCILED_GLANCE SECONDS(1)

struct body {
    struct text text;
    bool too_long;
};

static void handle_done(CURL **easy)
{
    curl_easy_cleanup(*easy);
}

static void body_done(struct body *b)
{
    text_done(&b->text);
}

// Runs on the thread of the transfers. What is unpacked counts, so that a small packed list cannot
// become a large one.
static size_t take(char *data, size_t size, size_t count, void *arg)
{
    struct body *b = arg;

    b->too_long |= b->text.length + size * count > LIST_MAX_BYTES;
    if (b->too_long)
        return 0;
    text_add_n(&b->text, data, size * count);
    return size * count;
}

static void set_options(CURL *easy, const char *url, struct body *b, char *words)
{
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    // Once encrypted, always so.
    curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR,
                     strncmp(url, "https:", 6) == 0 ? "https" : "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(easy, CURLOPT_MAXREDIRS, 3L);
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
    curl_easy_setopt(easy, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "timely/" TIMELY_VERSION);
    curl_easy_setopt(easy, CURLOPT_MAXFILESIZE, (long)LIST_MAX_BYTES);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, FETCH_TIMEOUT_S);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, CONNECT_TIMEOUT_S);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, b);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, words);
}

bool bank_holidays_fetch(struct arena *a, const char *url, const char **ret, size_t *ret_length,
                         struct error *err)
{
    AUTO(handle_done) CURL *easy = curl_easy_init();
    AUTO(body_done) struct body b = {0};
    char words[CURL_ERROR_SIZE] = "";
    CURLcode done;

    if (!easy)
        out_of_memory();
    set_options(easy, url, &b, words);
    done = transfer_perform(easy, NULL);
    if (b.too_long || done == CURLE_FILESIZE_EXCEEDED)
        return fail(err, FAULT_AWAY, "%s: longer than %u bytes", url, LIST_MAX_BYTES);
    if (done != CURLE_OK)
        return fail(err, FAULT_AWAY, "%s: %s", url, *words ? words : curl_easy_strerror(done));
    *ret = arena_strndup(a, text_str(&b.text), b.text.length);
    *ret_length = b.text.length;
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
