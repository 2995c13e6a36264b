// Calendar objects, built as libical components and written once: the feed of a subscription and
// the single event of an invite. Nothing here decides what is said or to whom.
#include "calendar_object.h"

#include "calendar_fold.h"
#include "calendar_zone.h"
#include "clean.h"
#include "mail_address.h"
#include "text.h"
#include "zone.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PRODID "-//timely//timely//EN"
#define NAME_CHARS_MAX 255 // X-WR-CALNAME, MS-OXCICAL 1da58449
#define SUMMARY_CHARS_MAX 255
#define DESCRIPTION_CHARS_MAX 8000 // Google's limit is 8,192
#define PLACE_CHARS_MAX 255
#define UID_BYTES_MAX 255
#define REFRESH_SECONDS 3600
#define FEED_COLOR "steelblue"

static void component_done(icalcomponent **c)
{
    if (*c)
        icalcomponent_free(*c);
}

static void add(icalcomponent *c, icalproperty *p)
{
    if (!p)
        out_of_memory();
    icalcomponent_add_property(c, p);
}

static void add_x(icalcomponent *c, const char *name, const char *value)
{
    icalproperty *p = icalproperty_new_x(value);

    if (!p)
        out_of_memory();
    icalproperty_set_x_name(p, name);
    icalcomponent_add_property(c, p);
}

static const char *written(struct arena *a, icalcomponent *c)
{
    char *s = icalcomponent_as_ical_string_r(c);

    if (!s)
        out_of_memory();

    const char *folded = calendar_refold(a, s);

    icalmemory_free_buffer(s);
    return folded;
}

