// A batch of messages: claim them, ask whether each is still called for, compose it, say that the
// hand-over begins, hand one over after the other, and settle each as it is answered. The rows say
// 'handing_over' before the first byte leaves, so that a crash in between is known for what it is:
// perhaps sent.
//
// A claim is a lease, and only as good as its last renewal. It is looked at whenever bytes leave:
// who was paused beyond it (stopped, swapped out, its machine moved) gives none. While the store is
// away nobody can renew, take over, or write down what became of a message: what is under way goes
// on for as long as the lease is sure, and its settlement waits here. A store that returns finds
// the lease over, yet the claim still ours: others wait for a lease's time, and then doubt it for
// another; before that it is renewed (daemon/run/leases.c). Only who is cut off alone, for longer
// than that and after the data left, is taken for dead, and the message is sent again.
//
// The store says the claims and that the hand-over begins only when it can no longer lose that,
// once a batch. Of the settlements it does so with the last: after its own crash we tell it all of
// them once more. Each is sent to it before the next message leaves, and answered while that one
// leaves: what was sent arrives although we crash, so that our crash repeats no more than one.
#include "deliver.h"

#include "log.h"
#include "mail_links.h"
#include "outgoing_mail.h"
#include "wanted.h"

#include <string.h>

#define A_MOMENT (SECONDS(1) / 4) // a batch is to take so long; nobody else can have it meanwhile
#define TOO_LONG SECONDS(1)       // then what is left of it is let go
#define HOPELESS_TRIES 10
#define DAY_US (SECONDS(60) * 60 * 24)

struct batch {
    struct mail_maker maker;
    struct config config;         // as it was when the messages were claimed
    const struct config *current; // as it is
    struct sender *sender;
    struct directory *newer; // or NULL
    struct outgoing *messages;
    struct outgoing_mail *mails;
    size_t count;
    int64_t began_at; // monotonic: the first hand-over
    size_t handed;    // so many
};

static void batch_done(struct batch *b)
{
    directory_free(b->newer);
}

static void forget_all(struct sender *s)
{
    for (size_t i = 0; i < BATCH_MOST; i++)
        claim_forget(&s->claims[i]);
    arena_free(s->arena);
    s->arena = NULL;
    s->unsettled = NULL;
    s->unsettled_count = 0;
}

void sender_done(struct sender *s)
{
    forget_all(s);
}

// ------------------------------------------------------------------------------ still called for

// Whoever speaks against a message must be as new as the message: a colleague who came a moment ago
// is not in a directory that was read before. Rare enough to read it again, and ask again. Waits.
static bool ask_wanted(struct batch *b, struct verdict *verdicts, struct error *err)
{
    struct mail_maker *k = &b->maker;
    bool any = false;

    if (!wanted_ask(k->arena, k->store, k->directory, b->messages, b->count, k->now, verdicts, err))
        return false;
    for (size_t i = 0; i < b->count; i++)
        any |= verdicts[i].outcome != OUTCOME_NONE;
    if (!any)
        return true;
    if (!directory_read(k->store, &b->newer, err))
        return false;
    k->directory = b->newer;
    return wanted_ask(k->arena, k->store, k->directory, b->messages, b->count, k->now, verdicts,
                      err);
}

// Waits.
static bool check_wanted(struct batch *b, struct error *err)
{
    struct verdict verdicts[BATCH_MOST];

    if (!ask_wanted(b, verdicts, err))
        return false;
    for (size_t i = 0; i < b->count; i++)
        if (verdicts[i].outcome != OUTCOME_NONE)
            settlement_becomes(b->maker.arena, &b->sender->unsettled[i], verdicts[i].outcome,
                               verdicts[i].why_not);
    return true;
}

// -------------------------------------------------------------------------------------- composing

// What mails say is worth more than their links: where none can be made, they go without. Waits.
static bool make_links(const struct batch *b, struct error *err)
{
    const struct mail_maker *k = &b->maker;
    struct outgoing *messages[BATCH_MOST];
    size_t count = 0;

    for (size_t i = 0; i < b->count; i++)
        if (b->sender->unsettled[i].outcome == OUTCOME_NONE)
            messages[count++] = &b->messages[i];
    if (mail_links_make(k->arena, k->store, k->config->public_url, messages, count, err))
        return true;
    if (err->fault == FAULT_INPUT)
        log_error("message.without-links", "messages=%zu reason=\"%s\"", count, err->text);
    return err->fault == FAULT_INPUT;
}

// Where there is nothing that proves who we are, the next message needs not ask. Waits.
static void prove(struct batch *b, size_t i, struct settlement *s, struct delivered *ret)
{
    const struct mail_maker *k = &b->maker;
    struct error err;

    if (way_out_prove(k->arena, k->config, &b->mails[i].way, &err))
        return;
    settlement_becomes(k->arena, s, OUTCOME_RETRY, err.text);
    ret->away = true;
}

