// What a reconcile does with the persons of whom something became known (reconcile/batch.c), with
// memory in place of the store.
#include "ladder.h"
#include "walk.h"
#include "zone.h"

#include <stdlib.h>
#include <string.h>

// ------------------------------------------------------------------------------- what is known

struct timeline walk_known_facts(const struct walk *w, struct arena *a, const struct chronicled *c,
                                 instant *ret_next)
{
    struct timeline t = {c->timeline.person_id, ARENA_ARRAY(a, struct fact, c->timeline.count + 1),
                         0};

    *ret_next = 0;
    for (size_t i = 0; i < c->timeline.count; i++)
        if (c->known_at[i] <= w->now)
            t.facts[t.count++] = c->timeline.facts[i];
        else
            *ret_next = sooner(*ret_next, c->known_at[i]);
    return t;
}

static bool are_others(const struct responsible *a, const struct responsible *b)
{
    return !same_text(a->worker_id, b->worker_id) || !same_text(a->team_id, b->team_id) ||
           !same_text(a->chair_id, b->chair_id) || !same_text(a->iro_id, b->iro_id);
}

static void evaluate_person(struct walk *w, struct remembered *p, struct person_work *work)
{
    struct stored_key *keys =
        ARENA_ARRAY(w->scratch, struct stored_key, p->stored.deadline_count + 1);
    struct responsible before = p->who;
    instant look_again;

    *work = (struct person_work){.person_id = p->stored.person_id, .stored = &p->stored};
    work->timeline = walk_known_facts(w, w->scratch, p->of, &p->next_at);
    for (size_t i = 0; i < p->stored.deadline_count; i++)
        keys[i] = p->stored.deadlines[i].key;
    evaluate(w->scratch, w->in->library, &work->timeline, (struct sight){w->blind}, w->today,
             &work->evaluation);
    match_deadlines(w->scratch, &work->evaluation, keys, p->stored.deadline_count, &work->pairing);
    look_again = date_known(work->evaluation.look_again_on)
                     ? instant_from_london((struct moment){work->evaluation.look_again_on, 0})
                     : 0;
    p->next_at = sooner(p->next_at, look_again);
    p->seen_on = person_last_seen_on(w->in->library, &work->timeline, w->today);
    p->who = responsible_of(w->in->library, &work->timeline, w->today, &p->worker_since);
    if (p->who.worker_id)
        p->unallocated_at = 0;
    else if (before.worker_id)
        p->unallocated_at = w->now;
    if (are_others(&before, &p->who))
        memory_look_again(p, w->now);
}

// ------------------------------------------------------------------------------- its messages

static const char *text(const json_t *j, const char *key)
{
    return json_string_value(json_object_get(j, key));
}

// An older message about the object to the same person that has not left gives way; true when one
// has left.
static bool supersede(struct walk *w, struct kept_object *k, const char *staff_id, int sequence)
{
    bool left = false;

    for (size_t i = 0; i < k->message_count; i++) {
        struct replayed_mail *mail = &w->result->mails[k->messages[i].mail];

        if (mail->count == 0 || strcmp(mail->to->id, staff_id) != 0)
            continue;
        left |= mail->at < w->now;
        if (mail->at >= w->now && k->messages[i].sequence < sequence)
            walk_drop(w, mail);
    }
    return left;
}

// As timely.put_message: once for its dedupe key, and no cancellation of what never left.
static bool leaves(struct walk *w, const json_t *message, struct kept_object *k)
{
    const char *staff_id = text(message, "staff_id");
    int sequence = (int)json_integer_value(json_object_get(message, "sequence"));

    if (k && !supersede(w, k, staff_id, sequence) && strcmp(text(message, "kind"), "cancel") == 0)
        return false;
    return memory_is_new(&w->memory, text(message, "dedupe"));
}

static void note_message(struct walk *w, struct kept_object *k, const json_t *message)
{
    k->messages =
        arena_grow(w->arena, k->messages, sizeof *k->messages, k->message_count, &k->message_room);
    k->messages[k->message_count++] = (struct kept_message){
        w->result->count - 1, (int)json_integer_value(json_object_get(message, "sequence"))};
}

static enum replayed_kind kind_of(const json_t *message)
{
    const char *kind = text(message, "kind");

    if (strcmp(kind, "alarm") == 0)
        return REPLAYED_ALARM;
    if (strcmp(kind, "cancel") == 0)
        return REPLAYED_CANCEL;
    return json_is_true(json_object_get(message, "update")) ? REPLAYED_UPDATE : REPLAYED_INVITE;
}

// In which a message reaches its reader: the one that it names, else what they are to the child.
static const char *role_of(struct walk *w, const struct remembered *p, const json_t *message)
{
    const char *staff_id = text(message, "staff_id"), *named = text(message, "role");

    if (named)
        return arena_strdup(w->arena, named);
    if (p->who.worker_id && strcmp(p->who.worker_id, staff_id) == 0)
        return "social-worker";
    if (p->who.chair_id && strcmp(p->who.chair_id, staff_id) == 0)
        return "chair";
    if (p->who.iro_id && strcmp(p->who.iro_id, staff_id) == 0)
        return "reviewing-officer";
    return "attendee";
}

