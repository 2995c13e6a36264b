// From an answer to mails: the meeting's children are read, each asked for who is responsible, and
// each of these gets one mail about the children whom they may see.
#include "reply_told.h"

#include "agenda_plan.h"
#include "clean.h"
#include "columns.h"
#include "outbox.h"
#include "recipient.h"
#include "reply_mail.h"
#include "text.h"
#include "zone.h"

#include <string.h>

#define CHAIR_DAYS 5 // working days before the last one in which nobody to chair is urgent

struct child {
    const char *uid; // of the deadline
    struct told_child told;
    struct responsible who;
    bool restricted;
    bool chaired; // by who has answered
};

struct reader {
    const struct staff *staff;
    const struct child **children;
    size_t count;
    int working_days; // -1: no escalation
};

struct telling {
    struct arena *arena;
    const struct replies_context *context;
    const struct calendar_reply *reply;
    const struct held_invite *invite;
    const struct reply_judgement *judgement;
    struct date today;
    struct told_meeting meeting;
    struct child *children;
    size_t child_count;
    struct reader *readers;
    size_t reader_count, reader_room;
};

// ------------------------------------------------------------------------------------ the meeting

static const char meeting_sql[] =
    "SELECT o.timescale, o.starts_on, o.starts_at, d.timescale, d.due_on, d.person_id, p.case_ref,"
    " p.worker_id, p.team_id, p.chair_id, p.iro_id, coalesce(p.restricted, true),"
    " coalesce($2 IN (p.chair_id, p.iro_id), false) OR EXISTS (SELECT FROM ("
    "SELECT k.person_id, k.meeting, k.who FROM timely.fact k UNION ALL "
    "SELECT k.person_id, k.meeting, k.who FROM timely.local_fact k) f"
    " WHERE f.person_id = d.person_id AND f.meeting = o.meeting AND f.who = $2), d.uid"
    " FROM timely.calendar_object o JOIN timely.object_deadline s USING (object_id)"
    " JOIN timely.deadline d USING (deadline_id) LEFT JOIN timely.person p USING (person_id)"
    " WHERE o.object_id = $1::bigint AND d.state = 'open' ORDER BY d.due_on, d.deadline_id";

enum column {
    OBJECT_TIMESCALE,
    STARTS_ON,
    STARTS_AT,
    TIMESCALE,
    DUE_ON,
    PERSON_ID,
    CASE_REF,
    WORKER_ID,
    TEAM_ID,
    CHAIR_ID,
    IRO_ID,
    RESTRICTED,
    CHAIRED,
    UID,
};

static struct child child_row(const struct telling *t, const PGresult *r, int i)
{
#define TEXT(column) arena_strdup(t->arena, db_text(r, i, column))
    struct child_names names = {.person_id = TEXT(PERSON_ID), .case_ref = TEXT(CASE_REF)};
    struct child c = {
        .uid = TEXT(UID),
        .told = {.reference = naming_reference(t->arena, &names),
                 .title = TEXT(TIMESCALE),
                 .due_on = column_date(r, i, DUE_ON)},
        .who = {TEXT(WORKER_ID), TEXT(TEAM_ID), TEXT(CHAIR_ID), TEXT(IRO_ID)},
        .restricted = db_bool(r, i, RESTRICTED),
        .chaired = db_bool(r, i, CHAIRED),
    };
#undef TEXT

    return c;
}

static bool read_meeting(struct telling *t, struct db *store, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;
    const char *values[] = {arena_printf(t->arena, "%lld", t->invite->object_id),
                            t->invite->staff_id};

    if (!db_ask(store, meeting_sql, 2, values, &r, err))
        return false;
    t->child_count = (size_t)PQntuples(r);
    t->children = ARENA_ARRAY(t->arena, struct child, t->child_count + 1);
    for (int i = 0; i < PQntuples(r); i++)
        t->children[i] = child_row(t, r, i);
    t->meeting = (struct told_meeting){.starts_on = DATE_NONE, .starts = MOMENT_NONE};
    if (t->child_count)
        t->meeting =
            (struct told_meeting){.type = arena_strdup(t->arena, db_text(r, 0, OBJECT_TIMESCALE)),
                                  .starts_on = column_date(r, 0, STARTS_ON),
                                  .starts = column_meeting(r, 0, STARTS_AT)};
    return true;
}

// What the library calls things; after the last wait, since it may be replaced during one.
static void name_things(struct telling *t)
{
    const struct library *l = *t->context->library;

    t->meeting.type = naming_type(t->arena, l, t->meeting.type);
    for (size_t i = 0; i < t->child_count; i++) {
        int known = library_timescale(l, t->children[i].told.title);

        if (known >= 0)
            t->children[i].told.title = arena_strdup(t->arena, l->timescales[known].title);
    }
}

// ------------------------------------------------------------------------------------ the readers

static struct reader *reader_of(struct telling *t, const struct staff *s)
{
    for (size_t i = 0; i < t->reader_count; i++)
        if (t->readers[i].staff == s)
            return &t->readers[i];
    t->readers =
        arena_grow(t->arena, t->readers, sizeof *t->readers, t->reader_count, &t->reader_room);
    t->readers[t->reader_count] =
        (struct reader){.staff = s,
                        .children = ARENA_ARRAY(t->arena, const struct child *, t->child_count),
                        .working_days = -1};
    return &t->readers[t->reader_count++];
}

// Asked for child by child, and of one child in several roles.
static void add_reader(struct telling *t, const struct staff *s, const struct child *c,
                       int working_days)
{
    struct reader *r;

    if (!s)
        return;
    r = reader_of(t, s);
    if (r->count == 0 || r->children[r->count - 1] != c)
        r->children[r->count++] = c;
    if (working_days >= 0 && (r->working_days < 0 || working_days < r->working_days))
        r->working_days = working_days;
}

