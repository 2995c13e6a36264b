// The receivers' rules: a rendered invite is read again by libical, and what Outlook, Exchange or
// Gmail would drop, double or show as a mere attachment is refused before it leaves.
#include "calendar_object.h"

#include "calendar_lines.h"
#include "calendar_zone.h"
#include "mail_address.h"

#include <libical/ical.h>
#include <string.h>
#include <strings.h>

#define LINE_OCTETS_MAX 75

struct reading {
    icalcomponent *calendar, *event;
    enum imip_method method;
    const char *recipient; // as a mailto: URI
};

static bool broken(struct error *err, const char *rule)
{
    return fail(err, FAULT_INPUT, "the receivers' rules: %s", rule);
}

// RFC 5545 3.1: CR LF and at most 75 octets.
static bool check_lines(const char *text, struct error *err)
{
    size_t length = 0;

    for (const char *c = text; *c; c++) {
        if (*c == '\r' && c[1] == '\n') {
            if (length > LINE_OCTETS_MAX)
                return broken(err, "a line is longer than 75 octets");
            length = 0;
            c++;
        } else if (((unsigned char)*c < ' ' && *c != '\t') || *c == 0x7F) {
            return broken(err, "a control character, or a line that does not end in CR LF");
        } else {
            length++;
        }
    }
    return length == 0 || broken(err, "the last line does not end in CR LF");
}

// What follows a backslash that escapes, and what has to follow one (RFC 5545 3.3.11).
static bool is_escaped_text(const char *value, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (value[i] == ';' || value[i] == ',')
            return false;
        if (value[i] == '\\' && (++i == length || !strchr("\\;,nN", value[i])))
            return false;
    }
    return true;
}

// libical reads texts with bare commas and semicolons as well; others divide them there.
static bool check_escapes(const char *text, struct error *err)
{
    static const char *const names[] = {"SUMMARY:", "DESCRIPTION:", "LOCATION:"};
    AUTO(arena_auto_free) struct arena *a = arena_new();
    const char *unfolded = calendar_unfold(a, text), *end;

    for (const char *line = unfolded; (end = strstr(line, "\r\n")); line = end + 2)
        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
            size_t n = strlen(names[i]);

            if (strncmp(line, names[i], n) == 0 &&
                !is_escaped_text(line + n, (size_t)(end - line) - n))
                return broken(err,
                              "a text whose commas, semicolons or backslashes are not escaped");
        }
    return true;
}

static int count(icalcomponent *c, icalproperty_kind kind)
{
    return icalcomponent_count_properties(c, kind);
}

static bool check_calendar(const struct reading *r, struct error *err)
{
    icalproperty_method wanted =
        r->method == IMIP_CANCEL ? ICAL_METHOD_CANCEL : ICAL_METHOD_REQUEST;
    icalproperty *method = icalcomponent_get_first_property(r->calendar, ICAL_METHOD_PROPERTY);
    icalproperty *version = icalcomponent_get_first_property(r->calendar, ICAL_VERSION_PROPERTY);

    if (icalcomponent_count_errors(r->calendar) > 0)
        return broken(err, "a line cannot be read");
    if (icalcomponent_count_components(r->calendar, ICAL_VEVENT_COMPONENT) != 1)
        return broken(err, "not exactly one VEVENT");
    if (count(r->calendar, ICAL_VERSION_PROPERTY) != 1 ||
        count(r->calendar, ICAL_PRODID_PROPERTY) != 1)
        return broken(err, "not exactly one VERSION and one PRODID");
    if (strcmp(icalproperty_get_version(version), "2.0") != 0)
        return broken(err, "VERSION is not 2.0");
    if (count(r->calendar, ICAL_NAME_PROPERTY) != 0)
        return broken(err, "NAME in an invite: it is of subscriptions");
    if (count(r->calendar, ICAL_METHOD_PROPERTY) != 1 || icalproperty_get_method(method) != wanted)
        return broken(err, "METHOD is not the one of the message");
    if (count(r->event, ICAL_METHOD_PROPERTY) != 0)
        return broken(err, "METHOD inside the VEVENT");
    return true;
}