static bool compose(struct batch *b, size_t i, struct delivered *ret, struct error *err)
{
    struct settlement *s = &b->sender->unsettled[i];

    if (s->outcome != OUTCOME_NONE || ret->away)
        return true;
    if (!outgoing_mail_make(&b->maker, &b->messages[i], s, &b->mails[i], err))
        return false;
    if (s->outcome == OUTCOME_NONE)
        prove(b, i, s, ret);
    return true;
}

// What is to be handed over has no outcome after this. Waits.
static bool prepare(struct batch *b, struct delivered *ret, struct error *err)
{
    if (!check_wanted(b, err) || !make_links(b, err))
        return false;
    for (size_t i = 0; i < b->count; i++)
        if (!compose(b, i, ret, err))
            return false;
    return true;
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

static bool begin(struct batch *b, struct error *err)
{
    struct sender *s = b->sender;
    struct claim *claims[BATCH_MOST];
    size_t count = 0;

    for (size_t i = 0; i < b->count; i++)
        if (s->unsettled[i].outcome == OUTCOME_NONE)
            claims[count++] = &s->claims[i];
    if (!outbox_hand_over(b->maker.store, claims, count, err))
        return false;
    b->began_at = clock_monotonic();
    return true;
}

// A server that puts off one recipient takes the others, and so may one that refuses: a mailbox
// that is gone must not hold up everybody's mail. At any other "later" it is asked more slowly,
// since what waits after an outage may be more than it bears.
static bool takes_nothing(const struct handover_answer *a)
{
    bool others_may = a->about == ABOUT_RECIPIENT || a->about == ABOUT_UNKNOWN;

    return (a->result == HANDOVER_RETRY || a->result == HANDOVER_UNSURE) &&
           (a->code == 0 || !others_may);
}

// Only a server that goes on answering "later" to this message: after an outage, however long,
// everything goes that is still called for. What may have arrived is asked about once more first.
static bool is_hopeless(const struct mail_maker *k, const struct outgoing *m,
                        const struct handover_answer *a)
{
    bool is_its_own = a->about == ABOUT_MESSAGE || a->about == ABOUT_RECIPIENT;

    return a->result == HANDOVER_RETRY && a->code != 0 && is_its_own &&
           m->attempts >= HOPELESS_TRIES && k->now - m->put_at > k->config->expire_days * DAY_US;
}

static void take(struct batch *b, size_t i, struct delivered *ret)
{
    const struct mail_maker *k = &b->maker;
    const struct outgoing_mail *m = &b->mails[i];
    struct handover_answer answer = {.result = HANDOVER_RETRY};
    struct letter letter = {.from = m->mail.from_email,
                            .to = m->mail.to_email,
                            .subject = m->mail.subject,
                            .text = m->mail.text,
                            .message_id = m->mail.message_id,
                            .bytes = m->bytes,
                            .length = m->length,
                            .may_be_there = b->messages[i].may_be_there,
                            .until = &b->sender->claims[i].until};

    way_out_take(k->arena, &m->way, &letter, &answer);
    settlement_becomes(k->arena, &b->sender->unsettled[i],
                       is_hopeless(k, &b->messages[i], &answer) ? OUTCOME_EXPIRED
                                                                : outcome_of(answer.result),
                       answer.text);
    b->handed++;
    ret->away = takes_nothing(&answer);
}

// How messages leave is not changed in the middle of one. Each reading has texts of its own.
static bool is_config_another(const struct batch *b)
{
    return b->current->delivery != b->config.delivery ||
           b->current->redirect_to != b->config.redirect_to ||
           b->current->from_email != b->config.from_email;
}

// Neither when it was lost or would be in vain, nor when it was asked long ago whether the message
// is called for, nor when it is to leave otherwise by now.
static bool is_to_leave(const struct batch *b, size_t i, const struct delivered *ret)
{
    bool in_time = b->handed == 0 || clock_monotonic() - b->began_at < TOO_LONG;

    return in_time && claim_is_sure(&b->sender->claims[i]) && !ret->away && !is_config_another(b) &&
           !loop_stopping(fiber_loop());
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

// Tells the store what became of it, if anything did; hear() has its answer.
static bool settle(struct db *store, const struct config *c, const struct settlement *s,
                   struct error *err)
{
    return s->outcome == OUTCOME_NONE || outbox_settle(store, c, s, err);
}

// From here on there is nothing to renew, unless the store loses it.
static bool hear(struct db *store, struct sender *sender, size_t i, struct error *err)
{
    struct settlement *s = &sender->unsettled[i];
    bool ours;

    if (s->outcome == OUTCOME_NONE)
        return true;
    if (!outbox_settled(store, &ours, err))
        return false;
    atomic_store(&sender->claims[i].until, 0);
    if (!s->said)
        say(s, ours);
    s->said = true;
    return true;
}

// What has no outcome is for the next one to take. Then the store keeps all that it was told.
static bool finish(struct db *store, struct sender *sender, struct error *err)
{
    struct claim *rest[BATCH_MOST];
    size_t count = 0;

    for (size_t i = 0; i < sender->unsettled_count; i++)
        if (sender->unsettled[i].outcome == OUTCOME_NONE)
            rest[count++] = &sender->claims[i];
    return outbox_let_go(store, rest, count, err) && db_make_last(store, err);
}

// Of the batch before, where the store failed.
static bool settle_again(struct db *store, const struct config *c, struct sender *sender,
                         struct error *err)
{
    for (size_t i = 0; i < sender->unsettled_count; i++)
        if (!settle(store, c, &sender->unsettled[i], err) || !hear(store, sender, i, err))
            return false;
    return sender->unsettled_count == 0 || finish(store, sender, err);
}

// -------------------------------------------------------------------------------------- the batch

static bool claim(struct batch *b, struct error *err)
{
    const struct mail_maker *k = &b->maker;
    struct sender *s = b->sender;

    s->most = s->most ? s->most : 1;
    if (!outbox_claim(k->arena, k->store, s->name, s->take_over, s->most, s->claims, &b->messages,
                      &b->count, err))
        return false;
    b->mails = ARENA_ARRAY(k->arena, struct outgoing_mail, b->count);
    s->unsettled = ARENA_ARRAY(k->arena, struct settlement, b->count);
    s->unsettled_count = b->count;
    for (size_t i = 0; i < b->count; i++)
        s->unsettled[i] =
            (struct settlement){.message_id = s->claims[i].message_id,
                                .claim_number = s->claims[i].number,
                                .of_operator = strcmp(b->messages[i].kind, "operator") == 0,
                                .redirected = k->config->delivery == DELIVERY_REDIRECT,
                                .at = k->now};
    return true;
}

static bool treat(struct batch *b, struct delivered *ret, struct error *err)
{
    struct sender *s = b->sender;
    const struct mail_maker *k = &b->maker;

    if (!prepare(b, ret, err) || !begin(b, err))
        return false;
    for (size_t i = 0; i < b->count; i++) {
        if (s->unsettled[i].outcome == OUTCOME_NONE && is_to_leave(b, i, ret))
            take(b, i, ret);
        if ((i > 0 && !hear(k->store, s, i - 1, err)) ||
            !outgoing_mail_end(k->store, &b->mails[i], &s->unsettled[i], err) ||
            !settle(k->store, k->config, &s->unsettled[i], err))
            return false;
    }
    return hear(k->store, s, b->count - 1, err) && finish(k->store, s, err);
}

// As many as take a moment, and no more than twice as many as now; one to begin with, when there
// were fewer than asked for or the mail server is slow: so each of several senders gets some.
static void plan_next(const struct batch *b, const struct delivered *ret)
{
    size_t now = b->sender->most, most = b->count < now || ret->away ? 1 : 2 * now;
    int64_t took = clock_monotonic() - b->began_at;

    if (b->handed > 0 && (int64_t)most * took > A_MOMENT * (int64_t)b->handed)
        most = (size_t)(A_MOMENT * (int64_t)b->handed / took);
    b->sender->most = most < 1 ? 1 : most > BATCH_MOST ? BATCH_MOST : most;
}

static void tell(const struct sender *s, struct delivered *ret)
{
    ret->count = s->unsettled_count;
    for (size_t i = 0; i < ret->count; i++) {
        ret->of[i].message_id = s->unsettled[i].message_id;
        ret->of[i].outcome = s->unsettled[i].outcome;
    }
}

bool deliver_batch(struct db *store, const struct config *config, const struct directory *directory,
                   instant now, struct sender *sender, struct delivered *ret, struct error *err)
{
    AUTO(batch_done)
    struct batch b = {.sender = sender, .current = config};

    *ret = (struct delivered){0};
    if (!settle_again(store, config, sender, err))
        return false;
    forget_all(sender);
    // After the wait: nothing is claimed under one that is over.
    b.config = *config;
    if (b.config.delivery == DELIVERY_OFF)
        return true;
    sender->arena = arena_new();
    b.maker = (struct mail_maker){sender->arena, store, &b.config, directory, now};
    if (!claim(&b, err))
        return false;
    if (b.count > 0 && !treat(&b, ret, err))
        return false;
    tell(sender, ret);
    plan_next(&b, ret);
    forget_all(sender);
    return true;
}