static void replay_message(struct walk *w, const struct remembered *p, const json_t *message)
{
    const char *staff_id = text(message, "staff_id"), *uid = text(message, "uid");
    struct kept_object *k = uid ? memory_object(&w->memory, uid) : NULL;
    const char *about = json_string_value(json_array_get(json_object_get(message, "about"), 0));
    const struct duty *d = about && staff_id ? memory_duty(p, about) : NULL; // not the operator's
    instant wait = SECONDS(json_integer_value(json_object_get(message, "wait_s")));
    struct replayed_mail *mail;
    int t;

    if (!d || !leaves(w, message, k))
        return;
    t = library_timescale(w->in->library, d->owed.timescale);
    mail = walk_mail(w, kind_of(message), directory_staff(w->in->directory, staff_id),
                     w->now + wait, 1);
    walk_line(w, mail,
              &(struct replayed_line){.child = &p->of->names,
                                      .timescale = d->owed.timescale,
                                      .title = w->in->library->timescales[t].title,
                                      .subject_ref = d->owed.subject_ref,
                                      .due_on = d->owed.due_on,
                                      .role = role_of(w, p, message),
                                      .why = arena_strdup(w->arena, text(message, "subject"))});
    if (walk_is_read(w, mail->to))
        walk_words(w, mail, message);
    if (k)
        note_message(w, k, message);
}

// ------------------------------------------------------------------------------- one person

static struct book book_of(const struct walk *w, const struct remembered *p,
                           const struct deadline_change *changes, size_t count)
{
    const char **meetings = ARENA_ARRAY(w->scratch, const char *, count + 1);
    size_t meeting_count = 0;
    bool needed = false;
    struct book b = {0};

    for (size_t i = 0; i < count; i++) {
        const struct deadline *d = changes[i].deadline;

        needed |= changes[i].stored && changes[i].stored->object_uid;
        if (d && d->state == STATE_OPEN && d->booking)
            meetings[meeting_count++] = d->booking->group;
    }
    if (needed || meeting_count)
        memory_book(w->scratch, &w->memory, p, meetings, meeting_count, w->now, &b);
    return b;
}

static json_t *plan_invites(struct walk *w, const struct remembered *p,
                            const struct person_work *work, struct book *book,
                            const struct deadline_change *changes, size_t count)
{
    struct change_context c = {.library = w->in->library,
                               .config = w->in->config,
                               .directory = w->in->directory,
                               .book = book,
                               .now = w->now,
                               .today = w->today,
                               .first_start = w->now == w->started_at};
    json_t *doc = json_object();

    person_invites(w->scratch, &c, work, &p->who, changes, count, doc);
    return doc;
}

static void record_person(struct walk *w, struct remembered *p, struct person_work *work)
{
    struct deadline_change *changes;
    size_t count = person_changes(w->scratch, work, w->now == w->started_at, &changes);
    struct book book = book_of(w, p, changes, count);
    instant *first_notice = ARENA_ARRAY(w->scratch, instant, count + 1);
    const char *const *teams = directory_teams(w->scratch, w->in->directory, &p->who);
    json_auto_t *doc = NULL;
    const json_t *message;
    size_t i;

    for (i = 0; i < count; i++) {
        if (!changes[i].stored)
            changes[i].uid = arena_strdup(w->arena, changes[i].uid);
        if (changes[i].word && !changes[i].withdrawn)
            first_notice[i] =
                ladder_next_at(w->scratch, w->in->library, changes[i].deadline, teams, INT64_MIN);
    }
    doc = plan_invites(w, p, work, &book, changes, count);
    memory_apply(&w->memory, p, changes, count, w->now, first_notice);
    memory_keep_objects(&w->memory, p, &book, doc, w->now);
    json_array_foreach(json_object_get(doc, "messages"), i, message) replay_message(w, p, message);
}

// ------------------------------------------------------------------------------- all of them

// Families together, as they are recorded.
static int by_family(const void *a, const void *b)
{
    const struct chronicled *x = (*(struct remembered *const *)a)->of,
                            *y = (*(struct remembered *const *)b)->of;
    int order = strcmp(x->family ? x->family : "", y->family ? y->family : "");

    return order ? order : strcmp(x->names.person_id, y->names.person_id);
}

void walk_persons(struct walk *w)
{
    struct memory *m = &w->memory;
    struct remembered **due = ARENA_ARRAY(w->scratch, struct remembered *, m->count + 1);
    size_t count = 0;

    for (size_t i = 0; i < m->count; i++)
        if (m->persons[i].next_at && m->persons[i].next_at <= w->now)
            due[count++] = &m->persons[i];
    if (count > 1)
        qsort((void *)due, count, sizeof *due, by_family);
    for (size_t i = 0; i < count; i++) {
        struct person_work work;

        evaluate_person(w, due[i], &work);
        record_person(w, due[i], &work);
    }
}