static int sequence_of(icalcomponent *event)
{
    return icalproperty_get_sequence(
        icalcomponent_get_first_property(event, ICAL_SEQUENCE_PROPERTY));
}

static bool check_identity(const struct reading *r, struct error *err)
{
    icalproperty *uid = icalcomponent_get_first_property(r->event, ICAL_UID_PROPERTY);
    icalproperty *stamp = icalcomponent_get_first_property(r->event, ICAL_DTSTAMP_PROPERTY);

    if (count(r->event, ICAL_UID_PROPERTY) != 1 || !*icalproperty_get_uid(uid))
        return broken(err, "not exactly one UID");
    if (strncasecmp(icalproperty_get_uid(uid), "040000008200E000", 16) == 0)
        return broken(err, "UID begins like one of Exchange's own");
    if (count(r->event, ICAL_SEQUENCE_PROPERTY) != 1 || sequence_of(r->event) < 0)
        return broken(err, "not exactly one SEQUENCE");
    if (r->method == IMIP_CANCEL && sequence_of(r->event) == 0)
        return broken(err, "a cancellation whose SEQUENCE is no higher than an invite's");
    if (count(r->event, ICAL_DTSTAMP_PROPERTY) != 1 ||
        !icaltime_is_utc(icalproperty_get_dtstamp(stamp)))
        return broken(err, "not exactly one DTSTAMP in UTC");
    return true;
}

static bool check_class(icalcomponent *event, struct error *err)
{
    icalproperty *p = icalcomponent_get_first_property(event, ICAL_CLASS_PROPERTY);

    return (p && icalproperty_get_class(p) == ICAL_CLASS_PRIVATE) ||
           broken(err, "CLASS is not PRIVATE");
}

static bool check_status(const struct reading *r, struct error *err)
{
    icalproperty *status = icalcomponent_get_first_property(r->event, ICAL_STATUS_PROPERTY);
    bool cancelled = status && icalproperty_get_status(status) == ICAL_STATUS_CANCELLED;

    if (cancelled != (r->method == IMIP_CANCEL))
        return broken(err, "STATUS:CANCELLED belongs to METHOD:CANCEL, and to nothing else");
    if (count(r->event, ICAL_DTSTART_PROPERTY) != 1 || count(r->event, ICAL_DTEND_PROPERTY) != 1)
        return broken(err, "not exactly one DTSTART and one DTEND");
    if (count(r->event, ICAL_SUMMARY_PROPERTY) != 1)
        return broken(err, "not exactly one SUMMARY");
    if (count(r->event, ICAL_RRULE_PROPERTY) + count(r->event, ICAL_RDATE_PROPERTY) +
            count(r->event, ICAL_EXDATE_PROPERTY) + count(r->event, ICAL_RECURRENCEID_PROPERTY) >
        0)
        return broken(err, "an invite that repeats");
    return check_class(r->event, err);
}

static bool is_mailto(const char *uri)
{
    return uri && strncasecmp(uri, "mailto:", 7) == 0 && strchr(uri, '@');
}

static bool check_organizer(const struct reading *r, struct error *err)
{
    icalproperty *p = icalcomponent_get_first_property(r->event, ICAL_ORGANIZER_PROPERTY);

    if (count(r->event, ICAL_ORGANIZER_PROPERTY) != 1)
        return broken(err, "not exactly one ORGANIZER");
    if (!is_mailto(icalproperty_get_organizer(p)))
        return broken(err, "ORGANIZER is not a mailto: address");
    if (strcasecmp(icalproperty_get_organizer(p), r->recipient) == 0)
        return broken(err, "the recipient is the ORGANIZER");
    return true;
}

