// Alarms by mail and webhook (alarm.h).
#include "alarm.h"

#include "alarm_words.h"
#include "book.h"
#include "log.h"
#include "mail.h"
#include "smtp.h"
#include "token.h"
#include "webhook.h"

#define MAIL_TIMEOUT_S 30
#define ID_CHARS 24

static bool by_mail(const struct alarm *m, const struct config *c, struct error *err)
{
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
                        .subject = alarm_subject(m),
                        .message_id = mail_message_id(m->arena, from, m->id),
                        .sent_at = m->now,
                        .text = alarm_text(m)};
    struct handover_answer answer;
    const char *bytes;
    size_t length;

    if ((c->alarm_smtp_password_file &&
         !config_secret(m->arena, c->alarm_smtp_password_file, &server.password, err)) ||
        !mail_compose(m->arena, &mail, &bytes, &length, err))
        return false;
    smtp_send(&server, &(struct smtp_mail){from, c->alarm_email, bytes, length, NULL}, &answer);
    // One whose answer was lost may be told twice rather than never.
    return answer.result == HANDOVER_SENT ||
           fail(err, FAULT_AWAY, "the alarm's mail server: %s", answer.text);
}

static bool by_webhook(const struct alarm *m, const struct config *c, struct error *err)
{
    const char *url;

    if (!config_secret(m->arena, c->alarm_webhook_file, &url, err))
        return false;
    if (!config_url_is_safe(url))
        return fail(err, FAULT_INPUT, "%s: expected an address that begins with https://",
                    c->alarm_webhook_file);
    return webhook_post(url, alarm_document(m, c->alarm_webhook_form), err);
}

bool alarm_has_way(const struct config *c, enum alarm_way way)
{
    return way == ALARM_BY_MAIL ? c->alarm_smtp_url != NULL : c->alarm_webhook_file != NULL;
}

const char *alarm_way_word(enum alarm_way way)
{
    return way == ALARM_BY_MAIL ? "mail" : "webhook";
}

// Of the codes too: tried again, it may have others beside them.
static const char *id_of(const struct alarm *m, const char *which)
{
    return arena_strndup(
        m->arena, token_hash(m->arena, arena_printf(m->arena, "%s %s", alarm_subject(m), which)),
        ID_CHARS);
}

bool alarm_send(const struct config *c, enum alarm_way way, enum alarm_kind kind,
                const struct unwell *causes, size_t count, const char *which, instant now,
                struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    // The settings may be replaced while this waits; their texts live on.
    const struct config settings = *c;
    struct alarm m = {.arena = a, .kind = kind, .causes = causes, .count = count, .now = now};
    bool told;

    m.id = id_of(&m, which);
    told = way == ALARM_BY_MAIL ? by_mail(&m, &settings, err) : by_webhook(&m, &settings, err);
    if (!told)
        log_error("alarm.untold", "by=%s reason=\"%s\"", alarm_way_word(way), err->text);
    return told;
}
