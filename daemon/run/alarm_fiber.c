// The fiber of the alarm: asks the self-audit, and tells by another way than the outbox what lasts
// for too long. What was seen and told is kept in the store, for other daemons and the next start;
// that the store itself is away, or takes nothing, in memory. Puts the operator's daily mail into
// the outbox too.
#include "agenda_office.h"
#include "alarm.h"
#include "daemon.h"
#include "log.h"
#include "outbox.h"
#include "zone.h"

#include <string.h>

#define LOOK_EVERY SECONDS(10)
#define AGAIN_AFTER SECONDS(86400) // while it lasts
#define CATCH_UP_S 300             // a daemon that was stopped has to do what fell due meanwhile

struct alarm_watch {
    struct daemon *daemon;
    struct db *store;
    struct backoff backoff;
    // Monotonic: since when the store has been away, and when each way told that. 0: it is not, was
    // not.
    int64_t away_at, away_told_at[ALARM_WAYS];
    int64_t started_at;       // monotonic
    int64_t audit_took;       // the last time
    struct date heartbeat_on; // the day whose mail is in the outbox
};

// ------------------------------------------------------------------------ what is known to be told

// Taken for longer than a try lasts, so that another daemon does not tell the same meanwhile. What
// is taken for longer than anybody takes it (with a minute for transactions that wait for one
// another) was taken by a clock that was ahead and has been put right.
#define TAKEN "now() + interval '3 minutes'"
#define IS_FREE "NOT (a.taken_until > now() AND a.taken_until < now() + interval '4 minutes')"
// One alarm of a code from another: since when, and told last before this time.
#define WHICH "concat(faced_since, ' ', told_at)"

// $3: so many seconds this daemon has been at work.
static const char see_sql[] = "INSERT INTO timely.alarm (code, way, faced_since)"
                              " SELECT u.code, $2, now() - make_interval(secs => $3::integer)"
                              " FROM unnest($1::text[]) AS u (code) ON CONFLICT DO NOTHING";
// $3: so many seconds a daemon has to put right what it found.
static const char take_new_sql[] =
    "UPDATE timely.alarm a SET taken_until = " TAKEN " WHERE code = ANY ($1::text[]) AND way = $2"
    " AND NOT (faced_since <= now() AND faced_since > now() - make_interval(secs => $3::integer))"
    " AND (told_at IS NULL OR told_at NOT BETWEEN now() - interval '1 day' AND now())"
    " AND " IS_FREE " RETURNING code, " WHICH;
static const char told_sql[] = "UPDATE timely.alarm SET told_at = now(), taken_until = now()"
                               " WHERE code = ANY ($1::text[]) AND way = $2";
// $1: what is not well. What nobody was told of needs no all-clear.
static const char take_over_sql[] =
    "WITH untold AS (DELETE FROM timely.alarm a WHERE code <> ALL ($1::text[]) AND way = $2"
    " AND told_at IS NULL AND " IS_FREE ")"
    " UPDATE timely.alarm a SET taken_until = " TAKEN " WHERE code <> ALL ($1::text[]) AND way = $2"
    " AND told_at IS NOT NULL AND " IS_FREE " RETURNING code, " WHICH;
static const char over_sql[] =
    "DELETE FROM timely.alarm WHERE code = ANY ($1::text[]) AND way = $2";

// What there is to say one way, and what of it this daemon is to say.
struct alarm_turn {
    struct alarm_watch *watch;
    struct arena *arena;
    enum alarm_way way;
    enum alarm_kind kind;
    struct unwell *ours;
    size_t count;
    const char *which;
};

static int catch_up_s(const struct alarm_watch *w)
{
    int after_s = 60 * w->daemon->config.alarm_after_min;

    return after_s < CATCH_UP_S ? after_s : CATCH_UP_S;
}

