// The objects of a feed, each by itself: the same bytes as in the feed, and the times that they
// take.
#include "calendar_parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "in_arena.h"
#include "sample.h"

// Escaped and folded, like any text.
#define ODD_UID                                                                                    \
    "a,b;c\\n-0123456789-0123456789-0123456789-0123456789-0123456789-0123456789-0123456789@timely"

static const char *feed_of(const struct calendar_entry *entries, size_t count)
{
    const struct calendar_feed f = {
        .name = "Deadlines: Ivy, North; \xc5\xb4yn", .id = "x", .entries = entries, .count = count};
    struct error err = {0};
    const char *text = NULL;

    if (!calendar_feed_render(arena, &f, &text, &err))
        fail_msg("%s", err.text);
    return text;
}

static struct calendar_parts parts_of(const char *feed)
{
    struct calendar_parts p;
    struct error err = {0};

    if (!calendar_parts_read(arena, feed, &p, &err))
        fail_msg("%s", err.text);
    return p;
}

static const char *part_of(const struct calendar_parts *p, const char *uid)
{
    const struct calendar_part *part = calendar_parts_find(p, uid);

    if (!part)
        fail_msg("%s is not there", uid);
    return part->text;
}

// From BEGIN:VEVENT to its end.
static const char *event_in(const char *text)
{
    const char *begin = strstr(text, "BEGIN:VEVENT\r\n"), *end = strstr(text, "END:VEVENT\r\n");

    assert_non_null(begin);
    assert_non_null(end);
    return arena_strndup(arena, begin, (size_t)(end - begin));
}

static void every_object_is_what_stands_in_the_feed(void **state)
{
    struct calendar_entry entries[] = {
        due_entry("z@timely", "2024-05-08",
                  "Long, with; all \\ that is \xe2\x9c\x93 escaped, and so "
                  "long that it has to be folded, twice at least, \xc5\x81"),
        meeting_entry("a@timely", "2024-04-24T10:00", "2024-04-24T12:00", "Meeting"),
        due_entry("m@timely", "2024-04-24", "Cancelled one "),
        due_entry(ODD_UID, "2024-04-24", " "),
    };
    struct calendar_parts p;
    const char *feed;

    (void)state;
    entries[0].description = "Lines:\n one, two; three\\\n";
    entries[0].categories[0] = "Overdue";
    entries[0].color = "red";
    entries[1].place = "Room 2; upstairs";
    entries[1].url = "https://timely.example/x?a=1,2;3";
    entries[2].cancelled = true;
    entries[3].description = "  First: a blank line\n";
    feed = feed_of(entries, 4);
    p = parts_of(feed);
    assert_int_equal(p.count, 4);
    assert_string_equal(p.name, "Deadlines: Ivy, North; \xc5\xb4yn");
    for (size_t i = 0; i < p.count; i++) {
        assert_true(i == 0 || strcmp(p.items[i - 1].uid, p.items[i].uid) < 0);
        assert_non_null(strstr(feed, event_in(p.items[i].text)));
        assert_int_equal(p.items[i].length, strlen(p.items[i].text));
        assert_null(strstr(p.items[i].text, "X-WR-"));
        assert_true(p.items[i].changed_at == instant_of("2024-04-02T09:15"));
    }
    assert_non_null(strstr(part_of(&p, "a@timely"), "BEGIN:VTIMEZONE"));
    assert_null(strstr(part_of(&p, "m@timely"), "BEGIN:VTIMEZONE"));
    assert_null(strstr(part_of(&p, ODD_UID), "BEGIN:VTIMEZONE"));
    assert_null(calendar_parts_find(&p, "b@timely"));
}

static void a_tag_is_of_one_object(void **state)
{
    struct calendar_entry entries[] = {due_entry("a@timely", "2024-05-08", "One"),
                                       due_entry("b@timely", "2024-05-09", "Two")};
    const struct calendar_parts before = parts_of(feed_of(entries, 2));
    struct calendar_parts after;

    (void)state;
    assert_string_not_equal(before.items[0].tag, before.items[1].tag);
    assert_int_equal(strlen(before.items[0].tag), CALENDAR_TAG_SIZE - 1);
    entries[1].sequence++;
    after = parts_of(feed_of(entries, 2));
    assert_string_equal(before.items[0].tag, after.items[0].tag);
    assert_string_not_equal(before.items[1].tag, after.items[1].tag);
}

