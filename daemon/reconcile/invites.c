// Planning calendar objects and their messages for one person (invites.h).
#include "invites.h"

#include "calendar_object.h"
#include "clean.h"
#include "digest.h"
#include "explain.h"
#include "mail.h"
#include "naming.h"
#include "text.h"
#include "zone.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#define MAX_ATTENDEES 40

struct planner {
    struct arena *arena;
    const struct invite_context *context;
    struct book *book;
    const struct invite_child *child;
    json_t *objects, *holders, *released, *detached, *messages;
    const char *about; // the deadline in hand
};

static void set_text(json_t *o, const char *key, const char *s)
{
    json_object_set_new(o, key, s ? json_string(s) : json_null());
}

// ------------------------------------------------------------------------------- what is wanted

enum want { WANT_NOTHING, WANT_HOLD, WANT_MEETING };

static enum want wanted(const struct planner *p, const struct invite_deadline *i)
{
    const struct deadline *d = i->deadline;
    bool theirs = p->context->config->meeting_invites == INVITES_THEIRS;

    if (!d || d->state != STATE_OPEN)
        return WANT_NOTHING;
    if (d->booking)
        return theirs ? WANT_NOTHING : WANT_MEETING;
    // A day that has passed is for a mail, not for a calendar.
    if (d->timescale->hold_invite && (i->object_uid || date_cmp(d->due_on, p->context->today) >= 0))
        return WANT_HOLD;
    return WANT_NOTHING;
}

// ------------------------------------------------------------------------------- objects

static bool live(const struct stored_object *o)
{
    return o && same_text(o->status, "live");
}

static bool serves_others(const struct planner *p, const struct stored_object *o)
{
    for (size_t i = 0; i < o->serve_count; i++)
        if (!same_text(o->serves[i].person_id, p->child->person_id))
            return true;
    return false;
}

// True when the child is new to the object.
static bool serve(struct planner *p, struct stored_object *o, const char *uid)
{
    struct served_deadline *more;

    for (size_t i = 0; i < o->serve_count; i++)
        if (same_text(o->serves[i].uid, uid)) {
            o->serves[i].worker_id = p->child->who->worker_id;
            return false;
        }
    more = ARENA_ARRAY(p->arena, struct served_deadline, o->serve_count + 1);
    for (size_t i = 0; i < o->serve_count; i++)
        more[i] = o->serves[i];
    more[o->serve_count++] = (struct served_deadline){
        uid, p->child->person_id, p->child->who->worker_id, p->child->reference};
    o->serves = more;
    return true;
}

static void stop_serving(struct stored_object *o, const char *uid)
{
    size_t kept = 0;

    for (size_t i = 0; i < o->serve_count; i++)
        if (!same_text(o->serves[i].uid, uid))
            o->serves[kept++] = o->serves[i];
    o->serve_count = kept;
}

static struct stored_object *add_object(struct planner *p, const struct invite_deadline *i)
{
    struct book *b = p->book;
    struct stored_object *o;

    if (b->object_count >= b->object_room) {
        struct stored_object *more;

        b->object_room = 2 * b->object_count + 16;
        more = ARENA_ARRAY(p->arena, struct stored_object, b->object_room);
        if (b->object_count)
            memcpy(more, b->objects, b->object_count * sizeof *more);
        b->objects = more;
    }
    o = &b->objects[b->object_count++];
    // The feed has shown this UID with the deadline's own sequence; the object goes on from there.
    *o = (struct stored_object){.uid = i->uid,
                                .sequence = i->sequence,
                                .content_hash = "",
                                .status = "live",
                                .timescale = i->deadline->timescale->id,
                                .starts = MOMENT_NONE,
                                .ends = MOMENT_NONE};
    return o;
}

// The object that is to serve a deadline: the meeting's, else its own if nobody else's, else a new
// one.
static struct stored_object *target_for(struct planner *p, const struct invite_deadline *i,
                                        enum want want, struct stored_object *own)
{
    struct stored_object *meeting =
        want == WANT_MEETING ? book_meeting(p->book, i->deadline->booking->group) : NULL;

