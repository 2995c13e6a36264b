// Choosing a way out and going it (way_out.h).
#include "way_out.h"

#include "mail_proof.h"
#include "maildir.h"
#include "oauth.h"
#include "smtp.h"

#include <string.h>

static bool is_words_alone(const char *kind)
{
    static const char *const kinds[] = {"digest", "alarm", "summary", "operator"};

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i], kind) == 0)
            return true;
    return false;
}

static void choose_notify(struct arena *a, const struct config *c, struct way_out *ret)
{
    ret->by_notify = true;
    ret->notify = (struct notify_service){.url = arena_strdup(a, c->notify_url),
                                          .template_id = arena_strdup(a, c->notify_template_id),
                                          .reply_to_id = arena_strdup(a, c->notify_reply_to_id),
                                          .ca_file = arena_strdup(a, c->notify_ca_file),
                                          .timeout_s = c->notify_timeout_s};
}

bool way_out_choose(struct arena *a, const struct config *c, const char *kind, struct way_out *ret,
                    struct error *err)
{
    *ret = (struct way_out){.maildir = arena_strdup(a, c->maildir)};
    if (ret->maildir)
        return true;
    if (c->notify_key_file && is_words_alone(kind)) {
        choose_notify(a, c, ret);
        return true;
    }
    if (!c->smtp_url)
        return fail(err, FAULT_INPUT, "neither a mail server nor a Maildir is configured");
    ret->server = (struct mail_server){.url = arena_strdup(a, c->smtp_url),
                                       .helo = arena_strdup(a, c->smtp_helo),
                                       .user = arena_strdup(a, c->smtp_user),
                                       .require_tls = c->smtp_require_tls,
                                       .ca_file = arena_strdup(a, c->smtp_ca_file),
                                       .timeout_s = c->smtp_timeout_s};
    return true;
}

bool way_out_prove(struct arena *a, const struct config *c, struct way_out *w, struct error *err)
{
    struct mail_proof proof;

    if (w->by_notify) {
        if (!c->notify_key_file || !config_secret(a, c->notify_key_file, &w->notify.key, err))
            return false;
        return notify_key_valid(w->notify.key) ||
               fail(err, FAULT_INPUT,
                    "the file of \"notify: key file\" holds no API key of GOV.UK Notify");
    }
    if (!w->server.user)
        return true;
    if (!mail_proof(a, c, c->smtp_password_file, &proof, err))
        return false;
    w->server.password = proof.password;
    w->server.bearer = proof.bearer;
    return true;
}

// RFC 4954 6: what is wrong is who we say we are.
static bool is_denied(int code)
{
    return code == 530 || code == 534 || code == 535 || code == 538;
}

static void take_by_smtp(const struct way_out *w, const struct letter *m,
                         struct handover_answer *ret)
{
    struct smtp_mail mail = {m->from, m->to, m->bytes, m->length, m->until};

    smtp_send(&w->server, &mail, ret);
    if (w->server.bearer && is_denied(ret->code))
        oauth_refused(w->server.bearer);
}

static void take_by_notify(struct arena *a, const struct way_out *w, const struct letter *m,
                           struct handover_answer *ret)
{
    struct notify_mail mail = {.to = m->to,
                               .subject = m->subject,
                               .text = m->text,
                               .reference = m->message_id,
                               .may_be_there = m->may_be_there,
                               .until = m->until};

    notify_send(a, &w->notify, &mail, clock_real(), ret);
}

void way_out_take(struct arena *a, const struct way_out *w, const struct letter *m,
                  struct handover_answer *ret)
{
    if (w->maildir)
        maildir_put(w->maildir, m->message_id, m->bytes, m->length, ret);
    else if (w->by_notify)
        take_by_notify(a, w, m, ret);
    else
        take_by_smtp(w, m, ret);
}
