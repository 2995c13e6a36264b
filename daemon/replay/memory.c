// Keeping in memory what the functions of sql/store/0003_record.sql keep in tables.
#include "memory.h"

#include "agenda_moved.h"
#include "explain.h"
#include "ladder.h"
#include "recipient.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

void memory_begin(struct arena *a, const struct chronicle *c, const struct library *l,
                  struct memory *ret)
{
    struct memory m = {.arena = a,
                       .library = l,
                       .persons = ARENA_ARRAY(a, struct remembered, c->count + 1),
                       .count = c->count};

    for (size_t i = 0; i < c->count; i++) {
        const struct child_names *n = &c->persons[i].names;

        m.persons[i] = (struct remembered){
            .of = &c->persons[i],
            .reference = naming_reference(a, n),
            .initials = naming_initials(a, n),
            .stored = {.person_id = n->person_id,
                       .case_ref = n->case_ref,
                       .initials = n->initials,
                       .display_name = n->display_name,
                       .family = c->persons[i].family,
                       .restricted = n->restricted,
                       .known = true},
        };
    }
    *ret = m;
}

void memory_end(struct memory *m)
{
    key_set_done(&m->said);
}

bool memory_is_new(struct memory *m, const char *dedupe)
{
    return key_set_add(&m->said, m->arena, arena_strdup(m->arena, dedupe), 1) == 0;
}

// ------------------------------------------------------------------------------- what was said

struct owed memory_owed(const struct duty *d)
{
    struct owed o = d->owed;

    o.who = responsible_for(d->person->who, o.child.restricted, d->chaired_by);
    o.worker_since = d->person->worker_since;
    o.unallocated_at = d->person->unallocated_at;
    o.seen_on = d->person->seen_on;
    return o;
}

struct reader *memory_reader(struct memory *m, const char *staff_id)
{
    size_t low = 0, high = m->reader_count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strcmp(m->readers[middle].staff_id, staff_id);

