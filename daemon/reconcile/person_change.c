// Comparing one person's answer with the stored one.
#include "person_change.h"

#include "naming.h"
#include "text.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ------------------------------------------------------------------------------------ who

struct responsible responsible_of(const struct library *l, const struct timeline *t,
                                  struct date today, struct date *ret_worker_since)
{
    int involved = library_event(l, "involved");
    struct responsible r = {0};

    *ret_worker_since = DATE_NONE;
    for (size_t i = 0; i < t->count; i++) { // in order of time: the latest allocation stays
        const struct fact *f = &t->facts[i];

        if (f->event != involved || date_cmp(f->at.on, today) > 0 ||
            (date_known(f->until.on) && date_cmp(f->until.on, today) <= 0))
            continue;
        if (same_text(f->code, "social-worker")) {
            r.worker_id = f->who;
            r.team_id = f->episode;
            *ret_worker_since = f->at.on;
        } else if (same_text(f->code, "chair")) {
            r.chair_id = f->who;
        } else if (same_text(f->code, "iro")) {
            r.iro_id = f->who;
        }
    }
    return r;
}

static struct child_names names_of(const struct person_work *w)
{
    const struct stored_person *s = w->stored;

    if (w->info)
        return (struct child_names){w->person_id, w->info->case_ref, w->info->initials,
                                    w->info->display_name, w->info->restricted};
    return (struct child_names){w->person_id, s->case_ref, s->initials, s->display_name,
                                s->restricted};
}

// ------------------------------------------------------------------------------------ deadlines

const char *stored_state_word(enum state s)
{
    static const char *const words[] = {"open", "met", "ended", "unknown"};

    return words[s];
}

static struct moment booked_moment(const struct deadline *d)
{
    return d->booking ? d->booking->at : MOMENT_NONE;
}

static bool same_moment(struct moment a, struct moment b)
{
    return date_is(a.on, b.on) && (!date_known(a.on) || a.minute == b.minute);
}

static bool has_moved(const struct stored_deadline *s, const struct deadline *d)
{
    return !date_is(s->key.due_on, d->due_on) ||
           (d->due_at.minute >= 0 && !same_moment(s->due_at, d->due_at));
}

// The word of what changed, or NULL for nothing.
static const char *change_word(const struct stored_deadline *s, const struct deadline *d)
{
    const char *state = stored_state_word(d->state);

    if (!same_text(s->state, state)) {
        if (d->state == STATE_OPEN && !same_text(s->state, "unknown"))
            return "reopened";
        return d->state == STATE_MET ? "met" : d->state == STATE_ENDED ? "ended" : "changed";
    }
    if (has_moved(s, d))
        return "moved";
    if (!same_text(s->key.subject_ref, d->subject_ref) ||
        !date_is(s->key.trigger_on, d->trigger_on) || !date_is(s->met_on, d->met_on) ||
        (d->state == STATE_MET && s->in_timescale != d->in_timescale) ||
        !same_text(s->why, d->why) || !same_moment(s->booked, booked_moment(d)) ||
        !same_text(s->booked_group, d->booking ? d->booking->group : NULL) ||
        !same_text(s->chaired_by, d->chaired_by) || s->provisional != d->provisional)
        return "changed";
    return NULL;
}

static const char *new_uid(struct arena *a)
{
    unsigned char random[16];
    char *hex = arena_alloc(a, 33);

    if (RAND_bytes(random, sizeof random) != 1)
        abort();
    for (size_t i = 0; i < sizeof random; i++)
        snprintf(hex + 2 * i, 3, "%02x", random[i]);
    return arena_printf(a, "%s@timely", hex);
}

static bool is_taken(const struct deadline_change *changes, size_t count, const char *uid)
{
    for (size_t i = 0; i < count; i++)
        if (same_text(changes[i].uid, uid))
            return true;
    return false;
}

// The withdrawn deadline that this one is again: a record that was gone for a while is the same
// when it comes back, and so is its entry in people's calendars. NULL for none.
static const struct stored_deadline *again(const struct person_work *w, const struct deadline *d,
                                           const struct deadline_change *before, size_t count)
{
    for (size_t i = 0; i < w->stored->withdrawn_count; i++) {
        const struct stored_deadline *s = &w->stored->withdrawn[i];

        if (same_text(s->key.timescale, d->timescale->id) &&
            same_key(s->key.subject_ref, d->subject_ref) &&
            date_is(s->key.trigger_on, d->trigger_on) && !is_taken(before, count, s->uid))
            return s;
    }
    return NULL;
}