static const struct staff *on_rung(const struct telling *t, const struct responsible *who,
                                   const struct child *c, const char *rung)
{
    const char *ignored;

    return recipient_on_rung(t->arena, t->context->directory, who, c->restricted, rung, t->today,
                             &ignored);
}

// Working days to the last one; 0 on it and after it, -1 when there is time.
static int urgent_days(const struct telling *t, const struct child *c)
{
    int days;

    if (!c->chaired || !t->judgement->stays_away)
        return -1;
    days = date_cmp(c->told.due_on, t->today) <= 0
               ? 0
               : working_days_between((*t->context->library)->national, t->today, c->told.due_on);
    return days <= CHAIR_DAYS ? days : -1;
}

static void find_readers(struct telling *t, const struct child *c)
{
    const struct staff *s = on_rung(t, &c->who, c, "social-worker");
    struct responsible chaired = c->who;
    int days = urgent_days(t, c);

    if (s && strcmp(s->id, t->invite->staff_id) == 0)
        s = on_rung(t, &c->who, c, "team-manager");
    add_reader(t, s, c, -1);
    if (days < 0)
        return;
    chaired.chair_id = t->invite->staff_id;
    add_reader(t, on_rung(t, &c->who, c, "team-manager"), c, days);
    add_reader(t, on_rung(t, &chaired, c, "chairs-manager"), c, days);
}

// -------------------------------------------------------------------------------------- the mails

static const char *staff_words(const struct telling *t, const char *id)
{
    const struct staff *s = id ? directory_staff(t->context->directory, id) : NULL;

    if (!id)
        return NULL;
    return s && s->name ? arena_printf(t->arena, "%s (%s)", s->name, id) : id;
}

// Which answer it was: to the same version the same is told once.
static const char *answer_key(const struct telling *t)
{
    const struct calendar_reply *r = t->reply;

    if (r->method == REPLY_COUNTER)
        return arena_printf(t->arena, "COUNTER:%s@%s", r->partstat,
                            date_known(r->starts.on) ? moment_iso(t->arena, r->starts) : "");
    return t->invite->delegate_id
               ? arena_printf(t->arena, "%s:%s", r->partstat, t->invite->delegate_id)
               : r->partstat;
}

static json_t *mail_to(const struct telling *t, const struct reader *to)
{
    struct told_child *children = ARENA_ARRAY(t->arena, struct told_child, to->count);
    struct reply_words w = {.meeting = t->meeting,
                            .children = children,
                            .count = to->count,
                            .who = staff_words(t, t->invite->staff_id),
                            .sent_by = staff_words(t, t->judgement->sent_by),
                            .delegate = staff_words(t, t->invite->delegate_id),
                            .reply = t->reply,
                            .older = t->reply->sequence < t->invite->sequence_said,
                            .working_days = to->working_days,
                            .service_name = t->context->config->service_name};
    struct outbox_mail m = {
        .kind = "alarm",
        .dedupe =
            arena_printf(t->arena, "reply:%lld:%s:%d:%s:%s", t->invite->object_id,
                         t->invite->staff_id, t->reply->sequence, answer_key(t), to->staff->id),
        .staff_id = to->staff->id,
        .recipient = to->staff->email,
    };
    json_t *message, *about = json_array();

    for (size_t i = 0; i < to->count; i++) {
        children[i] = to->children[i]->told;
        json_array_append_new(about, json_string(to->children[i]->uid));
    }
    reply_mail(t->arena, &w, &m.subject, &m.text);
    message = outbox_message(t->arena, t->context->config, &m);
    json_object_set_new(message, "about", about);
    return message;
}

// By numbers only.
static json_t *mail_to_operator(const struct telling *t)
{
    struct outbox_mail m = {
        .kind = "operator",
        .dedupe = arena_printf(t->arena, "operator:reply:%lld:%s:%d:%s", t->invite->object_id,
                               t->invite->staff_id, t->reply->sequence, answer_key(t)),
        .recipient = t->context->config->operator_email,
        .subject = "timely: nobody could be told of an answer",
        .text = arena_printf(t->arena,
                             "%s has answered %s to calendar object %lld, and nobody is left to "
                             "tell of it:\nthe directory or the allocation of the child needs "
                             "correcting.\n",
                             clean_line(t->arena, t->invite->staff_id, 60), t->reply->partstat,
                             t->invite->object_id),
    };
    json_t *message = outbox_message(t->arena, t->context->config, &m), *about = json_array();

    for (size_t i = 0; i < t->child_count; i++)
        json_array_append_new(about, json_string(t->children[i].uid));
    json_object_set_new(message, "about", about);
    return message;
}

bool reply_told(struct arena *a, struct db *store, const struct replies_context *c,
                const struct calendar_reply *r, const struct held_invite *h,
                const struct reply_judgement *j, json_t *messages, struct error *err)
{
    struct telling t = {.arena = a,
                        .context = c,
                        .reply = r,
                        .invite = h,
                        .judgement = j,
                        .today = london_from_instant(c->now).on};

    if (!read_meeting(&t, store, err))
        return false;
    if (t.child_count == 0 || date_cmp(t.meeting.starts_on, t.today) < 0)
        return true;
    name_things(&t);
    for (size_t i = 0; i < t.child_count; i++)
        find_readers(&t, &t.children[i]);
    for (size_t i = 0; i < t.reader_count; i++)
        json_array_append_new(messages, mail_to(&t, &t.readers[i]));
    if (t.reader_count == 0 && c->config->operator_email)
        json_array_append_new(messages, mail_to_operator(&t));
    return true;
}