static void an_empty_feed_has_none(void **state)
{
    const struct calendar_parts p = parts_of(feed_of(NULL, 0));

    (void)state;
    assert_int_equal(p.count, 0);
    assert_null(calendar_parts_find(&p, "a"));
}

static void times_are_those_of_london(void **state)
{
    static const struct {
        const char *uid, *starts, *ends; // UTC
        bool overlaps;
    } rows[] = {
        {"day@timely", "20240507T220000Z", "20240507T230000Z", false}, // 8 May begins at 23:00 UTC
        {"day@timely", "20240507T225959Z", "20240507T230001Z", true},
        {"day@timely", "20240508T225959Z", "20240509T000000Z", true},
        {"day@timely", "20240508T230000Z", "20240509T000000Z", false},
        {"summer@timely", "20240424T080000Z", "20240424T090000Z", false},
        {"summer@timely", "20240424T105959Z", "20240424T120000Z", true},
        {"summer@timely", "20240424T110000Z", "20240424T120000Z", false},
        {"winter@timely", "20241204T090000Z", "20241204T100000Z", false},
        {"winter@timely", "20241204T095959Z", "20241204T100001Z", true},
        {"twice@timely", "20241027T003000Z", "20241027T003001Z", true}, // 01:30, the first time
        {"twice@timely", "20241027T020001Z", "20241027T030000Z", false},
    };
    const struct calendar_entry entries[] = {
        due_entry("day@timely", "2024-05-08", "x"),
        meeting_entry("summer@timely", "2024-04-24T10:00", "2024-04-24T12:00", "x"),
        meeting_entry("winter@timely", "2024-12-04T10:00", "2024-12-04T12:00", "x"),
        meeting_entry("twice@timely", "2024-10-27T01:30", "2024-10-27T02:00", "x"),
    };
    const struct calendar_parts p = parts_of(feed_of(entries, 4));

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        instant starts, ends;

        assert_true(calendar_utc_read(rows[i].starts, &starts));
        assert_true(calendar_utc_read(rows[i].ends, &ends));
        if (calendar_part_overlaps(calendar_parts_find(&p, rows[i].uid), starts, ends) !=
            rows[i].overlaps)
            fail_msg("row %zu: %s", i, rows[i].uid);
    }
}

static void only_whole_times_of_utc_are_read(void **state)
{
    static const char *const bad[] = {"",
                                      "Z",
                                      "20240402",
                                      "20240402T080000",
                                      "20240402T080000z",
                                      "2024-04-02T08:00Z",
                                      "20240231T080000Z",
                                      "20240402T250000Z",
                                      "20240402T086000Z",
                                      "19690402T080000Z",
                                      "99990402T080000Z",
                                      "2024040AT080000Z",
                                      "20240402T080000ZZ",
                                      "                Z"};
    instant at;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (calendar_utc_read(bad[i], &at))
            fail_msg("taken: %s", bad[i]);
    }
    assert_true(calendar_utc_read("20240402T080000Z", &at));
    assert_true(at == instant_of("2024-04-02T09:00"));
}

static void what_is_no_feed_is_refused(void **state)
{
    static const char *const bad[] = {
        "", "x", "BEGIN:VEVENT\r\nUID:x\r\nEND:VEVENT\r\n",
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:20240402T080000Z\r\nDTEND:20240402T090000Z\r\n"
        "END:VEVENT\r\nEND:VCALENDAR\r\n",
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:x\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct calendar_parts p;
        struct error err = {0};

        assert_false(calendar_parts_read(arena, bad[i], &p, &err));
        assert_int_equal(err.fault, FAULT_INPUT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_object_is_what_stands_in_the_feed),
        cmocka_unit_test(a_tag_is_of_one_object),
        cmocka_unit_test(an_empty_feed_has_none),
        cmocka_unit_test(times_are_those_of_london),
        cmocka_unit_test(only_whole_times_of_utc_are_read),
        cmocka_unit_test(what_is_no_feed_is_refused),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, make_arena, drop_arena);
}
