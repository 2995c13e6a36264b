// Mails that come back: as the calendars that people use write them, bounces of real servers, and
// what somebody would write who wants to do harm.
#include "mail_read.h"

#include "clean.h"
#include "in_arena.h"
#include "paths.h"
#include "text.h"
#include "zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *sample(const char *name, size_t *length)
{
    struct error err;
    const char *path;
    char *bytes;

    if (!data_path(arena, arena_printf(arena, "tests/messages/replies/%s.eml", name), &path,
                   &err) ||
        !read_whole_file(arena, path, 1 << 20, &bytes, length, &err))
        fail_msg("%s", err.text);
    return bytes;
}

static const char *instant_words(instant at)
{
    return moment_iso(arena, london_from_instant(at));
}

// All that was understood, in one line.
static const char *understood(const struct mail_read *m)
{
    static const char *const verdicts[] = {" unasked", "", " pass", " fail"};
    const struct calendar_reply *r = &m->reply;

    if (m->matter == MATTER_NONE)
        return arena_printf(arena, "nothing: %s%s", m->why, m->automatic ? " automatic" : "");
    if (m->matter == MATTER_BOUNCE)
        return arena_printf(arena, "bounce %s %s <%s> \"%s\"", m->bounce.recipient,
                            m->bounce.status, m->bounce.message_id, m->bounce.diagnostic);
    return arena_printf(
        arena, "%s %s by %s%s%s from %s v%d at %s%s%s%s%s%s%s%s", reply_method_word(r->method),
        r->partstat, r->attendee, r->sent_by ? " sent by " : "", r->sent_by ? r->sent_by : "",
        m->from, r->sequence, instant_words(r->stamped_at),
        date_known(r->starts.on) ? " proposes " : "",
        date_known(r->starts.on) ? moment_iso(arena, r->starts) : "",
        date_known(r->ends.on) ? "/" : "", date_known(r->ends.on) ? moment_iso(arena, r->ends) : "",
        m->automatic ? " automatic" : "", verdicts[m->verdict],
        r->comment ? arena_printf(arena, " \"%s\"", r->comment) : "");
}

static const char *of_sample(const char *name)
{
    struct mail_read m;
    size_t length;
    const char *bytes = sample(name, &length);

    mail_read(arena, bytes, length, "mx.council.example", &m);
    if (m.matter == MATTER_REPLY)
        assert_string_equal(m.reply.uid, "0f3c9a5e-icpc@timely.council.example");
    return understood(&m);
}

