// Lines as digests, alarms and summaries, with the rungs that each of them says.
#include "agenda_mail.h"

#include "digest.h"
#include "text.h"
#include "weekly_list.h"

#include <string.h>

static const char *staff_key(const struct line *l)
{
    return l->to ? l->to->id : "";
}

const char *agenda_digest_key(struct arena *a, const char *staff_id, struct date on)
{
    return *staff_id ? arena_printf(a, "digest:%s:%s", staff_id, date_iso(a, on))
                     : arena_printf(a, "operator:nobody:%s", date_iso(a, on));
}

const char *agenda_weekly_key(struct arena *a, const char *staff_id, struct date monday)
{
    return arena_printf(a, "weekly:%s:%s", staff_id, date_iso(a, monday));
}

// ------------------------------------------------------------------------------------- documents

static void add_notice(const struct agenda_voice *v, json_t *notices, const struct line *l)
{
    for (size_t i = 0; l->is_new && i < l->rung_count; i++) {
        json_t *n = json_object();

        json_object_set_new(n, "deadline_id", json_integer(l->owed->deadline_id));
        json_object_set_new(n, "due_on", json_string(date_iso(v->arena, l->owed->due_on)));
        json_object_set_new(n, "owed_since",
                            json_string(instant_iso(v->arena, l->owed->owed_since)));
        json_object_set_new(n, "rung", json_string(l->rungs[i]));
        json_object_set_new(n, "staff_id", json_string(staff_key(l)));
        json_array_append_new(notices, n);
    }
}

static json_t *notices_of(const struct agenda_voice *v, const struct line *const *lines,
                          size_t count)
{
    json_t *notices = json_array();

    for (size_t i = 0; i < count; i++)
        add_notice(v, notices, lines[i]);
    return notices;
}

// `message` may be NULL; the notices are taken over.
static json_t *document(const struct agenda_voice *v, json_t *message,
                        const struct line *const *lines, size_t count, json_t *notices)
{
    json_t *doc = json_object(), *about = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(about, json_integer(lines[i]->owed->deadline_id));
    json_object_set_new(doc, "now", json_string(instant_iso(v->arena, v->now)));
    if (message)
        json_object_set_new(doc, "message", message);
    json_object_set_new(doc, "about", about);
    json_object_set_new(doc, "notices", notices);
    return doc;
}

static json_t *telling(const struct agenda_voice *v, json_t *message, const struct agenda_mail *m)
{
    return document(v, message, m->lines, m->count, notices_of(v, m->lines, m->count));
}

json_t *agenda_silence(const struct agenda_voice *v, const struct line *const *lines, size_t count)
{
    return document(v, NULL, lines, count, notices_of(v, lines, count));
}

static struct digest digest_of(const struct agenda_voice *v, const struct staff *reader,
                               const struct line *const *lines, size_t count)
{
    struct digest_line *all = ARENA_ARRAY(v->arena, struct digest_line, count + 1);
    bool escalation = true;

    for (size_t i = 0; i < count; i++) {
        all[i] = agenda_digest_line(v, lines[i]);
        escalation &= lines[i]->escalation || !lines[i]->is_new || lines[i]->parting;
    }
    return (struct digest){.reader = reader->name ? reader->name : reader->id,
                           .on = agenda_today(v),
                           .escalation = escalation,
                           .lines = all,
                           .count = count,
                           .service_name = v->config->service_name,
                           .help = v->config->help};
}

// ----------------------------------------------------------------------------------------- mails

static json_t *message_to(const struct agenda_voice *v, const char *kind, const char *dedupe,
                          const struct staff *to, const struct rendered *r)
{
    return outbox_message(v->arena, v->config,
                          &(struct outbox_mail){.kind = kind,
                                                .dedupe = dedupe,
                                                .staff_id = to->id,
                                                .recipient = to->email,
                                                .subject = r->subject,
                                                .text = r->text,
                                                .html = r->html});
}

