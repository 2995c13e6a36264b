// Messages of a plan: the invite, update or cancellation of an object for one person, with the
// children whom that person may see in it; and what no invite can say, as a mail.
#include "calendar_object.h"
#include "clean.h"
#include "digest.h"
#include "explain.h"
#include "invite_plan.h"
#include "mail.h"
#include "mail_link.h"
#include "naming.h"
#include "recipient.h"
#include "text.h"
#include "zone.h"

#include <stdlib.h>
#include <string.h>

#define ALARM_MINUTES 30

// ------------------------------------------------------------------------------- whom it names

static bool may_see(const struct served_deadline *s, const char *staff_id)
{
    return same_text(s->worker_id, staff_id) || is_listed(s->named, staff_id);
}

static bool is_first_of_child(const struct stored_object *o, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (same_text(o->serves[k].person_id, o->serves[i].person_id))
            return false;
    return true;
}

static int by_text(const void *x, const void *y)
{
    return strcmp(*(const char *const *)x, *(const char *const *)y);
}

const char *message_children(struct planner *p, const struct stored_object *o, const char *staff_id)
{
    const char **ids = ARENA_ARRAY(p->arena, const char *, o->serve_count + 1), *list = "";
    size_t count = 0;

    for (size_t i = 0; i < o->serve_count; i++)
        if (may_see(&o->serves[i], staff_id))
            ids[count++] = o->serves[i].person_id;
    if (count > 1)
        qsort((void *)ids, count, sizeof *ids, by_text);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || strcmp(ids[i - 1], ids[i]) != 0)
            list = arena_printf(p->arena, "%s%s%s", list, *list ? " " : "", ids[i]);
    return list;
}

bool message_is_about(const struct planner *p, const struct stored_object *o, const char *staff_id)
{
    for (size_t i = 0; i < o->serve_count; i++)
        if (same_text(o->serves[i].person_id, p->child->person_id) &&
            may_see(&o->serves[i], staff_id))
            return true;
    return false;
}

// Of the deadlines that the meeting is for, as far as its receiver may see: the one due first,
// whichever child is in hand.
static const struct served_deadline *first_due(const struct message *m)
{
    const struct served_deadline *first = NULL;

    for (size_t i = 0; i < m->object->serve_count; i++) {
        const struct served_deadline *s = &m->object->serves[i];

        if (may_see(s, m->staff_id) && (!first || date_cmp(s->due_on, first->due_on) < 0))
            first = s;
    }
    return first;
}

// What the calendar of its receiver is to show.
static struct shown_entry entry_of(struct planner *p, const struct message *m)
{
    const struct stored_object *o = m->object;

    return (struct shown_entry){o->kind, message_children(p, o, m->staff_id), o->starts_on,
                                o->starts, o->ends};
}

// The children of the meeting whom its receiver may see; the one in hand by `own`. A cancellation
// tells no more than whose it was, where its receiver was shown that one child.
static const char *children_words(struct planner *p, const struct message *m, const char *own,
                                  enum naming others)
{
    const struct stored_object *o = m->object;
    const char *seen = message_children(p, o, m->staff_id), *list = "";

    if (m->cancel)
        return same_text(m->shown.children, p->child->person_id) ? own : "";
    for (size_t i = 0; i < o->serve_count; i++) {
        const struct served_deadline *s = &o->serves[i];

        if (is_first_of_child(o, i) && is_listed(seen, s->person_id))
            list = arena_printf(p->arena, "%s%s%s", list, *list ? ", " : "",
                                same_text(s->person_id, p->child->person_id) ? own
                                : others == NAME_BY_INITIALS && s->initials  ? s->initials
                                                                             : s->reference);
    }
    return list;
}

// ------------------------------------------------------------------------------- what it says

// "ICPC 1042", "RCPC 1042, 1043 due": a type, not a sentence, and never a name; by initials where
// the authority chose so.
static const char *neutral_title(struct planner *p, const struct message *m)
{
    struct arena *a = p->arena;
    const struct stored_object *o = m->object;
    const char *children = children_words(p, m, p->child->title, p->context->config->title_names);
    const char *kind = m->cancel ? m->shown.kind : o->kind;

    return arena_printf(a, "%s%s%s%s", naming_type(a, p->context->library, o->timescale),
                        *children ? " " : "", children, same_text(kind, "hold") ? " due" : "");
}

// Its receiver hears that it is over of no other time than the one that they were shown.
static struct invite_words cancel_words(struct planner *p, const struct message *m,
                                        const char *heading)
{
    return (struct invite_words){.heading = heading,
                                 .title = m->title,
                                 .due_on =
                                     same_text(m->shown.kind, "hold") ? m->shown.on : DATE_NONE,
                                 .starts = m->shown.kind ? m->shown.starts : MOMENT_NONE,
                                 .ends = m->shown.kind ? m->shown.ends : MOMENT_NONE,
                                 .cancelled = true,
                                 .service_name = p->context->config->service_name};
}

