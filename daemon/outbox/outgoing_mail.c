// What leaves of a message (outgoing_mail.h).
#include "outgoing_mail.h"

#include "mail_check.h"
#include "paths.h"
#include "sha256.h"
#include "text.h"
#include "welcome.h"
#include "welcome_mail.h"

#include <stdlib.h>
#include <string.h>

#define PICTURE "etc/pictures/outlook-subscribe.png"
#define PICTURE_MOST ((size_t)1 << 20)

static bool is_kind(const struct outgoing *m, const char *kind)
{
    return strcmp(m->kind, kind) == 0;
}

// The address of a calendar is made now; a picture shows where to paste it. Waits.
static bool write_welcome(const struct mail_maker *k, struct outgoing *m, struct settlement *s,
                          struct outgoing_mail *ret, struct error *err)
{
    const struct staff *holder = directory_staff(k->directory, m->staff_id);
    struct rendered words;
    const char *path;
    char *png;

    if (!data_path(k->arena, PICTURE, &path, err) ||
        !read_whole_file(k->arena, path, PICTURE_MOST, &png, &ret->picture.length, err) ||
        !welcome_write(k->arena, k->store, k->config, m, holder ? holder->name : NULL, k->now,
                       &words, &ret->feed_id, err)) {
        if (err->fault == FAULT_INPUT)
            settlement_becomes(k->arena, s, OUTCOME_REFUSED, err->text);
        return err->fault == FAULT_INPUT;
    }
    ret->picture.id = WELCOME_PICTURE;
    ret->picture.png = png;
    m->subject = words.subject;
    m->text = words.text;
    m->html = words.html;
    return true;
}

static const char *html_with(struct arena *a, const char *html, const char *line)
{
    const char *body = html ? strstr(html, "<body") : NULL;
    const char *after = body ? strchr(body, '>') : NULL;

    if (!html)
        return NULL;
    if (!after)
        return arena_printf(a, "<p>%s</p>\n%s", line, html);
    return arena_printf(a, "%s>\n<p>%s</p>%s", arena_strndup(a, html, (size_t)(after - html)), line,
                        after + 1);
}

// Staff numbers come from the directory: only what no markup is made of is shown of them.
static const char *plain(struct arena *a, const char *s)
{
    char *copy = arena_strdup(a, s);

    for (char *c = copy; *c; c++)
        if (strchr("<>&\"'", *c) || (unsigned char)*c < ' ')
            *c = '_';
    return copy;
}

static void redirect(const struct mail_maker *k, const struct outgoing *m, struct mail *mail)
{
    struct arena *a = k->arena;
    const char *whom = m->staff_id ? plain(a, m->staff_id) : "the operator";
    const char *line =
        arena_printf(a, "Redirected: live delivery is off, and this message is for %s.", whom);

    mail->to_name = NULL;
    mail->to_email = arena_strdup(a, k->config->redirect_to);
    mail->subject = arena_printf(a, "[for %s] %s", whom, m->subject);
    mail->text = arena_printf(a, "%s\n\n%s", line, m->text);
    mail->html = html_with(a, m->html, line);
}

// "timely+{event}@…" with what the event's UID has before its @; NULL where that is not letters and
// digits, as every UID of ours is.
static const char *reply_to(const struct mail_maker *k, const struct outgoing *m)
{
    const char *form = k->config->reply_to, *uid = m->uid;
    size_t tag = uid ? strspn(uid, "abcdefghijklmnopqrstuvwxyz0123456789-") : 0;
    const char *at = form ? strstr(form, CONFIG_EVENT) : NULL;

    if (!at || !m->calendar || tag == 0 || uid[tag] != '@')
        return NULL;
    return arena_printf(k->arena, "%.*s%.*s%s", (int)(at - form), form, (int)tag, uid,
                        at + strlen(CONFIG_EVENT));
}

static void write_mail(const struct mail_maker *k, const struct outgoing *m,
                       struct outgoing_mail *ret)
{
    const struct staff *s = directory_staff(k->directory, m->staff_id);

    ret->mail = (struct mail){.from_name = arena_strdup(k->arena, k->config->from_name),
                              .from_email = arena_strdup(k->arena, k->config->from_email),
                              .to_name = s ? arena_strdup(k->arena, s->name) : NULL,
                              .to_email = m->recipient,
                              .subject = m->subject,
                              .message_id = m->rfc_message_id,
                              .in_reply_to = m->first_message_id,
                              .reply_to = reply_to(k, m),
                              .sent_at = clock_real(),
                              .text = m->text,
                              .html = m->html,
                              .picture = ret->feed_id ? &ret->picture : NULL,
                              .calendar = m->calendar,
                              .calendar_method = !m->calendar           ? NULL
                                                 : is_kind(m, "cancel") ? "CANCEL"
                                                                        : "REQUEST"};
    if (k->config->delivery == DELIVERY_REDIRECT)
        redirect(k, m, &ret->mail);
}

// For Notify there is no mail to compose: its words are what leaves.
static bool compose(const struct mail_maker *k, const struct outgoing *m, struct outgoing_mail *ret,
                    struct error *err)
{
    if (ret->way.by_notify) {
        ret->bytes = ret->mail.text;
        ret->length = strlen(ret->bytes);
        return true;
    }
    return mail_compose(k->arena, &ret->mail, &ret->bytes, &ret->length, err) &&
           (!ret->mail.calendar ||
            mail_check_invite(ret->bytes, ret->length, m->recipient,
                              k->config->delivery == DELIVERY_REDIRECT, err));
}

// Everything that the hand-over needs, or in *s why there will be none. No wait.
static void prepare(const struct mail_maker *k, const struct outgoing *m, struct settlement *s,
                    struct outgoing_mail *ret)
{
    const struct config *c = k->config;
    struct error err;

    if (c->delivery == DELIVERY_LIVE &&
        !mail_domain_allowed(m->recipient, c->allowed_domains, c->allowed_domain_count)) {
        settlement_becomes(k->arena, s, OUTCOME_REFUSED,
                           "the recipient's mail domain is not one of the allowed ones");
        return;
    }
    write_mail(k, m, ret);
    if (!way_out_choose(k->arena, c, m->kind, &ret->way, &err))
        settlement_becomes(k->arena, s, OUTCOME_RETRY, err.text);
    else if (!compose(k, m, ret, &err))
        settlement_becomes(k->arena, s, OUTCOME_REFUSED, err.text);
    else
        sha256_hex(ret->bytes, ret->length, s->sha256);
}

bool outgoing_mail_make(const struct mail_maker *k, struct outgoing *m, struct settlement *s,
                        struct outgoing_mail *ret, struct error *err)
{
    *ret = (struct outgoing_mail){0};
    if (is_kind(m, "welcome") && !write_welcome(k, m, s, ret, err))
        return false;
    if (s->outcome == OUTCOME_NONE)
        prepare(k, m, s, ret);
    return true;
}

bool outgoing_mail_end(struct db *store, const struct outgoing_mail *m, const struct settlement *s,
                       struct error *err)
{
    bool may_have_left = s->outcome == OUTCOME_SENT || s->outcome == OUTCOME_UNSURE;

    return !m->feed_id || may_have_left || welcome_take_back(store, m->feed_id, err);
}
