// From a published list of bank holidays to a proposal, and from an accepted proposal to the
// calendar. The past is never touched: a list forgets old years, and is sometimes wrong for a day.
#include "bank_holidays.h"

#include "effect.h"
#include "log.h"
#include "outbox.h"
#include "proclaimed.h"
#include "sha256.h"
#include "text.h"

#include <string.h>

// One page of an index has to hold what a hold is about.
#define ABOUT_MAX_BYTES 2500

// ------------------------------------------------------------------------------------ in force

// What the store has for the watch, in one question, since it is asked before every round.
struct glance {
    bool confirmed; // a person has confirmed a proposal
    long long last; // newest row of what is accepted; 0: none
    bool expected;  // the last round was on the calendar that such a row changed
};

static bool glance(const struct daemon *d, struct db *store, struct glance *ret, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;

    if (!db_ask(store,
                "SELECT EXISTS (SELECT FROM timely.hold WHERE kind = 'calendar'"
                " AND decided = 'confirmed' AND applied_at IS NULL),"
                " (SELECT max(proclaimed_id) FROM timely.proclaimed_holiday),"
                " EXISTS (SELECT FROM timely.proclaimed_holiday p JOIN timely.state s"
                " ON p.library = s.rules_version WHERE s.rules_version <> $1)",
                1, &d->library->version, &r, err))
        return false;
    *ret = (struct glance){db_bool(r, 0, 0), db_int(r, 0, 1), db_bool(r, 0, 2)};
    return true;
}

// Rows that nobody can apply, put there by hand, must not stop all other work.
static void put_in_force(struct daemon *d, struct arena *a, const struct holiday_list *list)
{
    struct error problem;

    arena_free(d->proclaimed_arena);
    d->proclaimed_arena = a;
    d->proclaimed = *list;
    if (!library_proclaim(d->library, list->items, list->count, &problem)) {
        log_error("calendar.refused", "reason=\"%s\" kept=%s", problem.text, d->library->version);
        return;
    }
    d->library_number++;
    log_info("calendar.changed", "proclaimed=%zu rules=%s", list->count, d->library->version);
}

static bool apply(struct daemon *d, struct db *store, long long last, struct error *err)
{
    struct arena *a = arena_new();
    struct holiday_list list;

    if (!proclaimed_read(a, store, &list, err)) {
        arena_free(a);
        return false;
    }
    d->proclaimed_last = last;
    if (proclaimed_same(&list, &d->proclaimed))
        arena_free(a);
    else
        put_in_force(d, a, &list);
    return true;
}

bool bank_holidays_apply(struct daemon *d, struct db *store, struct error *err)
{
    struct glance g;

    return glance(d, store, &g, err) && apply(d, store, g.last, err);
}

bool bank_holidays_in_force(struct daemon *d, struct db *store, bool *ret_expected,
                            struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct glance g;

    if (!glance(d, store, &g, err))
        return false;
    if (g.confirmed || g.last != d->proclaimed_last) {
        if (!proclaimed_accept(store, daemon_today(d), instant_iso(a, daemon_now(d)),
                               d->library->version, err) ||
            !bank_holidays_apply(d, store, err) || !glance(d, store, &g, err))
            return false;
    }
    *ret_expected = g.expected;
    return true;
}

// ------------------------------------------------------------------------------------ in words

static bool has_day(const struct holiday_list *list, const struct holiday *h)
{
    for (size_t i = 0; i < list->count; i++)
        if (date_is(list->items[i].on, h->on) && list->items[i].dropped == h->dropped)
            return true;
    return false;
}

static int year_of(struct date d)
{
    int year, month, day;

    date_split(d, &year, &month, &day);
    return year;
}

static void add_days(struct arena *a, struct text *out, const struct workdays *w,
                     const struct holiday_list *change, bool dropped, const char *lead)
{
    size_t said = 0;

    for (size_t i = 0; i < change->count; i++) {
        const struct holiday *h = &change->items[i];

        if (h->dropped != dropped || is_provisional(w, h->on))
            continue;
        text_addf(out, "%s%s (%s)", said++ ? ", " : lead, date_words(a, h->on), h->title);
    }
    if (said)
        text_add(out, ". ");
}

// Years that were not published before are named, not their days.
static void add_years(struct text *out, const struct workdays *w, const struct holiday_list *change)
{
    int last = 0;

    for (size_t i = 0; i < change->count; i++) {
        int year = year_of(change->items[i].on);

        if (!is_provisional(w, change->items[i].on) || year == last)
            continue;
        text_addf(out, "%s%d", last ? ", " : "It has the bank holidays of ", year);
        last = year;
    }
    if (last)
        text_add(out, ", which the calendar could only expect so far. ");
}

static const char *change_words(struct arena *a, const struct workdays *w,
                                const struct holiday_list *change, const struct effect *e)
{
    AUTO(text_done) struct text out = {0};

    add_days(a, &out, w, change, false,
             "The published list of bank holidays has days that the calendar has not: ");
    add_days(a, &out, w, change, true,
             "The published list of bank holidays no longer has days of the calendar: ");
    add_years(&out, w, change);
    text_addf(&out, "If this is accepted: %s", effect_sentence(a, e));
    return arena_strdup(a, text_str(&out));
}