    if (meeting)
        return meeting;
    if (own && !(live(own) && serves_others(p, own)))
        return own;
    if (own && same_text(own->uid, i->uid))
        return own; // the oldest stays with the child whose deadline gave it its UID
    own = book_object(p->book, i->uid);
    return own ? own : add_object(p, i);
}

static const char *content_hash(struct arena *a, const struct stored_object *o)
{
    const char *content = arena_printf(
        a, "%s|%s|%d|%s|%s|%s|%s", o->kind, o->status, o->starts_on.day, moment_iso(a, o->starts),
        moment_iso(a, o->ends), o->place ? o->place : "", o->url ? o->url : "");
    unsigned char digest[EVP_MAX_MD_SIZE];
    char *hex = arena_alloc(a, 33);

    EVP_Digest(content, strlen(content), digest, NULL, EVP_sha256(), NULL);
    for (size_t i = 0; i < 16; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    return hex;
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
    const struct booking *b = d->booking;
    const struct booking_details *details = b->by->booking;
    struct moment starts = b->at;

    if (starts.minute < 0)
        starts.minute = 9 * 60;
    o->kind = "meeting";
    o->meeting = b->group;
    o->starts_on = starts.on;
    o->starts = starts;
    o->ends = details && date_known(details->ends.on) && moment_cmp(details->ends, starts) > 0
                  ? details->ends
                  : moment_add_hours(starts, 1);
    o->place = details ? details->place : NULL;
    // An address that is none is left out rather than keep the invite from leaving.
    o->url = details && details->url && clean_is_url(details->url) ? details->url : NULL;
}

// The last word on an object, or on a holder of it: the store takes each only once.
static void put_entry(json_t *list, json_t *entry)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *e = json_array_get(list, i);

        if (same_text(json_string_value(json_object_get(e, "uid")),
                      json_string_value(json_object_get(entry, "uid"))) &&
            same_text(json_string_value(json_object_get(e, "staff_id")),
                      json_string_value(json_object_get(entry, "staff_id")))) {
            json_array_set_new(list, i, entry);
            return;
        }
    }
    json_array_append_new(list, entry);
}

static void write_object(struct planner *p, const struct stored_object *o)
{
    struct arena *a = p->arena;
    json_t *j = json_object(), *serves = json_array();

    set_text(j, "uid", o->uid);
    json_object_set_new(j, "sequence", json_integer(o->sequence));
    set_text(j, "kind", o->kind);
    set_text(j, "status", o->status);
    set_text(j, "timescale", o->timescale);
    set_text(j, "meeting", o->meeting);
    set_text(j, "starts_on", date_iso(a, o->starts_on));
    set_text(j, "starts_at", date_known(o->starts.on) ? moment_iso(a, o->starts) : NULL);
    set_text(j, "ends_at", date_known(o->ends.on) ? moment_iso(a, o->ends) : NULL);
    set_text(j, "place", o->place);
    set_text(j, "url", o->url);
    set_text(j, "content_hash", o->content_hash);
    for (size_t i = 0; i < o->serve_count; i++)
        if (same_text(o->serves[i].person_id, p->child->person_id))
            json_array_append_new(serves, json_string(o->serves[i].uid));
    json_object_set_new(j, "serves", serves);
    put_entry(p->objects, j);
}

// ------------------------------------------------------------------------------- attendees

struct attendees {
    const struct staff *who[MAX_ATTENDEES];
    bool named[MAX_ATTENDEES]; // by the booking: sees every child of the meeting
    size_t count;
};

static void add_attendee(const struct planner *p, struct attendees *l, const char *staff_id,
                         bool named)
{
    const struct staff *s = staff_id ? directory_staff(p->context->directory, staff_id) : NULL;

    if (!s || !staff_in_post(s, p->context->today) || !s->email || !mail_address_valid(s->email) ||
        same_text(s->email, p->context->config->from_email) || l->count == MAX_ATTENDEES)
        return;
    for (size_t i = 0; i < l->count; i++)
        if (l->who[i] == s) {
            l->named[i] |= named;
            return;
        }
    l->named[l->count] = named;
    l->who[l->count++] = s;
}