// An answer is asked for, or it is taken as given; nothing between that programs would guess at.
static bool asks_clearly(icalproperty *attendee)
{
    icalparameter *role = icalproperty_get_first_parameter(attendee, ICAL_ROLE_PARAMETER);
    icalparameter *partstat = icalproperty_get_first_parameter(attendee, ICAL_PARTSTAT_PARAMETER);
    icalparameter *rsvp = icalproperty_get_first_parameter(attendee, ICAL_RSVP_PARAMETER);

    if (!role || !partstat || !rsvp || icalparameter_get_role(role) != ICAL_ROLE_REQPARTICIPANT)
        return false;
    return icalparameter_get_rsvp(rsvp) == ICAL_RSVP_TRUE
               ? icalparameter_get_partstat(partstat) == ICAL_PARTSTAT_NEEDSACTION
               : icalparameter_get_partstat(partstat) == ICAL_PARTSTAT_ACCEPTED;
}

static bool check_attendees(const struct reading *r, struct error *err)
{
    bool found = false;

    for (icalproperty *p = icalcomponent_get_first_property(r->event, ICAL_ATTENDEE_PROPERTY); p;
         p = icalcomponent_get_next_property(r->event, ICAL_ATTENDEE_PROPERTY)) {
        if (!is_mailto(icalproperty_get_attendee(p)))
            return broken(err, "an ATTENDEE is not a mailto: address");
        if (r->method == IMIP_REQUEST && !asks_clearly(p))
            return broken(err, "an ATTENDEE without ROLE, or with PARTSTAT and RSVP that disagree");
        found |= strcasecmp(icalproperty_get_attendee(p), r->recipient) == 0;
    }
    if (!found)
        return broken(err, "the recipient is not among the ATTENDEEs");
    return r->method == IMIP_REQUEST || count(r->event, ICAL_ATTENDEE_PROPERTY) == 1 ||
           broken(err, "a cancellation names others than its recipient");
}

static bool forbidden_x(const char *name)
{
    return strncasecmp(name, "X-WR-", 5) == 0 ||
           strcasecmp(name, "X-MICROSOFT-CDO-APPT-SEQUENCE") == 0;
}

static bool check_x_names(icalcomponent *c, struct error *err)
{
    for (icalproperty *p = icalcomponent_get_first_property(c, ICAL_X_PROPERTY); p;
         p = icalcomponent_get_next_property(c, ICAL_X_PROPERTY))
        if (forbidden_x(icalproperty_get_x_name(p)))
            return broken(err, "X-WR-… or X-MICROSOFT-CDO-APPT-SEQUENCE in an invite");
    return true;
}

static bool nothing_else_by(const struct icalrecurrencetype *rule)
{
    const short *const others[] = {rule->by_second,    rule->by_minute,   rule->by_hour,
                                   rule->by_month_day, rule->by_year_day, rule->by_week_no,
                                   rule->by_set_pos};

    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (others[i][0] != ICAL_RECURRENCE_ARRAY_MAX)
            return false;
    return rule->interval == 1 && rule->count == 0 && icaltime_is_null_time(rule->until);
}

// Yearly, one month, one weekday of that month such as -1SU (MS-OXCICAL 9b81b753).
static bool is_yearly_sunday(icalproperty *p)
{
    struct icalrecurrencetype rule = icalproperty_get_rrule(p);

    return rule.freq == ICAL_YEARLY_RECURRENCE && nothing_else_by(&rule) &&
           rule.by_month[0] != ICAL_RECURRENCE_ARRAY_MAX &&
           rule.by_month[1] == ICAL_RECURRENCE_ARRAY_MAX &&
           rule.by_day[0] != ICAL_RECURRENCE_ARRAY_MAX &&
           icalrecurrencetype_day_position(rule.by_day[0]) != 0 &&
           rule.by_day[1] == ICAL_RECURRENCE_ARRAY_MAX;
}

