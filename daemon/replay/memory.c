// Keeping in memory what the functions of sql/store/0003_record.sql keep in tables.
#include "memory.h"

#include "explain.h"
#include "text.h"

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
    if (!owed_is_booked_late(o))
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
