// Fuzzes the text of calendars: the input is cut into the fields of an entry, a feed and an invite.
// Whatever they hold, what is rendered is one calendar with the same entries and nothing else.
#include "calendar_object.h"
#include "calendar_parts.h"
#include "text.h"
#include "zone.h"

#include <assert.h>
#include <libical/ical.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FIELDS = 8 };

// Fields end with NUL bytes; what is missing is empty.
static void cut(struct arena *a, const uint8_t *data, size_t size, const char *ret[FIELDS])
{
    for (size_t i = 0; i < FIELDS; i++) {
        size_t length = strnlen((const char *)data, size);

        ret[i] = arena_strndup(a, (const char *)data, length);
        length += length < size;
        data += length;
        size -= length;
    }
}

static struct calendar_entry entry_of(const char *const f[FIELDS], bool meeting)
{
    struct calendar_entry e = {
        .uid = "1@timely.example",
        .changed_at = instant_from_london((struct moment){date_make(2024, 4, 2), 600}),
        .summary = f[0],
        .description = f[1],
        .place = f[2],
        .categories = {f[3], f[0], NULL},
        .color = f[4],
        .url = *f[5] ? f[5] : NULL,
        .on = date_make(2024, 4, 9),
        .starts = MOMENT_NONE,
        .ends = MOMENT_NONE,
    };

    if (meeting) {
        e.starts = (struct moment){e.on, 600};
        e.ends = (struct moment){e.on, 660};
    }
    return e;
}

static int count_all(icalcomponent *c, icalproperty_kind kind)
{
    return icalcomponent_count_properties(c, kind);
}

static void check_event(icalcomponent *event, int people)
{
    assert(count_all(event, ICAL_ATTENDEE_PROPERTY) == people);
    assert(count_all(event, ICAL_ORGANIZER_PROPERTY) == (people > 0));
    assert(count_all(event, ICAL_SUMMARY_PROPERTY) == 1);
    assert(count_all(event, ICAL_UID_PROPERTY) == 1);
    assert(count_all(event, ICAL_DESCRIPTION_PROPERTY) <= 1);
    assert(count_all(event, ICAL_LOCATION_PROPERTY) <= 1);
    assert(count_all(event, ICAL_CATEGORIES_PROPERTY) <= 2);
    assert(count_all(event, ICAL_X_PROPERTY) <= 2);
    assert(count_all(event, ICAL_ANY_PROPERTY) <= 19 + people);
    assert(icalcomponent_count_components(event, ICAL_ANY_COMPONENT) == 0);
}

static void check_lines(const char *text)
{
    while (*text) {
        const char *end = strstr(text, "\r\n");

        assert(end && end - text <= 75);
        for (; text < end; text++)
            assert((unsigned char)*text >= ' ' && *text != 0x7F);
        text = end + 2;
    }
}

static void check_text(const char *text, int events, int people)
{
    icalcomponent *c = icalparser_parse_string(text);

    check_lines(text);
    assert(c && icalcomponent_isa(c) == ICAL_VCALENDAR_COMPONENT);
    assert(icalcomponent_count_errors(c) == 0);
    assert(icalcomponent_count_components(c, ICAL_VEVENT_COMPONENT) == events);
    for (icalcomponent *e = icalcomponent_get_first_component(c, ICAL_VEVENT_COMPONENT); e;
         e = icalcomponent_get_next_component(c, ICAL_VEVENT_COMPONENT))
        check_event(e, people);
    icalcomponent_free(c);
}

// Both entries have one UID: their object holds them as they stand in the feed.
static void check_object(struct arena *a, const char *feed)
{
    static const char begin[] = "\r\nBEGIN:VEVENT\r\n";
    struct calendar_parts parts;
    struct error err;

    assert(calendar_parts_read(a, feed, &parts, &err));
    assert(parts.count == 1 && parts.items[0].span_count == 2);
    assert(strcmp(strstr(parts.items[0].text, begin), strstr(feed, begin)) == 0);
    assert(utf8_valid(parts.name, strlen(parts.name)));
}

static void try_feed(struct arena *a, const char *const f[FIELDS])
{
    struct calendar_entry entries[] = {entry_of(f, false), entry_of(f, true)};
    struct calendar_feed feed = {.name = f[6], .id = f[7], .entries = entries, .count = 2};
    struct error err = {0};
    const char *text;

    if (!calendar_feed_render(a, &feed, &text, &err)) {
        assert(err.fault == FAULT_INPUT);
        return;
    }
    check_text(text, 2, 0);
    check_object(a, text);
}

static void try_invite(struct arena *a, const char *const f[FIELDS])
{
    const struct calendar_person people[] = {{f[6], "a@b.example"}, {f[7], f[7]}};
    struct calendar_invite i = {
        .method = IMIP_REQUEST,
        .entry = entry_of(f, true),
        .organizer = {f[3], "timely@b.example"},
        .attendees = people,
        .attendee_count = *f[7] ? 2 : 1,
    };
    struct error err = {0};
    const char *text;

    if (calendar_invite_render(a, &i, &text, &err))
        check_text(text, 1, (int)i.attendee_count);
    else
        assert(err.fault == FAULT_INPUT && !strstr(err.text, "receivers"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    const char *fields[FIELDS];
    struct error err;

    cut(a, data, size, fields);
    try_feed(a, fields);
    try_invite(a, fields);
    (void)calendar_invite_check(arena_strndup(a, (const char *)data, size), IMIP_REQUEST,
                                "a@b.example", &err);
    icalmemory_free_ring();
    return 0;
}