static void test_what_calendars_write(void **state)
{
    static const struct {
        const char *name, *understood;
    } samples[] = {
        {"outlook-accept",
         "REPLY ACCEPTED by ivy.hart@council.example from ivy.hart@council.example "
         "v2 at 2024-04-03T09:15 pass \"I will bring the chronology.\n\""},
        {"exchange-counter",
         "COUNTER TENTATIVE by ivy.hart@council.example from ivy.hart@council.example v2 at "
         "2024-04-03T09:15 proposes 2024-04-19T14:00/2024-04-19T15:00 \"I am in court that "
         "morning.\n\""},
        {"google-decline",
         "REPLY DECLINED by ivy.hart@council.example from ivy.hart@council.example "
         "v2 at 2024-04-03T11:15 automatic \"On leave \U0001F334\""},
        {"apple-tentative", "REPLY TENTATIVE by ivy.hart@council.example from "
                            "ivy.hart@council.example v2 at 2024-04-03T11:20"},
        {"thunderbird-accept", "REPLY ACCEPTED by ivy.hart@council.example from "
                               "ivy.hart@council.example v2 at 2024-04-03T09:30"},
        {"exchange-assistant",
         "REPLY ACCEPTED by ivy.hart@council.example sent by tom.lane@council.example from "
         "tom.lane@council.example v2 at 2024-04-03T10:00"},
        {"forged-dmarc", "REPLY ACCEPTED by ivy.hart@council.example from "
                         "ivy.hart@council.example v2 at 2024-04-03T10:00 fail"},
        {"out-of-office", "nothing: no calendar and no report automatic"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
        assert_string_equal(of_sample(samples[i].name), samples[i].understood);
}

static void test_what_servers_return(void **state)
{
    (void)state;
    assert_string_equal(of_sample("postfix-bounce"),
                        "bounce ivy.hart@council.example 5.1.1 <0123456789abcdef@council.example> "
                        "\"unknown user: \"ivy.hart\"\"");
    assert_string_equal(of_sample("exchange-bounce"),
                        "bounce ivy.hart@council.example 5.1.10 <0123456789abcdef@council.example> "
                        "\"550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient "
                        "ivy.hart@council.example not found by SMTP address lookup\"");
    assert_string_equal(of_sample("postfix-delay"), "nothing: a report of no failure automatic");
}

static const char *of_field(const char *value)
{
    static const char *const words[] = {"unasked", "none", "pass", "fail"};
    struct mail_read m;
    const char *mail =
        arena_printf(arena, "From: a@b.example\r\nAuthentication-Results: %s\r\n\r\n", value);

    mail_read(arena, mail, strlen(mail), "mx.council.example", &m);
    return words[m.verdict];
}

// What a server says of a sender is not what the sender lets it say.
static void test_verdicts(void **state)
{
#define SERVER "mx.council.example; "
#define FAILED "dmarc=fail header.from=council.example; "
    static const struct {
        const char *value, *verdict;
    } fields[] = {
        {SERVER "dmarc=pass header.from=council.example", "pass"},
        {"(a word) mx.council.example 1;\r\n dmarc (of (it)) = pass", "pass"},
        {SERVER "spf=pass smtp.mailfrom=\"a \\\" b\"@evil.example; dmarc=fail", "fail"},
        {SERVER "none", "none"},
        {"other.example; dmarc=pass", "none"},
        {"mx.council.example.evil.example; dmarc=pass", "none"},
        {SERVER "spf=pass smtp.mailfrom=\"x; dmarc=pass \"@evil.example; " FAILED, "fail"},
        {SERVER "spf=pass smtp.mailfrom=\"(\"@evil.example; " FAILED, "fail"},
        {SERVER "spf=pass smtp.mailfrom==?utf-8?q?=3B_dmarc=3Dpass_?=@evil.example; " FAILED,
         "fail"},
        {SERVER "spf=pass (=?utf-8?q?=29_=3B_dmarc=3Dpass_?=) x=y; " FAILED, "fail"},
        {SERVER "spf=pass (of =?utf-8?q?=28=28?=) x=y; " FAILED, "fail"},
        {SERVER "spf=pass (a \\) ; dmarc=pass (b)); " FAILED, "fail"},
        {SERVER "spf=pass (that does not end; " FAILED, "fail"},
        {SERVER "spf=pass smtp.mailfrom=\"that does not end; " FAILED, "fail"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (strcmp(of_field(fields[i].value), fields[i].verdict) != 0)
            fail_msg("%s: %s", fields[i].value, of_field(fields[i].value));
}

// ----------------------------------------------------------------------------------- one calendar

static const char head[] = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nMETHOD:REPLY\r\n"
                           "BEGIN:VEVENT\r\nUID:1@x.example\r\nDTSTAMP:20240403T090000Z\r\n";
static const char attendee[] = "ATTENDEE;PARTSTAT=ACCEPTED:mailto:ivy.hart@council.example\r\n";
static const char tail[] = "END:VEVENT\r\nEND:VCALENDAR\r\n";

static const char *calendar(const char *lines)
{
    return arena_printf(arena, "%s%s%s%s", head, attendee, lines, tail);
}

// The reading of one calendar's text, or why there is none.
static const char *of_calendar(const char *text, const char *from)
{
    struct mail_read m = {.matter = MATTER_REPLY, .from = "x", .verdict = VERDICT_NONE};
    struct error err;

    if (!calendar_reply_read(arena, text, strlen(text), from, &m.reply, &err)) {
        assert_int_equal(err.fault, FAULT_INPUT);
        return arena_strdup(arena, err.text);
    }
    return understood(&m);
}

static void assert_refused(const char *text, const char *why)
{
    const char *found = of_calendar(text, NULL);

    if (!strstr(found, why))
        fail_msg("\"%s\" and not \"%s\"", found, why);
}

static void test_one_of_several_attendees(void **state)
{
    const char *lines = "ATTENDEE;PARTSTAT=DECLINED:MAILTO:Tom.Lane%2Bcp@Council.example\r\n"
                        "ATTENDEE:urn:uuid:1\r\n";

    (void)state;
    assert_non_null(strstr(of_calendar(calendar(lines), "tom.lane+cp@council.example"),
                           "DECLINED by tom.lane+cp@council.example"));
    assert_non_null(strstr(of_calendar(calendar(lines), "eve@council.example"),
                           "ACCEPTED by ivy.hart@council.example"));
}

static void test_whom_it_is_passed_on_to(void **state)
{
    static const struct {
        const char *parameter, *delegate;
    } given[] = {
        {";DELEGATED-TO=\"mailto:Tom.Lane@Council.example\"", "tom.lane@council.example"},
        {";DELEGATED-TO=\"mailto:tom.lane@council.example\",\"mailto:eve@council.example\"",
         "tom.lane@council.example"},
        {";DELEGATED-TO=\"urn:uuid:1\"", NULL},
        {";DELEGATED-TO=\"mailto:eve@x.example%0D%0ABcc:\"", NULL},
        {"", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof given / sizeof *given; i++) {
        const char *text = arena_printf(
            arena, "%sATTENDEE;PARTSTAT=DELEGATED%s:mailto:ivy.hart@council.example\r\n%s", head,
            given[i].parameter, tail);
        struct calendar_reply r;
        struct error err;

        assert_true(calendar_reply_read(arena, text, strlen(text), NULL, &r, &err));
        assert_string_equal(r.partstat, "DELEGATED");
        assert_string_equal(r.delegate ? r.delegate : "-",
                            given[i].delegate ? given[i].delegate : "-");
    }
}

static void test_times_that_are_proposed(void **state)
{
    static const struct {
        const char *line, *proposed;
    } times[] = {
        {"DTSTART:20240418T090000Z", " proposes 2024-04-18T10:00"},
        {"DTSTART;TZID=Europe/London:20240418T090000", " proposes 2024-04-18T09:00"},
        {"DTSTART;TZID=\"GMT Standard Time  \":20240418T090000", " proposes 2024-04-18T09:00"},
        {"DTSTART;TZID=/freeassociation.sourceforge.net/Europe/London:20240418T090000",
         " proposes 2024-04-18T09:00"},
        {"DTSTART;TZID=\"(UTC+00:00) Dublin, Edinburgh, Lisbon, London\":20240418T090000",
         " proposes 2024-04-18T09:00"},
        {"DTSTART;TZID=UTC:20240418T090000", " proposes 2024-04-18T10:00"},
        {"DTSTART;TZID=Etc/UTC:20240118T090000", " proposes 2024-01-18T09:00"},
        {"DTSTART;TZID=\"(UTC) Coordinated Universal Time\":20240418T090000",
         " proposes 2024-04-18T10:00"},
        {"DTSTART:20240418T090000", " proposes 2024-04-18T09:00"},
        {"DTSTART;VALUE=DATE:20240418", " proposes 2024-04-18"},
        {"DTSTART;TZID=W. Europe Standard Time:20240418T090000", ""},
        {"DTSTART;TZID=\"(UTC+01:00) Brussels, Copenhagen, Madrid, Paris\":20240418T090000", ""},
        {"DTSTART:20240431T090000Z", ""},
        {"DTSTART:99990418T090000Z", ""},
        {"DTSTART:soon", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        char *text = arena_strdup(arena, calendar(arena_printf(arena, "%s\r\n", times[i].line)));
        const char *expected = arena_printf(
            arena, "COUNTER ACCEPTED by ivy.hart@council.example from x v0 at 2024-04-03T10:00%s",
            times[i].proposed);
        char *method = strstr(text, "METHOD:REPLY\r\n");

        // As long as before: a comment of the line's own length stands for the rest.
        memcpy(method, "METHOD:COUNTER", 14);
        assert_string_equal(of_calendar(arena_printf(arena, "%.*s\r\n%s", (int)(method + 14 - text),
                                                     text, method + 14),
                                        NULL),
                            expected);
    }
}

static void test_calendars_that_are_none(void **state)
{
    const char *whole = calendar("");

    (void)state;
    for (size_t cut = 0; cut < strlen(whole) - strlen(tail); cut++) {
        struct calendar_reply r;
        struct error err;

        assert_false(calendar_reply_read(arena, whole, cut, NULL, &r, &err) &&
                     cut < strlen(head) + strlen(attendee));
    }
    assert_refused("", "not one whole VCALENDAR");
    assert_refused("BEGIN:VEVENT\r\nEND:VEVENT\r\n", "not one whole VCALENDAR");
    assert_refused(arena_printf(arena, "%s%s", whole, whole), "not one whole VCALENDAR");
    assert_refused(calendar("END:VEVENT\r\nBEGIN:VEVENT\r\nUID:2@x\r\n"), "not exactly one VEVENT");
    assert_refused(arena_printf(arena, "%s%s", head, tail), "no ATTENDEE");
    assert_refused(calendar("SEQUENCE:-3\r\n"), "SEQUENCE");
    assert_refused(calendar("SEQUENCE:4294967299\r\n"), "SEQUENCE"); // 3 in 32 bits
    assert_refused(calendar("SEQUENCE:18446744073709551619\r\n"), "SEQUENCE");
    assert_refused(calendar("SEQUENCE:three\r\n"), "SEQUENCE");
    assert_refused(calendar("SEQUENCE:\r\n"), "SEQUENCE");
    assert_refused("BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n", "not a reply");
    assert_refused("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "not a reply");
    assert_refused("\xFF\xFE", "not UTF-8");
}

// Before the calendar's first word, as some gateways write it; nowhere else.
static void test_a_byte_order_mark(void **state)
{
    (void)state;
    assert_string_equal(of_calendar(arena_printf(arena, "\xEF\xBB\xBF%s", calendar("")), NULL),
                        of_calendar(calendar(""), NULL));
    assert_refused("\xEF\xBB\xBF", "not one whole VCALENDAR");
}

static void test_addresses_that_are_none(void **state)
{
    static const char *const uris[] = {
        "mailto:ivy.hart@council.example%0D%0ABcc: eve@x.example",
        "mailto:",
        "ivy@council.example",
        "mailto:<ivy@council.example>",
        "mailto:ivy%00@council.example",
        "mailto:a@b,c@d",
    };

    (void)state;
    for (size_t i = 0; i < sizeof uris / sizeof *uris; i++)
        assert_refused(
            arena_printf(arena, "%sATTENDEE;PARTSTAT=ACCEPTED:%s\r\n%s", head, uris[i], tail),
            "no ATTENDEE with an address");
}

static void test_comments_are_clean(void **state)
{
    const char *said = of_calendar(calendar("COMMENT:one\\nBcc: eve@x.example\\n\xE2\x80\xAEtwo\x01"
                                            " \xF0\x9F\x8C\xB4\r\n"),
                                   NULL);
    AUTO(text_done) struct text many = {0};

    (void)state;
    assert_non_null(strstr(said, "\"one\nBcc: eve@x.example\n two  \U0001F334\""));
    for (int i = 0; i < 20000; i++)
        text_add(&many, "\U0001F334");
    said = of_calendar(calendar(arena_printf(arena, "COMMENT:%s\r\n", text_str(&many))), NULL);
    assert_true(strlen(said) < 2500 && utf8_valid(said, strlen(said)));
}

// ---------------------------------------------------------------------------------------- hostile

static const char *of_bytes(const char *bytes, size_t length)
{
    struct mail_read m;

    mail_read(arena, bytes, length, NULL, &m);
    return understood(&m);
}

static const char *repeated(const char *before, const char *each, size_t times, const char *after)
{
    struct text t = {0};
    const char *copy;

    text_add(&t, before);
    for (size_t i = 0; i < times; i++)
        text_add(&t, each);
    text_add(&t, after);
    copy = arena_strndup(arena, text_str(&t), t.length);
    text_done(&t);
    return copy;
}

static const char *as_mail(const char *text)
{
    return arena_printf(arena, "From: a@b.example\r\nContent-Type: text/calendar\r\n\r\n%s", text);
}

static void test_bombs(void **state)
{
    static const struct {
        const char *before, *each;
        size_t times;
        const char *after, *understood;
    } bombs[] = {
        {"From: a@b.example\r\n", "Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n", 20000,
         "", "nothing: too deeply nested"},
        {"From: a@b.example\r\n", "Content-Type: message/rfc822\r\n\r\n", 30000, "",
         "nothing: too deeply nested"},
        {"Content-Type: multipart/mixed; boundary=a\r\n\r\n", "--a\r\n\r\n", 140000, "--a--\r\n",
         "nothing: too many parts"},
        {"From: ", "(", 1000000, "\r\n\r\n", "nothing: a header larger than 128 kB"},
        {"From: ", "a:", 500000, ";\r\n\r\n", "nothing: a header larger than 128 kB"},
        {"From: ", "=?utf-8?q?a?= ", 9000, "<a@b.example>\r\n\r\n",
         "nothing: no calendar and no report"},
        {"From: ", "a@b.example, ", 9000, "\r\n\r\n", "nothing: no calendar and no report"},
        {"Content-Type: text/calendar", "; a=b", 20000, "\r\n\r\n",
         "nothing: its calendar is not read: not one whole VCALENDAR"},
        {"Content-Type: text/calendar", "; a*1=b", 15000, "\r\n\r\n",
         "nothing: its calendar is not read: not one whole VCALENDAR"},
        {"", "X: y\r\n", 150000, "\r\n", "nothing: a header larger than 128 kB"},
        {"", "X: y\r\n", 20000, "\r\n", "nothing: no calendar and no report"},
        {"", "\r\n", 500000, "", "nothing: no calendar and no report"},
        {"Content-Type: multipart/report; report-type=delivery-status; boundary=a\r\n\r\n--a\r\n"
         "Content-Type: message/delivery-status\r\n\r\n",
         "Action: failed\r\n\r\n", 50000, "--a--\r\n", "bounce (null)  <(null)> \"\""},
        {"Content-Type: multipart/report; report-type=delivery-status; boundary=a\r\n\r\n--a\r\n"
         "Content-Type: message/delivery-status\r\n\r\n",
         "a\r\n\r\n", 200000, "--a--\r\n", "nothing: a report of no failure automatic"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof bombs / sizeof *bombs; i++) {
        const char *bytes =
            repeated(bombs[i].before, bombs[i].each, bombs[i].times, bombs[i].after);

        assert_string_equal(of_bytes(bytes, strlen(bytes)), bombs[i].understood);
    }
}

static void test_calendars_that_are_bombs(void **state)
{
    static const struct {
        const char *each;
        size_t times;
        const char *why;
    } bombs[] = {
        {"X-A:b\r\n", 100000, "longer than 256 kB"},
        {"A:\r\n", 60000, "more than 4000 lines"},
        {"BEGIN:VALARM\r\n", 3000, "components"},
        {"ATTENDEE:mailto:a@b.example\r\n", 3900, NULL},
        {" x\r\n", 80000, NULL},
        {"COMMENT;A=b:c\r\n", 3900, NULL},
        {"RDATE:20240403T090000Z\r\n", 3900, NULL},
        {"RRULE:FREQ=SECONDLY;COUNT=2147483647\r\n", 3900, NULL},
        {"END:VEVENT\r\n", 3900, "an END before its BEGIN"},
        {"EN\r\n D:VEVENT\r\n", 3900, "an END before its BEGIN"},
        {"BEGIN:VALARM\r\nEND;X=Y:VALARM\r\n", 90, NULL},
        {"X;", 100000, NULL},
        {"COMMENT:", 30000, NULL},
        {"\\", 200000, NULL},
        {"\"", 200000, NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof bombs / sizeof *bombs; i++) {
        const char *bytes = as_mail(calendar(repeated("", bombs[i].each, bombs[i].times, "\r\n")));
        const char *found = of_bytes(bytes, strlen(bytes));

        if (bombs[i].why && !strstr(found, bombs[i].why))
            fail_msg("%zu: %s", i, found);
    }
}

// Who reads on behind the NUL has seen another sender.
static void test_a_header_with_a_nul(void **state)
{
    static const char before[] = "From: ivy.hart@council.example\0@elsewhere.example\r\n";
    static const char type[] = "Content-Type: text/calendar\r\n\r\n";
    const char *text = calendar("");
    size_t length = sizeof before - 1 + strlen(type) + strlen(text);
    char *bytes = arena_strdup(arena, repeated("", "x", length, ""));

    (void)state;
    memcpy(bytes, before, sizeof before - 1);
    memcpy(bytes + sizeof before - 1, type, strlen(type));
    memcpy(bytes + sizeof before - 1 + strlen(type), text, strlen(text));
    assert_string_equal(of_bytes(bytes, length), "nothing: a NUL in its header");
    memcpy(strchr(bytes, '\0'), " ", 1);
    assert_null(strstr(of_bytes(bytes, length), "NUL"));
}

static void test_structures(void **state)
{
    (void)state;
    assert_true(mail_may_matter("* 1 FETCH (UID 7 BODYSTRUCTURE ((\"text\" \"plain\" NIL)(\"TEXT\" "
                                "\"CALENDAR\" (\"method\" \"REPLY\")) \"mixed\"))"));
    assert_true(mail_may_matter("((\"message\" \"delivery-status\") \"report\")"));
    assert_false(mail_may_matter("* 1 FETCH (UID 7 BODYSTRUCTURE (\"text\" \"plain\" (\"charset\" "
                                 "\"utf-8\") NIL NIL \"7bit\" 7 1))"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_calendars_write, make_arena, drop_arena),
        cmocka_unit_test_setup_teardown(test_what_servers_return, make_arena, drop_arena),
        cmocka_unit_test_setup_teardown(test_verdicts, make_arena, drop_arena),
        cmocka_unit_test_setup_teardown(test_one_of_several_attendees, make_arena, drop_arena),
        cmocka_unit_test_setup_teardown(test_whom_it_is_passed_on_to, make_arena, drop_arena),
        cmocka_unit_test_setup_teardown(test_times_that_are_proposed, make_arena, drop_arena),
        cmocka_unit_test_setup_teardown(test_calendars_that_are_none, make_arena, drop_arena),
        cmocka_unit_test_setup_teardown(test_a_byte_order_mark, make_arena, drop_arena),
        cmocka_unit_test_setup_teardown(test_addresses_that_are_none, make_arena, drop_arena),
        cmocka_unit_test_setup_teardown(test_comments_are_clean, make_arena, drop_arena),
        cmocka_unit_test_setup_teardown(test_bombs, make_arena, drop_arena),
        cmocka_unit_test_setup_teardown(test_calendars_that_are_bombs, make_arena, drop_arena),
        cmocka_unit_test_setup_teardown(test_a_header_with_a_nul, make_arena, drop_arena),
        cmocka_unit_test_setup_teardown(test_structures, make_arena, drop_arena),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
