// The lines of one event, for feeds and invites alike.
#include "calendar_event.h"

#include "calendar_lines.h"
#include "calendar_zone.h"
#include "clean.h"
#include "zone.h"

#include <string.h>
#include <strings.h>

#define SUMMARY_CHARS_MAX 255
#define DESCRIPTION_CHARS_MAX 8000 // Google's limit is 8,192
#define PLACE_CHARS_MAX 255
#define UID_BYTES_MAX 255

bool calendar_is_meeting(const struct calendar_entry *e)
{
    return date_known(e->starts.on) && e->starts.minute >= 0;
}

// Printable ASCII that Exchange does not take for one of its own identifiers (MS-OXCICAL ac8c1e68).
static bool uid_valid(const char *uid)
{
    if (!uid || !*uid || strlen(uid) > UID_BYTES_MAX)
        return false;
    for (const char *c = uid; *c; c++)
        if (*c <= ' ' || *c > '~')
            return false;
    return strncasecmp(uid, "040000008200E000", 16) != 0;
}

static bool check_times(const struct calendar_entry *e, struct error *err)
{
    if (!calendar_is_meeting(e)) {
        if (!calendar_day_in_range(e->on))
            return fail(err, FAULT_INPUT, "calendar entry %s: day outside 1970 to 2199", e->uid);
        return true;
    }
    if (!calendar_day_in_range(e->starts.on) || !calendar_day_in_range(e->ends.on))
        return fail(err, FAULT_INPUT,
                    "calendar entry %s: meeting without an end, or outside "
                    "1970 to 2199",
                    e->uid);
    if (e->starts.minute >= 1440 || e->ends.minute < 0 || e->ends.minute >= 1440)
        return fail(err, FAULT_INPUT, "calendar entry %s: not a time of day", e->uid);
    if (instant_from_london(e->ends) <= instant_from_london(e->starts))
        return fail(err, FAULT_INPUT, "calendar entry %s: ends before it starts", e->uid);
    return true;
}

bool calendar_entry_check(const struct calendar_entry *e, struct error *err)
{
    if (!uid_valid(e->uid))
        return fail(err, FAULT_INPUT, "calendar entry: not a usable UID");
    if (e->sequence < 0)
        return fail(err, FAULT_INPUT, "calendar entry %s: negative sequence", e->uid);
    if (!calendar_instant_in_range(e->changed_at))
        return fail(err, FAULT_INPUT, "calendar entry %s: changed outside 1970 to 2199", e->uid);
    if (e->url && !clean_is_url(e->url))
        return fail(err, FAULT_INPUT, "calendar entry %s: not an address of the web", e->uid);
    return check_times(e, err);
}

static void add_meeting_times(struct arena *a, struct text *lines, const struct calendar_entry *e)
{
    if (calendar_comes_twice(e->starts) || calendar_comes_twice(e->ends)) {
        calendar_line(lines, "DTSTART", calendar_utc_time(a, instant_from_london(e->starts)));
        calendar_line(lines, "DTEND", calendar_utc_time(a, instant_from_london(e->ends)));
        return;
    }
    calendar_line(lines, "DTSTART;TZID=" CALENDAR_TZID, calendar_local_time(a, e->starts));
    calendar_line(lines, "DTEND;TZID=" CALENDAR_TZID, calendar_local_time(a, e->ends));
}

static void add_times(struct arena *a, struct text *lines, const struct calendar_entry *e)
{
    if (calendar_is_meeting(e)) {
        add_meeting_times(a, lines, e);
        calendar_line(lines, "TRANSP", "OPAQUE");
        calendar_line(lines, "X-MICROSOFT-CDO-BUSYSTATUS", "BUSY");
        return;
    }
    // The end is exclusive; and a day on which something is due is not a day away.
    calendar_line(lines, "DTSTART;VALUE=DATE", calendar_day(a, e->on));
    calendar_line(lines, "DTEND;VALUE=DATE", calendar_day(a, date_add_days(e->on, 1)));
    calendar_line(lines, "TRANSP", "TRANSPARENT");
    calendar_line(lines, "X-MICROSOFT-CDO-BUSYSTATUS", "FREE");
    calendar_line(lines, "X-MICROSOFT-CDO-ALLDAYEVENT", "TRUE");
}

// Outlook does not show URL, so the link stands in the text as well.
static const char *description_of(struct arena *a, const struct calendar_entry *e)
{
    const char *said = e->description ? e->description : "";

    if (!e->url || strstr(said, e->url))
        return clean_text(a, said, DESCRIPTION_CHARS_MAX);
    said = clean_text(a, said, DESCRIPTION_CHARS_MAX - strlen(e->url) - 2);
    return arena_printf(a, "%s%s%s", said, *said ? "\n\n" : "", e->url);
}

// Without commas: readers that know no escapes would divide it there.
static void add_category(struct arena *a, struct text *lines, const char *category)
{
    const char *line = clean_without(a, clean_line(a, category, PLACE_CHARS_MAX), ",;");

    if (!clean_is_blank(line))
        calendar_line_text(lines, "CATEGORIES", line);
}

static void add_words(struct arena *a, struct text *lines, const struct calendar_entry *e)
{
    const char *description = description_of(a, e);
    const char *place = clean_line_or(a, e->place, PLACE_CHARS_MAX, NULL);
    const char *color = clean_line_or(a, e->color, PLACE_CHARS_MAX, NULL);
    const size_t most = sizeof e->categories / sizeof *e->categories;

    if (!clean_is_blank(description))
        calendar_line_text(lines, "DESCRIPTION", description);
    if (place)
        calendar_line_text(lines, "LOCATION", place);
    if (e->url)
        calendar_line(lines, "URL", e->url);
    for (size_t i = 0; i < most && e->categories[i]; i++)
        add_category(a, lines, e->categories[i]);
    if (color)
        calendar_line_text(lines, "COLOR", color);
}

const char *calendar_event_title(struct arena *a, const struct calendar_entry *e,
                                 const char *prefix)
{
    const char *title = clean_line_or(a, e->summary, SUMMARY_CHARS_MAX, "Untitled");

    return clean_line(a, arena_printf(a, "%s%s", prefix, title), SUMMARY_CHARS_MAX);
}

void calendar_event_begin(struct arena *a, struct text *lines, const struct calendar_entry *e,
                          const char *title_prefix)
{
    const char *changed = calendar_utc_time(a, e->changed_at);

    calendar_line(lines, "BEGIN", "VEVENT");
    calendar_line_text(lines, "UID", e->uid);
    calendar_line(lines, "DTSTAMP", changed);
    calendar_line(lines, "LAST-MODIFIED", changed);
    text_addf(lines, "SEQUENCE:%d\r\n", e->sequence);
    add_times(a, lines, e);
    calendar_line_text(lines, "SUMMARY", calendar_event_title(a, e, title_prefix));
    add_words(a, lines, e);
    calendar_line(lines, "STATUS", e->cancelled ? "CANCELLED" : "CONFIRMED");
    calendar_line(lines, "CLASS", "PRIVATE");
}

void calendar_event_end(struct text *lines)
{
    calendar_line(lines, "END", "VEVENT");
}
