// What the daemon's fibers do once, as a program for the tests: reconcile, agenda, deliver, feeds
// or take on a store, at a business time that is given. "reconcile" takes the case database
// beside it.
//
//     run_driver agenda|deliver|feeds CONNINFO CONFIG NOW [all]
//     run_driver reconcile CONNINFO CONFIG NOW SOURCE
//     run_driver rounds CONNINFO CONFIG NOW SOURCE
//     run_driver take CONNINFO CONFIG NOW MAIL       a mail that came to the service's mailbox
//     run_driver fibers CONNINFO CONFIG NOW
//
// prints what was done, a line a thing; 2 for a wrong call or an error. "rounds" reads lines such
// as "deliver 2024-04-02T09:00" from standard input, one round each, and ends each answer with a
// line "done". "fibers" runs these fibers and the mailbox's themselves, from business time NOW on,
// until SIGTERM.
#include "agenda.h"
#include "daemon.h"
#include "deliver.h"
#include "feeds_render.h"
#include "leader.h"
#include "paths.h"
#include "reconcile.h"
#include "replies.h"
#include "timescales.h"
#include "transfer.h"
#include "zone.h"

#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct call {
    struct arena *arena;
    const char *what, *conninfo, *more;
    struct config config;
    struct library *library;
    instant now;
    int status;
};

static bool agenda(struct call *c, struct db *store, const struct directory *d, struct error *err)
{
    struct agenda_report r;

    if (!agenda_round(store, &c->library, &c->config, d, c->now, &r, err))
        return false;
    printf("deadlines=%zu lines=%zu mails=%zu silent=%zu waiting=%zu nobody=%zu next=%s\n",
           r.deadlines, r.lines, r.mails, r.silent, r.waiting, r.nobody,
           r.next_at ? moment_iso(c->arena, london_from_instant(r.next_at)) : "never");
    return true;
}

static bool deliver(struct call *c, struct db *store, const struct directory *d, struct error *err)
{
    struct sender sender = {.name = "driver", .take_over = true};
    struct delivered done = {.count = 1};
    bool ok = true;

    while (ok && done.count > 0) {
        ok = deliver_batch(store, &c->config, d, c->now, &sender, &done, err);
        for (size_t i = 0; ok && i < done.count; i++)
            printf("message=%lld outcome=%s%s\n", done.of[i].message_id,
                   outcome_word(done.of[i].outcome), done.away ? " away" : "");
    }
    sender_done(&sender);
    return ok;
}

static bool feeds(struct call *c, struct db *store, struct error *err)
{
    struct feeds_report r;

    if ((c->more && !(feeds_mark_all(store, err) && timescales_publish(store, c->library, err))) ||
        !feeds_render_dirty(store, &c->library, &c->config, c->now, &r, err))
        return false;
    printf("rendered=%zu changed=%zu\n", r.rendered, r.changed);
    return true;
}

static bool reconcile(struct call *c, struct db *store, const struct directory *d,
                      struct error *err)
{
    AUTO(db_auto_close) struct db *source = NULL;
    struct business_clock clock = {clock_real(), c->now};
    struct reconcile_memory *memory = reconcile_memory_new();
    struct round_report r;
    bool ok = db_open(&(struct db_options){.conninfo = c->more, .role_name = "run_driver"}, &source,
                      err) &&
              reconcile_round(&(struct reconcile_input){.source = source,
                                                        .store = store,
                                                        .library = c->library,
                                                        .config = &c->config,
                                                        .clock = &clock,
                                                        .directory = d,
                                                        .memory = memory,
                                                        .trust = true},
                              &r, err);

    reconcile_memory_free(memory);
    if (ok)
        printf("recorded=%zu deadlines=%zu messages=%zu\n", r.persons_recorded, r.deadlines_changed,
               r.messages);
    return ok;
}

static bool take(struct call *c, struct db *store, const struct directory *d, struct error *err)
{
    static const char *const words[] = {"not", "answer", "bounce", "ignored"};
    struct mail_place place = {.mailbox = "driver", .uid_validity = 1};
    const struct library *library = c->library;
    struct replies_context context = {&c->config, &library, d, c->now, c->now};
    struct incoming m = {.place = &place, .uid = 1};
    struct taken t;
    char *bytes;
    bool told;

    if (!read_whole_file(c->arena, c->more, 1 << 20, &bytes, &m.length, err))
        return false;
    m.bytes = bytes;
    if (!replies_take(c->arena, store, &context, &m, &t, err) ||
        !bounces_tell(store, &c->config, c->now, &told, err))
        return false;
    printf("as=%s why=\"%s\" again=%d mails=%zu told=%d\n", words[t.as], t.why ? t.why : "",
           t.again, t.mails, told);
    return true;
}

