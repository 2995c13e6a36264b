// Lines as people read them (agenda_words.h).
#include "agenda_words.h"

#include "acknowledged.h"
#include "mail_links.h"
#include "zone.h"

#define LATE_BOOKING "it is booked after its due date"

struct date agenda_today(const struct agenda_voice *v)
{
    return london_from_instant(v->now).on;
}

static bool is_awaited(const struct agenda_voice *v, const struct owed *o)
{
    return date_known(o->booked.on) &&
           moment_cmp(meeting_awaited_from(o->booked), london_from_instant(v->now)) < 0;
}

static const char *booked_words(const struct agenda_voice *v, const struct owed *o)
{
    if (!date_known(o->booked.on))
        return NULL;
    return arena_printf(v->arena, "%s %s",
                        is_awaited(v, o) ? "not recorded yet: booked for" : "booked for",
                        moment_words(v->arena, o->booked));
}

static const char *late_reason(const struct agenda_voice *v, const struct owed *o)
{
    return arena_printf(v->arena,
                        is_awaited(v, o) ? "it was due on %s and nothing is recorded"
                                         : "out of timescale since %s",
                        date_words(v->arena, o->due_on));
}

// Why those above hear of it. That it is not booked can be said of a meeting alone.
static const char *escalation_words(const struct agenda_voice *v, const struct owed *o,
                                    bool by_meeting)
{
    if (date_cmp(o->due_on, agenda_today(v)) < 0)
        return late_reason(v, o);
    if (by_meeting && !date_known(o->booked.on))
        return "it is not booked in time";
    if (by_meeting && owed_is_booked_late(o))
        return LATE_BOOKING;
    return arena_printf(v->arena, "nothing is recorded yet, and it is due on %s",
                        date_words(v->arena, o->due_on));
}

static const char *asked_words(const struct agenda_voice *v, const struct line *l)
{
    const struct staff *s = l->asked;

    if (!s)
        return "";
    if (s == l->to)
        return " Please ask for an earlier date, or tell your manager why there is none.";
    return arena_printf(v->arena,
                        " %s was told the same, and asked for an earlier date or the reason why "
                        "there is none.",
                        s->name ? s->name : s->id);
}

static const char *late_words(const struct agenda_voice *v, const struct line *l)
{
    const struct owed *o = l->owed;

    if (!l->late_booking)
        return NULL;
    return arena_printf(v->arena, "That is after %s, the last day in timescale.%s%s%s",
                        date_words(v->arena, o->due_on), o->derivation ? " " : "",
                        o->derivation ? o->derivation : "", asked_words(v, l));
}

// Why it comes to them, or comes again: whoever read of another due date is told which it was.
static const char *why_words(const struct agenda_voice *v, const struct line *l)
{
    const char *moved;

    if (!date_known(l->date_was))
        return l->why;
    moved = arena_printf(v->arena, "its date was %s before", date_words(v->arena, l->date_was));
    return l->why ? arena_printf(v->arena, "%s; %s", moved, l->why) : moved;
}

const char *agenda_reason(const struct agenda_voice *v, const struct line *l)
{
    const char *reason = l->late_booking ? LATE_BOOKING
                         : l->escalation ? escalation_words(v, l->owed, l->by_meeting)
                                         : NULL;
    const char *why = why_words(v, l);

    if (reason && why)
        return arena_printf(v->arena, "%s; %s", reason, why);
    return reason ? reason : why;
}

const char *agenda_week_words(const struct agenda_voice *v, const struct concern *c)
{
    if (c->part == WEEK_DATE && owed_is_booked_late(c->owed))
        return arena_printf(v->arena, "%s, after its due date", booked_words(v, c->owed));
    if (c->part == WEEK_DATE)
        return c->booked ? booked_words(v, c->owed) : NULL;
    return escalation_words(v, c->owed, c->timescale->meeting != NULL);
}

// What is late, or booked too late, needs no reason beside its dates, but why it comes to this one
// may need saying.
static const char *reason_beside_dates(const struct agenda_voice *v, const struct line *l)
{
    return l->late_booking || date_cmp(l->owed->due_on, agenda_today(v)) < 0 ? why_words(v, l)
                                                                             : agenda_reason(v, l);
}

const char *agenda_worker(const struct agenda_voice *v, const struct owed *o,
                          const struct staff *to)
{
    const struct staff *worker = directory_staff(v->directory, o->who.worker_id);

    if (!worker || worker == to)
        return NULL;
    return arena_printf(v->arena, "%s%s", worker->name ? worker->name : worker->id,
                        staff_in_post(worker, agenda_today(v)) ? "" : ", who is not in post");
}

struct digest_line agenda_digest_line(const struct agenda_voice *v, const struct line *l)
{
    const struct owed *o = l->owed;

    return (struct digest_line){
        .child = naming_child(v->arena, v->config->names, &o->child),
        .worker = l->parting ? NULL : agenda_worker(v, o, l->to),
        .family = o->family,
        .title = l->title,
        .force = l->force,
        .due_on = o->due_on,
        .due_at = o->due_at,
        .working_days = l->working_days,
        .booked = booked_words(v, o),
        .counted = o->derivation,
        .late = late_words(v, l),
        .seen_on = o->seen_on,
        .reason = reason_beside_dates(v, l),
        .said = acknowledged_words(v->arena, o, agenda_today(v)),
        .is_new = l->is_new,
        .reminder = l->is_new && l->is_known,
        .parting = l->parting,
        .deadline_id = o->deadline_id,
        .url = l->parting ? NULL : mail_link_later(v->arena, v->config->public_url, o->deadline_id),
    };
}

struct digest_line agenda_owed_line(const struct agenda_voice *v, const struct library *l,
                                    const struct owed *o, const struct staff *to)
{
    const struct timescale *t = &l->timescales[library_timescale(l, o->timescale)];
    struct line line = agenda_line(v->arena, l, o, t, agenda_today(v));

    line.to = to;
    return agenda_digest_line(v, &line);
}
