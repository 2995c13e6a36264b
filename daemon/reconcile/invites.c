// Planning calendar objects and their messages for one person (invites.h): which object a deadline
// needs, who attends it, and whom that has to be told.
#include "invite_plan.h"
#include "mail_address.h"
#include "text.h"
#include "zone.h"

#include <string.h>
#include <strings.h>

// ------------------------------------------------------------------------------- what is wanted

struct moment invite_meeting_ends(const struct deadline *d)
{
    const struct booking_details *details = d->booking->by->booking;

    return meeting_end(d->booking->at, details ? details->ends : MOMENT_NONE);
}

static bool is_over(const struct planner *p, const struct deadline *d)
{
    return d->booking ? is_past(p, d->booking->at.on, invite_meeting_ends(d))
                      : is_past(p, d->due_on, MOMENT_NONE);
}

// Where the meeting is invited to by others the hold before it is ours all the same.
static bool is_invited(const struct planner *p, const struct deadline *d)
{
    if (!d || d->state != STATE_OPEN)
        return false;
    return d->booking ? p->context->config->meeting_invites == INVITES_OURS
                      : d->timescale->hold_invite;
}

// A time that has passed is for a mail, not for a calendar; what a calendar has shown until then
// stays there.
static bool is_wanted(const struct planner *p, const struct invite_deadline *i,
                      const struct stored_object *has)
{
    return is_invited(p, i->deadline) &&
           (!is_over(p, i->deadline) || (object_is_live(has) && object_is_over(p, has)));
}

// ------------------------------------------------------------------------------- attendees

struct attendees {
    const struct staff **who;
    size_t count, room;
};

static void add_attendee(const struct planner *p, struct attendees *l, const char *staff_id)
{
    const struct staff *s = staff_id ? directory_staff(p->context->directory, staff_id) : NULL;
    const char *organizer = p->context->config->from_email;

    if (!s || !staff_in_post(s, p->context->today) || !s->email || !mail_address_valid(s->email) ||
        (organizer && strcasecmp(s->email, organizer) == 0))
        return;
    for (size_t i = 0; i < l->count; i++)
        if (l->who[i] == s)
            return;
    l->who = arena_grow(p->arena, (void *)l->who, sizeof *l->who, l->count, &l->room);
    l->who[l->count++] = s;
}

static void add_listed(struct planner *p, struct attendees *l, const char *ids)
{
    while (ids && *ids) {
        size_t n = strcspn(ids, " ");

        if (n)
            add_attendee(p, l, arena_strndup(p->arena, ids, n));
        ids += n + (ids[n] == ' ');
    }
}

// The allocated worker of every child of the object, and of a meeting the chair and the people of
// every child's booking.
static struct attendees attendees_of(struct planner *p, const struct stored_object *o)
{
    struct attendees l = {0};

    for (size_t i = 0; i < o->serve_count; i++)
        add_attendee(p, &l, o->serves[i].worker_id);
    for (size_t i = 0; i < o->serve_count; i++)
        add_listed(p, &l, o->serves[i].named);
    return l;
}

static bool attends(const struct attendees *l, const char *staff_id)
{
    for (size_t i = 0; i < l->count; i++)
        if (same_text(l->who[i]->id, staff_id))
            return true;
    return false;
}

// ------------------------------------------------------------------------------- holders

static const struct stored_holder *holder_of(const struct stored_object *o, const char *staff_id)
{
    for (size_t i = 0; i < o->holder_count; i++)
        if (same_text(o->holders[i].staff_id, staff_id))
            return &o->holders[i];
    return NULL;
}

static bool is_entry_of(const json_t *e, const struct stored_object *o, const char *staff_id)
{
    return same_text(json_string_value(json_object_get(e, "uid")), o->uid) &&
           same_text(json_string_value(json_object_get(e, "staff_id")), staff_id);
}

// Of one person and object the last word holds, whichever list it is on.
static void forget_entry(json_t *list, const struct stored_object *o, const char *staff_id)
{
    for (size_t i = json_array_size(list); i-- > 0;)
        if (is_entry_of(json_array_get(list, i), o, staff_id))
            json_array_remove(list, i);
}