// ------------------------------------------------------------------------------------ proposing

static bool without_decided(struct arena *a, struct db *store, struct holiday_list *change,
                            struct error *err)
{
    struct holiday_list decided;
    size_t kept = 0;

    if (!proclaimed_decided(a, store, &decided, err))
        return false;
    for (size_t i = 0; i < change->count; i++)
        if (!has_day(&decided, &change->items[i]))
            change->items[kept++] = change->items[i];
    change->count = kept;
    return true;
}

static bool measure(struct arena *a, const struct daemon *d, struct db *store,
                    const struct library *l, const struct holiday_list *change, struct effect *ret,
                    struct error *err)
{
    size_t accepted = d->proclaimed.count;
    struct holiday *all = ARENA_ARRAY(a, struct holiday, accepted + change->count);
    struct library *then;
    bool ok;

    for (size_t i = 0; i < accepted; i++)
        all[i] = d->proclaimed.items[i];
    for (size_t i = 0; i < change->count; i++)
        all[accepted + i] = change->items[i];
    if (!library_under(l, all, accepted + change->count, &then, err))
        return false;
    ok = effect_measure(a, store, l, then, daemon_today(d), 0, ret, err);
    library_free(then);
    return ok;
}

static bool tell_operator(struct arena *a, const struct daemon *d, struct db *store,
                          const char *about, const char *text, const char *hold_id,
                          struct error *err)
{
    char hash[65];
    struct outbox_mail m = {
        .kind = "operator",
        .recipient = d->config.operator_email,
        .subject = "timely: bank holidays have changed; please decide",
        .text = arena_printf(a,
                             "%s\n\nNothing has changed yet. `timely check --effect` lists the "
                             "deadlines.\nTo accept: timely hold confirm %s\n"
                             "To keep the calendar as it is: timely hold reject %s\n",
                             text, hold_id, hold_id),
    };
    json_t *message;
    bool ok;

    if (!m.recipient)
        return true;
    sha256_hex(about, strlen(about), hash);
    hash[16] = '\0';
    m.dedupe = arena_printf(a, "operator:calendar:%s", hash);
    message = outbox_message(a, &d->config, &m);
    ok = outbox_put(store, message, daemon_now(d), err);
    json_decref(message);
    return ok;
}

// One proposal is open at a time: a later list replaces it.
static bool put_proposal(struct arena *a, const struct daemon *d, struct db *store,
                         const char *about, const char *text, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;
    const char *values[] = {about, text, instant_iso(a, daemon_now(d))};

    if (!db_ask(
            store,
            "INSERT INTO timely.hold AS h (kind, about, text, opened_at)"
            " VALUES ('calendar', $1, $2, $3::timestamptz)"
            " ON CONFLICT (kind, about) WHERE decided IS NULL DO UPDATE SET text = excluded.text"
            " RETURNING h.hold_id, h.xmax = 0",
            3, values, &r, err))
        return false;
    if (!db_bool(r, 0, 1))
        return true;
    log_warning("calendar.proposed", "hold=%s", db_text(r, 0, 0));
    return tell_operator(a, d, store, about, text, db_text(r, 0, 0), err);
}

static bool resolve_others(struct arena *a, const struct daemon *d, struct db *store,
                           const char *about, struct error *err)
{
    const char *values[] = {about, instant_iso(a, daemon_now(d))};

    return db_ask(store,
                  "UPDATE timely.hold SET decided = 'resolved', decided_at = $2::timestamptz"
                  " WHERE kind = 'calendar' AND decided IS NULL AND about <> $1",
                  2, values, NULL, err);
}

static bool write_proposal(struct arena *a, const struct daemon *d, struct db *store,
                           const char *about, const char *text, struct error *err)
{
    if (!db_begin(store, "", err))
        return false;
    if (resolve_others(a, d, store, about, err) && put_proposal(a, d, store, about, text, err))
        return db_commit(store, err);
    db_rollback(store);
    return false;
}

bool bank_holidays_propose(const struct daemon *d, struct db *store, const char *name,
                           const char *bytes, size_t length, struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    const struct library *l = d->library;
    struct effect effect;
    struct holiday_list list, change;
    const char *about;

    if (!holidays_parse(a, name, bytes, length, ENGLAND_AND_WALES, &list, err))
        return false;
    holidays_compare(a, l->national, &list, daemon_today(d), &change);
    if (!without_decided(a, store, &change, err))
        return false;
    if (change.count == 0)
        return resolve_others(a, d, store, "", err);
    about = proclaimed_about(a, &change);
    if (strlen(about) > ABOUT_MAX_BYTES)
        return fail(err, FAULT_INPUT,
                    "%s: %zu days differ from the calendar, which cannot be right", name,
                    change.count);
    return measure(a, d, store, l, &change, &effect, err) &&
           write_proposal(a, d, store, about, change_words(a, l->national, &change, &effect), err);
}