        if (order == 0)
            return &m->readers[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    m->readers =
        arena_grow(m->arena, m->readers, sizeof *m->readers, m->reader_count, &m->reader_room);
    memmove(&m->readers[low + 1], &m->readers[low], (m->reader_count - low) * sizeof *m->readers);
    m->reader_count++;
    m->readers[low] =
        (struct reader){.staff_id = arena_strdup(m->arena, staff_id), .digest_on = DATE_NONE};
    return &m->readers[low];
}

size_t memory_digests_in_week(const struct reader *r, struct date today)
{
    struct date monday = date_add_days(today, -date_weekday(today));

    return date_known(r->digest_on) && date_cmp(r->digest_on, monday) >= 0 ? r->in_week : 0;
}

void memory_digest(struct reader *r, struct date today)
{
    r->in_week = memory_digests_in_week(r, today) + 1;
    r->digest_on = today;
}

bool memory_is_said(const struct duty *d, const struct notice *n)
{
    return date_is(n->due_on, d->owed.due_on) && n->owed_since == d->owed.owed_since;
}

static bool counts(const struct duty *d, const struct notice *n)
{
    return n->sent && memory_is_said(d, n);
}

// NULL: in none of theirs.
static struct listed *listed(const struct duty *d, const char *staff_id)
{
    for (size_t i = 0; i < d->listed_count; i++) {
        struct listed *l = &d->listed[i];

        if (strcmp(l->staff_id, staff_id) == 0 && date_is(l->due_on, d->owed.due_on) &&
            l->owed_since == d->owed.owed_since)
            return l;
    }
    return NULL;
}

void memory_list(struct memory *m, struct duty *d, const char *staff_id, instant at)
{
    struct listed *l = listed(d, staff_id);

    if (!l) {
        d->listed =
            arena_grow(m->arena, d->listed, sizeof *d->listed, d->listed_count, &d->listed_room);
        l = &d->listed[d->listed_count++];
        *l = (struct listed){d->owed.due_on, d->owed.owed_since, arena_strdup(m->arena, staff_id),
                             0};
    }
    l->at = at;
}

bool memory_has_read(const struct duty *d, const char *staff_id)
{
    const struct listed *l = listed(d, staff_id);
    instant read_at = l ? l->at : 0, parted_at = 0;

    for (size_t i = 0; i < d->notice_count; i++) {
        const struct notice *n = &d->notices[i];
        instant *at = agenda_is_parting(n->rung) ? &parted_at : &read_at;

        if (counts(d, n) && same_text(n->staff_id, staff_id) && n->said_at > *at)
            *at = n->said_at;
    }
    return read_at > parted_at;
}

static const struct notice *later(const struct notice *n, const struct notice *last)
{
    bool is = !last || n->said_at > last->said_at ||
              (n->said_at == last->said_at && strcmp(n->rung, last->rung) < 0);

    return is ? n : last;
}

const struct notice *memory_last_told(const struct duty *d, const char *staff_id)
{
    const struct notice *last = NULL;

    for (size_t i = 0; i < d->notice_count; i++) {
        const struct notice *n = &d->notices[i];

        if (counts(d, n) && same_text(n->staff_id, staff_id) && !agenda_is_parting(n->rung))
            last = later(n, last);
    }
    return last;
}

const struct notice *memory_worker_told(const struct duty *d)
{
    const struct notice *last = NULL;

    for (size_t i = 0; i < d->notice_count; i++) {
        const struct notice *n = &d->notices[i];

        if (counts(d, n) && ladder_rung_is_of(n->rung, "social-worker"))
            last = later(n, last);
    }
    return last;
}

bool memory_knows_parting(struct arena *a, const struct duty *d, const char *staff_id)
{
    const char *rung = agenda_parting_rung(a, d->person->worker_since);

    for (size_t i = 0; i < d->notice_count; i++)
        if (counts(d, &d->notices[i]) && same_text(d->notices[i].staff_id, staff_id) &&
            strcmp(d->notices[i].rung, rung) == 0)
            return true;
    return false;
}

static bool has_told(const struct reader *r, const struct duty *d)
{
    for (size_t i = r->count; i-- > 0;)
        if (r->told[i] == d)
            return true;
    return false;
}

static void remember_told(struct memory *m, const char *staff_id, struct duty *d)
{
    struct reader *r = memory_reader(m, staff_id);

    if (has_told(r, d))
        return;
    r->told = arena_grow(m->arena, (void *)r->told, sizeof *r->told, r->count, &r->room);
    r->told[r->count++] = d;
}

void memory_look_again(const struct remembered *p, instant now)
{
    for (size_t i = 0; i < p->duty_count; i++)
        if (p->duties[i]->owed.open)
            p->duties[i]->next_notice = now;
}

void memory_say(struct memory *m, struct duty *d, const struct notice *n)
{
    struct notice own = *n;

    if (n->sent)
        remember_told(m, n->staff_id, d);
    // What came to another in the worker's place is theirs to read when they are back.
    if (n->sent && ladder_rung_is_of(n->rung, "social-worker") && d->person->who.worker_id)
        remember_told(m, d->person->who.worker_id, d);
    own.rung = arena_strdup(m->arena, n->rung);
    d->notices =
        arena_grow(m->arena, d->notices, sizeof *d->notices, d->notice_count, &d->notice_room);
    d->notices[d->notice_count++] = own;
}

// ------------------------------------------------------------------------------------ deadlines

static struct stored_deadline stored_of(struct memory *m, const struct deadline_change *c,
                                        const struct stored_deadline *was)
{
    const struct deadline *d = c->deadline;
    struct stored_deadline s = *was;

    s.key.timescale = d->timescale->id;
    s.key.subject_ref = arena_strdup(m->arena, d->subject_ref);
    s.key.trigger_on = d->trigger_on;
    s.key.due_on = d->due_on;
    s.uid = c->uid;
    s.state = stored_state_word(d->state);
    s.why = arena_strdup(m->arena, d->why);
    s.sequence = c->sequence;
    s.met_on = d->met_on;
    s.in_timescale = d->state == STATE_MET && d->in_timescale;
    s.due_at = d->due_at.minute >= 0 ? d->due_at : MOMENT_NONE;
    s.booked = d->booking ? d->booking->at : MOMENT_NONE;
    s.booked_group = d->booking ? arena_strdup(m->arena, d->booking->group) : NULL;
    s.chaired_by = arena_strdup(m->arena, d->chaired_by);
    s.provisional = d->provisional;
    s.at_first_start = c->at_first_start;
    return s;
}

// As owed_read would read it (owed.c).
static struct owed owed_of(const struct stored_deadline *s, const struct deadline *d,
                           const struct chronicled *child)
{
    bool hours = date_known(s->due_at.on), back = date_cmp(d->due_on, d->trigger_on) < 0;
    struct owed o = {
        .deadline_id = s->key.deadline_id,
        .timescale = s->key.timescale,
        .subject_ref = s->key.subject_ref,
        .trigger_on = d->trigger_on,
        .due_on = d->due_on,
        .book_by = d->book_by,
        .due_at = hours ? s->due_at : (struct moment){d->due_on, -1},
        .booked = s->booked,
        .booked_group = s->booked_group,
        .open = d->state == STATE_OPEN,
        .provisional = s->provisional,
        .at_first_start = s->at_first_start,
        .rule_version = d->version->number,
        .trigger_at = MOMENT_NONE,
        .trigger_recorded = MOMENT_NONE,
        .child = child->names,
        .family = child->family,
    };

    if (d->trigger && (hours || back)) {
        o.trigger_at = d->trigger->at;
        o.trigger_recorded = d->trigger->recorded;
    }
    return o;
}

struct duty *memory_duty(const struct remembered *p, const char *uid)
{
    for (size_t i = 0; i < p->duty_count; i++)
        if (strcmp(p->duties[i]->uid, uid) == 0)
            return p->duties[i];
    return NULL;
}

static struct duty *add_duty(struct memory *m, struct remembered *p)
{
    struct duty *d = ARENA_NEW(m->arena, struct duty);
    struct stored_person *s = &p->stored;

