// Feeds and invites: golden files, text that tries to become something else, and the zone against
// our own.
#include "calendar_object.h"

#include "golden.h"
#include "in_arena.h"
#include "sample.h"
#include "text.h"

#include <libical/ical.h>

static const char *feed_text(const struct calendar_feed *f)
{
    struct error err = {0};
    const char *text = NULL;

    if (!calendar_feed_render(arena, f, &text, &err))
        fail_msg("%s", err.text);
    return text;
}

static const char *invite_text(const struct calendar_invite *i)
{
    struct error err = {0};
    const char *text = NULL;

    if (!calendar_invite_render(arena, i, &text, &err))
        fail_msg("%s", err.text);
    return text;
}

// libical's tables of what RFC 5545 and 5546 ask for, by method.
static bool is_within_restrictions(const char *text)
{
    icalcomponent *c = icalparser_parse_string(text);
    bool within = c && icalrestriction_check(c);

    if (c)
        icalcomponent_free(c);
    return within;
}

static void check_file(const char *name, const char *text)
{
    golden_check(name, text, strlen(text));
    assert_true(is_within_restrictions(text));
}

static struct calendar_feed feed_of(const struct calendar_entry *entries, size_t count)
{
    return (struct calendar_feed){
        .name = "Deadlines, Ivy Hart; North team",
        .id = "feed-77",
        .entries = entries,
        .count = count,
    };
}

static void feed_of_deadlines(void **state)
{
    struct calendar_entry entries[] = {
        due_entry("d9-core-group-1@timely.council.example", "2024-05-08", "CG 1042, due"),
        due_entry("d8-icpc-1@timely.council.example", "2024-04-24", "ICPC 1042, due"),
        due_entry("d7-visit-3@timely.council.example", "2024-04-24", "Visit 0977, due"),
        due_entry("d6-visit-2@timely.council.example", "2024-03-28", "Visit 0977, due"),
    };
    struct calendar_feed f = feed_of(entries, 4);

    (void)state;
    entries[1].description =
        "15 working days after the strategy discussion of Tuesday 2 April "
        "2024, without Good Friday, Easter Monday.\nLaw: Working Together 2023.";
    entries[1].url = "https://timely.council.example/deadline/8";
    entries[1].categories[0] = "Child protection";
    entries[2].categories[0] = "Overdue";
    entries[2].categories[1] = "Children in need, and others";
    entries[2].color = "firebrick";
    entries[3].cancelled = true;
    entries[3].sequence = 4;
    check_file("feed-deadlines.ics", feed_text(&f));
}

static void feed_without_entries(void **state)
{
    struct calendar_feed f = feed_of(NULL, 0);

    (void)state;
    check_file("feed-empty.ics", feed_text(&f));
}

static void feed_on_the_days_of_clock_changes(void **state)
{
    const struct calendar_entry entries[] = {
        meeting_entry("autumn-0030@x.example", "2024-10-27T00:30", "2024-10-27T01:00", "00:30"),
        meeting_entry("autumn-0130@x.example", "2024-10-27T01:30", "2024-10-27T02:30", "01:30"),
        meeting_entry("spring-0030@x.example", "2024-03-31T00:30", "2024-03-31T02:30", "00:30"),
        meeting_entry("spring-0130@x.example", "2024-03-31T01:30", "2024-03-31T03:30", "01:30"),
        meeting_entry("july-1700@x.example", "2024-07-10T17:00", "2024-07-10T18:00", "17:00"),
        due_entry("spring-day@x.example", "2024-03-31", "All day"),
        due_entry("autumn-day@x.example", "2024-10-27", "All day"),
    };
    struct calendar_feed f = feed_of(entries, 7);

    (void)state;
    check_file("feed-clock-changes.ics", feed_text(&f));
}

static void feed_with_a_title_of_300_octets(void **state)
{
    static const char title[] =
        "Adolygiad achos plentyn sy’n derbyn gofal – Llanfairpwllgwyngyllgogerychwyrndrobwllllanty"
        "siliogogogoch; Łódź, Żółć i gęślą jaźń \\ ciąg dalszy: ok, 😀😀😀😀😀😀😀😀😀😀😀😀😀😀"
        "😀😀😀😀😀 Ŵŷ ŵŷŵŷŵŷŵŷŵŷŵŷŵŷŵŷ ŵŷŵŷŵŷŵŷ";
    struct calendar_entry entries[] = {due_entry("long@x.example", "2024-04-24", title)};
    struct calendar_feed f = feed_of(entries, 1);

    (void)state;
    assert_in_range(strlen(title), 295, 305);
    check_file("feed-long-title.ics", feed_text(&f));
}

