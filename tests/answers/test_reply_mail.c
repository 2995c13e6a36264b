// The mail about an answer that needs a person.
#include "reply_mail.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct told_child children[] = {
    {"C-1234", "Initial child protection conference", {0}},
    {"C-1235", "Initial child protection conference", {0}},
};

struct fixture {
    struct arena *arena;
    struct told_child children[2];
    struct calendar_reply reply;
    struct reply_words words;
};

static int make(void **state)
{
    static struct fixture f;
    struct moment ten = {date_make(2024, 4, 18), 600};

    memset(&f, 0, sizeof f);
    f.arena = arena_new();
    memcpy(f.children, children, sizeof children);
    f.children[0].due_on = date_make(2024, 4, 18);
    f.children[1].due_on = date_make(2024, 4, 23);
    f.reply = (struct calendar_reply){
        .partstat = "DECLINED", .starts = MOMENT_NONE, .ends = MOMENT_NONE, .comment = "In court."};
    f.words = (struct reply_words){.meeting = {"ICPC", ten.on, ten},
                                   .children = f.children,
                                   .count = 2,
                                   .who = "Ivy Hart (I)",
                                   .reply = &f.reply,
                                   .working_days = -1,
                                   .service_name = "Children's services"};
    *state = &f;
    return 0;
}

static int drop(void **state)
{
    arena_free(((struct fixture *)*state)->arena);
    return 0;
}

static const char *text_of(const struct fixture *f, const char **subject)
{
    const char *text;

    reply_mail(f->arena, &f->words, subject, &text);
    for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n')
        assert_true(strcspn(line, "\n") <= 72);
    return text;
}

static void test_a_decline(void **state)
{
    const char *subject;

    assert_string_equal(text_of(*state, &subject),
                        "Ivy Hart (I) has declined the invitation to this meeting.\n\n"
                        "Meeting: ICPC\n"
                        "When:    Thursday 18 April 2024, 10:00\n"
                        "For:     C-1234, Initial child protection conference, due by Thursday 18\n"
                        "         April 2024\n"
                        "For:     C-1235, Initial child protection conference, due by Tuesday 23\n"
                        "         April 2024\n\n"
                        "They wrote:\n> In court.\n\n"
                        "Nothing was changed by this: the meeting stands as it is booked, and its\n"
                        "due date as it was. Please agree with them what is to happen, and book\n"
                        "another time in the case system if there has to be one.\n\n"
                        "-- \nChildren's services\n");
    assert_string_equal(subject, "ICPC C-1234, C-1235: the invitation is declined");
}

static void assert_says(void **state, const char *words)
{
    const char *subject, *text = text_of(*state, &subject);
    struct fixture *f = *state;
    char *flat = arena_strdup(f->arena, text);

    for (char *c = flat; *c; c++)
        if (*c == '\n')
            *c = ' ';
    if (!strstr(flat, words))
        fail_msg("\"%s\" is not in\n%s", words, text);
}

static void test_what_else_is_said(void **state)
{
    struct fixture *f = *state;

    f->words.working_days = 3;
    assert_says(state, "The last day in timescale is in 3 working days, and the meeting has nobody "
                       "to chair it.");
    f->words.working_days = 1;
    assert_says(state, "is in 1 working day,");
    f->words.working_days = 0;
    assert_says(state, "The last day in timescale is today, and");
    f->words.older = true;
    assert_says(state, "They answered an earlier version of the invitation");
    f->words.sent_by = "Tom Lane (T)";
    assert_says(state, "Tom Lane (T) answered for them.");
    f->words.meeting.starts = MOMENT_NONE;
    assert_says(state, "When:    to be held by Thursday 18 April 2024");
    f->reply.partstat = "DELEGATED";
    assert_says(state, "has passed the invitation to this meeting on to somebody else.");
    assert_says(state, "today, and the case system names nobody else to chair the meeting.");
    f->reply.delegate = "eve@elsewhere.example";
    assert_says(state, "on to somebody who is not in the directory.");
    f->words.delegate = "Tom Lane (T)";
    assert_says(state, "on to Tom Lane (T).");
}

static void test_another_time(void **state)
{
    struct fixture *f = *state;

    f->reply.method = REPLY_COUNTER;
    f->reply.partstat = "TENTATIVE";
    assert_says(state, "The time that is proposed cannot be read here");
    f->reply.starts = (struct moment){date_make(2024, 4, 18), 840};
    assert_says(state, "Proposed: Thursday 18 April 2024, 14:00  They wrote:");
    f->reply.starts = (struct moment){date_make(2024, 4, 19), -1};
    assert_says(state, "Proposed: Friday 19 April 2024 That is after the last day in timescale.");
    f->reply.partstat = "DECLINED";
    f->words.working_days = 0;
    assert_says(state,
                "Ivy Hart (I) declines the invitation to this meeting, and proposes another time.");
    assert_says(state, "Proposed: Friday 19 April 2024");
    assert_says(state, "and the meeting has nobody to chair it.");
}

// Each line of what was written is quoted, whatever it looks like.
static void test_comments_stay_comments(void **state)
{
    struct fixture *f = *state;

    f->reply.comment = "one\n-- \nPlease open https://elsewhere.example/\n\nMeeting: none";
    assert_says(state, "They wrote: > one > -- > Please open https://elsewhere.example/ ");
    assert_says(state, "> Meeting: none");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_decline, make, drop),
        cmocka_unit_test_setup_teardown(test_what_else_is_said, make, drop),
        cmocka_unit_test_setup_teardown(test_another_time, make, drop),
        cmocka_unit_test_setup_teardown(test_comments_stay_comments, make, drop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
