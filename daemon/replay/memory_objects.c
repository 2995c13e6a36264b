// The calendar objects of a replay: read for a plan as book_read reads them, written as
// timely.record_objects writes them.
#include "memory.h"

#include "text.h"

#include <string.h>

static bool is_meeting_of(const struct stored_object *o, const char *const *meetings, size_t count)
{
    for (size_t i = 0; o->meeting && same_text(o->status, "live") && i < count; i++)
        if (same_text(o->meeting, meetings[i]))
            return true;
    return false;
}

static bool serves_person(const struct kept_object *o, const struct remembered *p)
{
    for (size_t i = 0; i < o->serve_count; i++)
        if (o->serves[i]->person == p)
            return true;
    return false;
}

// The owed ones alone, each with whoever is its worker now.
static void fill_serves(struct arena *a, const struct kept_object *k, struct stored_object *o)
{
    o->serves = ARENA_ARRAY(a, struct served_deadline, k->serve_count + 1);
    o->serve_count = 0;
    for (size_t i = 0; i < k->serve_count; i++) {
        const struct duty *d = k->serves[i];

        if (d->owed.open)
            o->serves[o->serve_count++] = (struct served_deadline){d->uid,
                                                                   d->person->stored.person_id,
                                                                   d->person->who.worker_id,
                                                                   d->person->reference,
                                                                   d->person->initials,
                                                                   d->named,
                                                                   d->said,
                                                                   d->owed.due_on,
                                                                   d->derivation};
    }
}

static void fill_holders(struct arena *a, const struct kept_object *k, instant now,
                         struct stored_object *o)
{
    o->holders = ARENA_ARRAY(a, struct stored_holder, k->holder_count + 1);
    o->holder_count = k->holder_count;
    for (size_t i = 0; i < k->holder_count; i++) {
        const struct kept_holder *h = &k->holders[i];
        bool waits = h->said.kind && h->said_at >= now;

        o->holders[i] = (struct stored_holder){.staff_id = h->staff_id,
                                               .email = h->email,
                                               .children = h->children,
                                               .waiting = waits,
                                               .told = h->told_at == now,
                                               .shown = waits ? h->shown : h->said};
    }
}

void memory_book(struct arena *a, const struct memory *m, const struct remembered *p,
                 const char *const *meetings, size_t meeting_count, instant now, struct book *ret)
{
    struct book b = {0};

    for (size_t i = 0; i < m->object_count; i++) {
        const struct kept_object *k = m->objects[i];
        struct stored_object *o;

        if (!serves_person(k, p) && k->made_for != p &&
            !is_meeting_of(&k->object, meetings, meeting_count))
            continue;
        b.objects = arena_grow(a, b.objects, sizeof *b.objects, b.object_count, &b.object_room);
        o = &b.objects[b.object_count++];
        *o = k->object;
        fill_serves(a, k, o);
        fill_holders(a, k, now, o);
    }
    *ret = b;
}

// ------------------------------------------------------------------------------------ writing

struct kept_object *memory_object(const struct memory *m, const char *uid)
{
    for (size_t i = m->object_count; i-- > 0;)
        if (strcmp(m->objects[i]->object.uid, uid) == 0)
            return m->objects[i];
    return NULL;
}

static struct kept_object *find_or_add(struct memory *m, const struct remembered *p,
                                       const char *uid)
{
    struct kept_object *k = memory_object(m, uid);

    if (k)
        return k;
    m->objects = arena_grow(m->arena, (void *)m->objects, sizeof *m->objects, m->object_count,
                            &m->object_room);
    k = m->objects[m->object_count++] = ARENA_NEW(m->arena, struct kept_object);
    k->object.uid = arena_strdup(m->arena, uid);
    k->made_for = p;
    return k;
}

static const char *text(const json_t *j, const char *key)
{
    return json_string_value(json_object_get(j, key));
}

static void set_object(struct memory *m, struct remembered *p, struct duty *d,
                       struct kept_object *to)
{
    struct kept_object *from = d->object;
    size_t kept = 0;

    if (from == to)
        return;
    for (size_t i = 0; from && i < from->serve_count; i++)
        if (from->serves[i] != d)
            from->serves[kept++] = from->serves[i];
    if (from)
        from->serve_count = kept;
    if (to) {
        to->serves = arena_grow(m->arena, (void *)to->serves, sizeof *to->serves, to->serve_count,
                                &to->serve_room);
        to->serves[to->serve_count++] = d;
    }
    d->object = to;
    for (size_t i = 0; i < p->stored.deadline_count; i++)
        if (p->stored.deadlines[i].key.deadline_id == d->owed.deadline_id)
            p->stored.deadlines[i].object_uid = to ? to->object.uid : NULL;
}

