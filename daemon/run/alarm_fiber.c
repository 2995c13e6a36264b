// The fiber of the alarm: asks the self-audit, and tells by another way than the outbox what lasts
// for too long. What was told of is kept in the store, for other daemons and the next start; that
// the store itself is away, in memory. Puts the operator's daily mail into the outbox too.
#include "agenda_plan.h"
#include "alarm.h"
#include "daemon.h"
#include "log.h"
#include "outbox.h"
#include "zone.h"

#include <string.h>

#define LOOK_EVERY SECONDS(10)
#define AGAIN_AFTER SECONDS(86400) // while it lasts
#define CATCH_UP SECONDS(300)      // a daemon that was stopped has to do what fell due meanwhile

struct alarm_watch {
    struct daemon *daemon;
    struct db *store;
    struct backoff backoff;
    // Monotonic: since when the store has been away, and when that was told. 0: it is not, was not.
    int64_t away_at, away_told_at;
    int64_t started_at;       // monotonic
    int64_t audit_took;       // the last time
    struct date heartbeat_on; // the day whose mail is in the outbox
};

// ------------------------------------------------------------------------ what is known to be told

// Taken for longer than a try lasts, so that another daemon does not tell the same meanwhile.
#define TAKEN "now() + interval '3 minutes'"
// One alarm of a code from another: when it was raised, and told last before this time.
#define WHICH "concat(raised_at, ' ', told_at)"

static const char take_new_sql[] =
    "INSERT INTO timely.alarm AS a (code, taken_until)"
    " SELECT code, " TAKEN " FROM unnest($1::text[]) AS u (code)"
    " ON CONFLICT (code) DO UPDATE SET taken_until = excluded.taken_until"
    " WHERE a.taken_until < now() AND (a.told_at IS NULL OR a.told_at < now() - interval '1 day')"
    " RETURNING code, " WHICH;
static const char told_sql[] =
    "UPDATE timely.alarm SET told_at = now(), taken_until = now() WHERE code = ANY ($1::text[])";
// $1: what is not well. What nobody was told of needs no all-clear.
static const char take_over_sql[] =
    "WITH untold AS (DELETE FROM timely.alarm WHERE code <> ALL ($1::text[])"
    " AND told_at IS NULL AND taken_until < now())"
    " UPDATE timely.alarm SET taken_until = " TAKEN " WHERE code <> ALL ($1::text[])"
    " AND told_at IS NOT NULL AND taken_until < now() RETURNING code, " WHICH;
static const char over_sql[] = "DELETE FROM timely.alarm WHERE code = ANY ($1::text[])";

// Those of the causes that this daemon is to tell. *ret_which is added to.
static bool take(struct arena *a, struct db *store, const char *sql, const char *codes,
                 const struct unwell *causes, size_t count, struct unwell **ret, size_t *ret_count,
                 const char **ret_which, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;

    if (!db_ask(store, sql, 1, &codes, &r, err))
        return false;
    *ret_count = (size_t)PQntuples(r);
    *ret = ARENA_ARRAY(a, struct unwell, *ret_count + 1);
    for (size_t i = 0; i < *ret_count; i++) {
        (*ret)[i] = (struct unwell){.code = arena_strdup(a, db_text(r, (int)i, 0))};
        *ret_which = arena_printf(a, "%s %s", *ret_which, db_text(r, (int)i, 1));
        for (size_t j = 0; j < count; j++)
            if (strcmp(causes[j].code, (*ret)[i].code) == 0)
                (*ret)[i] = causes[j];
    }
    return true;
}

static const char *codes_of(struct arena *a, const struct unwell *list, size_t count)
{
    const char **codes = ARENA_ARRAY(a, const char *, count + 1);

    for (size_t i = 0; i < count; i++)
        codes[i] = list[i].code;
    return db_text_array(a, codes, count);
}

static void say(const struct unwell *list, size_t count, enum alarm_kind kind)
{
    for (size_t i = 0; i < count; i++)
        if (kind == ALARM_RAISED)
            log_error("alarm.raised", "code=%s", list[i].code);
        else
            log_info("alarm.over", "code=%s", list[i].code);
}

// What cannot be told now is tried again when it is no longer taken.
static bool tell(struct alarm_watch *w, struct arena *a, enum alarm_kind kind, const char *take_sql,
                 const char *codes, const struct unwell *causes, size_t count, struct error *err)
{
    struct unwell *ours;
    const char *which = "";
    size_t our_count;
    struct error untold;

    if (!take(a, w->store, take_sql, codes, causes, count, &ours, &our_count, &which, err))
        return false;
    if (our_count == 0 ||
        !alarm_send(&w->daemon->config, kind, ours, our_count, which, clock_real(), &untold))
        return true;
    say(ours, our_count, kind);
    codes = codes_of(a, ours, our_count);
    return db_ask(w->store, kind == ALARM_RAISED ? told_sql : over_sql, 1, &codes, NULL, err);
}

// Whether a daemon is there; whoever asks is one.
static bool is_of_daemon(const struct unwell *u)
{
    return strncmp(u->code, "daemon-", strlen("daemon-")) == 0;
}

// Those that have lasted, and keep timely from its work.
static size_t lasting(const struct alarm_watch *w, const struct unwell *list, size_t count,
                      struct unwell *ret)
{
    int64_t after = SECONDS(60) * w->daemon->config.alarm_after_min;
    size_t kept = 0;

