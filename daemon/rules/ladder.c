// Ladders laid on one deadline. Days are found first, on the local calendar, then the morning of
// that day on which people can be told. Only a clock in hours whose profile speaks at once keeps
// its own minute.
#include "ladder.h"

#include "zone.h"

#include <string.h>

struct climb {
    struct arena *arena;
    const struct library *library;
    const struct deadline *deadline;
    struct date starts_on;     // DATE_NONE when nobody knows since when the clock is known
    struct moment starts, due; // due: the last minute in time
    struct date base;          // last local working day on or before the due date
    struct telling *tellings;
    size_t count, room;
};

// A clock that counts back from a meeting is known since the meeting was booked.
static struct moment start_of(const struct deadline *d)
{
    bool back = counts_back(d->clause);

    if (back && (!d->trigger || date_cmp(d->trigger->recorded.on, d->due_on) > 0))
        return MOMENT_NONE;
    if (back)
        return d->trigger->recorded;
    return d->trigger ? d->trigger->at : (struct moment){d->trigger_on, -1};
}

// ---------------------------------------------------------------------------------- which morning

static struct moment opening(const struct climb *c, struct date on)
{
    return (struct moment){on, c->library->office.day[date_weekday(on)].opens};
}

static struct moment morning_from(const struct climb *c, struct moment m)
{
    const struct office_hours *o = &c->library->office;
    struct moment open = office_open_on_or_after(o, c->library->local, m);

    // Within hours the morning is over already, and the next one is meant.
    if (date_known(open.on) && open.minute != opening(c, open.on).minute)
        open = office_open_on_or_after(o, c->library->local,
                                       (struct moment){date_add_days(open.on, 1), 0});
    return open;
}

static struct moment last_morning_in_time(const struct climb *c)
{
    struct moment last = office_close_on_or_before(&c->library->office, c->library->local, c->due);

    return date_known(last.on) ? opening(c, last.on) : last;
}

// The morning on which a rung that should be heard in time is said: the next, unless that is too
// late and an earlier one does not come before the clock itself.
static struct moment in_time(const struct climb *c, struct moment m)
{
    struct moment next = morning_from(c, m), last;

    if (date_known(next.on) && moment_cmp(next, c->due) <= 0)
        return next;
    last = last_morning_in_time(c);
    if (date_known(last.on) && (!date_known(c->starts_on) || date_cmp(last.on, c->starts_on) >= 0))
        return last;
    return next;
}

// The first day of a week on which people can be told, for a day of that week.
static struct date list_day(const struct climb *c, struct date on)
{
    struct date monday = date_add_days(on, -date_weekday(on));

    return office_open_on_or_after(&c->library->office, c->library->local,
                                   (struct moment){monday, 0})
        .on;
}

// ------------------------------------------------------------------------------------- which day

static struct moment part_elapsed(const struct climb *c, int percent)
{
    const struct deadline *d = c->deadline;
    int days;

    if (!date_known(c->starts_on))
        return MOMENT_NONE;
    days = d->due_on.day - c->starts_on.day;
    if (d->due_at.minute >= 0 && c->starts.minute >= 0) {
        instant from = instant_from_london(c->starts), to = instant_from_london(d->due_at);

        return london_from_instant(from + (to - from) / 100 * percent);
    }
    return (struct moment){date_add_days(c->starts_on, (days * percent + 99) / 100), -1};
}

static struct moment apart(const struct climb *c, struct span span)
{
    struct moment from = {c->base, -1}, m;
    bool provisional;
    struct error ignored;

    if (span.unit != WORKING_DAYS)
        from = c->deadline->due_at;
    return span_apply(c->library->local, span, from, &m, &provisional, &ignored) ? m : MOMENT_NONE;
}

static bool is_booked(const struct deadline *d)
{
    return d->booking && !d->booking->cancelled;
}

static bool is_booked_late(const struct deadline *d)
{
    return is_booked(d) && date_cmp(d->booking->at.on, d->due_on) > 0;
}