static const char *derivation_in(const struct stored_object *o, const char *uid)
{
    for (size_t i = 0; i < o->serve_count; i++)
        if (strcmp(o->serves[i].uid, uid) == 0)
            return o->serves[i].derivation;
    return NULL;
}

static void keep_object(struct memory *m, struct remembered *p, const struct stored_object *planned,
                        const json_t *serves)
{
    struct kept_object *k = find_or_add(m, p, planned->uid);
    const char *own_uid = k->object.uid;
    const json_t *served;
    size_t i;

    k->object = *planned;
    k->object.uid = own_uid;
    k->object.content_hash = arena_strdup(m->arena, planned->content_hash);
    json_array_foreach(serves, i, served)
    {
        struct duty *d = memory_duty(p, text(served, "deadline"));

        if (!d)
            continue;
        set_object(m, p, d, k);
        d->named = arena_strdup(m->arena, text(served, "named"));
        d->said = arena_strdup(m->arena, text(served, "said"));
        d->derivation = arena_strdup(m->arena, derivation_in(planned, d->uid));
    }
}

static void release(struct memory *m, const json_t *released)
{
    struct kept_object *k = memory_object(m, text(released, "uid"));
    size_t kept = 0;

    for (size_t i = 0; k && i < k->holder_count; i++)
        if (!same_text(k->holders[i].staff_id, text(released, "staff_id")))
            k->holders[kept++] = k->holders[i];
    if (k)
        k->holder_count = kept;
}

static struct kept_holder *holder_of(const struct kept_object *k, const char *staff_id)
{
    for (size_t i = 0; k && i < k->holder_count; i++)
        if (same_text(k->holders[i].staff_id, staff_id))
            return &k->holders[i];
    return NULL;
}

static void hold(struct memory *m, const json_t *holder, instant now)
{
    struct kept_object *k = memory_object(m, text(holder, "uid"));
    const char *staff_id = text(holder, "staff_id");
    const char *children = arena_strdup(m->arena, text(holder, "children"));
    struct kept_holder *known = holder_of(k, staff_id);

    if (known) {
        known->children = children;
        known->told_at = now;
        return;
    }
    if (!k)
        return;
    k->holders =
        arena_grow(m->arena, k->holders, sizeof *k->holders, k->holder_count, &k->holder_room);
    k->holders[k->holder_count++] =
        (struct kept_holder){.staff_id = arena_strdup(m->arena, staff_id),
                             .email = arena_strdup(m->arena, text(holder, "email")),
                             .children = children,
                             .told_at = now};
}

// An invite gives way to the next one where it has not left by then.
static void say(const struct memory *m, const struct book *planned, const json_t *message,
                instant now)
{
    const char *uid = text(message, "uid");
    const struct stored_object *o = book_object(planned, uid);
    struct kept_holder *h = o ? holder_of(memory_object(m, uid), text(message, "staff_id")) : NULL;

    if (!h || strcmp(text(message, "kind"), "invite") != 0)
        return;
    if (h->said_at < now)
        h->shown = h->said;
    h->said = (struct shown_entry){same_text(o->kind, "hold") ? "hold" : "meeting", h->children,
                                   o->starts_on, o->starts, o->ends};
    h->said_at = now + SECONDS(json_integer_value(json_object_get(message, "wait_s")));
}

void memory_keep_objects(struct memory *m, struct remembered *p, const struct book *planned,
                         const json_t *doc, instant now)
{
    const json_t *item;
    size_t i;

    json_array_foreach(json_object_get(doc, "detached"), i, item)
    {
        struct duty *d = memory_duty(p, json_string_value(item));

        if (d)
            set_object(m, p, d, NULL);
    }
    json_array_foreach(json_object_get(doc, "objects"), i, item)
    {
        const struct stored_object *o = book_object(planned, text(item, "uid"));

        if (o)
            keep_object(m, p, o, json_object_get(item, "serves"));
    }
    json_array_foreach(json_object_get(doc, "released"), i, item) release(m, item);
    json_array_foreach(json_object_get(doc, "holders"), i, item) hold(m, item, now);
    json_array_foreach(json_object_get(doc, "messages"), i, item) say(m, planned, item, now);
}