    m->duties =
        arena_grow(m->arena, (void *)m->duties, sizeof *m->duties, m->duty_count, &m->duty_room);
    m->duties[m->duty_count] = d;
    p->duties =
        arena_grow(m->arena, (void *)p->duties, sizeof *p->duties, p->duty_count, &p->duty_room);
    p->duties[p->duty_count++] = d;
    d->person = p;
    s->deadlines =
        arena_grow(m->arena, s->deadlines, sizeof *s->deadlines, s->deadline_count, &p->room);
    s->deadlines[s->deadline_count++] = (struct stored_deadline){
        .key.deadline_id = (long long)m->duty_count, .person_id = s->person_id};
    m->duty_count++;
    return d;
}

// Since when it is known, as owed_read finds it.
static void note_late_booking(const struct owed *was, instant now, struct owed *o)
{
    if (!date_known(o->booked.on) || date_cmp(o->booked.on, o->due_on) <= 0)
        return;
    o->late_since =
        was->late_since && date_is(was->due_on, o->due_on) && date_is(was->booked.on, o->booked.on)
            ? was->late_since
            : now;
}

// As timely.record_person: one that was met or ended meanwhile is owed since it is open again.
static void note_owed_since(const struct deadline_change *c, const struct owed *was, instant now,
                            struct owed *o)
{
    bool reopened = c->stored && strcmp(c->word, "reopened") == 0;

    o->owed_since = c->stored && !reopened ? was->owed_since : now;
    o->again = reopened || was->again;
    o->at_first_start &= !o->again;
}

static void write_duty(struct memory *m, struct remembered *p, struct stored_deadline *s,
                       const struct deadline_change *c, instant now, instant first_notice)
{
    struct duty *d = m->duties[s->key.deadline_id];
    bool is_new = !c->stored;
    struct owed was = d->owed;

    *s = stored_of(m, c, s);
    d->uid = s->uid;
    d->chaired_by = s->chaired_by;
    d->owed = owed_of(s, c->deadline, p->of);
    if (d->owed.open)
        d->owed.derivation = explain_derivation(m->arena, m->library, c->deadline);
    note_late_booking(&was, now, &d->owed);
    note_owed_since(c, &was, now, &d->owed);
    d->owed.known_since = now;
    d->next_notice = first_notice;
    if (is_new || !date_is(was.due_on, d->owed.due_on)) {
        d->known_at = now;
        d->told_at = d->ownerless_at = 0;
        d->breached = false;
    } else if (!was.open && d->owed.open) {
        d->known_at = now;
    }
}

// Its row stays in the store and is never looked at again.
static void forget(struct memory *m, struct remembered *p, size_t at)
{
    struct stored_person *s = &p->stored;
    struct duty *d = m->duties[s->deadlines[at].key.deadline_id];

    d->owed.open = false;
    d->next_notice = 0;
    memmove(&s->deadlines[at], &s->deadlines[at + 1],
            (s->deadline_count - at - 1) * sizeof *s->deadlines);
    s->deadline_count--;
}

void memory_apply(struct memory *m, struct remembered *p, const struct deadline_change *changes,
                  size_t count, instant now, const instant *first_notice)
{
    const struct stored_deadline *before = p->stored.deadlines;

    for (size_t i = 0; i < count; i++) {
        const struct deadline_change *c = &changes[i];
        size_t at = c->stored ? (size_t)(c->stored - before) : p->stored.deadline_count;

        if (!c->word || c->withdrawn)
            continue;
        if (!c->stored)
            add_duty(m, p);
        write_duty(m, p, &p->stored.deadlines[at], c, now, first_notice[i]);
    }
    // From the last one on, so that the others stay in their places.
    for (size_t i = count; i-- > 0;)
        if (changes[i].withdrawn)
            forget(m, p, (size_t)(changes[i].stored - before));
}