static bool take(struct alarm_turn *t, const char *codes, const struct unwell *causes, size_t count,
                 struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;
    bool raised = t->kind == ALARM_RAISED;
    const char *values[] = {codes, alarm_way_word(t->way),
                            arena_printf(t->arena, "%d", catch_up_s(t->watch))};

    if (!db_ask(t->watch->store, raised ? take_new_sql : take_over_sql, raised ? 3 : 2, values, &r,
                err))
        return false;
    t->count = (size_t)PQntuples(r);
    t->ours = ARENA_ARRAY(t->arena, struct unwell, t->count + 1);
    t->which = "";
    for (size_t i = 0; i < t->count; i++) {
        t->ours[i] = (struct unwell){.code = arena_strdup(t->arena, db_text(r, (int)i, 0))};
        t->which = arena_printf(t->arena, "%s %s", t->which, db_text(r, (int)i, 1));
        for (size_t j = 0; j < count; j++)
            if (strcmp(causes[j].code, t->ours[i].code) == 0)
                t->ours[i] = causes[j];
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

static void say(enum alarm_way way, enum alarm_kind kind, const struct unwell *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (kind == ALARM_RAISED)
            log_error("alarm.raised", "code=%s by=%s", list[i].code, alarm_way_word(way));
        else
            log_info("alarm.over", "code=%s by=%s", list[i].code, alarm_way_word(way));
}

// What cannot be told now is tried again when it is no longer taken.
static bool tell(struct alarm_watch *w, enum alarm_way way, enum alarm_kind kind, const char *codes,
                 const struct unwell *causes, size_t count, struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct alarm_turn t = {.watch = w, .arena = a, .way = way, .kind = kind};
    struct error untold;

    if (!take(&t, codes, causes, count, err))
        return false;
    if (t.count == 0 ||
        !alarm_send(&w->daemon->config, way, kind, t.ours, t.count, t.which, clock_real(), &untold))
        return true;
    say(way, kind, t.ours, t.count);

    const char *values[] = {codes_of(a, t.ours, t.count), alarm_way_word(way)};

    return db_ask(w->store, kind == ALARM_RAISED ? told_sql : over_sql, 2, values, NULL, err);
}

// Keeps timely from its work. Whether a daemon is there is no question: whoever asks is one.
static bool is_cause(const struct unwell *u)
{
    return u->stops && strncmp(u->code, "daemon-", strlen("daemon-")) != 0;
}

static size_t causes_of(const struct unwell *list, size_t count, struct unwell *ret)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++)
        if (is_cause(&list[i]))
            ret[kept++] = list[i];
    return kept;
}

// Those of the causes that have lasted, in place.
static size_t lasting(const struct alarm_watch *w, struct unwell *causes, size_t count)
{
    instant before = clock_real() - SECONDS(60) * w->daemon->config.alarm_after_min;
    size_t kept = 0;

    for (size_t i = 0; i < count; i++)
        if (causes[i].since <= before)
            causes[kept++] = causes[i];
    return kept;
}

// From the first moment on, also of what has not lasted yet: so that a daemon that crashes again
// and again does not begin to wait anew each time.
static bool see(struct alarm_watch *w, struct arena *a, enum alarm_way way, const char *codes,
                struct error *err)
{
    const char *values[] = {
        codes, alarm_way_word(way),
        arena_printf(a, "%lld", (long long)((clock_monotonic() - w->started_at) / SECONDS(1)))};

    return db_ask(w->store, see_sql, 3, values, NULL, err);
}

static bool tell_of_changes(struct alarm_watch *w, struct arena *a, struct unwell *list,
                            size_t count, struct error *err)
{
    struct unwell *causes = ARENA_ARRAY(a, struct unwell, count + 1);
    size_t cause_count = causes_of(list, count, causes);
    const char *seen = codes_of(a, causes, cause_count);
    size_t new_count = lasting(w, causes, cause_count);
    const char *new = codes_of(a, causes, new_count), *still = codes_of(a, list, count);

    for (enum alarm_way way = 0; way < ALARM_WAYS; way++)
        if (alarm_has_way(&w->daemon->config, way) &&
            !(see(w, a, way, seen, err) &&
              tell(w, way, ALARM_RAISED, new, causes, new_count, err) &&
              tell(w, way, ALARM_CLEARED, still, NULL, 0, err)))
            return false;
    return true;
}

// ------------------------------------------------------------------------------ the store is away

// True when the way took it.
static bool tell_away(struct alarm_watch *w, enum alarm_way way, enum alarm_kind kind,
                      instant since)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct unwell away = {.code = "store-away",
                          .words = "timely's own database cannot be asked, or takes nothing",
                          .since = since};
    const char *which =
        arena_printf(a, "%lld %lld", (long long)w->away_at, (long long)w->away_told_at[way]);
    struct error untold;
    bool told = alarm_send(&w->daemon->config, way, kind, &away, 1, which, clock_real(), &untold);

    if (told)
        say(way, kind, &away, 1);
    return told;
}

static void note_store_away(struct alarm_watch *w)
{
    const struct config *c = &w->daemon->config;
    int64_t now = clock_monotonic(), since;

    if (!w->away_at)
        w->away_at = now;
    since = now - w->away_at;
    if (since < SECONDS(60) * c->alarm_after_min)
        return;
    for (enum alarm_way way = 0; way < ALARM_WAYS; way++) {
        int64_t *told_at = &w->away_told_at[way];

        if (alarm_has_way(c, way) && !(*told_at && now - *told_at < AGAIN_AFTER) &&
            tell_away(w, way, ALARM_RAISED, clock_real() - since))
            *told_at = clock_monotonic();
    }
}

static void note_store_there(struct alarm_watch *w)
{
    w->away_at = 0;
    for (enum alarm_way way = 0; way < ALARM_WAYS; way++)
        if (w->away_told_at[way] && tell_away(w, way, ALARM_CLEARED, 0))
            w->away_told_at[way] = 0;
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

// A store that answers and takes nothing (made read-only, full, without the standby that its
// commits wait for) is away too: it is there when it has kept what a look wrote.
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
    if (!put_heartbeat_mail(w, a, list, count, err) || !tell_of_changes(w, a, list, count, err) ||
        !db_make_last(w->store, err))
        return false;
    note_store_there(w);
    return true;
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