// Since it is known here; of what the store was not asked about, since the clock started.
static struct moment booked_late(const struct climb *c)
{
    const struct deadline *d = c->deadline;

    if (!is_booked_late(d))
        return MOMENT_NONE;
    if (d->booking->late_since)
        return london_from_instant(d->booking->late_since);
    return (struct moment){date_known(c->starts_on) ? c->starts_on : d->due_on, 0};
}

// When a rung is reached, before office hours are asked; MOMENT_NONE for one that is never said.
static struct moment reached(const struct climb *c, const struct rung *r)
{
    switch (r->when) {
    case AT_TRIGGER:
        return c->starts;
    case PART_ELAPSED:
        return part_elapsed(c, r->percent);
    case ON_DUE:
        return (struct moment){c->base, -1};
    case BEFORE_DUE:
    case AFTER_DUE:
        return apart(c, r->span);
    case BOOKED_LATE:
        return booked_late(c);
    case WEEKLY: // a figure for heads of service, not a word about one deadline
        break;
    }
    return MOMENT_NONE;
}

// In the week's first list: what comes before the due date no later, what comes after no earlier.
static struct moment in_list(const struct climb *c, const struct rung *r, struct moment m)
{
    struct date list = list_day(c, m.on);

    if (!date_known(list))
        return MOMENT_NONE;
    if (r->when == AFTER_DUE && date_cmp(list, m.on) < 0)
        list = list_day(c, date_add_days(m.on, 7));
    if (r->when != AFTER_DUE && date_cmp(list, m.on) > 0)
        return m;
    return (struct moment){list, -1};
}

static bool is_weekly(const struct climb *c, const struct rung *r)
{
    return r->weekly || (r->weekly_for_count && code_in(c->deadline->timescale->profile,
                                                        r->weekly_for, r->weekly_for_count, false));
}

static struct moment moment_of(const struct climb *c, const struct rung *r, bool at_once)
{
    struct moment m = reached(c, r);

    if (r->when == BOOKED_LATE)
        return m;
    if (date_known(m.on) && is_weekly(c, r))
        m = in_list(c, r, m);
    if (!date_known(m.on))
        return m;
    if (at_once && m.minute >= 0 && c->deadline->due_at.minute >= 0)
        return m;
    if (r->when == AFTER_DUE)
        return morning_from(c, m);
    // What begins on a working day is said on that day, whatever the hour it began.
    if (r->when == AT_TRIGGER)
        m.minute = 0;
    return in_time(c, m);
}

// ------------------------------------------------------------------------------------ who is told

// What no meeting meets cannot be booked: of that nobody can say that it is not.
static bool is_to_be_booked(const struct deadline *d)
{
    return d->timescale->meeting && (!is_booked(d) || is_booked_late(d));
}

static bool applies(const struct deadline *d, const struct rung *r)
{
    return !(r->unbooked_only && !is_to_be_booked(d)) &&
           (is_statutory(d->timescale->force) || !r->statutory_only);
}

static bool is_before_start(const struct climb *c, struct moment m)
{
    return date_known(c->starts_on) && date_cmp(m.on, c->starts_on) < 0;
}

static void add_telling(struct climb *c, const struct rung *r, const char *role, struct moment at,
                        bool escalation, bool at_once)
{
    bool late = r->when == BOOKED_LATE;
    const char *rung = late ? arena_printf(c->arena, "%s" LADDER_BOOKED_LATE "%s", role,
                                           date_iso(c->arena, c->deadline->booking->at.on))
                            : arena_printf(c->arena, "%s, %s", role, r->id);

    c->tellings = arena_grow(c->arena, c->tellings, sizeof *c->tellings, c->count, &c->room);
    c->tellings[c->count++] = (struct telling){.rung = rung,
                                               .role = role,
                                               .at = instant_from_london(at),
                                               .escalation = escalation,
                                               .at_once = at_once,
                                               .late_booking = late,
                                               .unbooked = r->unbooked_only};
}