// The reason for the last day; before it, that the meeting has no time yet.
static const char *derivation_of(struct arena *a, const struct stored_object *o,
                                 const struct served_deadline *due)
{
    const char *reason = due ? due->derivation : NULL;

    if (!date_known(o->starts.on) || o->starts.minute >= 0)
        return reason;
    return arena_printf(a, CALENDAR_WITHOUT_TIME "%s%s", reason ? " " : "", reason ? reason : "");
}

static struct invite_words words_of(struct planner *p, const struct message *m, const char *heading)
{
    const struct stored_object *o = m->object;
    const struct served_deadline *due = first_due(m);
    int t = library_timescale(p->context->library, o->timescale);

    return (struct invite_words){
        .heading = heading,
        .title = m->title,
        .child = children_words(p, m, p->child->words, NAME_BY_REFERENCE),
        .due_on = due ? due->due_on : DATE_NONE,
        .starts = o->starts,
        .ends = o->ends,
        .place = o->place,
        .url = o->url,
        .derivation = derivation_of(p->arena, o, due),
        .update = m->shown.kind != NULL,
        .moved = same_text(m->shown.kind, "hold") && !date_is(m->shown.on, o->starts_on),
        .no_answer = t >= 0 && p->context->library->timescales[t].no_answer,
        .page = due ? mail_link_later(p->arena, p->context->config->public_url, 0) : NULL,
        .service_name = p->context->config->service_name};
}

static bool render_calendar(struct planner *p, const struct message *m,
                            const struct invite_words *words, const char **ret, struct error *err)
{
    const struct config *c = p->context->config;
    const struct stored_object *o = m->object;
    struct shown_entry now = entry_of(p, m), e = m->cancel && m->shown.kind ? m->shown : now;
    struct calendar_person attendee = {m->name, m->email};
    struct calendar_invite i = {
        .method = m->cancel ? IMIP_CANCEL : IMIP_REQUEST,
        .entry = {.uid = o->uid,
                  .sequence = o->sequence,
                  .changed_at = p->context->now,
                  .summary = words->heading,
                  .description = m->cancel ? NULL : invite_description(p->arena, words),
                  .place = words->place,
                  .url = words->url,
                  .on = e.on,
                  .starts = e.starts,
                  .ends = e.ends,
                  .cancelled = m->cancel},
        .organizer = {c->from_name, c->from_email},
        .attendees = &attendee,
        .attendee_count = 1,
        .no_answer = words->no_answer,
        .alarm_minutes = date_known(e.starts.on) ? ALARM_MINUTES : 0,
    };

    return calendar_invite_render(p->arena, &i, ret, err);
}

// ------------------------------------------------------------------------------- putting in

// A mail of words about the deadline in hand, to each once for its dedupe key.
static json_t *mail_document(const struct planner *p, const char *kind, const char *dedupe,
                             const char *staff_id, const char *recipient, const char *subject,
                             const char *text)
{
    json_t *j = json_object();

    json_set_text(j, "kind", kind);
    json_object_set_new(j, "about", json_pack("[s]", p->about->uid));
    json_set_text(j, "dedupe", dedupe);
    json_set_text(j, "staff_id", staff_id);
    json_set_text(j, "recipient", recipient);
    json_set_text(j, "subject", subject);
    json_set_text(j, "text", text);
    json_set_text(j, "message_id",
                  mail_message_id(p->arena, p->context->config->from_email, dedupe));
    return j;
}

// What becomes of a mail that was kept back, by what its receiver's calendar shows.
static const char *kept_back_words(const struct message *m)
{
    if (m->cancel)
        return "It is not tried again: please ask them to take the entry out of their calendar.";
    if (m->shown.kind)
        return "Their calendar shows what it showed before. It is tried again when the meeting "
               "changes.";
    return "The due date is in the feed and the digest all the same. It is tried again whenever\n"
           "the child is looked at.";
}

// What the receivers' rules refuse would do harm in a calendar: the deadline stays in the feed and
// the digest, and somebody is told who can mend it.
static void tell_operator(struct planner *p, const struct message *m, const char *dedupe,
                          const char *why)
{
    struct arena *a = p->arena;
    const char *to = p->context->config->operator_email;
    const struct deadline *d = p->about->deadline;
    const char *text;

    if (!to)
        return;
    text = arena_printf(a,
                        "The %s for %s was kept back, since calendars would not take it as "
                        "it is meant:\n\n%s\n\nIt is about person %s: %s%s%s, calendar "
                        "entry %s.\n\nNothing of it has left. %s\n",
                        m->cancel ? "cancellation" : "invite", m->staff_id, clean_line(a, why, 300),
                        clean_line(a, p->child->person_id, 60), m->title, d ? ", due " : "",
                        d ? date_iso(a, d->due_on) : "", m->object->uid, kept_back_words(m));
    json_array_append_new(p->messages,
                          mail_document(p, "operator", arena_printf(a, "operator:%s", dedupe), NULL,
                                        to, "timely: an invite was not sent", text));
}