    if (clock_monotonic() - w->started_at < (after < CATCH_UP ? after : CATCH_UP))
        return 0;
    for (size_t i = 0; i < count; i++)
        if (list[i].stops && !is_of_daemon(&list[i]) && list[i].since <= clock_real() - after)
            ret[kept++] = list[i];
    return kept;
}

static bool tell_of_changes(struct alarm_watch *w, struct arena *a, struct unwell *list,
                            size_t count, struct error *err)
{
    struct unwell *causes = ARENA_ARRAY(a, struct unwell, count + 1);
    size_t cause_count = lasting(w, list, count, causes);

    return (cause_count == 0 || tell(w, a, ALARM_RAISED, take_new_sql,
                                     codes_of(a, causes, cause_count), causes, cause_count, err)) &&
           tell(w, a, ALARM_CLEARED, take_over_sql, codes_of(a, list, count), NULL, 0, err);
}

// ------------------------------------------------------------------------------ the store is away

static const char *which_away(const struct alarm_watch *w, struct arena *a)
{
    return arena_printf(a, "%lld %lld", (long long)w->away_at, (long long)w->away_told_at);
}

static void note_store_away(struct alarm_watch *w)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    const struct config *c = &w->daemon->config;
    int64_t now = clock_monotonic(), since;
    struct unwell away = {.code = "store-away", .words = "timely's own database cannot be asked"};
    struct error untold;

    if (!w->away_at)
        w->away_at = now;
    since = now - w->away_at;
    if (!alarm_has_way(c) || since < SECONDS(60) * c->alarm_after_min ||
        (w->away_told_at && now - w->away_told_at < AGAIN_AFTER))
        return;
    away.since = clock_real() - since;
    if (!alarm_send(c, ALARM_RAISED, &away, 1, which_away(w, a), clock_real(), &untold))
        return;
    w->away_told_at = clock_monotonic();
    say(&away, 1, ALARM_RAISED);
}

static void note_store_there(struct alarm_watch *w)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct unwell away = {.code = "store-away"};
    struct error untold;

    w->away_at = 0;
    if (!w->away_told_at || !alarm_send(&w->daemon->config, ALARM_CLEARED, &away, 1,
                                        which_away(w, a), clock_real(), &untold))
        return;
    w->away_told_at = 0;
    say(&away, 1, ALARM_CLEARED);
}

// ------------------------------------------------------------------------------- the daily mail

static json_t *heartbeat_mail(struct arena *a, const struct config *c, const char *day,
                              const struct unwell *list, size_t count)
{
    const char *text = "All is well.\n";
    struct outbox_mail m = {.kind = "operator",
                            .dedupe = arena_printf(a, "operator:heartbeat:%s", day),
                            .recipient = c->operator_email,
                            .subject = "timely: all is well"};

    if (count > 0) {
        m.subject = arena_printf(a, "timely: %zu %s not well", count,
                                 count == 1 ? "thing is" : "things are");
        text = "Not well:\n";
    }
    for (size_t i = 0; i < count; i++)
        text = arena_printf(a, "%s- %s\n", text, unwell_sentence(a, &list[i]));
    m.text = arena_printf(a,
                          "%s\nThis mail comes each working day. Should it not come, look at "
                          "\"timely status\".\n",
                          text);
    return outbox_message(a, c, &m);
}

static bool put_heartbeat_mail(struct alarm_watch *w, struct arena *a, const struct unwell *list,
                               size_t count, struct error *err)
{
    struct daemon *d = w->daemon;
    struct date today = daemon_today(d);
    json_t *mail;
    bool ok;

    if (!d->config.heartbeat_mail || d->config.delivery == DELIVERY_OFF ||
        date_is(w->heartbeat_on, today) || !agenda_office_open(d->library, daemon_now(d)))
        return true;
    mail = heartbeat_mail(a, &d->config, date_iso(a, today), list, count);
    ok = outbox_put(w->store, mail, daemon_now(d), err);
    json_decref(mail);
    if (ok) {
        w->heartbeat_on = today;
        bell_ring(&d->outbox_bell);
    }
    return ok;
}

// -------------------------------------------------------------------------------------- a look

static bool look(struct alarm_watch *w, struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct daemon *d = w->daemon;
    struct unwell *list;
    size_t count;
    int64_t began;

    if (!w->store && !daemon_open_store(d, "alarm", &w->store, err))
        return false;
    began = clock_monotonic();
    if (!self_audit(a, w->store, daemon_now(d), &list, &count, err))
        return false;
    w->audit_took = clock_monotonic() - began;
    note_store_there(w);
    return put_heartbeat_mail(w, a, list, count, err) &&
           (!alarm_has_way(&d->config) || tell_of_changes(w, a, list, count, err));
}

void alarm_run(void *daemon)
{
    struct daemon *d = daemon;
    struct alarm_watch w = {
        .daemon = d, .started_at = clock_monotonic(), .heartbeat_on = DATE_NONE};

    while (!loop_stopping(d->loop)) {
        struct error err;
        bool looked;

        d->alarm_at_work_since = clock_monotonic();
        looked = look(&w, &err);
        d->alarm_at_work_since = 0;
        if (looked) {
            backoff_reset(&w.backoff);
            if (fiber_sleep(pause_after(w.audit_took, LOOK_EVERY)) == WAKE_STOPPING)
                break;
            continue;
        }
        db_close(w.store);
        w.store = NULL;
        if (loop_stopping(d->loop))
            break;
        note_store_away(&w);
        if (!backoff_wait(&w.backoff, "alarm.away", &err))
            break;
    }
    db_close(w.store);
}