static json_t *holder_entry(struct planner *p, json_t *list, const struct stored_object *o,
                            const char *staff_id)
{
    json_t *j = json_object();

    forget_entry(p->holders, o, staff_id);
    forget_entry(p->released, o, staff_id);
    json_set_text(j, "uid", o->uid);
    json_set_text(j, "staff_id", staff_id);
    json_array_append_new(list, j);
    return j;
}

static void hold_by(struct planner *p, const struct stored_object *o, const struct staff *s,
                    const char *children)
{
    json_t *j = holder_entry(p, p->holders, o, s->id);

    json_set_text(j, "email", s->email);
    json_set_text(j, "children", children);
    json_object_set_new(j, "sequence", json_integer(o->sequence));
}

static const char *title_of(const struct planner *p, const struct stored_object *o)
{
    int t = library_timescale(p->context->library, o->timescale);

    return t >= 0 ? p->context->library->timescales[t].title : "Deadline";
}

// `was_over`: calendars show it as past, and it stays there; but who was never told so has another
// time in theirs.
static void release(struct planner *p, const struct stored_object *o, const struct stored_holder *h,
                    bool was_over)
{
    holder_entry(p, p->released, o, h->staff_id);
    if (!was_over || h->waiting)
        (void)message_put(p, &(struct message){.object = o,
                                               .staff_id = h->staff_id,
                                               .email = h->email,
                                               .cancel = true,
                                               .title = title_of(p, o),
                                               .shown = h->shown});
}

// Of an object, from how it was.
struct difference {
    bool is_new;
    bool content;  // its time, place or kind
    bool words;    // what is said beside it about the child in hand
    bool was_over; // calendars show it as past, whatever it is now
};

// What one attendee is to hold from now on.
struct telling {
    const struct staff *staff;
    const struct stored_holder *before; // NULL: invited for the first time
    const char *children;
    bool differs; // from what they were shown
};

static bool someone_leaves(const struct stored_object *o, const struct attendees *l)
{
    for (size_t i = 0; i < o->holder_count; i++)
        if (!attends(l, o->holders[i].staff_id))
            return true;
    return false;
}

// What a mail of this round says of the child in hand is no longer so: it is put in anew.
static bool is_reworded(const struct planner *p, const struct stored_object *o,
                        const struct stored_holder *h, bool reworded)
{
    return reworded && h->told && message_is_about(p, o, h->staff_id);
}

static struct telling *tellings_of(struct planner *p, const struct stored_object *o,
                                   const struct attendees *l, struct difference difference)
{
    struct telling *all = ARENA_ARRAY(p->arena, struct telling, l->count + 1);

    for (size_t i = 0; i < l->count; i++) {
        const struct stored_holder *h = holder_of(o, l->who[i]->id);
        const char *children = message_children(p, o, l->who[i]->id);

        all[i] =
            (struct telling){l->who[i], h, children,
                             h && (difference.content || is_reworded(p, o, h, difference.words) ||
                                   !same_text(h->children, children))};
    }
    return all;
}

static bool any_differs(const struct telling *t, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (t[i].differs)
            return true;
    return false;
}

static bool tell(struct planner *p, const struct stored_object *o, const struct telling *t)
{
    struct message m = {.object = o,
                        .staff_id = t->staff->id,
                        .name = t->staff->name,
                        .email = t->staff->email,
                        .title = title_of(p, o)};

    if (t->before)
        m.shown = t->before->shown;

    if (!message_put(p, &m))
        return false;
    hold_by(p, o, t->staff, t->children);
    return true;
}

static struct stored_holder told_holder(const struct telling *t)
{
    struct stored_holder h = {.staff_id = t->staff->id,
                              .email = t->staff->email,
                              .children = t->children,
                              .waiting = true,
                              .told = true};

    if (t->before)
        h.shown = t->before->shown;
    return h;
}