static void add_listed(struct planner *p, struct attendees *l, const char *ids)
{
    while (ids && *ids) {
        size_t n = strcspn(ids, " ");

        if (n)
            add_attendee(p, l, arena_strndup(p->arena, ids, n), true);
        ids += n + (ids[n] == ' ');
    }
}

// The chair and the people of the booking, and the allocated worker of every child of the meeting.
static struct attendees attendees_of(struct planner *p, const struct stored_object *o,
                                     const struct deadline *d)
{
    struct attendees l = {.count = 0};

    for (size_t i = 0; i < o->serve_count; i++)
        add_attendee(p, &l, o->serves[i].worker_id, false);
    if (d && d->booking && same_text(o->kind, "meeting")) {
        add_attendee(p, &l, d->booking->by->who, true);
        if (d->booking->by->booking)
            add_listed(p, &l, d->booking->by->booking->attendees);
    }
    return l;
}

// ------------------------------------------------------------------------------- messages

struct message {
    const struct stored_object *object;
    const char *staff_id, *name, *email;
    bool cancel, update;
    bool named; // by the booking
    const char *derivation, *title;
    struct date due_on; // DATE_NONE on a cancellation
};

static bool may_see(const struct message *m, const struct served_deadline *s)
{
    return m->named || (s->worker_id && same_text(s->worker_id, m->staff_id));
}

static bool sees_child(const struct planner *p, const struct message *m)
{
    for (size_t i = 0; i < m->object->serve_count; i++)
        if (same_text(m->object->serves[i].person_id, p->child->person_id) &&
            may_see(m, &m->object->serves[i]))
            return true;
    return false;
}

// The children of the meeting whom its receiver may see; the one in hand by `own`. A cancellation
// tells no more than whose it was, where that is one child.
static const char *children_words(struct planner *p, const struct message *m, const char *own)
{
    const struct stored_object *o = m->object;
    const char *list = "";

    if (m->cancel)
        return serves_others(p, o) ? "" : own;
    for (size_t i = 0; i < o->serve_count; i++) {
        const struct served_deadline *s = &o->serves[i];
        bool listed = false;

        for (size_t k = 0; k < i; k++)
            listed |= same_text(o->serves[k].person_id, s->person_id);
        if (!listed && may_see(m, s))
            list = arena_printf(p->arena, "%s%s%s", list, *list ? ", " : "",
                                same_text(s->person_id, p->child->person_id) ? own : s->reference);
    }
    return list;
}

