// Mails of a replay as files (replay_mails.h).
#include "replay_mails.h"

#include "mail.h"
#include "maildir.h"

#include <string.h>

void replay_keep_reader(struct replay *r, const char *reader)
{
    size_t kept = 0;

    r->lines = 0;
    for (size_t i = 0; i < r->count; i++) {
        if (!r->mails[i].to || strcmp(r->mails[i].to->id, reader) != 0)
            continue;
        r->lines += r->mails[i].count;
        r->mails[kept++] = r->mails[i];
    }
    r->count = kept;
}

static struct mail mail_of(const struct config *c, const struct replayed_mail *m)
{
    const struct replayed_words *w = m->words;

    return (struct mail){.from_name = c->from_name,
                         .from_email = c->from_email,
                         .to_name = m->to->name,
                         .to_email = w->recipient,
                         .subject = w->subject,
                         .message_id = w->message_id,
                         .sent_at = m->at,
                         .text = w->text,
                         .html = w->html,
                         .calendar = w->calendar,
                         .calendar_method = !w->calendar                 ? NULL
                                            : m->kind == REPLAYED_CANCEL ? "CANCEL"
                                                                         : "REQUEST"};
}

bool replay_write_mails(struct session *s, const struct replay *r, const char *dir,
                        struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();

    for (size_t i = 0; i < r->count; i++) {
        struct mail mail = mail_of(&s->config, &r->mails[i]);
        struct handover_answer answer;
        const char *bytes;
        size_t length;

        if (!mail_compose(a, &mail, &bytes, &length, err))
            return false;
        maildir_put(dir, mail.message_id, bytes, length, &answer);
        if (answer.result != HANDOVER_SENT)
            return fail(err, FAULT_AWAY, "--mails %s: %s", dir, answer.text);
        arena_reset(a);
    }
    return true;
}
