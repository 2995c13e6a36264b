// Calendar objects of a plan: which one serves a deadline, what it shows, and how it is written
// down.
#include "clean.h"
#include "explain.h"
#include "invite_plan.h"
#include "sha256.h"
#include "text.h"
#include "zone.h"

#include <string.h>

bool object_is_live(const struct stored_object *o)
{
    return o && same_text(o->status, "live");
}

bool is_past(const struct planner *p, struct date on, struct moment ends)
{
    if (date_known(ends.on))
        return instant_from_london(ends) <= p->context->now;
    return date_cmp(on, p->context->today) < 0;
}

bool object_is_over(const struct planner *p, const struct stored_object *o)
{
    return is_past(p, o->starts_on, o->ends);
}

bool object_serves_others(const struct planner *p, const struct stored_object *o)
{
    for (size_t i = 0; i < o->serve_count; i++)
        if (!same_text(o->serves[i].person_id, p->child->person_id))
            return true;
    return false;
}

bool is_listed(const char *list, const char *number)
{
    size_t wanted = strlen(number);

    while (list && *list) {
        size_t n = strcspn(list, " ");

        if (n == wanted && strncmp(list, number, n) == 0)
            return true;
        list += n + (list[n] == ' ');
    }
    return false;
}

// ------------------------------------------------------------------------------- which one

static struct stored_object *add_object(struct planner *p, const struct invite_deadline *i,
                                        const char *uid)
{
    struct book *b = p->book;
    struct stored_object *o;

    b->objects =
        arena_grow(p->arena, b->objects, sizeof *b->objects, b->object_count, &b->object_room);
    o = &b->objects[b->object_count++];
    // The feed has shown this UID with the deadline's own sequence; the object goes on from there.
    *o = (struct stored_object){.uid = uid,
                                .sequence = i->sequence,
                                .content_hash = "",
                                .status = "live",
                                .timescale = i->deadline->timescale->id,
                                .starts = MOMENT_NONE,
                                .ends = MOMENT_NONE};
    return o;
}

static bool serves_another(const struct stored_object *o, const char *uid)
{
    for (size_t i = 0; i < o->serve_count; i++)
        if (!same_text(o->serves[i].uid, uid))
            return true;
    return false;
}

// A meeting of several keeps the object with which it began, also when the child whose deadline
// gave it its UID leaves: that child's next one has a UID of its own, made of the same.
static struct stored_object *own_object(struct planner *p, const struct invite_deadline *i)
{
    const char *uid = i->uid;

    for (;;) {
        struct stored_object *o = book_object(p->book, uid);

        if (!o)
            return add_object(p, i, uid);
        if (!object_is_live(o) || !serves_another(o, i->uid))
            return o;
        uid = arena_printf(p->arena, BOOK_SECOND_UID "%s", uid);
    }
}

struct stored_object *object_for(struct planner *p, const struct invite_deadline *i,
                                 bool is_meeting, struct stored_object *has)
{
    struct stored_object *meeting =
        is_meeting ? book_meeting(p->book, i->deadline->booking->group) : NULL;

    if (meeting)
        return meeting;
    if (object_is_live(has) && !serves_another(has, i->uid))
        return has;
    return own_object(p, i);
}

// ------------------------------------------------------------------------------- whom it serves

// Whom the child's booking names; where it names nobody, a review of a child in care is the
// reviewing officer's, and every other meeting the child's chair's. "" for nobody.
static const char *chair_of(const struct planner *p, const struct booking *b)
{
    const struct responsible *known = p->child->who;
    const char *chair = same_text(b->kind, "cla_review") ? known->iro_id : known->chair_id;
    const char *booked = booked_chair(b->by);

    if (booked)
        return booked;
    return chair ? chair : "";
}

// The chair and the people of the child's own booking; NULL for none.
static const char *named_by(const struct planner *p, const struct booking *b)
{
    const char *chair = b ? chair_of(p, b) : "";
    const char *others =
        b && b->by->booking && b->by->booking->attendees ? b->by->booking->attendees : "";

    return *chair || *others
               ? arena_printf(p->arena, "%s%s%s", chair, *chair && *others ? " " : "", others)
               : NULL;
}

// "2024-04-02T00:00 2024-04-02T09:15": the later text is the later word. NULL without a booking.
static const char *said_by(struct arena *a, const struct deadline *d)
{
    const struct fact *by = d->booking ? d->booking->by : NULL;

    return by ? arena_printf(a, "%s %s", moment_iso(a, by->at),
                             date_known(by->recorded.on) ? moment_iso(a, by->recorded) : "")
              : NULL;
}

bool object_serve(struct planner *p, struct stored_object *o, const struct invite_deadline *i)
{
    struct served_deadline now = {i->uid,
                                  p->child->person_id,
                                  p->child->who->worker_id,
                                  p->child->reference,
                                  p->child->initials,
                                  named_by(p, i->deadline->booking),
                                  said_by(p->arena, i->deadline),
                                  i->deadline->due_on,
                                  explain_derivation(p->arena, p->context->library, i->deadline)};
    struct served_deadline *more;

    for (size_t s = 0; s < o->serve_count; s++) {
        struct served_deadline was = o->serves[s];

        if (!same_text(was.uid, i->uid))
            continue;
        o->serves[s] = now;
        return !date_is(was.due_on, now.due_on) || !same_text(was.derivation, now.derivation);
    }
    more = ARENA_ARRAY(p->arena, struct served_deadline, o->serve_count + 1);
    for (size_t s = 0; s < o->serve_count; s++)
        more[s] = o->serves[s];
    more[o->serve_count++] = now;
    o->serves = more;
    return false;
}

