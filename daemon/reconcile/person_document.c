// One person's difference written down as JSON, as timely.record_person takes it.
#include "explain.h"

#include "json.h"
#include "ladder.h"
#include "person_change.h"
#include "zone.h"

#include <string.h>

static void set_date(struct arena *a, json_t *o, const char *key, struct date d)
{
    json_set_text(o, key, date_known(d) ? date_iso(a, d) : NULL);
}

// A civil time; a day without an hour is its midnight.
static void set_moment(struct arena *a, json_t *o, const char *key, struct moment m)
{
    if (date_known(m.on) && m.minute < 0)
        m.minute = 0;
    json_set_text(o, key, date_known(m.on) ? moment_iso(a, m) : NULL);
}

// ------------------------------------------------------------------------------------ the person

static json_t *fact_document(struct arena *a, const struct fact *f)
{
    json_t *o = json_object();

    json_set_text(o, "kind", f->kind);
    json_set_text(o, "ref", f->ref);
    set_moment(a, o, "at", f->at);
    json_object_set_new(o, "precise", json_boolean(f->at.minute >= 0));
    set_moment(a, o, "until", f->until);
    json_set_text(o, "episode", f->episode);
    json_set_text(o, "meeting", f->meeting);
    json_set_text(o, "code", f->code);
    json_set_text(o, "who", f->who);
    json_set_text(o, "origin", f->origin);
    set_moment(a, o, "recorded_at", f->recorded);
    if (f->booking) {
        set_moment(a, o, "scheduled_at", f->booking->scheduled);
        set_moment(a, o, "ends_at", f->booking->ends);
        json_set_text(o, "place", f->booking->place);
        json_set_text(o, "url", f->booking->url);
        json_set_text(o, "attendees", f->booking->attendees);
    }
    return o;
}

static json_t *facts_document(struct arena *a, const struct timeline *t)
{
    json_t *list = json_array();

    for (size_t i = 0; i < t->count; i++)
        json_array_append_new(list, fact_document(a, &t->facts[i]));
    return list;
}

// The newest word on when something happened or was written down, that is not of the future.
static struct moment newest_fact(const struct timeline *t, struct moment now)
{
    struct moment newest = MOMENT_NONE;

    for (size_t i = 0; i < t->count; i++) {
        const struct moment said[] = {t->facts[i].at, t->facts[i].recorded};

        for (size_t j = 0; j < 2; j++)
            if (date_known(said[j].on) && moment_cmp(said[j], now) <= 0 &&
                (!date_known(newest.on) || moment_cmp(said[j], newest) > 0))
                newest = said[j];
    }
    return newest;
}

struct date person_last_seen_on(const struct library *l, const struct timeline *t,
                                struct date today)
{
    struct date last = DATE_NONE;

    for (size_t i = 0; i < t->count; i++) {
        const struct fact *f = &t->facts[i];

        if (f->event >= 0 && f->code && strcmp(f->code, "seen") == 0 &&
            date_cmp(f->at.on, today) <= 0 && strstr(l->events[f->event].name, "-visit"))
            last = f->at.on;
    }
    return last;
}

static json_t *person_row(struct arena *a, const struct change_context *c,
                          const struct person_work *w, const struct responsible *r,
                          struct date worker_since)
{
    const struct stored_person *s = w->stored;
    json_t *o = json_object();

    json_set_text(o, "seen", w->seen_hex ? w->seen_hex : s->seen_hex ? s->seen_hex : "");
    json_set_text(o, "family", w->info ? w->info->family : s->family);
    json_set_text(o, "case_ref", w->info ? w->info->case_ref : s->case_ref);
    json_set_text(o, "initials", w->info ? w->info->initials : s->initials);
    json_set_text(o, "display_name", w->info ? w->info->display_name : s->display_name);
    json_object_set_new(o, "restricted",
                        json_boolean(w->info ? w->info->restricted : s->restricted));
    json_set_text(o, "worker_id", r->worker_id);
    json_set_text(o, "team_id", r->team_id);
    json_set_text(o, "chair_id", r->chair_id);
    json_set_text(o, "iro_id", r->iro_id);
    set_date(a, o, "worker_since", worker_since);
    set_date(a, o, "last_seen_on", person_last_seen_on(c->library, &w->timeline, c->today));
    set_date(a, o, "look_again_on", w->evaluation.look_again_on);
    return o;
}

static json_t *findings_document(const struct evaluation *e)
{
    json_t *list = json_array();

    for (size_t i = 0; i < e->finding_count; i++) {
        json_t *o = json_object();

        json_set_text(o, "code", e->findings[i].code);
        json_set_text(o, "origin", e->findings[i].origin);
        json_set_text(o, "ref", e->findings[i].ref);
        json_set_text(o, "text", e->findings[i].text);
        json_array_append_new(list, o);
    }
    return list;
}

// ------------------------------------------------------------------------------------ deadlines

// The first time at which its ladder has something to say; what was said already is told by the
// notices.
static void set_next_notice(struct arena *a, const struct change_context *c, json_t *o,
                            const struct deadline *d, const char *const *teams)
{
    struct telling *tellings;
    size_t count = ladder_tellings(a, c->library, d, teams, &tellings);

    json_set_text(o, "next_notice_at", count ? instant_iso(a, tellings[0].at) : NULL);
}