// Offsets of whole minutes, from 1970 on: no receiver has to know how clocks went before.
static bool is_plain_observance(icalcomponent *o)
{
    icalproperty *start = icalcomponent_get_first_property(o, ICAL_DTSTART_PROPERTY);
    icalproperty *from = icalcomponent_get_first_property(o, ICAL_TZOFFSETFROM_PROPERTY);
    icalproperty *to = icalcomponent_get_first_property(o, ICAL_TZOFFSETTO_PROPERTY);

    return icalproperty_get_dtstart(start).year >= 1970 &&
           icalproperty_get_tzoffsetfrom(from) % 60 == 0 &&
           icalproperty_get_tzoffsetto(to) % 60 == 0;
}

static bool check_observance(icalcomponent *zone, icalcomponent_kind kind, struct error *err)
{
    icalcomponent *o = icalcomponent_get_first_component(zone, kind);

    if (icalcomponent_count_components(zone, kind) != 1)
        return broken(err, "a VTIMEZONE without exactly one STANDARD and one DAYLIGHT");
    if (count(o, ICAL_DTSTART_PROPERTY) != 1 || count(o, ICAL_TZOFFSETFROM_PROPERTY) != 1 ||
        count(o, ICAL_TZOFFSETTO_PROPERTY) != 1)
        return broken(err, "a VTIMEZONE part without DTSTART, TZOFFSETFROM or TZOFFSETTO");
    if (!is_plain_observance(o))
        return broken(err, "a VTIMEZONE part of local mean time, or with seconds");
    if (count(o, ICAL_RRULE_PROPERTY) != 1 || count(o, ICAL_RDATE_PROPERTY) != 0 ||
        !is_yearly_sunday(icalcomponent_get_first_property(o, ICAL_RRULE_PROPERTY)))
        return broken(err, "a VTIMEZONE part without exactly one yearly rule on one ordinal day");
    return true;
}

static bool check_zone_named(icalcomponent *calendar, const char *tzid, struct error *err)
{
    if (strcmp(tzid, CALENDAR_TZID) != 0)
        return broken(err, "a TZID other than " CALENDAR_TZID);
    if (icalcomponent_count_components(calendar, ICAL_VTIMEZONE_COMPONENT) > 1)
        return broken(err, "more than one VTIMEZONE");
    for (icalcomponent *z = icalcomponent_get_first_component(calendar, ICAL_VTIMEZONE_COMPONENT);
         z; z = icalcomponent_get_next_component(calendar, ICAL_VTIMEZONE_COMPONENT)) {
        icalproperty *p = icalcomponent_get_first_property(z, ICAL_TZID_PROPERTY);

        if (p && strcmp(icalproperty_get_tzid(p), tzid) == 0)
            return check_observance(z, ICAL_XSTANDARD_COMPONENT, err) &&
                   check_observance(z, ICAL_XDAYLIGHT_COMPONENT, err);
    }
    return broken(err, "a TZID without its VTIMEZONE");
}

// libical reads what does not exist as well: 20240418T1000-1, or 31 June.
static bool exists(struct icaltimetype t)
{
    struct icaltimetype normal = icaltime_normalize(t);

    return !icaltime_is_null_time(t) && normal.year == t.year && normal.month == t.month &&
           normal.day == t.day && normal.hour == t.hour && normal.minute == t.minute &&
           normal.second == t.second;
}

// A day, a UTC time or a time with a TZID; a floating time means another hour to everybody.
static bool check_time(icalcomponent *calendar, icalproperty *p, struct icaltimetype t,
                       struct error *err)
{
    icalparameter *tzid = icalproperty_get_first_parameter(p, ICAL_TZID_PARAMETER);

    if (!exists(t))
        return broken(err, "a time that does not exist");
    if (tzid)
        return check_zone_named(calendar, icalparameter_get_tzid(tzid), err);
    return t.is_date || icaltime_is_utc(t) || broken(err, "a floating time");
}

static bool is_midnight_utc(struct icaltimetype t)
{
    return !t.is_date && icaltime_is_utc(t) && t.hour == 0 && t.minute == 0 && t.second == 0;
}

