// A round of the agenda (tell/agenda.c), with memory in place of the store.
#include "agenda_cover.h"
#include "agenda_known.h"
#include "agenda_mail.h"
#include "agenda_moved.h"
#include "agenda_office.h"
#include "json.h"
#include "replay_week.h"

#include <string.h>

struct round {
    struct walk *walk;
    struct owed *owed; // by number
    struct said *said;
    size_t count, said_count, said_room;
};

// ------------------------------------------------------------------------------- what is due

static void add_said(struct round *r, const struct duty *d)
{
    for (size_t i = 0; i < d->notice_count; i++) {
        if (!memory_is_said(d, &d->notices[i]))
            continue;
        r->said =
            arena_grow(r->walk->scratch, r->said, sizeof *r->said, r->said_count, &r->said_room);
        r->said[r->said_count++] =
            (struct said){d->owed.deadline_id,   d->notices[i].rung, d->notices[i].staff_id,
                          d->notices[i].said_at, d->notices[i].sent, true};
    }
}

static void collect_due(struct round *r)
{
    const struct memory *m = &r->walk->memory;
    size_t room = 0;

    for (size_t i = 0; i < m->duty_count; i++) {
        const struct duty *d = m->duties[i];

        if (!d->next_notice || d->next_notice > r->walk->now)
            continue;
        r->owed = arena_grow(r->walk->scratch, r->owed, sizeof *r->owed, r->count, &room);
        r->owed[r->count++] = memory_owed(d);
        add_said(r, d);
    }
}

static struct plan_input input_of(const struct round *r)
{
    const struct walk *w = r->walk;

    return (struct plan_input){.library = w->in->library,
                               .directory = w->in->directory,
                               .now = w->now,
                               .first_started_at = w->started_at,
                               .owed = r->owed,
                               .count = r->count,
                               .said = r->said,
                               .said_count = r->said_count};
}

// ------------------------------------------------------------------------------- what they know

// As the agenda reads it from the store (tell/agenda.c).
static bool recall_told(struct walk *w, const struct duty *d, const char *staff_id,
                        struct told *ret)
{
    const struct notice *own = memory_last_told(d, staff_id);
    const struct notice *last = own ? own : memory_worker_told(d);
    struct owed *o = ARENA_NEW(w->scratch, struct owed);
    bool former;

    if (!last)
        return false;
    *o = memory_owed(d);
    former = agenda_was_for_former(o, last->staff_id, last->rung, last->said_at);
    *ret = (struct told){staff_id,
                         o,
                         last->rung,
                         last->said_at,
                         .moved = former && own && !memory_knows_parting(w->scratch, d, staff_id),
                         .to_another = !own};
    return own || (!former && agenda_was_away(w->in->directory, staff_id, last->said_at));
}

static void recall_reader(struct round *r, const char *staff_id, struct recollection *known,
                          struct told **told, size_t *room)
{
    struct walk *w = r->walk;
    const struct reader *reader = memory_reader(&w->memory, staff_id);

    if (date_known(reader->digest_on) &&
        date_cmp(reader->digest_on, agenda_day_after_list(w->in->library, w->today)) >= 0)
        known->had[known->had_count++] =
            (struct had){staff_id, date_is(reader->digest_on, w->today),
                         memory_digests_in_week(reader, w->today)};
    for (size_t i = 0; i < reader->count; i++) {
        struct told t;

        if (!reader->told[i]->owed.open || !recall_told(w, reader->told[i], staff_id, &t))
            continue;
        *told = arena_grow(w->scratch, *told, sizeof **told, known->told_count, room);
        (*told)[known->told_count++] = t;
    }
}

static void recall_line(const struct walk *w, const char *staff_id, const struct owed *o,
                        struct known_lines *ret)
{
    const struct duty *d = w->memory.duties[o->deadline_id];

    if (memory_has_read(d, staff_id, &ret->all[ret->count]))
        ret->count++;
}

static void recall_lines(struct walk *w, const struct plan *plan, struct recollection *known)
{
    struct known_lines *all = &known->lines;

    all->all = ARENA_ARRAY(w->scratch, struct known_line, plan->count + known->told_count + 1);
    for (size_t i = 0; i < plan->count; i++)
        if (plan->lines[i].to)
            recall_line(w, plan->lines[i].to->id, plan->lines[i].owed, all);
    for (size_t i = 0; i < known->told_count; i++)
        if (agenda_asks_known(&known->told[i], w->today))
            recall_line(w, known->told[i].staff_id, known->told[i].owed, all);
}

static struct recollection recall(struct round *r, const struct agenda_decision *d)
{
    struct recollection known = {
        .had = ARENA_ARRAY(r->walk->scratch, struct had, d->digest_to_count + 1)};
    struct told *told = NULL;
    size_t room = 0;

    for (size_t i = 0; i < d->digest_to_count; i++)
        recall_reader(r, d->digest_to[i], &known, &told, &room);
    known.told = told;
    recall_lines(r->walk, &d->plan, &known);
    return known;
}

// ------------------------------------------------------------------------------- what was said

static const char *role_of(struct walk *w, const char *rung)
{
    return arena_strndup(w->arena, rung, strcspn(rung, ","));
}