static json_t *shows_document(struct planner *p, const struct message *m)
{
    struct arena *a = p->arena;
    struct shown_entry e = entry_of(p, m);
    json_t *j = json_object();

    json_set_text(j, "kind", e.kind);
    json_set_text(j, "children", e.children);
    json_set_text(j, "starts_on", date_iso(a, e.on));
    json_set_text(j, "starts_at", date_known(e.starts.on) ? moment_iso(a, e.starts) : NULL);
    json_set_text(j, "ends_at", date_known(e.ends.on) ? moment_iso(a, e.ends) : NULL);
    return j;
}

static json_t *message_document(struct planner *p, const struct message *m, const char *dedupe,
                                const struct rendered *words, const char *calendar)
{
    bool update = !m->cancel && m->shown.kind;
    const struct served_deadline *due = m->cancel ? NULL : first_due(m);
    json_t *j = mail_document(p, m->cancel ? "cancel" : "invite", dedupe, m->staff_id, m->email,
                              words->subject, words->text);

    json_object_set_new(j, "update", json_boolean(update));
    json_set_text(j, "page", due ? due->uid : NULL);
    json_object_set_new(j, "shows", m->cancel ? json_null() : shows_document(p, m));
    json_set_text(j, "uid", m->object->uid);
    json_object_set_new(j, "sequence", json_integer(m->object->sequence));
    json_set_text(j, "html", words->html);
    json_set_text(j, "calendar", calendar);
    json_object_set_new(j, "wait_s", json_integer(update ? p->context->config->quiet_s : 0));
    return j;
}

bool message_put(struct planner *p, const struct message *m)
{
    struct arena *a = p->arena;
    const char *dedupe = arena_printf(a, "%s:%s:%s:%d", m->cancel ? "cancel" : "invite",
                                      m->object->uid, m->staff_id, m->object->sequence);
    const char *heading = neutral_title(p, m);
    struct invite_words words = m->cancel ? cancel_words(p, m, heading) : words_of(p, m, heading);
    const char *calendar;
    struct rendered text;
    struct error err;

    if (p->context->silent)
        return true;
    invite_render(a, &words, &text);
    if (!render_calendar(p, m, &words, &calendar, &err)) {
        tell_operator(p, m, dedupe, err.text);
        return false;
    }
    json_array_append_new(p->messages, message_document(p, m, dedupe, &text, calendar));
    return true;
}

// ------------------------------------------------------------------------- beside invites

// No mail at night, in which a reload may have brought what it says (register 2.12).
static json_int_t seconds_to_opening(const struct planner *p)
{
    const struct library *l = p->context->library;
    struct moment now = london_from_instant(p->context->now);
    struct moment open = office_open_on_or_after(&l->office, l->local, now);

    if (!date_known(open.on) || moment_cmp(open, now) == 0)
        return 0;
    return (instant_from_london(open) - p->context->now) / SECONDS(1) + 1;
}

// A plain mail to the child's worker or to who stands in, to each once for its dedupe key. Nobody
// is told where nobody is left, nor at a first start.
static void tell_worker(struct planner *p, const char *dedupe, const char *subject,
                        const char *text)
{
    const struct invite_context *c = p->context;
    struct arena *a = p->arena;
    const char *why;
    const struct staff *s = recipient_on_rung(a, c->directory, p->child->who, p->child->restricted,
                                              "social-worker", c->today, &why);
    json_t *j;

    if (c->silent || !s)
        return;
    if (why)
        text = arena_printf(a, "%s\nYou are told because %s.\n", text, why);
    j = mail_document(p, "alarm", arena_printf(a, "%s:%s", dedupe, s->id), s->id, s->email, subject,
                      text);
    json_set_text(j, "role", "social-worker");
    json_object_set_new(j, "wait_s", json_integer(seconds_to_opening(p)));
    json_array_append_new(p->messages, j);
}

void warn_past_date(struct planner *p, const struct invite_deadline *i)
{
    const struct deadline *d = i->deadline;
    struct arena *a = p->arena;
    const char *when = d->booking ? moment_words(a, d->booking->at) : date_words(a, d->due_on);

    tell_worker(p, arena_printf(a, "past-date:%s:%s", i->uid, when),
                "A date was corrected to one that has passed",
                arena_printf(a,
                             "%s, %s.\n\n%s %s. Your calendar showed a later time; that entry is "
                             "taken out.\n\n%s\n\nIf the meeting was held, please record it. If "
                             "not, please %s, and tell your manager.\n",
                             d->timescale->title, p->child->words,
                             d->booking ? "The booking now says" : "The last day in timescale was",
                             when, explain_derivation(a, p->context->library, d),
                             d->booking ? "book another day" : "book it now"));
}
