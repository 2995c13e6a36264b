// One message: claim it, ask whether it is still called for, compose it, hand it over, settle it.
// The row says 'handing_over' before the first byte leaves, so that a crash in between is known for
// what it is: perhaps sent.
//
// Our claim is a lease, and only as good as its last renewal. It is looked at whenever bytes leave:
// who was paused beyond it (stopped, swapped out, its machine moved) gives none. While the store is
// away nobody can renew, take over, or write down what became of a message: what is under way goes
// on for as long as the lease is sure, and its settlement waits here. A store that returns finds
// the lease over, yet the claim still ours: it is renewed before anybody else takes over, since
// they wait a lease's time first (daemon/run/leases.c). Only who is cut off alone, for longer than
// its lease and after the data left, is taken for dead, and the message is sent again.
#include "deliver.h"

#include "log.h"
#include "mail.h"
#include "mail_check.h"
#include "mail_links.h"
#include "paths.h"
#include "sha256.h"
#include "text.h"
#include "wanted.h"
#include "way_out.h"
#include "welcome.h"
#include "welcome_mail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_US (SECONDS(60) * 60 * 24)
#define HOPELESS_TRIES 10
#define PICTURE "etc/pictures/outlook-subscribe.png"
#define PICTURE_MOST ((size_t)1 << 20)
#define ANSWER_CHARS_MAX 190 // four bytes each and an ellipsis fit into a settlement

struct delivery {
    struct arena *arena;
    struct db *store;
    const struct config *config;
    const struct directory *directory;
    instant now;
    struct claim *claim;
    struct outgoing message;
    long long feed_id; // that a welcome made; 0: none
    struct mail_picture picture;
    // Fixed before the hand-over, so that a reload during it changes nothing.
    struct mail mail;
    const char *bytes;
    size_t length;
    struct way_out way;
};

static bool is_kind(const struct delivery *d, const char *kind)
{
    return strcmp(d->message.kind, kind) == 0;
}

static bool settle_as(struct settlement *s, enum outcome outcome, const char *answer)
{
    char *line = text_one_line(answer, ANSWER_CHARS_MAX);

    s->outcome = outcome;
    (void)snprintf(s->answer, sizeof s->answer, "%s", line);
    free(line);
    return true;
}

// ------------------------------------------------------------------------------ still called for

static void directory_done(struct directory **d)
{
    directory_free(*d);
}

// Whoever speaks against a message must be as new as the message: a colleague who came a moment ago
// is not in a directory that was read before. Rare enough to read it again, into *ret. Fills *s
// where the message is to be dropped. Waits.
static bool check_wanted(struct delivery *d, struct settlement *s, struct directory **ret,
                         struct error *err)
{
    const char *why_not;

    if (!wanted_ask(d->arena, d->store, d->directory, &d->message, d->now, &why_not, err))
        return false;
    if (!why_not)
        return true;
    if (!directory_read(d->store, ret, err))
        return false;
    d->directory = *ret;
    return wanted_ask(d->arena, d->store, *ret, &d->message, d->now, &why_not, err) &&
           (!why_not || settle_as(s, OUTCOME_SUPERSEDED, why_not));
}

// ------------------------------------------------------------------------------------- composing

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

// The address of a calendar is made now; a picture shows where to paste it. Waits.
static bool write_welcome(struct delivery *d, struct settlement *s, struct error *err)
{
    const struct staff *holder = directory_staff(d->directory, d->message.staff_id);
    struct rendered words;
    const char *path;
    char *png;

    if (!data_path(d->arena, PICTURE, &path, err) ||
        !read_whole_file(d->arena, path, PICTURE_MOST, &png, &d->picture.length, err) ||
        !welcome_write(d->arena, d->store, d->config, &d->message, holder ? holder->name : NULL,
                       d->now, &words, &d->feed_id, err))
        return err->fault == FAULT_INPUT && settle_as(s, OUTCOME_REFUSED, err->text);
    d->picture.id = WELCOME_PICTURE;
    d->picture.png = png;
    d->message.subject = words.subject;
    d->message.text = words.text;
    d->message.html = words.html;
    return true;
}

// The address of a mail that surely did not arrive ends. Waits.
static bool end_welcome(const struct delivery *d, const struct settlement *s, struct error *err)
{
    bool may_have_left = s->outcome == OUTCOME_SENT || s->outcome == OUTCOME_UNSURE;

    return !d->feed_id || may_have_left || welcome_take_back(d->store, d->feed_id, err);
}

static void redirect(struct delivery *d)
{
    struct arena *a = d->arena;
    const char *whom = d->message.staff_id ? plain(a, d->message.staff_id) : "the operator";
    const char *line =
        arena_printf(a, "Redirected: live delivery is off, and this message is for %s.", whom);

    d->mail.to_name = NULL;
    d->mail.to_email = arena_strdup(a, d->config->redirect_to);
    d->mail.subject = arena_printf(a, "[for %s] %s", whom, d->message.subject);
    d->mail.text = arena_printf(a, "%s\n\n%s", line, d->message.text);
    d->mail.html = html_with(a, d->message.html, line);
}

