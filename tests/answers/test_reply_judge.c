// What an answer counts for: one table of answers to one invite.
#include "reply_judge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define NOW (SECONDS(1000000))

// The invite: version 3 was sent to Ivy, whose deputy is T.
static const struct held_invite ivys = {
    .object_id = 7,
    .staff_id = "I",
    .emails = {"ivy@c.example", "ivy.hart@c.example"},
    .deputy_id = "T",
    .sequence = 3,
    .sequence_said = 3,
};

static struct mail_read accepted(void)
{
    return (struct mail_read){.matter = MATTER_REPLY,
                              .from = "ivy@c.example",
                              .reply = {.method = REPLY_REPLY,
                                        .uid = "u",
                                        .attendee = "ivy@c.example",
                                        .partstat = "ACCEPTED",
                                        .sequence = 3,
                                        .stamped_at = NOW - SECONDS(60)}};
}

static struct reply_judgement judged(const struct mail_read *m, const struct held_invite *h)
{
    struct reply_judgement j;

    reply_judge(m, h, NOW, &j);
    return j;
}

static void assert_counts(const struct mail_read *m, const struct held_invite *h,
                          struct reply_judgement expected)
{
    struct reply_judgement j = judged(m, h);

    if (j.ignored)
        fail_msg("ignored: %s", j.ignored);
    assert_int_equal(j.newest, expected.newest);
    assert_int_equal(j.acknowledges, expected.acknowledges);
    assert_int_equal(j.tells, expected.tells);
    assert_int_equal(j.stays_away, expected.stays_away);
    if (expected.sent_by)
        assert_string_equal(j.sent_by, expected.sent_by);
    else
        assert_null(j.sent_by);
}

static void assert_ignored(const struct mail_read *m, const struct held_invite *h, const char *why)
{
    struct reply_judgement j = judged(m, h);

    assert_non_null(j.ignored);
    assert_string_equal(j.ignored, why);
    assert_false(j.newest || j.acknowledges || j.tells);
}

static void test_yes_acknowledges_in_silence(void **state)
{
    struct mail_read m = accepted();

    (void)state;
    assert_counts(&m, &ivys, (struct reply_judgement){.newest = true, .acknowledges = true});
    m.reply.partstat = "TENTATIVE";
    assert_counts(&m, &ivys, (struct reply_judgement){.newest = true, .acknowledges = true});
    m.from = m.reply.attendee = "ivy.hart@c.example"; // as the directory has it now
    assert_counts(&m, &ivys, (struct reply_judgement){.newest = true, .acknowledges = true});
    m.reply.partstat = "NEEDS-ACTION";
    assert_counts(&m, &ivys, (struct reply_judgement){.newest = true});
}

// Points: 60
static void test_what_a_person_must_hear(void **state)
{
    const struct reply_judgement no = {.newest = true, .tells = true, .stays_away = true};
    struct mail_read m = accepted();

    (void)state;
    m.reply.partstat = "DECLINED";
    assert_counts(&m, &ivys, no);
    m.automatic = true; // a room, say
    assert_counts(&m, &ivys, no);
    m.reply.partstat = "DELEGATED";
    assert_counts(&m, &ivys, no);
    m.reply.partstat = "TENTATIVE";
    m.reply.method = REPLY_COUNTER;
    assert_counts(&m, &ivys, (struct reply_judgement){.newest = true, .tells = true});
    m.reply.partstat = "DECLINED"; // as Outlook declines and proposes another time
    assert_counts(&m, &ivys, no);
    m.reply.method = REPLY_DECLINECOUNTER;
    assert_counts(&m, &ivys, (struct reply_judgement){0});
}

// Points: 61
static void test_machines_acknowledge_nothing(void **state)
{
    struct mail_read m = accepted();

    (void)state;
    m.automatic = true;
    assert_counts(&m, &ivys, (struct reply_judgement){.newest = true});
}