static void the_tables_refuse_what_breaks_them(void **state)
{
    struct calendar_invite i = meeting_invite();
    char *text = arena_strdup(arena, invite_text(&i));

    (void)state;
    memcpy(strstr(text, "DTSTAMP"), "X-STAMP", 7);
    assert_false(is_within_restrictions(text));
}

static void invites_through_a_life(void **state)
{
    struct calendar_invite hold = hold_invite(), meeting = meeting_invite();

    (void)state;
    check_file("invite-hold.ics", invite_text(&hold));
    check_file("invite-meeting.ics", invite_text(&meeting));
    meeting.entry.sequence = 2;
    meeting.entry.changed_at = instant_of("2024-04-09T16:40");
    meeting.entry.starts = moment_of("2024-04-19T13:30");
    meeting.entry.ends = moment_of("2024-04-19T15:00");
    check_file("invite-update.ics", invite_text(&meeting));
    meeting.method = IMIP_CANCEL;
    meeting.entry.sequence = 3;
    meeting.entry.changed_at = instant_of("2024-04-11T08:05");
    meeting.entry.description = NULL;
    meeting.entry.url = NULL;
    meeting.attendee_count = 1;
    check_file("invite-cancel.ics", invite_text(&meeting));
    meeting.method = IMIP_REQUEST;
    meeting.entry.sequence = 4;
    meeting.entry.changed_at = instant_of("2024-04-12T09:30");
    check_file("invite-again.ics", invite_text(&meeting));
    meeting.attendees = &sample_attendees[1]; // somebody new, with the sequence as it is
    meeting.entry.changed_at = instant_of("2024-04-12T11:00");
    meeting.no_answer = true;
    check_file("invite-joined.ics", invite_text(&meeting));
}

static void the_same_argument_gives_the_same_bytes(void **state)
{
    const struct calendar_entry entries[] = {
        due_entry("b@x.example", "2024-04-24", "B"),
        meeting_entry("a@x.example", "2024-04-24T09:00", "2024-04-24T10:00", "A"),
        due_entry("c@x.example", "2024-04-01", "C"),
    };
    const struct calendar_entry turned[] = {entries[2], entries[1], entries[0]};
    struct calendar_feed f = feed_of(entries, 3), g = feed_of(turned, 3);

    (void)state;
    assert_string_equal(feed_text(&f), feed_text(&g));
}

// Points: 30
// "every hour of 1996 to 2037": the zone that we send is the zone that we count by.
static void the_zone_is_the_one_we_count_by(void **state)
{
    const struct calendar_entry meeting =
        meeting_entry("a@x.example", "2024-04-24T09:00", "2024-04-24T10:00", "A");
    struct calendar_feed f = feed_of(&meeting, 1);
    icalcomponent *c = icalparser_parse_string(feed_text(&f));
    icaltimezone *zone = icalcomponent_get_timezone(c, "Europe/London");

    (void)state;
    assert_non_null(zone);
    for (instant t = instant_of("1996-01-01T00:00"); t < instant_of("2038-01-01T00:00");
         t += SECONDS(3600)) {
        struct icaltimetype utc =
            icaltime_from_timet_with_zone(t / SECONDS(1), 0, icaltimezone_get_utc_timezone());
        int is_daylight;

        assert_int_equal(icaltimezone_get_utc_offset_of_utc_time(zone, &utc, &is_daylight),
                         london_offset_minutes(t) * 60);
    }
    icalcomponent_free(c);
}

static const char *const hostile[] = {
    "a\r\nATTENDEE:mailto:evil@x.example\r\nX-EVIL:1",
    "a\nBEGIN:VALARM\nEND:VALARM\nEND:VEVENT\nBEGIN:VEVENT",
    "comma, semicolon; backslash \\ \\n quote \" apostrophe ' colon: caret ^n ^' equals=",
    "<script>alert(1)</script> &amp; </table>",
    "😀 \xe2\x80\xae"
    "gnp.exe \xe2\x81\xa6 \xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d",
    "\x01\x02\x1b[31m\x7f\xc2\x85 line\xe2\x80\xa8separator",
    "broken \xff\xc3\xe2\x82 utf-8 \xed\xa0\x80",
    "\r\r\r\n\n\n",
    "Smith\\",
    "Smith; Jones\\",
};

static const char *ten_kilobytes(void)
{
    AUTO(text_done) struct text t = {0};

    while (t.length < 10240)
        text_add(&t, "Ŵ,;\r\nX-EVIL:1 ");
    return arena_strdup(arena, t.s);
}

static void assert_no_line_begins(const char *text, const char *with)
{
    AUTO(text_done) struct text start = {0};

    text_addf(&start, "\r\n%s", with);
    assert_null(strstr(text, start.s));
}