static json_t *digest(const struct agenda_voice *v, const struct agenda_mail *m)
{
    struct digest d = digest_of(v, m->to, m->lines, m->count);
    const char *key = agenda_digest_key(v->arena, m->to->id, agenda_today(v));
    struct rendered r;

    digest_render(v->arena, &d, &r);
    return telling(v, message_to(v, "digest", key, m->to, &r), m);
}

static json_t *weekly(const struct agenda_voice *v, const struct agenda_mail *m)
{
    struct weekly w = weekly_words(v, m);
    // One that has not left still has the week's.
    const char *key = m->list->week->again && m->count
                          ? agenda_digest_key(v->arena, m->to->id, agenda_today(v))
                          : agenda_weekly_key(v->arena, m->to->id, w.monday);
    struct rendered r;
    json_t *doc, *about;

    weekly_render(v->arena, &w, &r);
    doc = telling(v, message_to(v, "weekly", key, m->to, &r), m);
    about = json_object_get(doc, "about");
    for (size_t i = 0; i < m->list->concern_count; i++)
        if (weekly_names(m, &w, &m->list->concerns[i]))
            json_array_append_new(about, json_integer(m->list->concerns[i].owed->deadline_id));
    return doc;
}

static json_t *alarm_mail(const struct agenda_voice *v, const struct agenda_mail *m)
{
    struct digest d = digest_of(v, m->to, m->lines, m->count);
    const struct line *line = m->lines[0]; // says its rung once, so that no other mail has the key
    const char *key =
        arena_printf(v->arena, "alarm:%s:%lld:%s:%s:%s", m->to->id, line->owed->deadline_id,
                     date_iso(v->arena, line->owed->due_on), line->rungs[line->rung_count - 1],
                     instant_iso(v->arena, line->owed->owed_since));
    struct rendered r;

    d.at_once = true;
    digest_render(v->arena, &d, &r);
    return telling(v, message_to(v, "alarm", key, m->to, &r), m);
}

// The one mail of a first start to a manager; its rungs are recorded by agenda_silence.
static json_t *summary(const struct agenda_voice *v, const struct agenda_mail *m)
{
    struct digest d = digest_of(v, m->to, m->lines, m->count);
    const char *key = arena_printf(v->arena, "summary:%s", m->to->id);
    struct rendered r;

    summary_render(v->arena, &d, &r);
    return document(v, message_to(v, "summary", key, m->to, &r), m->lines, m->count, json_array());
}

// To the operator, by number; without an operator recorded in silence.
static json_t *nobody(const struct agenda_voice *v, const struct agenda_mail *mail)
{
    struct arena *a = v->arena;
    struct outbox_mail m = {
        .kind = "operator",
        .dedupe = agenda_digest_key(a, "", agenda_today(v)),
        .recipient = v->config->operator_email,
        .subject = arena_printf(a, "timely: nobody could be told of %zu %s", mail->count,
                                mail->count == 1 ? "deadline" : "deadlines"),
    };
    AUTO(text_done) struct text text = {0};

    if (!v->config->operator_email)
        return telling(v, NULL, mail);
    text_add(&text,
             "Nobody is left to tell of these deadlines: the directory or the allocation of "
             "the child\nneeds correcting. `timely findings` says where data is missing.\n\n");
    for (size_t i = 0; i < mail->count; i++) {
        const struct line *l = mail->lines[i];

        text_addf(&text, "deadline %lld, %s, due %s: %s%s%s\n", l->owed->deadline_id,
                  l->owed->timescale, date_iso(a, l->owed->due_on), l->rungs[l->rung_count - 1],
                  l->why ? "; " : "", l->why ? l->why : "");
    }
    m.text = text_str(&text);
    return telling(v, outbox_message(a, v->config, &m), mail);
}

json_t *agenda_document(const struct agenda_voice *v, const struct agenda_mail *m)
{
    switch (m->kind) {
    case MAIL_SUMMARY:
        return summary(v, m);
    case MAIL_ALARM:
        return alarm_mail(v, m);
    case MAIL_DIGEST:
        return digest(v, m);
    case MAIL_WEEKLY:
        return weekly(v, m);
    case MAIL_NOBODY:
        return nobody(v, m);
    }
    return NULL;
}
