// Trial invites (trial_invite.h).
#include "trial_invite.h"

#include "calendar_object.h"
#include "digest.h"
#include "document.h"
#include "outbox.h"
#include "sha256.h"

#include <string.h>

#define STARTS (10 * 60)
#define ENDS (10 * 60 + 30)

static struct invite_words words_of(const struct config *c, const struct trial *t)
{
    return (struct invite_words){
        .heading = "Test of invites",
        .title = "Test of invites: there is no such meeting",
        .due_on = DATE_NONE,
        .starts = {t->on, STARTS},
        .ends = {t->on, ENDS},
        .derivation = "An administrator sent this to see whether invites arrive. It should be in "
                      "the calendar once, from 10:00 to 10:30, and ask for an answer. Afterwards "
                      "it may be deleted.",
        .service_name = c->service_name};
}

// Each has a UID of its own: a calendar would take another one with the same as old.
static const char *uid_of(struct arena *a, const char *dedupe)
{
    char hex[65];

    sha256_hex(dedupe, strlen(dedupe), hex);
    return arena_printf(a, "%.32s@timely", hex);
}

static bool render_calendar(struct arena *a, const struct config *c, const struct trial *t,
                            const struct invite_words *words, const char *uid, instant now,
                            const char **ret, struct error *err)
{
    struct calendar_person attendee = {NULL, t->email};
    struct calendar_invite i = {.method = IMIP_REQUEST,
                                .entry = {.uid = uid,
                                          .changed_at = now,
                                          .summary = words->heading,
                                          .description = invite_description(a, words),
                                          .on = t->on,
                                          .starts = words->starts,
                                          .ends = words->ends},
                                .organizer = {c->from_name, c->from_email},
                                .attendees = &attendee,
                                .attendee_count = 1};

    return calendar_invite_render(a, &i, ret, err);
}

bool trial_invite_put(struct arena *a, struct db *store, const struct config *c,
                      const struct trial *t, instant now, struct error *err)
{
    const char *stamp = instant_iso(a, now);
    const char *dedupe = arena_printf(a, "trial:%s:%s", t->email, stamp);
    struct invite_words words = words_of(c, t);
    AUTO(json_done) json_t *doc = json_object();
    const char *calendar;
    struct rendered r;
    json_t *message;

    if (!render_calendar(a, c, t, &words, uid_of(a, dedupe), now, &calendar, err))
        return false;
    invite_render(a, &words, &r);
    message = outbox_message(a, c,
                             &(struct outbox_mail){.kind = "invite",
                                                   .dedupe = dedupe,
                                                   .recipient = t->email,
                                                   .subject = r.subject,
                                                   .text = r.text,
                                                   .html = r.html});
    json_set_text(message, "calendar", calendar);
    json_object_set_new(doc, "message", message);
    json_set_text(doc, "now", stamp);
    json_set_text(doc, "said_by", t->said_by);
    return document_ask(store,
                        "WITH told AS (INSERT INTO timely.audit (at, what, detail)"
                        " SELECT ($1::jsonb->>'now')::timestamptz, 'invite.tried',"
                        " 'by ' || ($1::jsonb->>'said_by'))"
                        " SELECT timely.put_message($1::jsonb->'message',"
                        " ($1::jsonb->>'now')::timestamptz)",
                        doc, NULL, err);
}
