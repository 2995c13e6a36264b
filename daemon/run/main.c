// timelyd: reads its configuration, opens its databases, starts its fibers, answers signals.
#include "bank_holidays.h"
#include "daemon.h"
#include "embedded.h"
#include "leader.h"
#include "log.h"
#include "migrate.h"
#include "serve.h"
#include "supervisor.h"
#include "text.h"
#include "transfer.h"
#include "zone.h"

#include <event2/event.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FAREWELL SECONDS(30) // from the end of the last hand-over to that of the process

struct options {
    const char *config, *embedded;
    bool serve, check;
};

static void usage(FILE *to)
{
    fputs("usage: timelyd --config FILE | --embedded DIR [--serve | --check]\n"
          "  --config FILE    the configuration (see timely.yaml(5))\n"
          "  --embedded DIR   a private PostgreSQL in DIR; DIR/timely.yaml is read if it is there\n"
          "  --serve          be the web process: answer for feeds\n"
          "  --check          check the configuration and the rules, print what is in force, and "
          "end\n"
          "  --version\n",
          to);
}

static int read_options(int argc, char **argv, struct options *ret)
{
    static const struct option known[] = {{"config", required_argument, NULL, 'c'},
                                          {"embedded", required_argument, NULL, 'e'},
                                          {"serve", no_argument, NULL, 's'},
                                          {"check", no_argument, NULL, 'k'},
                                          {"version", no_argument, NULL, 'v'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    int c;

    while ((c = getopt_long(argc, argv, "", known, NULL)) != -1)
        switch (c) {
        case 'c':
            ret->config = optarg;
            break;
        case 'e':
            ret->embedded = optarg;
            break;
        case 's':
            ret->serve = true;
            break;
        case 'k':
            ret->check = true;
            break;
        case 'v':
            puts("timelyd " TIMELY_VERSION);
            return 0;
        case 'h':
            usage(stdout);
            return 0;
        default:
            usage(stderr);
            return 2;
        }
    if (optind < argc || !ret->config == !ret->embedded) {
        usage(stderr);
        return 2;
    }
    return -1;
}

static int complain_and_leave(const struct error *err)
{
    fprintf(stderr, "timelyd: %s\n", err->text);
    return err->fault == FAULT_AWAY ? 3 : 2;
}

// ------------------------------------------------------------------------------- configuration

static bool read_config(const struct options *o, struct arena *a, struct config *ret,
                        struct error *err)
{
    const char *file = o->config;

    if (o->embedded) {
        file = arena_printf(a, "%s/timely.yaml", o->embedded);
        if (access(file, F_OK) != 0)
            file = NULL;
    }
    config_defaults(a, ret);
    return !file || config_read(a, file, ret, err);
}

// The rules as they are written, on the calendar that was accepted.
static bool load_rules(const struct daemon *d, const struct config *c, struct library **ret,
                       struct error *err)
{
    struct library *l;

    if (!library_load(c->rules_dir, c->overlay, &l, err))
        return false;
    if (d->proclaimed.count &&
        !library_proclaim(l, d->proclaimed.items, d->proclaimed.count, err)) {
        library_free(l);
        return false;
    }
    *ret = l;
    return true;
}

static bool load(const struct options *o, struct daemon *d, struct embedded *e, struct error *err)
{
    struct arena *a = arena_new();
    struct library *library;
    struct config c;

    if (!read_config(o, a, &c, err) || !load_rules(d, &c, &library, err)) {
        arena_free(a);
        return false;
    }
    if (e) {
        c.source = c.store = c.web_store = embedded_conninfo(e);
        c.source_password_file = c.store_password_file = c.web_password_file = NULL;
        c.source_pooled = false;
    }
    // What stood before may still be read by a fiber that waits; it is small, and reloads are rare.
    if (d->library) {
        struct before *b = ARENA_NEW(d->config_arena, struct before);

        *b = (struct before){d->library, d->config_arena, d->before};
        d->before = b;
    }
    d->config = c;
    d->config_arena = a;
    d->library = library;
    d->library_number++;
    log_set_level((enum log_level)c.log_level);
    return true;
}

// ------------------------------------------------------------------------------- starting

// The store's clock is set once, when the store is new, and shared by daemon and command line.
static bool set_clock(struct daemon *d, struct db *store, struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct book_state state;
    struct moment start;

    if (!book_state_read(a, store, &state, err))
        return false;
    if (!state.clock.real_anchor && d->config.clock) {
        const char *values[2];

        if (!moment_parse(d->config.clock, &start))
            return fail(err, FAULT_INPUT, "clock: \"%s\" is not a moment", d->config.clock);
        state.clock = (struct business_clock){clock_real(), instant_from_london(start)};
        values[0] = arena_printf(a, "%lld", (long long)state.clock.real_anchor);
        values[1] = arena_printf(a, "%lld", (long long)state.clock.business_anchor);
        if (!db_ask(store,
                    "UPDATE timely.state SET real_anchor_us = $1::bigint, business_anchor_us = "
                    "$2::bigint WHERE real_anchor_us = 0",
                    2, values, NULL, err) ||
            !book_state_read(a, store, &state, err)) // another daemon may have been first
            return false;
    }
    if (state.clock.real_anchor && d->config.delivery == DELIVERY_LIVE)
        return fail(
            err, FAULT_INPUT,
            "this store has a business clock of its own; mail cannot be delivered live from it");
    d->clock = state.clock;
    return true;
}

struct start {
    struct daemon *daemon;
    bool embedded;
    bool witnesses; // are started
    bool ok;
    struct error err;
};

static bool prepare(struct start *s, struct error *err)
{
    AUTO(text_done) struct text report = {0};
    AUTO(db_auto_close) struct db *store = NULL;
    struct db *source = NULL;
    bool ok;

    if (!daemon_open_store(s->daemon, "start", &store, err))
        return false;
    if (!s->embedded)
        return migrate_check(store, err) && set_clock(s->daemon, store, err) &&
               bank_holidays_apply(s->daemon, store, err);
    if (!migrate_store(store, &report, err) || !set_clock(s->daemon, store, err) ||
        !bank_holidays_apply(s->daemon, store, err))
        return false;
    ok = db_open(&(struct db_options){.conninfo = s->daemon->config.source,
                                      .role_name = "timelyd start"},
                 &source, err) &&
         migrate_embedded_source(source, s->daemon->config.watch == WATCH_NOTIFY, err);
    db_close(source);
    return ok;
}

// What goes on while the store is away. Once.
static void start_witnesses(struct start *s)
{
    struct loop *l = s->daemon->loop;

    if (s->witnesses)
        return;
    s->witnesses = true;
    fiber_start(l, "alarm", alarm_run, s->daemon);
    fiber_start(l, "beat", beat_run, s->daemon);
    supervisor_ready();
}

static void start_workers(struct daemon *d)
{
    fiber_start(d->loop, "lead", lead_run, d);
    fiber_start(d->loop, "watch", watch_run, d);
    fiber_start(d->loop, "agenda", agenda_run, d);
    fiber_start(d->loop, "deliver", deliver_run, d);
    fiber_start(d->loop, "feeds", feeds_run, d);
    fiber_start(d->loop, "holidays", bank_holidays_run, d);
    fiber_start(d->loop, "mailbox", mailbox_run, d);
    fiber_start(d->loop, "inbox", inbox_run, d);
    log_info("daemon.started", "version=%s rules=%s timescales=%zu", TIMELY_VERSION,
             d->library->version, d->library->timescale_count);
    supervisor_status("at work");
}

// A store that is away is waited for, and the time counts for the alarm: a daemon that ended
// instead would not know at its next start since when. False: the store is wrong, and that ends the
// daemon.
static bool wait_for_store(struct start *s)
{
    struct backoff backoff = {0};

    while (!prepare(s, &s->err)) {
        if (s->err.fault != FAULT_AWAY || s->embedded)
            return false;
        supervisor_status("waiting for the store");
        start_witnesses(s);
        if (!backoff_wait(&backoff, "daemon.waits", &s->err))
            break;
    }
    return true;
}

static void start_fiber(void *arg)
{
    struct start *s = arg;

    s->ok = wait_for_store(s);
    if (!s->ok)
        loop_stop(s->daemon->loop);
    if (loop_stopping(s->daemon->loop))
        return;
    start_witnesses(s);
    start_workers(s->daemon);
}

// ------------------------------------------------------------------------------- signals

struct signals {
    struct daemon *daemon;
    const struct options *options;
    struct embedded *embedded;
    struct event *events[3];
};

static void on_stop(evutil_socket_t signal, short what, void *arg)
{
    struct signals *s = arg;

    (void)what;
    log_info("daemon.stopping", "signal=%d", (int)signal);
    supervisor_stopping(SECONDS(s->daemon->config.smtp_timeout_s) + FAREWELL);
    for (size_t i = 0; i < 3; i++)
        event_del(s->events[i]);
    loop_stop(s->daemon->loop);
}

static void on_reload(evutil_socket_t signal, short what, void *arg)
{
    struct signals *s = arg;
    struct error err;

    (void)signal;
    (void)what;
    supervisor_reloading();
    if (load(s->options, s->daemon, s->embedded, &err)) {
        log_info("daemon.reloaded", "rules=%s", s->daemon->library->version);
        bell_ring(&s->daemon->watch_bell);
        bell_ring(&s->daemon->holidays_bell);
        bell_ring(&s->daemon->mailbox_bell);
    } else {
        log_error("daemon.reload_refused", "reason=\"%s\" kept=%s", err.text,
                  s->daemon->library->version);
    }
    supervisor_ready();
}

static void catch_signals(struct signals *s)
{
    struct event_base *base = loop_base(s->daemon->loop);

    s->events[0] = evsignal_new(base, SIGTERM, on_stop, s);
    s->events[1] = evsignal_new(base, SIGINT, on_stop, s);
    s->events[2] = evsignal_new(base, SIGHUP, on_reload, s);
    for (size_t i = 0; i < 3; i++)
        event_add(s->events[i], NULL);
}

// ------------------------------------------------------------------------------- the two processes

static int run_daemon(const struct options *o, struct daemon *d, struct embedded *e)
{
    struct signals signals = {.daemon = d, .options = o, .embedded = e};
    struct start s = {.daemon = d, .embedded = e != NULL};

    d->loop = loop_new();
    d->worker_name = leader_name(d->config_arena);
    // More than mails at a time: neither the mailbox nor the list of bank holidays nor an alarm
    // waits behind them.
    if (!transfer_init(d->loop, d->config.mails_at_once + 3, &s.err))
        return complain_and_leave(&s.err);
    catch_signals(&signals);
    loop_run_one(d->loop, "start", start_fiber, &s);
    for (size_t i = 0; i < 3; i++)
        event_free(signals.events[i]);
    if (!s.ok)
        return complain_and_leave(&s.err);
    log_info("daemon.stopped", "version=%s", TIMELY_VERSION);
    return 0;
}

// The web process has no other work to prove: that its loop turns is its health.
static void pet_watchdog(void *arg)
{
    (void)arg;
    do
        supervisor_watchdog();
    while (fiber_sleep(supervisor_watchdog_interval()) != WAKE_STOPPING);
}

static void on_listening(void *arg)
{
    (void)arg;
    supervisor_ready();
    if (supervisor_watchdog_interval() > 0)
        fiber_start(fiber_loop(), "watchdog", pet_watchdog, NULL);
}

static int run_service(struct daemon *d)
{
    const struct config *c = &d->config;
    const char *password = NULL;
    struct error err;
    struct serve_options o = {.listen = c->listen,
                              .cert_file = c->tls_cert_file,
                              .key_file = c->tls_key_file,
                              .store = {.conninfo = c->web_store ? c->web_store : c->store,
                                        .role_name = "timelyd serve",
                                        .statement_timeout_ms = 30000},
                              .public_url = c->public_url,
                              .help = c->help,
                              .limits = http_limits_default,
                              .rates = {.per_address = c->requests_per_address,
                                        .unknown_per_address = c->unknown_per_address,
                                        .per_feed = c->requests_per_feed},
                              .identity_is_email = c->identity_is == IDENTITY_MAIL_ADDRESS,
                              .listening = on_listening};

    o.limits.trusted =
        (struct proxies){c->trusted_proxies, c->trusted_proxy_count, c->identity_header};
    if (c->web_password_file &&
        !config_secret(d->config_arena, c->web_password_file, &password, &err))
        return complain_and_leave(&err);
    o.store.password = password;
    return serve_run(&o, &err) ? 0 : complain_and_leave(&err);
}

static int print_check(const struct daemon *d)
{
    AUTO(text_done) struct text out = {0};

    config_print(&out, &d->config);
    fputs(text_str(&out), stdout);
    printf("# %zu timescales, rules %s\n", d->library->timescale_count, d->library->version);
    return 0;
}

int main(int argc, char **argv)
{
    struct options o = {0};
    struct daemon d = {0};
    struct embedded *e = NULL;
    struct error err;
    int status = read_options(argc, argv, &o);

    if (status >= 0)
        return status;
    if (o.embedded && !o.check && !embedded_open(o.embedded, &e, &err))
        return complain_and_leave(&err);
    if (!load(&o, &d, e, &err))
        status = complain_and_leave(&err);
    else
        status = o.check ? print_check(&d) : o.serve ? run_service(&d) : run_daemon(&o, &d, e);
    if (e)
        embedded_close(e);
    while (d.before) {
        struct before b = *d.before; // it lives in its own configuration's arena

        library_free(b.library);
        arena_free(b.config_arena);
        d.before = b.earlier;
    }
    library_free(d.library);
    arena_free(d.proclaimed_arena);
    arena_free(d.config_arena);
    return status;
}