void object_stop_serving(struct stored_object *o, const char *uid)
{
    size_t kept = 0;

    for (size_t i = 0; i < o->serve_count; i++)
        if (!same_text(o->serves[i].uid, uid))
            o->serves[kept++] = o->serves[i];
    o->serve_count = kept;
}

// ------------------------------------------------------------------------------- what it shows

static const char *content_hash(struct arena *a, const struct stored_object *o)
{
    const char *content = arena_printf(
        a, "%s|%s|%d|%s|%s|%s|%s", o->kind, o->status, o->starts_on.day, moment_iso(a, o->starts),
        moment_iso(a, o->ends), o->place ? o->place : "", o->url ? o->url : "");
    char hex[65];

    sha256_hex(content, strlen(content), hex);
    return arena_strndup(a, hex, 32);
}

static void fill_hold(struct stored_object *o, const struct deadline *d)
{
    o->kind = "hold";
    o->meeting = NULL;
    o->starts_on = d->due_on;
    o->starts = o->ends = MOMENT_NONE;
    o->place = o->url = NULL;
}

static void fill_meeting(struct stored_object *o, const struct deadline *d)
{
    const struct booking_details *details = d->booking->by->booking;

    o->kind = "meeting";
    o->meeting = d->booking->group;
    o->starts = d->booking->at;
    o->ends = invite_meeting_ends(d);
    o->starts_on = o->starts.on;
    o->place = details ? details->place : NULL;
    // An address that is none is left out rather than keep the invite from leaving.
    o->url = details && details->url && clean_is_url(details->url) ? details->url : NULL;
}

// Where brothers' and sisters' bookings of one meeting disagree the one told last holds, whoever is
// looked at; of two told at once always the same one.
static bool has_last_word(const struct stored_object *o, const char *uid)
{
    const struct served_deadline *own = NULL;

    for (size_t i = 0; i < o->serve_count; i++)
        if (same_text(o->serves[i].uid, uid))
            own = &o->serves[i];
    for (size_t i = 0; own && i < o->serve_count; i++) {
        int order = text_cmp(o->serves[i].said, own->said);

        if (order > 0 || (order == 0 && strcmp(o->serves[i].uid, uid) < 0))
            return false;
    }
    return true;
}

bool object_fill(struct planner *p, struct stored_object *o, const struct invite_deadline *i)
{
    const struct deadline *d = i->deadline;
    const char *before = o->content_hash;

    if (*before && object_is_live(o) && !has_last_word(o, i->uid))
        return false;
    o->status = "live";
    if (d->booking)
        fill_meeting(o, d);
    else
        fill_hold(o, d);
    o->content_hash = content_hash(p->arena, o);
    return !same_text(before, o->content_hash);
}

void object_cancel(struct planner *p, struct stored_object *o)
{
    o->status = "cancelled";
    o->sequence++;
    o->content_hash = content_hash(p->arena, o);
}

// ------------------------------------------------------------------------------- writing

static json_t *serves_document(const struct planner *p, const struct stored_object *o)
{
    json_t *list = json_array();

    for (size_t i = 0; i < o->serve_count; i++) {
        const struct served_deadline *s = &o->serves[i];

        if (same_text(s->person_id, p->child->person_id))
            json_array_append_new(list, json_pack("{s:s, s:s?, s:s?}", "deadline", s->uid, "named",
                                                  s->named, "said", s->said));
    }
    return list;
}

// The last word on an object: the store takes each only once.
static void put_object(json_t *list, json_t *object)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (same_text(json_string_value(json_object_get(json_array_get(list, i), "uid")),
                      json_string_value(json_object_get(object, "uid")))) {
            json_array_set_new(list, i, object);
            return;
        }
    json_array_append_new(list, object);
}

void object_write(struct planner *p, const struct stored_object *o)
{
    struct arena *a = p->arena;
    json_t *j = json_object();

    json_set_text(j, "uid", o->uid);
    json_object_set_new(j, "sequence", json_integer(o->sequence));
    json_set_text(j, "kind", o->kind);
    json_set_text(j, "status", o->status);
    json_set_text(j, "timescale", o->timescale);
    json_set_text(j, "meeting", o->meeting);
    json_set_text(j, "starts_on", date_iso(a, o->starts_on));
    json_set_text(j, "starts_at", date_known(o->starts.on) ? moment_iso(a, o->starts) : NULL);
    json_set_text(j, "ends_at", date_known(o->ends.on) ? moment_iso(a, o->ends) : NULL);
    json_set_text(j, "place", o->place);
    json_set_text(j, "url", o->url);
    json_set_text(j, "content_hash", o->content_hash);
    json_object_set_new(j, "serves", serves_document(p, o));
    put_object(p->objects, j);
}