// Rungs of one role. Of those that would come before the clock has started only the last is said,
// at the start, unless the start has a rung of its own.
static void add_rungs(struct climb *c, const struct rung *rungs, size_t count, const char *role,
                      bool escalation, bool at_once)
{
    const struct rung *early = NULL;
    struct moment early_at = MOMENT_NONE;
    bool has_start = false;

    for (size_t i = 0; i < count; i++) {
        const struct rung *r = &rungs[i];
        struct moment at = moment_of(c, r, at_once || r->at_once);

        if (!applies(c->deadline, r))
            continue;
        has_start |= r->when == AT_TRIGGER;
        if (!date_known(at.on))
            continue;
        if (!is_before_start(c, at)) {
            add_telling(c, r, role, at, escalation, at_once || r->at_once);
        } else if (!early || moment_cmp(at, early_at) >= 0) {
            early = r;
            early_at = at;
        }
    }
    if (early && !has_start) {
        struct moment at = in_time(c, (struct moment){c->starts_on, 0});

        if (date_known(at.on))
            add_telling(c, early, role, at, escalation, at_once || early->at_once);
    }
}

// Few, and almost in order: each moves up to its place, those of one moment stay as the ladder has
// them.
static void sort_by_time(struct telling *t, size_t count)
{
    for (size_t i = 1; i < count; i++)
        for (size_t j = i; j > 0 && t[j].at < t[j - 1].at; j--) {
            struct telling moved = t[j];

            t[j] = t[j - 1];
            t[j - 1] = moved;
        }
}

// Who is reminded acts, and is told of nothing as the next one up.
static bool is_reminded(const struct ladder *l, const char *role)
{
    for (size_t i = 0; i < l->count; i++)
        if (strcmp(l->rungs[i].id, "profile") == 0 && strcmp(l->rungs[i].role, role) == 0)
            return true;
    return false;
}

static struct climb begin(struct arena *a, const struct library *l, const struct deadline *d)
{
    struct climb c = {.arena = a, .library = l, .deadline = d, .starts = start_of(d)};

    c.starts_on = c.starts.on;
    c.due = d->due_at.minute >= 0 ? d->due_at : (struct moment){d->due_on, 24 * 60 - 1};
    c.base = working_day_on_or_before(l->local, d->due_on);
    return c;
}

size_t ladder_tellings(struct arena *a, const struct library *l, const struct deadline *d,
                       const char *const *teams, struct telling **ret)
{
    const struct ladder *profile = ladder_profile(l, d->timescale);
    const struct ladder *ladder = ladder_for(l, d->timescale, teams, NULL);
    struct climb c = begin(a, l, d);

    *ret = NULL;
    if (d->state != STATE_OPEN || !profile || !ladder || !date_known(c.base))
        return 0;
    for (size_t i = 0; i < ladder->count; i++) {
        const struct rung *r = &ladder->rungs[i];

        if (strcmp(r->id, "profile") != 0)
            add_rungs(&c, r, 1, r->role, !is_reminded(ladder, r->role), r->at_once);
        else if (applies(d, r))
            add_rungs(&c, profile->rungs, profile->count, r->role, false, profile->at_once);
    }
    sort_by_time(c.tellings, c.count);
    *ret = c.tellings;
    return c.count;
}

bool ladder_rung_is_of(const char *rung, const char *role)
{
    size_t length = strlen(role);

    return strncmp(rung, role, length) == 0 && rung[length] == ',';
}

instant ladder_next_at(struct arena *a, const struct library *l, const struct deadline *d,
                       const char *const *teams, instant now)
{
    struct telling *t;
    size_t count = ladder_tellings(a, l, d, teams, &t);

    for (size_t i = 0; i < count; i++)
        if (t[i].at > now)
            return t[i].at;
    return 0;
}