static void assert_one_event(const char *text, int properties)
{
    icalcomponent *c = icalparser_parse_string(text);
    icalcomponent *event = icalcomponent_get_first_component(c, ICAL_VEVENT_COMPONENT);

    assert_int_equal(icalcomponent_count_errors(c), 0);
    assert_int_equal(icalcomponent_count_components(c, ICAL_VEVENT_COMPONENT), 1);
    assert_int_equal(icalcomponent_count_components(event, ICAL_ANY_COMPONENT), 0);
    assert_int_equal(icalcomponent_count_properties(event, ICAL_ANY_PROPERTY), properties);
    icalcomponent_free(c);
    assert_no_line_begins(text, "X-EVIL");
    assert_no_line_begins(text, "ATTENDEE:mailto:evil");
}

static void hostile_text_stays_text_in_feeds(void **state)
{
    (void)state;
    for (size_t n = 0; n <= sizeof hostile / sizeof *hostile; n++) {
        const char *s = n < sizeof hostile / sizeof *hostile ? hostile[n] : ten_kilobytes();
        struct calendar_entry e = due_entry("h@x.example", "2024-04-24", s);
        struct calendar_feed f = feed_of(&e, 1);

        e.description = arena_printf(arena, "x%s", s);
        e.place = arena_printf(arena, "x%s", s);
        e.categories[0] = e.categories[1] = arena_printf(arena, "x%s", s);
        e.color = arena_printf(arena, "x%s", s);
        f.name = f.id = s;
        assert_one_event(feed_text(&f), 17);
    }
}

static void hostile_text_stays_text_in_invites(void **state)
{
    (void)state;
    for (size_t n = 0; n <= sizeof hostile / sizeof *hostile; n++) {
        const char *s = n < sizeof hostile / sizeof *hostile ? hostile[n] : ten_kilobytes();
        struct calendar_person somebody = {s, "ivy.hart@council.example"};
        struct calendar_invite i = meeting_invite();

        i.entry.summary = i.entry.place = i.entry.description = arena_printf(arena, "x%s", s);
        i.organizer.name = s;
        i.attendees = &somebody;
        i.attendee_count = 1;
        i.alarm_minutes = 0;
        assert_one_event(invite_text(&i), 16);
    }
}

// libical 3.0.16 folds some lines between CR and LF when their end falls on its limit.
static void lines_of_every_length_are_folded(void **state)
{
    (void)state;
    for (int width = 1; width <= 320; width++) {
        const char *url = arena_printf(arena, "https://x/%0*d", width, 1);
        struct calendar_entry e = due_entry("a@x.example", "2024-04-24", url);
        struct calendar_feed f = feed_of(&e, 1);

        e.url = url;
        e.summary = arena_printf(arena, "é%.*s", width < 240 ? width : 240, url);

        const char *text = feed_text(&f);
        icalcomponent *c = icalparser_parse_string(text);
        icalcomponent *event = icalcomponent_get_first_component(c, ICAL_VEVENT_COMPONENT);
        icalproperty *p = icalcomponent_get_first_property(event, ICAL_URL_PROPERTY);

        assert_string_equal(icalproperty_get_url(p), url);
        assert_string_equal(icalcomponent_get_summary(event), e.summary);
        for (const char *end; *text; text = end + 2) {
            end = strstr(text, "\r\n");
            assert_in_range(end - text, 1, 75);
            assert_null(memchr(text, '\r', (size_t)(end - text)));
            assert_null(memchr(text, '\n', (size_t)(end - text)));
        }
        icalcomponent_free(c);
    }
}

static void what_cannot_be_seen_is_left_out(void **state)
{
    struct calendar_entry e = due_entry("a@x.example", "2024-04-24", " \n\x01 ");
    struct calendar_feed f = feed_of(&e, 1);
    const char *text;

    (void)state;
    e.place = e.description = e.color = e.categories[0] = " \r\n ";
    f.name = f.id = "";
    text = feed_text(&f);
    assert_one_event(text, 12);
    assert_non_null(strstr(text, "\r\nSUMMARY:Untitled\r\n"));
    assert_non_null(strstr(text, "\r\nNAME:Deadlines\r\n"));
    e.summary = NULL;
    assert_string_equal(feed_text(&f), text);
}

static void assert_feed_refused(struct calendar_entry e, const char *part)
{
    struct calendar_feed f = feed_of(&e, 1);
    const char *text = "untouched";
    struct error err = {0};

    assert_false(calendar_feed_render(arena, &f, &text, &err));
    assert_int_equal(err.fault, FAULT_INPUT);
    assert_string_equal(text, "untouched");
    if (!strstr(err.text, part))
        fail_msg("\"%s\" lacks \"%s\"", err.text, part);
}

