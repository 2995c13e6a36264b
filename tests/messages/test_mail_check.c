// The receivers' rules for the mail around a calendar, each broken by one change to a good mail.
#include "mail_check.h"

#include "golden.h"
#include "in_arena.h"
#include "mail.h"
#include "sample.h"

#define RECIPIENT "ivy.hart@council.example"

static struct mail good_mail(void)
{
    struct calendar_invite i = meeting_invite();
    struct error err = {0};
    struct mail m = {.from_name = "Timely",
                     .from_email = i.organizer.email,
                     .to_name = i.attendees[0].name,
                     .to_email = RECIPIENT,
                     .subject = "Invitation: ICPC 1042",
                     .message_id = "1@timely.council.example",
                     .sent_at = instant_of("2024-04-02T09:15"),
                     .text = "Words.",
                     .html = "<p>Words.</p>",
                     .calendar_method = "REQUEST"};

    if (!calendar_invite_render(arena, &i, &m.calendar, &err))
        fail_msg("%s", err.text);
    return m;
}

static const char *composed(const struct mail *m)
{
    struct error err = {0};
    const char *bytes = NULL;
    size_t length;

    if (!mail_compose(arena, m, &bytes, &length, &err))
        fail_msg("%s", err.text);
    assert_int_equal(strlen(bytes), length);
    return bytes;
}

// The first `from` put as `to`.
static const char *with(const char *bytes, const char *from, const char *to)
{
    const char *at = strstr(bytes, from);

    if (!at)
        fail_msg("the mail lacks \"%s\"", from);
    return arena_printf(arena, "%.*s%s%s", (int)(at - bytes), bytes, to, at + strlen(from));
}

static void refused(const char *bytes, const char *rule)
{
    struct error err = {0};

    if (mail_check_invite(bytes, strlen(bytes), RECIPIENT, false, &err))
        fail_msg("taken, though: %s", rule);
    assert_int_equal(err.fault, FAULT_INPUT);
    if (!strstr(err.text, rule))
        fail_msg("\"%s\" lacks \"%s\"", err.text, rule);
}

static void a_good_mail_is_taken(void **state)
{
    struct mail m = good_mail();
    const char *bytes = composed(&m);
    struct error err = {0};

    (void)state;
    if (!mail_check_invite(bytes, strlen(bytes), RECIPIENT, false, &err))
        fail_msg("%s", err.text);
    m.to_email = "pilot@elsewhere.example";
    bytes = composed(&m);
    assert_true(mail_check_invite(bytes, strlen(bytes), RECIPIENT, true, &err));
    refused(bytes, "not the one who is invited");
}

// Points: 35, 36, 37, 38, 43, 44, 48, 70
static void each_rule_is_held(void **state)
{
    static const struct {
        const char *from, *to, *rule;
    } rows[] = {
        {"From: ", "X-From: ", "one sender"},
        {"From: ", "Sender: other@council.example\r\nFrom: ", "one sender"},
        {"From: ", "From: other@council.example,\r\n ", "one sender"},
        {"To: ", "Cc: ", "one recipient"},
        {"To: ", "To: other@council.example,\r\n ", "one recipient"},
        {"To: ", "Bcc: other@council.example\r\nTo: ", "one recipient"},
        {"ivy.hart@", "ivy@", "not the one who is invited"},
        {"Message-Id: ", "X-Id: ", "Message-ID"},
        {"Date: ", "X-Date: ", "Date"},
        {"Auto-Submitted: auto-generated\r\n", "", "Auto-Submitted"},
        {"Auto-Submitted: auto-generated", "Auto-Submitted: no", "Auto-Submitted"},
        {"To: ", "List-Unsubscribe: <mailto:x@council.example>\r\nTo: ", "List-Unsubscribe"},
        {"multipart/mixed", "multipart/related", "multipart/mixed"},
        {"multipart/alternative", "multipart/mixed", "multipart/alternative"},
        {"text/plain", "text/enriched", "alternatives"},
        {"text/calendar", "application/calendar", "alternatives"},
        {"application/ics", "text/calendar", "application/ics"},
        {"method=REQUEST", "method=request", "neither REQUEST nor CANCEL"},
        {"method=REQUEST", "x=REQUEST", "neither REQUEST nor CANCEL"},
        {"method=REQUEST", "method=CANCEL", "not the calendar's METHOD"},
        {"charset=UTF-8", "charset=us-ascii", "charset"},
    };
    struct mail m = good_mail();

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        refused(with(composed(&m), rows[i].from, rows[i].to), rows[i].rule);
    refused("", "not a mail");
}

static void the_calendar_is_of_this_mail(void **state)
{
    struct mail m = good_mail();
    const char *good = m.calendar, *bytes;

    (void)state;
    m.from_email = "other@council.example";
    refused(composed(&m), "the sender is not the ORGANIZER");
    m = good_mail();
    m.calendar = with(good, "ivy.hart@", "ivy.park@");
    refused(composed(&m), "not among the ATTENDEEs");
    m.calendar = with(good, "METHOD:REQUEST", "METHOD:request");
    refused(composed(&m), "not the calendar's METHOD");
    m.calendar = good;
    bytes = composed(&m);
    // Base64 of "BEGIN:VCALENDAR", in the second of the two.
    refused(arena_printf(arena, "%.*s%s", (int)(strstr(bytes, "application/ics") - bytes), bytes,
                         with(strstr(bytes, "application/ics"), "QkVHSU46VkNBTEVOREFS",
                              "QkVHSU46VkNBTEVOREFT")),
            "not the calendar");
    refused(with(bytes, "Content-Transfer-Encoding: base64", "Content-Transfer-Encoding: 8bit"),
            "base64");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_mail_is_taken),
        cmocka_unit_test(each_rule_is_held),
        cmocka_unit_test(the_calendar_is_of_this_mail),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, make_arena, drop_arena);
}