// Cancels to who no longer attends, invites to who is new, updates to the rest where what they were
// shown has changed: its time, its place, or whom it is about. A cancellation has a number of its
// own, so that who comes back is invited with a higher one. Nobody is told of what is over, and at
// a first start nobody at all: who attends is taken to know.
static void tell_attendees(struct planner *p, struct stored_object *o, struct difference difference)
{
    struct attendees l = attendees_of(p, o);
    struct telling *t = tellings_of(p, o, &l, difference);
    struct stored_holder *now = ARENA_ARRAY(p->arena, struct stored_holder, l.count + 1);
    bool leaving = someone_leaves(o, &l);
    size_t count = 0;

    if (leaving)
        o->sequence++;
    for (size_t i = 0; i < o->holder_count; i++)
        if (!attends(&l, o->holders[i].staff_id))
            release(p, o, &o->holders[i], difference.was_over);
    if (!difference.is_new && (difference.content || leaving || any_differs(t, l.count)))
        o->sequence++;
    for (size_t i = 0; i < l.count; i++) {
        const struct stored_holder *h = t[i].before;

        if (!object_is_over(p, o) && (!h || t[i].differs) && tell(p, o, &t[i]))
            now[count++] = told_holder(&t[i]);
        else if (h)
            now[count++] = *h;
    }
    o->holders = now;
    o->holder_count = count;
    object_write(p, o);
}

// ------------------------------------------------------------------------------- one deadline

static void settle_object(struct planner *p, const struct invite_deadline *i,
                          struct stored_object *o)
{
    struct difference d = {.is_new = !*o->content_hash};

    d.was_over = !d.is_new && object_is_over(p, o);
    d.words = object_serve(p, o, i);
    d.content = object_fill(p, o, i) && !d.is_new;
    if (d.content && i->sequence > o->sequence)
        o->sequence = i->sequence;
    tell_attendees(p, o, d);
}

static void cancel_object(struct planner *p, struct stored_object *o)
{
    object_cancel(p, o);
    for (size_t i = 0; i < o->holder_count; i++)
        release(p, o, &o->holders[i], object_is_over(p, o));
    o->holder_count = 0;
    object_write(p, o);
}

// The deadline needs its object no more. A meeting that was held stays in people's calendars;
// anything else that serves nobody any more is taken out. Where it goes on for others, whoever was
// there for this child alone leaves with it, and who saw the child there is told.
static void leave_object(struct planner *p, const struct invite_deadline *i,
                         struct stored_object *o)
{
    bool held = i->deadline && i->deadline->state == STATE_MET && same_text(o->kind, "meeting");

    object_stop_serving(o, i->uid);
    if (!object_is_live(o) || held)
        return;
    if (o->serve_count == 0)
        cancel_object(p, o);
    else if (!object_is_over(p, o))
        tell_attendees(p, o, (struct difference){0});
}

static void plan_deadline(struct planner *p, const struct invite_deadline *i)
{
    struct stored_object *has = i->object_uid ? book_object(p->book, i->object_uid) : NULL;
    bool wanted = is_wanted(p, i, has);
    bool into_the_past = !wanted && is_invited(p, i->deadline) && object_is_live(has);
    struct stored_object *target =
        wanted ? object_for(p, i, i->deadline->booking != NULL, has) : NULL;

    p->about = i;
    // Adding an object may have moved the others.
    has = i->object_uid ? book_object(p->book, i->object_uid) : NULL;
    if (has && has != target) {
        leave_object(p, i, has);
        // A cancelled object stays with its deadline: it comes back with the same UID.
        if (!target && object_is_live(has))
            json_array_append_new(p->detached, json_string(i->uid));
    }
    if (target)
        settle_object(p, i, target);
    if (into_the_past)
        warn_past_date(p, i);
}

size_t invites_plan(struct arena *a, const struct invite_context *c, struct book *b,
                    const struct invite_child *child, const struct invite_deadline *deadlines,
                    size_t count, json_t *doc)
{
    struct planner p = {.arena = a,
                        .context = c,
                        .book = b,
                        .child = child,
                        .objects = json_array(),
                        .holders = json_array(),
                        .released = json_array(),
                        .detached = json_array(),
                        .messages = json_array()};

    for (size_t i = 0; i < count; i++)
        if (deadlines[i].object_uid || is_wanted(&p, &deadlines[i], NULL))
            plan_deadline(&p, &deadlines[i]);
    json_object_set_new(doc, "objects", p.objects);
    json_object_set_new(doc, "holders", p.holders);
    json_object_set_new(doc, "released", p.released);
    json_object_set_new(doc, "detached", p.detached);
    json_object_set_new(doc, "messages", p.messages);
    return json_array_size(p.messages);
}