static void what_cannot_be_an_entry_is_refused(void **state)
{
    struct calendar_entry good = due_entry("a@x.example", "2024-04-24", "A"), e;

    (void)state;
    assert_feed_refused((e = good, e.uid = NULL, e), "UID");
    assert_feed_refused((e = good, e.uid = "", e), "UID");
    assert_feed_refused((e = good, e.uid = "a\r\nX-EVIL:1", e), "UID");
    assert_feed_refused((e = good, e.uid = "040000008200e00074C5B7101A82E008", e), "UID");
    assert_feed_refused((e = good, e.sequence = -1, e), "sequence");
    assert_feed_refused((e = good, e.changed_at = -1, e), "changed outside");
    assert_feed_refused((e = good, e.changed_at = INT64_MAX, e), "changed outside");
    assert_feed_refused((e = good, e.on = DATE_NONE, e), "day outside");
    assert_feed_refused((e = good, e.on = day_of("9999-12-31"), e), "day outside");
    assert_feed_refused((e = good, e.on = day_of("0001-01-01"), e), "day outside");
    assert_feed_refused((e = good, e.url = "javascript:alert(1)", e), "address of the web");
    assert_feed_refused((e = good, e.url = "https://x/\r\nX-EVIL:1", e), "address of the web");
    assert_feed_refused((e = good, e.starts = moment_of("2024-04-24T10:00"), e), "without an end");
    good = meeting_entry("a@x.example", "2024-04-24T10:00", "2024-04-24T11:00", "A");
    assert_feed_refused((e = good, e.ends = good.starts, e), "ends before");
    assert_feed_refused((e = good, e.ends.minute = -1, e), "time of day");
    assert_feed_refused((e = good, e.starts.minute = 1440, e), "time of day");
    // From half past one in winter to two in summer is no time at all.
    e = meeting_entry("a@x.example", "2024-03-31T01:30", "2024-03-31T02:00", "A");
    assert_feed_refused(e, "ends before");
}

static void assert_invite_refused(struct calendar_invite i, const char *part)
{
    const char *text = "untouched";
    struct error err = {0};

    assert_false(calendar_invite_render(arena, &i, &text, &err));
    assert_int_equal(err.fault, FAULT_INPUT);
    assert_string_equal(text, "untouched");
    if (!strstr(err.text, part))
        fail_msg("\"%s\" lacks \"%s\"", err.text, part);
    assert_null(strchr(strstr(err.text, ": "), '@')); // no address after the UID
}

static void what_cannot_be_an_invite_is_refused(void **state)
{
    const struct calendar_person evil[] = {{"A", "a@x.example\r\nX-EVIL:1"}};
    struct calendar_invite good = meeting_invite(), i;

    (void)state;
    assert_invite_refused((i = good, i.attendees = evil, i.attendee_count = 1, i), "attendee 1");
    assert_invite_refused((i = good, i.attendee_count = 0, i), "nobody");
    assert_invite_refused((i = good, i.organizer.email = "a@b c", i), "organiser");
    assert_invite_refused((i = good, i.organizer.email = NULL, i), "organiser");
    assert_invite_refused((i = good, i.organizer.email = "IVY.hart@council.example", i),
                          "the recipient is the ORGANIZER");
    assert_invite_refused((i = good, i.method = IMIP_CANCEL, i), "names only its recipient");
    assert_invite_refused((i = good, i.alarm_minutes = -5, i), "alarm_minutes");
}

static void alarms_are_for_meetings_only(void **state)
{
    struct calendar_invite hold = hold_invite(), meeting = meeting_invite();

    (void)state;
    hold.alarm_minutes = 30;
    assert_null(strstr(invite_text(&hold), "VALARM"));
    assert_non_null(strstr(invite_text(&meeting), "\r\nTRIGGER:-PT30M\r\n"));
    meeting.alarm_minutes = 0;
    assert_null(strstr(invite_text(&meeting), "VALARM"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(feed_of_deadlines),
        cmocka_unit_test(feed_without_entries),
        cmocka_unit_test(feed_on_the_days_of_clock_changes),
        cmocka_unit_test(feed_with_a_title_of_300_octets),
        cmocka_unit_test(the_tables_refuse_what_breaks_them),
        cmocka_unit_test(invites_through_a_life),
        cmocka_unit_test(the_same_argument_gives_the_same_bytes),
        cmocka_unit_test(the_zone_is_the_one_we_count_by),
        cmocka_unit_test(hostile_text_stays_text_in_feeds),
        cmocka_unit_test(hostile_text_stays_text_in_invites),
        cmocka_unit_test(lines_of_every_length_are_folded),
        cmocka_unit_test(what_cannot_be_seen_is_left_out),
        cmocka_unit_test(what_cannot_be_an_entry_is_refused),
        cmocka_unit_test(what_cannot_be_an_invite_is_refused),
        cmocka_unit_test(alarms_are_for_meetings_only),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, make_arena, drop_arena);
}