static bool is_meeting(const struct calendar_entry *e)
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
    if (!is_meeting(e)) {
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

static bool check_entry(const struct calendar_entry *e, struct error *err)
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

static void add_london(icalcomponent *c, icalproperty *p)
{
    if (!p)
        out_of_memory();
    icalproperty_add_parameter(p, icalparameter_new_tzid(CALENDAR_TZID));
    icalcomponent_add_property(c, p);
}

static void add_meeting_times(icalcomponent *c, const struct calendar_entry *e)
{
    if (calendar_comes_twice(e->starts) || calendar_comes_twice(e->ends)) {
        instant starts = instant_from_london(e->starts), ends = instant_from_london(e->ends);

        add(c, icalproperty_new_dtstart(calendar_time_of_instant(starts)));
        add(c, icalproperty_new_dtend(calendar_time_of_instant(ends)));
        return;
    }
    add_london(c, icalproperty_new_dtstart(calendar_time_of_moment(e->starts)));
    add_london(c, icalproperty_new_dtend(calendar_time_of_moment(e->ends)));
}

static void add_times(icalcomponent *c, const struct calendar_entry *e)
{
    if (is_meeting(e)) {
        add_meeting_times(c, e);
        add(c, icalproperty_new_transp(ICAL_TRANSP_OPAQUE));
        add_x(c, "X-MICROSOFT-CDO-BUSYSTATUS", "BUSY");
        return;
    }
    // The end is exclusive; and a day on which something is due is not a day away.
    add(c, icalproperty_new_dtstart(calendar_time_of_day(e->on)));
    add(c, icalproperty_new_dtend(calendar_time_of_day(date_add_days(e->on, 1))));
    add(c, icalproperty_new_transp(ICAL_TRANSP_TRANSPARENT));
    add_x(c, "X-MICROSOFT-CDO-BUSYSTATUS", "FREE");
    add_x(c, "X-MICROSOFT-CDO-ALLDAYEVENT", "TRUE");
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

// One line, or `otherwise` when nothing can be seen of it: a property without a value is an error
// to libical and others.
static const char *seen_line(struct arena *a, const char *s, size_t max_chars,
                             const char *otherwise)
{
    const char *line = clean_line(a, s, max_chars);

    return clean_is_blank(line) ? otherwise : line;
}

// libical writes commas and semicolons of categories as they are: they would divide one.
static void add_category(struct arena *a, icalcomponent *c, const char *category)
{
    const char *line = clean_without(a, clean_line(a, category, PLACE_CHARS_MAX), ",;");

    if (!clean_is_blank(line))
        add(c, icalproperty_new_categories(line));
}

static void add_words(struct arena *a, icalcomponent *c, const struct calendar_entry *e)
{
    const char *description = description_of(a, e);
    const char *place = seen_line(a, e->place, PLACE_CHARS_MAX, NULL);
    const char *color = seen_line(a, e->color, PLACE_CHARS_MAX, NULL);
    const size_t most = sizeof e->categories / sizeof *e->categories;

    if (!clean_is_blank(description))
        add(c, icalproperty_new_description(description));
    if (place)
        add(c, icalproperty_new_location(place));
    if (e->url)
        add(c, icalproperty_new_url(e->url));
    for (size_t i = 0; i < most && e->categories[i]; i++)
        add_category(a, c, e->categories[i]);
    if (color)
        add(c, icalproperty_new_color(color));
}

static const char *title_of(struct arena *a, const struct calendar_entry *e, const char *prefix)
{
    const char *title = seen_line(a, e->summary, SUMMARY_CHARS_MAX, "Untitled");

    return clean_line(a, arena_printf(a, "%s%s", prefix, title), SUMMARY_CHARS_MAX);
}

static icalcomponent *event_new(struct arena *a, const struct calendar_entry *e,
                                const char *title_prefix)
{
    icalcomponent *c = icalcomponent_new(ICAL_VEVENT_COMPONENT);
    struct icaltimetype changed = calendar_time_of_instant(e->changed_at);

    if (!c)
        out_of_memory();
    add(c, icalproperty_new_uid(e->uid));
    add(c, icalproperty_new_dtstamp(changed));
    add(c, icalproperty_new_lastmodified(changed));
    add(c, icalproperty_new_sequence(e->sequence));
    add_times(c, e);
    add(c, icalproperty_new_summary(title_of(a, e, title_prefix)));
    add_words(a, c, e);
    add(c, icalproperty_new_status(e->cancelled ? ICAL_STATUS_CANCELLED : ICAL_STATUS_CONFIRMED));
    add(c, icalproperty_new_class(ICAL_CLASS_PRIVATE));
    return c;
}

static icalcomponent *calendar_new(void)
{
    icalcomponent *c = icalcomponent_new(ICAL_VCALENDAR_COMPONENT);

    if (!c)
        out_of_memory();
    add(c, icalproperty_new_version("2.0"));
    add(c, icalproperty_new_prodid(PRODID));
    add(c, icalproperty_new_calscale("GREGORIAN"));
    return c;
}

// libical does not escape X- values: a comma would make two of one.
static void add_x_words(struct arena *a, icalcomponent *c, const char *name, const char *words)
{
    const char *clean = clean_without(a, words, ",;");

    if (!clean_is_blank(clean))
        add_x(c, name, clean);
}

static void add_subscription(struct arena *a, icalcomponent *c, const struct calendar_feed *f)
{
    const char *name = seen_line(a, f->name, NAME_CHARS_MAX, "Deadlines");

    add(c, icalproperty_new_name(name));
    add_x_words(a, c, "X-WR-CALNAME", name);
    add_x_words(a, c, "X-WR-RELCALID", clean_line(a, f->id, NAME_CHARS_MAX));
    add_x(c, "X-WR-TIMEZONE", CALENDAR_TZID);
    add(c, icalproperty_new_refreshinterval(icaldurationtype_from_int(REFRESH_SECONDS)));
    add_x(c, "X-PUBLISHED-TTL", "PT1H");
    // No SOURCE: the address of a subscription is a secret, and only its hash is known here.
    add(c, icalproperty_new_color(FEED_COLOR));
}

static int by_day_and_uid(const void *x, const void *y)
{
    const struct calendar_entry *a = *(const struct calendar_entry *const *)x;
    const struct calendar_entry *b = *(const struct calendar_entry *const *)y;
    int days = date_cmp(is_meeting(a) ? a->starts.on : a->on, is_meeting(b) ? b->starts.on : b->on);

    return days != 0 ? days : strcmp(a->uid, b->uid);
}

static const struct calendar_entry **sorted(struct arena *a, const struct calendar_feed *f)
{
    const struct calendar_entry **order = ARENA_ARRAY(a, const struct calendar_entry *, f->count);

    for (size_t i = 0; i < f->count; i++)
        order[i] = &f->entries[i];
    if (f->count > 1)
        qsort(order, f->count, sizeof *order, by_day_and_uid);
    return order;
}

static bool check_feed(const struct calendar_feed *f, bool *needs_zone, struct error *err)
{
    *needs_zone = false;
    for (size_t i = 0; i < f->count; i++) {
        if (!check_entry(&f->entries[i], err))
            return false;
        *needs_zone |= is_meeting(&f->entries[i]);
    }
    return true;
}

bool calendar_feed_render(struct arena *a, const struct calendar_feed *f, const char **ret,
                          struct error *err)
{
    bool needs_zone;

    if (!check_feed(f, &needs_zone, err))
        return false;

    AUTO(component_done) icalcomponent *c = calendar_new();
    const struct calendar_entry **order = sorted(a, f);

    add_subscription(a, c, f);
    if (needs_zone)
        icalcomponent_add_component(c, calendar_zone_new());
    for (size_t i = 0; i < f->count; i++) // some clients show a cancelled entry like any other
        icalcomponent_add_component(
            c, event_new(a, order[i], order[i]->cancelled ? "Cancelled: " : ""));
    *ret = written(a, c);
    return true;
}

bool calendar_entry_render(struct arena *a, const struct calendar_entry *e, const char **ret,
                           struct error *err)
{
    if (!check_entry(e, err))
        return false;
    if (is_meeting(e))
        return fail(err, FAULT_INPUT, "calendar entry %s: a meeting needs its zone", e->uid);

    AUTO(component_done) icalcomponent *c = event_new(a, e, e->cancelled ? "Cancelled: " : "");

    *ret = written(a, c);
    return true;
}

// A name as the CN parameter: libical 3 leaves "^" as it is, which readers of RFC 6868 would take
// for an escape, and itself takes a backslash for one, although parameters have none: a name that
// ends in one would hide the colon or the quote that ends it.
static void add_name(struct arena *a, icalproperty *p, const char *name)
{
    const char *clean = clean_without(a, clean_line(a, name, NAME_CHARS_MAX), "^\"\\");

    if (!clean_is_blank(clean))
        icalproperty_add_parameter(p, icalparameter_new_cn(clean));
}

static void add_people(struct arena *a, icalcomponent *event, const struct calendar_invite *i)
{
    icalproperty *p = icalproperty_new_organizer(mail_address_uri(a, i->organizer.email));

    add_name(a, p, i->organizer.name);
    add(event, p);
    for (size_t n = 0; n < i->attendee_count; n++) {
        p = icalproperty_new_attendee(mail_address_uri(a, i->attendees[n].email));
        add_name(a, p, i->attendees[n].name);
        icalproperty_add_parameter(p, icalparameter_new_role(ICAL_ROLE_REQPARTICIPANT));
        if (i->method == IMIP_REQUEST) {
            icalproperty_add_parameter(
                p, icalparameter_new_partstat(i->no_answer ? ICAL_PARTSTAT_ACCEPTED
                                                           : ICAL_PARTSTAT_NEEDSACTION));
            icalproperty_add_parameter(
                p, icalparameter_new_rsvp(i->no_answer ? ICAL_RSVP_FALSE : ICAL_RSVP_TRUE));
        }
        add(event, p);
    }
}

static void add_alarm(struct arena *a, icalcomponent *event, const struct calendar_invite *i)
{
    icalcomponent *alarm = icalcomponent_new(ICAL_VALARM_COMPONENT);

    if (!alarm)
        out_of_memory();
    add(alarm, icalproperty_new_action(ICAL_ACTION_DISPLAY));
    add(alarm, icalproperty_new_description(title_of(a, &i->entry, "")));
    add(alarm, icalproperty_new_trigger(icaltriggertype_from_int(-60 * i->alarm_minutes)));
    icalcomponent_add_component(event, alarm);
}

static bool check_people(const struct calendar_invite *i, struct error *err)
{
    if (!mail_address_valid(i->organizer.email))
        return fail(err, FAULT_INPUT, "invite %s: the organiser's address is not one",
                    i->entry.uid);
    if (i->attendee_count == 0)
        return fail(err, FAULT_INPUT, "invite %s: nobody is invited", i->entry.uid);
    if (i->method == IMIP_CANCEL && i->attendee_count != 1)
        return fail(err, FAULT_INPUT, "invite %s: a cancellation names only its recipient",
                    i->entry.uid);
    for (size_t n = 0; n < i->attendee_count; n++)
        if (!mail_address_valid(i->attendees[n].email))
            return fail(err, FAULT_INPUT, "invite %s: the address of attendee %zu is not one",
                        i->entry.uid, n + 1);
    return true;
}

static bool check_invite(const struct calendar_invite *i, struct error *err)
{
    if (!check_entry(&i->entry, err) || !check_people(i, err))
        return false;
    if (i->alarm_minutes < 0 || i->alarm_minutes > 31 * 24 * 60)
        return fail(err, FAULT_INPUT, "invite %s: alarm_minutes is not 0 to 44640", i->entry.uid);
    return true;
}

bool calendar_invite_render(struct arena *a, const struct calendar_invite *i, const char **ret,
                            struct error *err)
{
    bool cancel = i->method == IMIP_CANCEL;
    struct calendar_entry entry = i->entry;

    if (!check_invite(i, err))
        return false;

    AUTO(component_done) icalcomponent *c = calendar_new();

    entry.cancelled = cancel;
    add(c, icalproperty_new_method(cancel ? ICAL_METHOD_CANCEL : ICAL_METHOD_REQUEST));
    if (is_meeting(&entry))
        icalcomponent_add_component(c, calendar_zone_new());

    icalcomponent *event = event_new(a, &entry, ""); // Outlook says "Canceled:" itself

    icalcomponent_add_component(c, event);
    add_people(a, event, i);
    if (!cancel && is_meeting(&entry) && i->alarm_minutes > 0)
        add_alarm(a, event, i);

    const char *text = written(a, c);

    if (!calendar_invite_check(text, i->method, i->attendees[0].email, err))
        return explain(err, "invite %s", i->entry.uid);
    *ret = text;
    return true;
}