// A deadline of today's answer beside the stored one that it is, if it is known. `before`: the
// changes so far.
static struct deadline_change change_of(struct arena *a, const struct person_work *w, size_t i,
                                        const struct deadline_change *before, size_t count,
                                        bool first_start)
{
    const struct deadline *d = &w->evaluation.deadlines[i];
    int of = w->pairing.of_computed[i];
    const struct stored_deadline *s;
    const char *word;

    if (of < 0 && (s = again(w, d, before, count)))
        return (struct deadline_change){.deadline = d,
                                        .word = "reopened",
                                        .uid = s->uid,
                                        .sequence = s->sequence + 1,
                                        .at_first_start = s->at_first_start};
    if (of < 0)
        return (struct deadline_change){
            .deadline = d, .word = "opened", .uid = new_uid(a), .at_first_start = first_start};
    s = &w->stored->deadlines[of];
    word = change_word(s, d);
    return (struct deadline_change){.deadline = d,
                                    .stored = s,
                                    .word = word,
                                    .uid = s->uid,
                                    .sequence = s->sequence + (word ? 1 : 0),
                                    .at_first_start = s->at_first_start};
}

size_t person_changes(struct arena *a, const struct person_work *w, bool first_start,
                      struct deadline_change **ret)
{
    struct deadline_change *all =
        ARENA_ARRAY(a, struct deadline_change, w->evaluation.count + w->stored->deadline_count + 1);
    size_t count = 0;

    for (size_t i = 0; i < w->evaluation.count; i++, count++)
        all[count] = change_of(a, w, i, all, count, first_start);
    for (size_t i = 0; i < w->stored->deadline_count; i++) {
        const struct stored_deadline *s = &w->stored->deadlines[i];

        if (!w->pairing.stored_taken[i] && !w->pairing.tie[i])
            all[count++] = (struct deadline_change){.withdrawn = true,
                                                    .stored = s,
                                                    .word = "withdrawn",
                                                    .uid = s->uid,
                                                    .sequence = s->sequence + 1,
                                                    .at_first_start = s->at_first_start};
    }
    *ret = all;
    return count;
}

void person_count(const struct change_context *c, const struct person_work *w,
                  struct change_counts *counts)
{
    for (size_t i = 0; i < w->evaluation.count; i++) {
        const struct deadline *d = &w->evaluation.deadlines[i];
        int of = w->pairing.of_computed[i];
        bool known = of >= 0;
        const struct stored_deadline *s = known ? &w->stored->deadlines[of] : NULL;
        bool was_open = known && same_text(s->state, "open");
        bool missed = deadline_missed(d, c->today);
        bool was_missed = was_open && date_cmp(s->key.due_on, c->today) < 0;
        bool touched = known ? (was_open != (d->state == STATE_OPEN)) ||
                                   (was_open && has_moved(s, d)) || (missed && !was_missed)
                             : missed;

        counts->touched[d->timescale - c->library->timescales] += touched;
        counts->total += touched;
    }
    for (size_t i = 0; i < w->stored->deadline_count; i++) {
        const struct stored_deadline *s = &w->stored->deadlines[i];
        int timescale = library_timescale(c->library, s->key.timescale);

        if (w->pairing.stored_taken[i] || w->pairing.tie[i] || !same_text(s->state, "open"))
            continue;
        if (timescale >= 0)
            counts->touched[timescale]++;
        counts->total++;
    }
}

size_t person_invites(struct arena *a, const struct change_context *c, const struct person_work *w,
                      const struct responsible *who, const struct deadline_change *changes,
                      size_t count, json_t *doc)
{
    struct invite_deadline *invites = ARENA_ARRAY(a, struct invite_deadline, count + 1);
    struct invite_context ic = {c->library, c->config, c->directory,
                                c->today,   c->now,    c->first_start || c->quiet};
    struct child_names names = names_of(w);
    struct invite_child child = {.person_id = w->person_id,
                                 .reference = naming_reference(a, &names),
                                 .initials = naming_initials(a, &names),
                                 .title = naming_child(a, c->config->title_names, &names),
                                 .words = naming_child(a, c->config->names, &names),
                                 .who = who,
                                 .restricted = names.restricted};

    for (size_t i = 0; i < count; i++)
        invites[i] = (struct invite_deadline){
            changes[i].uid, changes[i].stored ? changes[i].stored->object_uid : NULL,
            changes[i].deadline, changes[i].sequence};
    return invites_plan(a, &ic, c->book, &child, invites, count, doc);
}
