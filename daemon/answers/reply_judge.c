// The rules by which an answer counts (RFC 5546 3.2.3 and 6.1).
#include "reply_judge.h"

#include "text.h"

#include <string.h>

#define CLOCKS_DIFFER SECONDS(86400)

static bool is_holders(const struct held_invite *h, const char *address)
{
    return same_key(h->emails[0], address) || same_key(h->emails[1], address);
}

// The holder's own mail, or one that a colleague says to send in their place.
static bool may_answer(const struct mail_read *m, const struct held_invite *h)
{
    if (is_holders(h, m->from))
        return true;
    return same_key(m->reply.sent_by, m->from) && h->sender_id;
}

static const char *why_ignored(const struct mail_read *m, const struct held_invite *h,
                               instant received_at)
{
    const struct calendar_reply *r = &m->reply;

    if (!h->object_id)
        return "unknown-uid";
    if (!h->staff_id)
        return "no-holder";
    if (!may_answer(m, h))
        return "not-the-sender";
    if (m->verdict == VERDICT_FAIL)
        return "not-authenticated";
    if (r->sequence > h->sequence)
        return "version-of-the-future";
    // It would outdate every later answer.
    if (r->stamped_at > received_at + CLOCKS_DIFFER)
        return "stamp-of-the-future";
    if (h->said_before)
        return "taken-before";
    if (h->answer && r->sequence == h->answer_sequence && r->stamped_at < h->answered_at)
        return "older-answer";
    return NULL;
}

static bool vouched_for(const struct mail_read *m)
{
    return m->verdict == VERDICT_PASS || m->verdict == VERDICT_UNASKED;
}

static bool says_yes(const char *partstat)
{
    return strcmp(partstat, "ACCEPTED") == 0 || strcmp(partstat, "TENTATIVE") == 0;
}

static bool says_no(const char *partstat)
{
    return strcmp(partstat, "DECLINED") == 0 || strcmp(partstat, "DELEGATED") == 0;
}

void reply_judge(const struct mail_read *m, const struct held_invite *h, instant received_at,
                 struct reply_judgement *ret)
{
    const struct calendar_reply *r = &m->reply;
    struct reply_judgement j = {.ignored = why_ignored(m, h, received_at)};

    if (!j.ignored) {
        bool own = is_holders(h, m->from);

        j.newest =
            r->method != REPLY_DECLINECOUNTER && (!h->answer || r->sequence >= h->answer_sequence);
        j.sent_by = own ? NULL : h->sender_id;
        j.acknowledges = r->method == REPLY_REPLY && says_yes(r->partstat) && !m->automatic &&
                         vouched_for(m) && r->sequence >= h->sequence_said &&
                         (own || same_key(h->sender_id, h->deputy_id));
        j.stays_away = j.newest && says_no(r->partstat);
        j.tells = j.stays_away || (j.newest && r->method == REPLY_COUNTER);
    }
    *ret = j;
}