// Points: 59
static void test_versions(void **state)
{
    struct mail_read m = accepted();
    struct held_invite answered = ivys;

    (void)state;
    m.reply.sequence = 2;
    assert_counts(&m, &ivys, (struct reply_judgement){.newest = true});
    answered.answer = "DECLINED";
    answered.answer_sequence = 3;
    answered.answered_at = m.reply.stamped_at;
    m.reply.partstat = "DECLINED";
    assert_counts(&m, &answered, (struct reply_judgement){0}); // kept, and nothing more
    m.reply.sequence = 4;
    assert_ignored(&m, &ivys, "version-of-the-future");
    answered.sequence = 1003; // a store that was restored does not know what it said since
    m.reply.partstat = "ACCEPTED";
    assert_counts(&m, &answered, (struct reply_judgement){.newest = true, .acknowledges = true});
}

static void test_the_later_of_two_answers_holds(void **state)
{
    struct mail_read m = accepted();
    struct held_invite answered = ivys;

    (void)state;
    answered.answer = "DECLINED";
    answered.answer_sequence = 3;
    answered.answered_at = m.reply.stamped_at;
    // Another answer, of the same moment: some calendars have one stamp for all.
    assert_counts(&m, &answered, (struct reply_judgement){.newest = true, .acknowledges = true});
    answered.said_before = true;
    assert_ignored(&m, &answered, "taken-before");
    answered.said_before = false;
    m.reply.stamped_at -= 1;
    assert_ignored(&m, &answered, "older-answer");
    m.reply.stamped_at += 2;
    assert_counts(&m, &answered, (struct reply_judgement){.newest = true, .acknowledges = true});
    m.reply.stamped_at = NOW + SECONDS(86400) + 1;
    assert_ignored(&m, &ivys, "stamp-of-the-future");
}

// Points: 58
static void test_whose_it_is(void **state)
{
    struct mail_read m = accepted();
    struct held_invite nobody = {0}, none = {.object_id = 7}, sent = ivys;

    (void)state;
    assert_ignored(&m, &nobody, "unknown-uid");
    assert_ignored(&m, &none, "no-holder");
    m.from = "eve@c.example";
    assert_ignored(&m, &ivys, "not-the-sender");
    m.from = NULL;
    assert_ignored(&m, &ivys, "not-the-sender");
    m.from = m.reply.sent_by = "eve@c.example"; // nobody in post
    assert_ignored(&m, &ivys, "not-the-sender");
    sent.sender_id = "E";
    assert_counts(&m, &sent, (struct reply_judgement){.newest = true, .sent_by = "E"});
    sent.sender_id = "T";
    assert_counts(&m, &sent,
                  (struct reply_judgement){.newest = true, .acknowledges = true, .sent_by = "T"});
    m.reply.sent_by = NULL; // the deputy, but not named as such
    assert_ignored(&m, &sent, "not-the-sender");
}

// Points: 62
static void test_the_servers_verdict(void **state)
{
    struct mail_read m = accepted();

    (void)state;
    m.verdict = VERDICT_FAIL;
    assert_ignored(&m, &ivys, "not-authenticated");
    m.verdict = VERDICT_PASS;
    assert_counts(&m, &ivys, (struct reply_judgement){.newest = true, .acknowledges = true});
    m.verdict = VERDICT_NONE; // the server was asked, and does not vouch for the sender
    assert_counts(&m, &ivys, (struct reply_judgement){.newest = true});
    m.verdict = VERDICT_UNASKED;
    assert_counts(&m, &ivys, (struct reply_judgement){.newest = true, .acknowledges = true});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_yes_acknowledges_in_silence),
        cmocka_unit_test(test_what_a_person_must_hear),
        cmocka_unit_test(test_machines_acknowledge_nothing),
        cmocka_unit_test(test_versions),
        cmocka_unit_test(test_the_later_of_two_answers_holds),
        cmocka_unit_test(test_whose_it_is),
        cmocka_unit_test(test_the_servers_verdict),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