// "timely+{event}@…" with what the event's UID has before its @; NULL where that is not letters and
// digits, as every UID of ours is.
static const char *reply_to(const struct delivery *d)
{
    const char *form = d->config->reply_to, *uid = d->message.uid;
    size_t tag = uid ? strspn(uid, "abcdefghijklmnopqrstuvwxyz0123456789-") : 0;
    const char *at = form ? strstr(form, CONFIG_EVENT) : NULL;

    if (!at || !d->message.calendar || tag == 0 || uid[tag] != '@')
        return NULL;
    return arena_printf(d->arena, "%.*s%.*s%s", (int)(at - form), form, (int)tag, uid,
                        at + strlen(CONFIG_EVENT));
}

static void write_mail(struct delivery *d)
{
    const struct outgoing *m = &d->message;
    const struct staff *s = directory_staff(d->directory, m->staff_id);

    d->mail = (struct mail){.from_name = arena_strdup(d->arena, d->config->from_name),
                            .from_email = arena_strdup(d->arena, d->config->from_email),
                            .to_name = s ? s->name : NULL,
                            .to_email = m->recipient,
                            .subject = m->subject,
                            .message_id = m->rfc_message_id,
                            .in_reply_to = m->first_message_id,
                            .reply_to = reply_to(d),
                            .sent_at = clock_real(),
                            .text = m->text,
                            .html = m->html,
                            .picture = d->feed_id ? &d->picture : NULL,
                            .calendar = m->calendar,
                            .calendar_method = !m->calendar           ? NULL
                                               : is_kind(d, "cancel") ? "CANCEL"
                                                                      : "REQUEST"};
    if (d->config->delivery == DELIVERY_REDIRECT)
        redirect(d);
}

// For Notify there is no mail to compose: its words are what leaves.
static bool compose(struct delivery *d, struct error *err)
{
    if (d->way.by_notify) {
        d->bytes = d->mail.text;
        d->length = strlen(d->bytes);
        return true;
    }
    return mail_compose(d->arena, &d->mail, &d->bytes, &d->length, err) &&
           (!d->mail.calendar || mail_check_invite(d->bytes, d->length, d->message.recipient,
                                                   d->config->delivery == DELIVERY_REDIRECT, err));
}

// Everything that the hand-over needs, or in *s why there will be none. No wait.
static void prepare(struct delivery *d, struct settlement *s)
{
    const struct config *c = d->config;
    struct error err;

    if (c->delivery == DELIVERY_LIVE &&
        !mail_domain_allowed(d->message.recipient, c->allowed_domains, c->allowed_domain_count)) {
        settle_as(s, OUTCOME_REFUSED, "the recipient's mail domain is not one of the allowed ones");
        return;
    }
    write_mail(d);
    if (!way_out_choose(d->arena, c, d->message.kind, &d->way, &err))
        settle_as(s, OUTCOME_RETRY, err.text);
    else if (!compose(d, &err))
        settle_as(s, OUTCOME_REFUSED, err.text);
    else
        sha256_hex(d->bytes, d->length, s->sha256);
}

// Where there is nothing that proves who we are, the next message needs not ask. Waits.
static void prove(struct delivery *d, struct settlement *s, struct delivered *ret)
{
    struct error err;

    if (way_out_prove(d->arena, d->config, &d->way, &err))
        return;
    settle_as(s, OUTCOME_RETRY, err.text);
    ret->away = true;
}

// What a mail says is worth more than its links: where none can be made, it goes without. Waits.
static bool make_links(struct delivery *d, struct error *err)
{
    if (mail_links_make(d->arena, d->store, d->config->public_url, &d->message, err))
        return true;
    if (err->fault == FAULT_INPUT)
        log_error("message.without-links", "message=%lld reason=\"%s\"", d->message.message_id,
                  err->text);
    return err->fault == FAULT_INPUT;
}

// ---------------------------------------------------------------------------------- handing over

static enum outcome outcome_of(enum handover h)
{
    switch (h) {
    case HANDOVER_SENT:
        return OUTCOME_SENT;
    case HANDOVER_RETRY:
        return OUTCOME_RETRY;
    case HANDOVER_REFUSED:
        return OUTCOME_REFUSED;
    case HANDOVER_UNSURE:
        return OUTCOME_UNSURE;
    }
    return OUTCOME_UNSURE;
}

// Marks the row. After a pause the store is asked once more: no byte leaves on a lease that is
// over.
static bool begin(const struct delivery *d, bool *ret_ours, struct error *err)
{
    if (!outbox_hand_over(d->store, d->claim, ret_ours, err))
        return false;
    if (*ret_ours && clock_monotonic() >= atomic_load(&d->claim->until)) {
        if (!outbox_renew(d->store, &d->claim, 1, err))
            return false;
        *ret_ours = clock_monotonic() < atomic_load(&d->claim->until);
    }
    return true;
}