static bool do_round(struct call *c, struct db *store, struct error *err)
{
    struct directory *d;
    bool ok;

    if (!directory_read(store, &d, err))
        return false;
    if (strcmp(c->what, "agenda") == 0)
        ok = agenda(c, store, d, err);
    else if (strcmp(c->what, "deliver") == 0)
        ok = deliver(c, store, d, err);
    else if (strcmp(c->what, "reconcile") == 0)
        ok = reconcile(c, store, d, err);
    else if (strcmp(c->what, "take") == 0)
        ok = take(c, store, d, err);
    else
        ok = feeds(c, store, err);
    directory_free(d);
    return ok;
}

// Nothing else runs meanwhile: it may block.
static bool do_rounds(struct call *c, struct db *store, struct error *err)
{
    char what[20], at[20];

    while (scanf("%19s %19s", what, at) == 2) {
        struct moment now;

        if (!moment_parse(at, &now))
            return fail(err, FAULT_INPUT, "\"%s\" is not a time", at);
        c->now = instant_from_london(now);
        c->what = what;
        if (!do_round(c, store, err))
            return false;
        printf("done\n");
    }
    return true;
}

static bool do_call(struct call *c, struct error *err)
{
    AUTO(db_auto_close) struct db *store = NULL;

    if (!db_open(&(struct db_options){.conninfo = c->conninfo, .role_name = "run_driver"}, &store,
                 err))
        return false;
    return strcmp(c->what, "rounds") == 0 ? do_rounds(c, store, err) : do_round(c, store, err);
}

static void run(void *arg)
{
    struct call *c = arg;
    struct error err;

    if (do_call(c, &err))
        return;
    (void)fprintf(stderr, "%s\n", err.text);
    c->status = 2;
}

static void on_term(evutil_socket_t number, short what, void *loop)
{
    (void)number;
    (void)what;
    loop_stop(loop);
}

static void run_fibers(struct loop *loop, struct call *c)
{
    struct daemon d = {.loop = loop,
                       .config = c->config,
                       .library = c->library,
                       .clock = {clock_real(), c->now},
                       .worker_name = leader_name(c->arena)};
    struct event *term = event_new(loop_base(loop), SIGTERM, EV_SIGNAL, on_term, loop);

    d.config.store = c->conninfo;
    event_add(term, NULL);
    fiber_start(loop, "lead", lead_run, &d);
    fiber_start(loop, "beat", beat_run, &d);
    fiber_start(loop, "alarm", alarm_run, &d);
    fiber_start(loop, "agenda", agenda_run, &d);
    fiber_start(loop, "deliver", deliver_run, &d);
    fiber_start(loop, "feeds", feeds_run, &d);
    fiber_start(loop, "mailbox", mailbox_run, &d);
    fiber_start(loop, "inbox", inbox_run, &d);
    loop_run(loop);
    event_free(term);
}

static bool read_call(struct call *c, int argc, char **argv, struct error *err)
{
    struct moment now;

    if (argc < 5 || !moment_parse(argv[4], &now))
        return fail(
            err, FAULT_INPUT,
            "run_driver agenda|deliver|feeds|fibers CONNINFO CONFIG NOW [all], or "
            "reconcile|rounds CONNINFO CONFIG NOW SOURCE, or take CONNINFO CONFIG NOW MAIL");
    c->what = argv[1];
    c->conninfo = argv[2];
    c->now = instant_from_london(now);
    c->more = argc > 5 ? argv[5] : NULL;
    return config_read(c->arena, argv[3], &c->config, err) &&
           library_load(c->config.rules_dir, c->config.overlay, &c->library, err);
}

int main(int argc, char **argv)
{
    struct call c = {.arena = arena_new()};
    struct loop *loop = loop_new();
    struct error err;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!read_call(&c, argc, argv, &err) || !transfer_init(loop, 5, &err)) {
        (void)fprintf(stderr, "%s\n", err.text);
        c.status = 2;
    } else if (strcmp(c.what, "fibers") == 0) {
        run_fibers(loop, &c);
        transfer_done();
    } else {
        loop_run_one(loop, "driver", run, &c);
        transfer_done();
    }
    loop_free(loop);
    library_free(c.library);
    arena_free(c.arena);
    return c.status;
}