static void note_line(struct walk *w, const struct agenda_mail *m, const struct line *l)
{
    struct duty *d = w->memory.duties[l->owed->deadline_id];

    if (m->kind == MAIL_NOBODY && !d->ownerless_at)
        d->ownerless_at = w->now;
    if (m->kind != MAIL_NOBODY && !d->told_at)
        d->told_at = w->now;
    for (size_t i = 0; m->kind != MAIL_SUMMARY && i < l->rung_count; i++)
        memory_say(&w->memory, d,
                   &(struct notice){.due_on = l->owed->due_on,
                                    .owed_since = l->owed->owed_since,
                                    .rung = l->rungs[i],
                                    .staff_id = m->to ? m->to->id : "",
                                    .said_at = w->now,
                                    .sent = m->kind != MAIL_NOBODY});
}

static struct replayed_line replayed_line_of(struct walk *w, const struct agenda_mail *m,
                                             const struct line *l)
{
    struct agenda_voice v = {w->scratch, w->in->config, w->in->directory, w->now};
    const struct duty *d = w->memory.duties[l->owed->deadline_id];
    const struct timescale *t =
        &w->in->library->timescales[library_timescale(w->in->library, l->owed->timescale)];
    const char *rung = l->rungs[l->rung_count - 1];
    bool summed = m->kind == MAIL_SUMMARY;

    return (struct replayed_line){
        .child = &d->person->of->names,
        .timescale = t->id,
        .title = t->title,
        .subject_ref = d->owed.subject_ref,
        .due_on = d->owed.due_on,
        .role = summed ? "team-manager" : role_of(w, rung),
        .rung = summed ? NULL : arena_strdup(w->arena, rung),
        .why = summed ? "stood open when the replay began"
                      : arena_strdup(w->arena, agenda_reason(&v, l)),
    };
}

static void keep_words(struct walk *w, const struct agenda_mail *m, struct replayed_mail *mail)
{
    struct agenda_voice v = {w->scratch, w->in->config, w->in->directory, w->now};
    AUTO(json_done) json_t *doc = agenda_document(&v, m);

    walk_words(w, mail, json_object_get(doc, "message"));
}

static void say(struct walk *w, const struct agenda_mail *m)
{
    static const enum replayed_kind kinds[] = {[MAIL_SUMMARY] = REPLAYED_SUMMARY,
                                               [MAIL_ALARM] = REPLAYED_ALARM,
                                               [MAIL_DIGEST] = REPLAYED_DIGEST,
                                               [MAIL_WEEKLY] = REPLAYED_WEEKLY,
                                               [MAIL_NOBODY] = REPLAYED_OPERATOR};
    size_t listed = m->list ? m->list->concern_count + m->list->share_count : 0;
    struct replayed_mail *mail = walk_mail(w, kinds[m->kind], m->to, w->now, m->count + listed);

    if (walk_is_read(w, m->to))
        keep_words(w, m, mail);
    for (size_t i = 0; i < m->count; i++) {
        const struct line *l = m->lines[i];
        struct replayed_line line;

        if (!l->is_new) {
            mail->standing++;
            memory_list(&w->memory, w->memory.duties[l->owed->deadline_id], m->to->id, w->now);
            continue;
        }
        note_line(w, m, l);
        line = replayed_line_of(w, m, l);
        walk_line(w, mail, &line);
    }
    if (m->list)
        walk_list(w, m, mail);
    if (m->kind == MAIL_DIGEST || m->kind == MAIL_WEEKLY || m->kind == MAIL_NOBODY)
        memory_digest(memory_reader(&w->memory, m->to ? m->to->id : ""), w->today);
}

// Nobody is responsible, and there is no operator either.
static void pass_without_reader(struct walk *w, const struct agenda_mail *m)
{
    for (size_t i = 0; i < m->count; i++)
        note_line(w, m, m->lines[i]);
    w->result->unread += m->count;
}

static void pass_in_silence(struct walk *w, const struct line *l)
{
    struct duty *d = w->memory.duties[l->owed->deadline_id];

    if (!l->to && !d->ownerless_at)
        d->ownerless_at = w->now;
    for (size_t i = 0; i < l->rung_count; i++)
        memory_say(&w->memory, d,
                   &(struct notice){.due_on = l->owed->due_on,
                                    .owed_since = l->owed->owed_since,
                                    .rung = l->rungs[i],
                                    .staff_id = l->to ? l->to->id : "",
                                    .said_at = w->now});
}

void walk_agenda(struct walk *w)
{
    const struct week *week = walk_week(w);
    struct round r = {.walk = w};
    struct plan_input in;
    struct agenda_decision d;
    struct recollection known;

    collect_due(&r);
    if (r.count == 0 && !week)
        return;
    in = input_of(&r);
    agenda_gather(w->scratch, &in, &d);
    known = recall(&r, &d);
    agenda_decide(w->scratch, &in, &known, week, &d);
    for (size_t i = 0; i < d.mail_count; i++)
        if (d.mails[i].kind == MAIL_NOBODY && !w->in->config->operator_email)
            pass_without_reader(w, &d.mails[i]);
        else
            say(w, &d.mails[i]);
    for (size_t i = 0; i < d.silent_count; i++)
        pass_in_silence(w, d.silent[i]);
    for (size_t i = 0; i < r.count; i++)
        w->memory.duties[r.owed[i].deadline_id]->next_notice = r.owed[i].open ? d.plan.next[i] : 0;
}