static const char *message_id(struct arena *a, const struct config *c, const char *dedupe)
{
    const char *at = c->from_email ? strchr(c->from_email, '@') : NULL;
    unsigned char digest[EVP_MAX_MD_SIZE];
    char *hex = arena_alloc(a, 41);

    EVP_Digest(dedupe, strlen(dedupe), digest, NULL, EVP_sha256(), NULL);
    for (size_t i = 0; i < 20; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    return arena_printf(a, "%s@%s", hex, at ? at + 1 : "timely.invalid");
}

static bool render_calendar(struct planner *p, const struct message *m,
                            const struct rendered *words, const char **ret, struct error *err)
{
    const struct config *c = p->context->config;
    const struct stored_object *o = m->object;
    struct calendar_person attendee = {m->name, m->email};
    struct calendar_invite i = {
        .method = m->cancel ? IMIP_CANCEL : IMIP_REQUEST,
        .entry = {.uid = o->uid,
                  .sequence = o->sequence,
                  .changed_at = p->context->now,
                  .summary =
                      arena_printf(p->arena, "%s%s %s",
                                   naming_meeting(p->arena, p->context->library, o->timescale),
                                   same_text(o->kind, "hold") ? " due by" : "",
                                   children_words(p, m, p->child->reference)),
                  .description = m->cancel ? NULL : words->text,
                  .place = m->cancel ? NULL : o->place,
                  .url = m->cancel ? NULL : o->url,
                  .on = o->starts_on,
                  .starts = o->starts,
                  .ends = o->ends,
                  .cancelled = m->cancel},
        .organizer = {c->from_name, c->from_email},
        .attendees = &attendee,
        .attendee_count = 1,
        .alarm_minutes = date_known(o->starts.on) ? 30 : 0,
    };

    return calendar_invite_render(p->arena, &i, ret, err) &&
           calendar_invite_check(*ret, i.method, m->email, err);
}

static void put_message(struct planner *p, const struct message *m)
{
    struct arena *a = p->arena;
    const struct stored_object *o = m->object;
    bool own = !m->cancel && sees_child(p, m);
    struct invite_words words = {.title = m->title,
                                 .child = m->cancel ? NULL : children_words(p, m, p->child->words),
                                 .due_on = own && date_known(m->due_on) ? m->due_on : o->starts_on,
                                 .starts = o->starts,
                                 .place = o->place,
                                 .derivation = own ? m->derivation : NULL,
                                 .cancelled = m->cancel,
                                 .update = m->update,
                                 .service_name = p->context->config->service_name};
    const char *dedupe = arena_printf(a, "%s:%s:%s:%d", m->cancel ? "cancel" : "invite", o->uid,
                                      m->staff_id, o->sequence);
    const char *calendar;
    struct rendered text;
    struct error err;
    json_t *j;

    if (p->context->silent)
        return;
    invite_render(a, &words, &text);
    // A message that the receivers' rules refuse never leaves; the deadline stays in the feed and
    // the digest.
    if (!render_calendar(p, m, &text, &calendar, &err))
        return;
    j = json_object();
    set_text(j, "kind", m->cancel ? "cancel" : "invite");
    set_text(j, "about", p->about);
    json_object_set_new(j, "update", json_boolean(m->update && !m->cancel));
    set_text(j, "dedupe", dedupe);
    set_text(j, "uid", o->uid);
    json_object_set_new(j, "sequence", json_integer(o->sequence));
    set_text(j, "staff_id", m->staff_id);
    set_text(j, "recipient", m->email);
    set_text(j, "subject", text.subject);
    set_text(j, "text", text.text);
    set_text(j, "html", text.html);
    set_text(j, "calendar", calendar);
    set_text(j, "message_id", message_id(a, p->context->config, dedupe));
    json_object_set_new(j, "wait_s", json_integer(m->update ? p->context->config->quiet_s : 0));
    json_array_append_new(p->messages, j);
}

// ------------------------------------------------------------------------------- holders

static const struct stored_holder *holder_of(const struct stored_object *o, const char *staff_id)
{
    for (size_t i = 0; i < o->holder_count; i++)
        if (same_text(o->holders[i].staff_id, staff_id))
            return &o->holders[i];
    return NULL;
}

static bool attends(const struct attendees *l, const char *staff_id)
{
    for (size_t i = 0; i < l->count; i++)
        if (same_text(l->who[i]->id, staff_id))
            return true;
    return false;
}

static void release(struct planner *p, const struct stored_object *o, const struct stored_holder *h,
                    const char *title)
{
    json_t *j = json_object();

    set_text(j, "uid", o->uid);
    set_text(j, "staff_id", h->staff_id);
    json_array_append_new(p->released, j);
    if (date_cmp(o->starts_on, p->context->today) >= 0)
        put_message(p, &(struct message){.object = o,
                                         .staff_id = h->staff_id,
                                         .email = h->email,
                                         .cancel = true,
                                         .title = title,
                                         .due_on = DATE_NONE});
}

static void hold_by(struct planner *p, const struct stored_object *o, const struct staff *s)
{
    json_t *j = json_object();

    set_text(j, "uid", o->uid);
    set_text(j, "staff_id", s->id);
    set_text(j, "email", s->email);
    json_object_set_new(j, "sequence", json_integer(o->sequence));
    put_entry(p->holders, j);
}

// Cancels to who no longer attends, invites to who is new, updates to the rest where the content
// changed. At a first start nobody is told: who attends is taken to know.
static void tell_attendees(struct planner *p, struct stored_object *o, const struct attendees *l,
                           const struct deadline *d, bool changed, bool joined)
{
    const char *title = d->timescale->title;
    const char *derivation = explain_derivation(p->arena, p->context->library, d);
    struct stored_holder *now = ARENA_ARRAY(p->arena, struct stored_holder, l->count + 1);
    bool ahead = date_cmp(o->starts_on, p->context->today) >= 0;
    size_t count = 0;

    for (size_t i = 0; i < o->holder_count; i++)
        if (!attends(l, o->holders[i].staff_id))
            release(p, o, &o->holders[i], title);
    for (size_t i = 0; i < l->count; i++) {
        const struct stored_holder *h = holder_of(o, l->who[i]->id);
        struct message m = {.object = o,
                            .staff_id = l->who[i]->id,
                            .name = l->who[i]->name,
                            .email = l->who[i]->email,
                            .update = h && !h->fresh,
                            .named = l->named[i],
                            .derivation = derivation,
                            .title = title,
                            .due_on = d->due_on};
        bool tell = ahead && (changed || !h || (joined && sees_child(p, &m)));

        if (tell) {
            put_message(p, &m);
            hold_by(p, o, l->who[i]);
        }
        if (tell || h)
            now[count++] = (struct stored_holder){l->who[i]->id, l->who[i]->email, !h || h->fresh};
    }
    o->holders = now;
    o->holder_count = count;
}

static bool someone_leaves(const struct stored_object *o, const struct attendees *l)
{
    for (size_t i = 0; i < o->holder_count; i++)
        if (!attends(l, o->holders[i].staff_id))
            return true;
    return false;
}

static const char *title_of(const struct planner *p, const struct stored_object *o)
{
    int t = library_timescale(p->context->library, o->timescale);

    return t >= 0 ? p->context->library->timescales[t].title : "Deadline";
}

static bool is_worker(const struct stored_object *o, const char *staff_id)
{
    for (size_t i = 0; i < o->serve_count; i++)
        if (o->serves[i].worker_id && same_text(o->serves[i].worker_id, staff_id))
            return true;
    return false;
}

// A child has left a meeting that goes on for others: its worker leaves with it, and who saw it
// there is told.
static void tell_who_stays(struct planner *p, struct stored_object *o, const char *worker_id)
{
    size_t kept = 0;

    o->sequence++;
    for (size_t i = 0; i < o->holder_count; i++) {
        const struct stored_holder h = o->holders[i];
        const struct staff *s = directory_staff(p->context->directory, h.staff_id);
        bool of_child = worker_id && same_text(worker_id, h.staff_id),
             of_others = is_worker(o, h.staff_id);

        if (of_child && !of_others) {
            release(p, o, &h, title_of(p, o));
            continue;
        }
        if (s && s->email && (of_child || !of_others)) {
            put_message(p, &(struct message){.object = o,
                                             .staff_id = s->id,
                                             .name = s->name,
                                             .email = s->email,
                                             .update = !h.fresh,
                                             .named = !of_others,
                                             .title = title_of(p, o),
                                             .due_on = DATE_NONE});
            hold_by(p, o, s);
        }
        o->holders[kept++] = h;
    }
    o->holder_count = kept;
    write_object(p, o);
}

static void cancel_object(struct planner *p, struct stored_object *o)
{
    o->status = "cancelled";
    o->sequence++;
    o->content_hash = content_hash(p->arena, o);
    for (size_t i = 0; i < o->holder_count; i++)
        release(p, o, &o->holders[i], title_of(p, o));
    o->holder_count = 0;
    write_object(p, o);
}

// ------------------------------------------------------------------------------- one deadline

static void settle_object(struct planner *p, const struct invite_deadline *i,
                          struct stored_object *o, enum want want)
{
    bool is_new = !*o->content_hash, joined = serve(p, o, i->uid);
    struct attendees l;
    const char *hash;
    bool changed;

    o->status = "live";
    if (want == WANT_MEETING)
        fill_meeting(o, i->deadline);
    else
        fill_hold(o, i->deadline);
    hash = content_hash(p->arena, o);
    changed = !same_text(hash, o->content_hash);
    o->content_hash = hash;
    l = attendees_of(p, o, i->deadline);
    if (!is_new && (changed || joined || someone_leaves(o, &l)))
        o->sequence = (o->sequence >= i->sequence ? o->sequence : i->sequence) + 1;
    tell_attendees(p, o, &l, i->deadline, changed && !is_new, joined);
    write_object(p, o);
}

static void leave_object(struct planner *p, const struct invite_deadline *i,
                         struct stored_object *o)
{
    bool held = i->deadline && i->deadline->state == STATE_MET && same_text(o->kind, "meeting");

    const char *worker_id = NULL;

    for (size_t s = 0; s < o->serve_count; s++)
        if (same_text(o->serves[s].uid, i->uid))
            worker_id = o->serves[s].worker_id;
    stop_serving(o, i->uid);
    // A meeting that was held stays in people's calendars; anything else that serves nobody any
    // more is taken out.
    if (live(o) && o->serve_count == 0 && !held)
        cancel_object(p, o);
    else if (live(o) && serves_others(p, o) && !held &&
             date_cmp(o->starts_on, p->context->today) >= 0)
        tell_who_stays(p, o, worker_id);
}

static void warn_late_booking(struct planner *p, const struct invite_deadline *i)
{
    const struct deadline *d = i->deadline;
    struct arena *a = p->arena;
    const char *worker_id = p->child->who->worker_id;
    const struct staff *s = worker_id ? directory_staff(p->context->directory, worker_id) : NULL;
    const char *dedupe;
    json_t *j;

    if (p->context->silent || !s || !d || d->state != STATE_OPEN || !d->booking ||
        d->awaiting_record || date_cmp(d->booking->at.on, d->due_on) <= 0 ||
        !staff_in_post(s, p->context->today) || !s->email)
        return;
    dedupe = arena_printf(a, "late-booking:%s:%s:%s:%s", i->uid, s->id, date_iso(a, d->due_on),
                          date_iso(a, d->booking->at.on));
    j = json_object();
    set_text(j, "kind", "alarm");
    set_text(j, "about", p->about);
    set_text(j, "dedupe", dedupe);
    set_text(j, "staff_id", s->id);
    set_text(j, "recipient", s->email);
    set_text(j, "subject", "A meeting is booked after its due date");
    set_text(
        j, "text",
        arena_printf(
            a,
            "%s, %s.\n\nIt is booked for %s. That is after %s, the last day in timescale.\n\n%s\n\n"
            "Please ask for an earlier date, or tell your manager why there is none.\n",
            d->timescale->title, p->child->words, moment_words(a, d->booking->at),
            date_words(a, d->due_on), explain_derivation(a, p->context->library, d)));
    set_text(j, "message_id", message_id(a, p->context->config, dedupe));
    json_array_append_new(p->messages, j);
}

static void plan_deadline(struct planner *p, const struct invite_deadline *i)
{
    struct stored_object *own = i->object_uid ? book_object(p->book, i->object_uid) : NULL;
    enum want want = wanted(p, i);
    struct stored_object *target = want == WANT_NOTHING ? NULL : target_for(p, i, want, own);

    p->about = i->uid;
    // Adding an object may have moved the others.
    own = i->object_uid ? book_object(p->book, i->object_uid) : NULL;
    if (own && own != target) {
        leave_object(p, i, own);
        if (!target)
            json_array_append_new(p->detached, json_string(i->uid));
    }
    if (target)
        settle_object(p, i, target, want);
    warn_late_booking(p, i);
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
        if (deadlines[i].object_uid || wanted(&p, &deadlines[i]) != WANT_NOTHING)
            plan_deadline(&p, &deadlines[i]);
    json_object_set_new(doc, "objects", p.objects);
    json_object_set_new(doc, "holders", p.holders);
    json_object_set_new(doc, "released", p.released);
    json_object_set_new(doc, "detached", p.detached);
    json_object_set_new(doc, "messages", p.messages);
    return json_array_size(p.messages);
}