// A server that puts off one recipient takes the others; at any other "later" it is asked more
// slowly, since what waits after an outage may be more than it bears.
static bool takes_nothing(const struct handover_answer *a)
{
    return (a->result == HANDOVER_RETRY || a->result == HANDOVER_UNSURE) &&
           (a->code == 0 || a->about != ABOUT_RECIPIENT);
}

// Only a server that goes on answering "later" to this message: after an outage, however long,
// everything goes that is still called for.
static bool is_hopeless(const struct delivery *d, const struct handover_answer *a)
{
    return (a->result == HANDOVER_RETRY || a->result == HANDOVER_UNSURE) && a->code != 0 &&
           a->about != ABOUT_SERVER && d->message.attempts >= HOPELESS_TRIES &&
           d->now - d->message.put_at > d->config->expire_days * DAY_US;
}

static bool hand_over(struct delivery *d, struct settlement *s, struct delivered *ret,
                      struct error *err)
{
    struct handover_answer answer = {.result = HANDOVER_RETRY};
    struct letter letter = {.from = d->mail.from_email,
                            .to = d->mail.to_email,
                            .subject = d->mail.subject,
                            .text = d->mail.text,
                            .message_id = d->mail.message_id,
                            .bytes = d->bytes,
                            .length = d->length,
                            .may_be_there = d->message.may_be_there,
                            .until = &d->claim->until};
    bool ours;

    if (!begin(d, &ours, err))
        return false;
    if (!ours) {
        log_warning("message.claim-lost", "message=%lld", s->message_id);
        return true;
    }
    way_out_take(d->arena, &d->way, &letter, &answer);
    settle_as(s, is_hopeless(d, &answer) ? OUTCOME_EXPIRED : outcome_of(answer.result),
              answer.text);
    ret->away = takes_nothing(&answer);
    return true;
}

// -------------------------------------------------------------------------------------- settling

static void say(const struct settlement *s, bool ours)
{
    if (!ours)
        log_warning("message.claim-lost", "message=%lld outcome=%s", s->message_id,
                    outcome_word(s->outcome));
    else if (s->outcome == OUTCOME_SENT)
        log_info("message.sent", "message=%lld", s->message_id);
    else if (s->outcome == OUTCOME_SUPERSEDED)
        log_info("message.superseded", "message=%lld reason=\"%s\"", s->message_id, s->answer);
    else if (s->of_operator && s->outcome != OUTCOME_RETRY && s->outcome != OUTCOME_UNSURE)
        log_error("operator.unreachable", "message=%lld outcome=%s answer=\"%s\"", s->message_id,
                  outcome_word(s->outcome), s->answer);
    else
        log_warning("message.not-sent", "message=%lld outcome=%s answer=\"%s\"", s->message_id,
                    outcome_word(s->outcome), s->answer);
}

// Lets go of the claim, unless the store is away.
static bool settle(struct db *store, const struct config *c, struct sender *sender,
                   struct error *err)
{
    struct settlement *s = &sender->unsettled;
    bool ours;

    if (s->outcome != OUTCOME_NONE) {
        if (!outbox_settle(store, c, s, &ours, err))
            return false;
        say(s, ours);
    }
    *s = (struct settlement){0};
    claim_forget(&sender->claim);
    return true;
}

// What becomes of the message that was claimed, into *s. Waits.
static bool treat(struct delivery *d, struct settlement *s, struct delivered *ret,
                  struct error *err)
{
    AUTO(directory_done) struct directory *newer = NULL;

    if (!check_wanted(d, s, &newer, err))
        return false;
    if (s->outcome == OUTCOME_NONE && is_kind(d, "welcome") && !write_welcome(d, s, err))
        return false;
    if (s->outcome == OUTCOME_NONE && !make_links(d, err))
        return false;
    if (s->outcome == OUTCOME_NONE)
        prepare(d, s);
    if (s->outcome == OUTCOME_NONE)
        prove(d, s, ret);
    return s->outcome != OUTCOME_NONE || hand_over(d, s, ret, err);
}

bool deliver_one(struct db *store, const struct config *config, const struct directory *directory,
                 instant now, struct sender *sender, struct delivered *ret, struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct delivery d = {.arena = a,
                         .store = store,
                         .config = config,
                         .directory = directory,
                         .now = now,
                         .claim = &sender->claim};
    struct settlement s;

    *ret = (struct delivered){0};
    if (!settle(store, config, sender, err))
        return false;
    if (config->delivery == DELIVERY_OFF)
        return true;
    if (!outbox_claim(a, store, sender->name, sender->take_over, d.claim, &d.message, err))
        return false;
    if (!d.claim->message_id)
        return true;
    s = (struct settlement){.message_id = d.claim->message_id,
                            .claim_number = d.claim->number,
                            .of_operator = is_kind(&d, "operator"),
                            .redirected = config->delivery == DELIVERY_REDIRECT,
                            .at = now};
    if (!treat(&d, &s, ret, err)) {
        claim_forget(d.claim);
        return false;
    }
    ret->found = true;
    ret->message_id = s.message_id;
    ret->outcome = s.outcome;
    sender->unsettled = s;
    return end_welcome(&d, &s, err) && settle(store, config, sender, err);
}