static bool check_times(const struct reading *r, struct error *err)
{
    icalproperty *starts = icalcomponent_get_first_property(r->event, ICAL_DTSTART_PROPERTY);
    icalproperty *ends = icalcomponent_get_first_property(r->event, ICAL_DTEND_PROPERTY);

    struct icaltimetype first = icalproperty_get_dtstart(starts),
                        last = icalproperty_get_dtend(ends);

    if (!check_time(r->calendar, starts, first, err) || !check_time(r->calendar, ends, last, err))
        return false;
    if (first.is_date != last.is_date)
        return broken(err, "a day that ends at a time, or a time that ends on a day");
    if (is_midnight_utc(first) && is_midnight_utc(last))
        return broken(err, "a whole day written as midnight to midnight: it slips with the clock");
    return icaltime_compare(first, last) < 0 || broken(err, "an end that is not after the start");
}

static bool is_all_day(icalcomponent *event)
{
    return icalproperty_get_dtstart(icalcomponent_get_first_property(event, ICAL_DTSTART_PROPERTY))
        .is_date;
}

static bool check_alarm(const struct reading *r, struct error *err)
{
    icalcomponent *alarm = icalcomponent_get_first_component(r->event, ICAL_VALARM_COMPONENT);

    if (!alarm)
        return true;
    if (icalcomponent_count_components(r->event, ICAL_VALARM_COMPONENT) != 1)
        return broken(err, "more than one VALARM");

    icalproperty *p = icalcomponent_get_first_property(alarm, ICAL_TRIGGER_PROPERTY);

    if (!p || icaldurationtype_as_int(icalproperty_get_trigger(p).duration) >= 0)
        return broken(err, "a VALARM whose TRIGGER is not a negative duration");
    return !is_all_day(r->event) || broken(err, "a VALARM on a whole day: it would ring at night");
}

// libical's tables of the properties that RFC 5546 asks for with each method, and of those it bars.
static bool check_properties(icalcomponent *calendar, struct error *err)
{
    return icalrestriction_check(calendar) ||
           broken(err, "RFC 5546 asks for other properties with this METHOD");
}

static bool check_reading(const struct reading *r, struct error *err)
{
    return check_calendar(r, err) && check_identity(r, err) && check_status(r, err) &&
           check_organizer(r, err) && check_attendees(r, err) && check_x_names(r->calendar, err) &&
           check_x_names(r->event, err) && check_times(r, err) && check_alarm(r, err) &&
           check_properties(r->calendar, err);
}

bool calendar_invite_check(const char *text, enum imip_method method, const char *recipient,
                           struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();

    if (!mail_address_valid(recipient))
        return broken(err, "the recipient has no mail address");
    if (!check_lines(text, err) || !check_escapes(text, err))
        return false;

    AUTO(calendar_component_done) icalcomponent *calendar = icalparser_parse_string(text);

    if (!calendar || icalcomponent_isa(calendar) != ICAL_VCALENDAR_COMPONENT)
        return broken(err, "not exactly one VCALENDAR");

    icalcomponent *event = icalcomponent_get_first_component(calendar, ICAL_VEVENT_COMPONENT);
    struct reading r = {calendar, event, method, mail_address_uri(a, recipient)};

    if (!event)
        return broken(err, "not exactly one VEVENT");
    return check_reading(&r, err);
}

bool calendar_invite_is_from(const char *text, const char *email)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    AUTO(calendar_component_done) icalcomponent *calendar = icalparser_parse_string(text);
    icalcomponent *event =
        calendar ? icalcomponent_get_first_component(calendar, ICAL_VEVENT_COMPONENT) : NULL;
    icalproperty *p =
        event ? icalcomponent_get_first_property(event, ICAL_ORGANIZER_PROPERTY) : NULL;
    const char *organizer = p ? icalproperty_get_organizer(p) : NULL;

    return organizer && mail_address_valid(email) &&
           strcasecmp(organizer, mail_address_uri(a, email)) == 0;
}
