// Alarms by mail and webhook (alarm.h). The mail has the words of the self-audit, which name
// nobody; the webhook, which may be another's, codes and times alone.
#include "alarm.h"

#include "book.h"
#include "json.h"
#include "log.h"
#include "mail.h"
#include "smtp.h"
#include "text.h"
#include "webhook.h"

#include <stdlib.h>
#include <string.h>

#define MAIL_TIMEOUT_S 30

struct alarm {
    struct arena *arena;
    const struct config *config;
    enum alarm_kind kind;
    const struct unwell *causes;
    size_t count;
    instant now;
};

// ------------------------------------------------------------------------------------ the words

static const char *codes(const struct alarm *m)
{
    const char *all = "";

    for (size_t i = 0; i < m->count; i++)
        all = arena_printf(m->arena, "%s%s%s", all, i ? ", " : "", m->causes[i].code);
    return all;
}

static const char *subject(const struct alarm *m)
{
    return arena_printf(
        m->arena, m->kind == ALARM_RAISED ? "timely: alarm: %s" : "timely: over: %s", codes(m));
}

static const char *words(const struct alarm *m)
{
    AUTO(text_done) struct text t = {0};

    if (m->kind == ALARM_CLEARED) {
        text_addf(&t, "What timely could not do is done again (%s).\n", codes(m));
        return arena_strdup(m->arena, text_str(&t));
    }
    text_add(&t, "timely cannot do all of its work:\n\n");
    for (size_t i = 0; i < m->count; i++)
        text_addf(&t, "- %s: %s\n", m->causes[i].code, unwell_sentence(m->arena, &m->causes[i]));
    text_add(&t, "\nUntil this is put right people may not be told in time. \"timely status\" says "
                 "more; what to do about each is in timely's guide for operators.\n"
                 "Another mail comes when it is over, or after a day.\n");
    return arena_strdup(m->arena, text_str(&t));
}

static json_t *cause_document(const struct alarm *m, const struct unwell *u)
{
    json_t *o = json_object();

    json_set_text(o, "code", u->code);
    if (m->kind == ALARM_RAISED)
        json_set_text(o, "since", instant_iso(m->arena, u->since));
    return o;
}

// "text" is what chat services show of a document that they know nothing else of.
static char *document(const struct alarm *m)
{
    AUTO(json_done) json_t *o = json_object();
    json_t *causes = json_array();
    char *text;

    for (size_t i = 0; i < m->count; i++)
        json_array_append_new(causes, cause_document(m, &m->causes[i]));
    json_set_text(o, "text", subject(m));
    json_set_text(o, "state", m->kind == ALARM_RAISED ? "alarm" : "over");
    json_set_text(o, "at", instant_iso(m->arena, m->now));
    json_object_set_new(o, "causes", causes);
    text = json_dumps(o, JSON_COMPACT);
    if (!text)
        out_of_memory();
    return text;
}

// ------------------------------------------------------------------------------------- the ways

static bool by_mail(const struct alarm *m, struct error *err)
{
    const struct config *c = m->config;
    const char *from = c->alarm_from_email ? c->alarm_from_email : c->from_email;
    struct mail_server server = {.url = c->alarm_smtp_url,
                                 .helo = c->smtp_helo,
                                 .user = c->alarm_smtp_user,
                                 .require_tls = c->alarm_smtp_require_tls,
                                 .ca_file = c->alarm_smtp_ca_file,
                                 .timeout_s = MAIL_TIMEOUT_S};
    struct mail mail = {.from_name = c->from_name,
                        .from_email = from,
                        .to_email = c->alarm_email,
                        .subject = subject(m),
                        .sent_at = m->now,
                        .text = words(m)};
    struct handover_answer answer;
    const char *bytes;
    size_t length;

    mail.message_id = mail_message_id(
        m->arena, from,
        arena_printf(m->arena, "%s %s", mail.subject, instant_iso(m->arena, m->now)));
    if ((c->alarm_smtp_password_file &&
         !config_secret(m->arena, c->alarm_smtp_password_file, &server.password, err)) ||
        !mail_compose(m->arena, &mail, &bytes, &length, err))
        return false;
    smtp_send(&server, &(struct smtp_mail){from, c->alarm_email, bytes, length, NULL}, &answer);
    // One whose answer was lost may be told twice rather than never.
    return answer.result == HANDOVER_SENT ||
           fail(err, FAULT_AWAY, "the alarm's mail server: %s", answer.text);
}

static bool by_webhook(const struct alarm *m, struct error *err)
{
    AUTO(string_done) char *json = document(m);
    const char *url;

    if (!config_secret(m->arena, m->config->alarm_webhook_file, &url, err))
        return false;
    if (!config_url_is_safe(url))
        return fail(err, FAULT_INPUT, "%s: expected an address that begins with https://",
                    m->config->alarm_webhook_file);
    return webhook_post(url, json, err);
}

bool alarm_has_way(const struct config *c)
{
    return c->alarm_smtp_url || c->alarm_webhook_file;
}

static bool tried(bool done, const struct error *err)
{
    if (!done)
        log_error("alarm.untold", "reason=\"%s\"", err->text);
    return done;
}

bool alarm_send(const struct config *c, enum alarm_kind kind, const struct unwell *causes,
                size_t count, instant now, struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    // The settings may be replaced while this waits; their texts live on.
    const struct config settings = *c;
    const struct alarm m = {a, &settings, kind, causes, count, now};
    bool told = false;

    (void)fail(err, FAULT_AWAY, "no other way is set under \"alarm\" in the configuration");
    if (settings.alarm_smtp_url)
        told |= tried(by_mail(&m, err), err);
    if (settings.alarm_webhook_file)
        told |= tried(by_webhook(&m, err), err);
    return told;
}