static json_t *deadline_document(struct arena *a, const struct change_context *c,
                                 const struct deadline_change *change, const char *const *teams)
{
    const struct deadline *d = change->deadline;
    json_t *o = json_object();

    json_set_text(o, "uid", change->uid);
    json_set_text(o, "change", change->word);
    json_set_text(o, "timescale", d->timescale->id);
    json_set_text(o, "subject_ref", d->subject_ref);
    set_date(a, o, "trigger_on", d->trigger_on);
    json_set_text(o, "trigger_ref", d->trigger ? d->trigger->ref : NULL);
    set_date(a, o, "due_on", d->due_on);
    set_moment(a, o, "due_at", d->due_at.minute >= 0 ? d->due_at : MOMENT_NONE);
    set_date(a, o, "book_by", d->book_by);
    json_object_set_new(o, "provisional", json_boolean(d->provisional));
    json_set_text(o, "state", stored_state_word(d->state));
    set_date(a, o, "met_on", d->met_on);
    json_set_text(o, "met_ref", d->met ? d->met->ref : NULL);
    json_set_text(o, "met_meeting", d->met ? d->met->meeting : NULL);
    json_object_set_new(o, "in_timescale",
                        d->state == STATE_MET ? json_boolean(d->in_timescale) : json_null());
    json_set_text(o, "why", d->why);
    set_moment(a, o, "booked_at", d->booking ? d->booking->at : MOMENT_NONE);
    json_set_text(o, "booked_group", d->booking ? d->booking->group : NULL);
    json_set_text(o, "chaired_by", d->chaired_by);
    json_set_text(o, "derivation", explain_derivation(a, c->library, d));
    json_set_text(o, "not_counted", explain_not_counted(a, c->library, d));
    json_object_set_new(o, "sequence", json_integer(change->sequence));
    json_object_set_new(o, "at_first_start", json_boolean(change->at_first_start));
    json_object_set_new(o, "rule_version", json_integer(d->version->number));
    json_set_text(o, "library", c->library->version);
    set_next_notice(a, c, o, d, teams);
    return o;
}

// The stored row again, as no longer owed because the source knows nothing of it any more.
static json_t *withdrawn_document(struct arena *a, const struct change_context *c,
                                  const struct deadline_change *change)
{
    const struct stored_deadline *s = change->stored;
    json_t *o = json_object();

    json_set_text(o, "uid", s->uid);
    json_set_text(o, "change", change->word);
    json_set_text(o, "timescale", s->key.timescale);
    json_set_text(o, "subject_ref", s->key.subject_ref);
    set_date(a, o, "trigger_on", s->key.trigger_on);
    set_date(a, o, "due_on", s->key.due_on);
    set_moment(a, o, "due_at", s->due_at);
    set_date(a, o, "book_by", s->key.due_on);
    json_object_set_new(o, "provisional", json_boolean(s->provisional));
    json_set_text(o, "state", "withdrawn");
    json_set_text(o, "why", "its record is no longer in the case database");
    json_set_text(o, "derivation", "");
    json_object_set_new(o, "sequence", json_integer(change->sequence));
    json_object_set_new(o, "at_first_start", json_boolean(s->at_first_start));
    json_object_set_new(o, "rule_version", json_integer(1));
    json_set_text(o, "library", c->library->version);
    return o;
}

static json_t *deadlines_document(struct arena *a, const struct change_context *c,
                                  const struct responsible *who,
                                  const struct deadline_change *changes, size_t count)
{
    const char *const *teams = directory_teams(a, c->directory, who);
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++)
        if (changes[i].word)
            json_array_append_new(list, changes[i].withdrawn
                                            ? withdrawn_document(a, c, &changes[i])
                                            : deadline_document(a, c, &changes[i], teams));
    return list;
}

json_t *person_document(struct arena *a, const struct change_context *c,
                        const struct person_work *w, size_t *ret_deadlines, size_t *ret_messages)
{
    struct date worker_since;
    struct responsible who = responsible_of(c->library, &w->timeline, c->today, &worker_since);
    struct deadline_change *changes;
    size_t count = person_changes(a, w, c->first_start, &changes);
    json_t *doc = json_object(), *deadlines = deadlines_document(a, c, &who, changes, count);

    json_set_text(doc, "now", instant_iso(a, c->now));
    json_set_text(doc, "person_id", w->person_id);
    if (w->gone)
        json_object_set_new(doc, "gone", json_true());
    else
        json_object_set_new(doc, "person", person_row(a, c, w, &who, worker_since));
    if (w->facts_changed) {
        json_object_set_new(doc, "facts", facts_document(a, &w->source_facts));
        set_moment(a, doc, "newest_fact_at",
                   newest_fact(&w->source_facts, london_from_instant(c->now)));
    }
    *ret_deadlines = json_array_size(deadlines);
    json_object_set_new(doc, "deadlines", deadlines);
    json_object_set_new(doc, "findings", findings_document(&w->evaluation));
    *ret_messages = person_invites(a, c, w, &who, changes, count, doc);
    return doc;
}
