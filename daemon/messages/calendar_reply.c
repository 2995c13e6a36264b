// A reply's calendar, by libical. Its reader is slow on some texts: so length, lines and components
// are counted first.
#include "calendar_reply.h"

#include "calendar_lines.h"
#include "clean.h"
#include "gstring.h"
#include "mail_address.h"
#include "text.h"
#include "zone.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CALENDAR_BYTES_MAX ((size_t)256 << 10)
#define LINES_MAX 4000
#define COMPONENTS_MAX 100
#define UID_BYTES_MAX 255
#define COMMENT_CHARS_MAX 500
#define ATTENDEES_MAX 200

const char *reply_method_word(enum reply_method m)
{
    static const char *const words[] = {"REPLY", "COUNTER", "DECLINECOUNTER"};

    return words[m];
}

// ---------------------------------------------------------------------------------------- bounds

// RFC 5545 3.1: a line that begins with a blank goes on with the one before. Arena-owned.
static char *unfolded(struct arena *a, const char *bytes, size_t length)
{
    char *copy = arena_strndup(a, bytes, length), *to = copy;

    for (const char *s = copy; *s; s++) {
        size_t end = *s == '\r' && s[1] == '\n' ? 2 : *s == '\n' ? 1 : 0;

        if (end && (s[end] == ' ' || s[end] == '\t'))
            s += end;
        else
            *to++ = *s;
    }
    *to = '\0';
    return copy;
}

static bool is_named(const char *line, const char *name)
{
    size_t length = strlen(name);

    return strncasecmp(line, name, length) == 0 && strchr(":;", line[length]) && line[length];
}

// RFC 5545 3.3.8. libical reads a number by atoi, where 4294967299 is 3.
static bool ends_in_integer(const char *line)
{
    size_t length = strcspn(line, "\r\n");
    const char *colon = memrchr(line, ':', length);
    char *end = NULL;
    long long number = colon ? strtoll(colon + 1, &end, 10) : 0;

    return colon && end > colon + 1 && end == line + length && number >= INT32_MIN &&
           number <= INT32_MAX;
}

// Components must close in balance too: of each that does not, libical writes a line to standard
// error, which is our log.
static bool within_bounds(const char *text, struct error *err)
{
    int lines = 0, components = 0, open = 0;

    for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        lines++;
        components += is_named(line, "BEGIN");
        open += is_named(line, "BEGIN") - is_named(line, "END");
        if (open < 0)
            return fail(err, FAULT_INPUT, "an END before its BEGIN");
        if (is_named(line, "SEQUENCE") && !ends_in_integer(line))
            return fail(err, FAULT_INPUT, "a SEQUENCE that is no number");
    }
    if (lines > LINES_MAX || components > COMPONENTS_MAX)
        return fail(err, FAULT_INPUT, "more than %d lines or %d components", LINES_MAX,
                    COMPONENTS_MAX);
    return true;
}

static bool take_text(struct arena *a, const char *bytes, size_t length, char **ret,
                      struct error *err)
{
    static const char bom[] = "\xEF\xBB\xBF"; // some gateways write it

    if (length > CALENDAR_BYTES_MAX)
        return fail(err, FAULT_INPUT, "longer than %zu kB", CALENDAR_BYTES_MAX >> 10);
    if (memchr(bytes, '\0', length) || !utf8_valid(bytes, length))
        return fail(err, FAULT_INPUT, "not UTF-8");
    if (length >= 3 && memcmp(bytes, bom, 3) == 0) {
        bytes += 3;
        length -= 3;
    }
    *ret = unfolded(a, bytes, length);
    return within_bounds(*ret, err);
}

// --------------------------------------------------------------------------------------- who says

// "mailto:Ivy.Hart@Council.example" in any case, percent-encoded or not, as an address in small
// letters; NULL when it is none.
static const char *address_of(struct arena *a, const char *uri)
{
    AUTO(gstring_done) char *plain = NULL, *small = NULL;

    if (!uri || strncasecmp(uri, "mailto:", 7) != 0)
        return NULL;
    plain = g_uri_unescape_string(uri + 7, NULL);
    if (!plain)
        return NULL;
    g_strstrip(plain);
    small = g_ascii_strdown(plain, -1);
    return mail_address_valid(small) ? arena_strdup(a, small) : NULL;
}

static icalproperty *attendee_meant(struct arena *a, icalcomponent *event, const char *from)
{
    icalproperty *first = icalcomponent_get_first_property(event, ICAL_ATTENDEE_PROPERTY);
    int seen = 0;

    for (icalproperty *p = first; p && seen < ATTENDEES_MAX;
         p = icalcomponent_get_next_property(event, ICAL_ATTENDEE_PROPERTY), seen++)
        if (from && same_text(address_of(a, icalproperty_get_attendee(p)), from))
            return p;
    return first;
}

static const char *partstat_word(icalproperty *attendee)
{
    icalparameter *p = icalproperty_get_first_parameter(attendee, ICAL_PARTSTAT_PARAMETER);

    switch (p ? (int)icalparameter_get_partstat(p) : ICAL_PARTSTAT_NONE) {
    case ICAL_PARTSTAT_ACCEPTED:
        return "ACCEPTED";
    case ICAL_PARTSTAT_DECLINED:
        return "DECLINED";
    case ICAL_PARTSTAT_TENTATIVE:
        return "TENTATIVE";
    case ICAL_PARTSTAT_DELEGATED:
        return "DELEGATED";
    case ICAL_PARTSTAT_NEEDSACTION:
    case ICAL_PARTSTAT_NONE: // RFC 5545 3.2.12: what holds without the parameter
        return "NEEDS-ACTION";
    default:
        return NULL;
    }
}

// RFC 5545 3.2.5. Of several, the first: libical keeps the quotes of a list.
static const char *delegate_of(struct arena *a, icalproperty *attendee)
{
    icalparameter *p = icalproperty_get_first_parameter(attendee, ICAL_DELEGATEDTO_PARAMETER);
    const char *uris = p ? icalparameter_get_delegatedto(p) : NULL;

    if (!uris)
        return NULL;
    uris += *uris == '"';
    return address_of(a, arena_strndup(a, uris, strcspn(uris, "\",")));
}

static bool read_attendee(struct arena *a, icalcomponent *event, const char *from,
                          struct calendar_reply *ret, struct error *err)
{
    icalproperty *p = attendee_meant(a, event, from);
    icalparameter *sent_by = p ? icalproperty_get_first_parameter(p, ICAL_SENTBY_PARAMETER) : NULL;

    ret->attendee = p ? address_of(a, icalproperty_get_attendee(p)) : NULL;
    if (!ret->attendee)
        return fail(err, FAULT_INPUT, "no ATTENDEE with an address");
    ret->sent_by = sent_by ? address_of(a, icalparameter_get_sentby(sent_by)) : NULL;
    if (sent_by && !ret->sent_by)
        return fail(err, FAULT_INPUT, "a SENT-BY without an address");
    if (same_text(ret->sent_by, ret->attendee))
        ret->sent_by = NULL;
    ret->delegate = delegate_of(a, p);
    ret->partstat = partstat_word(p);
    return ret->partstat || fail(err, FAULT_INPUT, "a PARTSTAT that is none of an event");
}

// ------------------------------------------------------------------------------------ when, which

static bool exists(struct icaltimetype t)
{
    struct icaltimetype normal = icaltime_normalize(t);

    return !icaltime_is_null_time(t) && t.year >= 1970 && t.year <= 2199 &&
           normal.month == t.month && normal.day == t.day && normal.hour == t.hour &&
           normal.minute == t.minute;
}

// Whether it is one of the names; some clients send blanks behind it.
static bool is_zone(const char *tzid, const char *const *names)
{
    size_t length = strlen(tzid);

    while (length > 0 && tzid[length - 1] == ' ')
        length--;
    for (; *names; names++) {
        size_t wanted = strlen(*names);

        // "/freeassociation.sourceforge.net/Europe/London" and the like end in the name.
        if (length >= wanted && strncasecmp(tzid + length - wanted, *names, wanted) == 0 &&
            (length == wanted || tzid[length - wanted - 1] == '/'))
            return true;
    }
    return false;
}

// Civil time of England. A zone that is not known here is not guessed at.
static struct moment moment_of(icalproperty *p, struct icaltimetype t)
{
    // Outlook writes the names that Windows shows, too.
    static const char *const england[] = {"Europe/London",
                                          "GMT Standard Time",
                                          "(UTC+00:00) Dublin, Edinburgh, Lisbon, London",
                                          "GB",
                                          "Europe/Belfast",
                                          NULL};
    static const char *const utc[] = {"UTC", "Etc/UTC", "(UTC) Coordinated Universal Time", NULL};
    icalparameter *parameter = icalproperty_get_first_parameter(p, ICAL_TZID_PARAMETER);
    const char *tzid = parameter ? icalparameter_get_tzid(parameter) : NULL;

    if (!exists(t))
        return MOMENT_NONE;
    if (t.is_date)
        return (struct moment){date_make(t.year, t.month, t.day), -1};
    if (icaltime_is_utc(t) || (tzid && is_zone(tzid, utc)))
        return london_from_instant((instant)icaltime_as_timet(t) * SECONDS(1));
    if (tzid && !is_zone(tzid, england))
        return MOMENT_NONE;
    return (struct moment){date_make(t.year, t.month, t.day), t.hour * 60 + t.minute};
}

static void read_proposal(icalcomponent *event, struct calendar_reply *ret)
{
    icalproperty *starts = icalcomponent_get_first_property(event, ICAL_DTSTART_PROPERTY);
    icalproperty *ends = icalcomponent_get_first_property(event, ICAL_DTEND_PROPERTY);

    if (ret->method != REPLY_COUNTER)
        return;
    if (starts)
        ret->starts = moment_of(starts, icalproperty_get_dtstart(starts));
    if (ends && date_known(ret->starts.on))
        ret->ends = moment_of(ends, icalproperty_get_dtend(ends));
}

static bool read_uid(struct arena *a, icalcomponent *event, struct calendar_reply *ret,
                     struct error *err)
{
    icalproperty *p = icalcomponent_get_first_property(event, ICAL_UID_PROPERTY);
    const char *uid = p ? icalproperty_get_uid(p) : NULL;
    size_t length = uid ? strlen(uid) : 0;

    if (length == 0 || length > UID_BYTES_MAX)
        return fail(err, FAULT_INPUT, "no UID, or one that is too long");
    for (const char *c = uid; *c; c++)
        if (*c <= ' ' || *c > '~')
            return fail(err, FAULT_INPUT, "a UID of other than printable ASCII");
    ret->uid = arena_strdup(a, uid);
    return true;
}

static bool read_version(icalcomponent *event, struct calendar_reply *ret, struct error *err)
{
    icalproperty *sequence = icalcomponent_get_first_property(event, ICAL_SEQUENCE_PROPERTY);
    icalproperty *stamp = icalcomponent_get_first_property(event, ICAL_DTSTAMP_PROPERTY);
    struct icaltimetype t = stamp ? icalproperty_get_dtstamp(stamp) : icaltime_null_time();

    ret->sequence = sequence ? icalproperty_get_sequence(sequence) : 0;
    if (ret->sequence < 0)
        return fail(err, FAULT_INPUT, "a negative SEQUENCE");
    if (!exists(t))
        return fail(err, FAULT_INPUT, "no DTSTAMP");
    ret->stamped_at = (instant)icaltime_as_timet(t) * SECONDS(1);
    return true;
}

// --------------------------------------------------------------------------------------- reading

static bool read_method(icalcomponent *calendar, enum reply_method *ret)
{
    switch ((int)icalcomponent_get_method(calendar)) {
    case ICAL_METHOD_REPLY:
        *ret = REPLY_REPLY;
        return true;
    case ICAL_METHOD_COUNTER:
        *ret = REPLY_COUNTER;
        return true;
    case ICAL_METHOD_DECLINECOUNTER:
        *ret = REPLY_DECLINECOUNTER;
        return true;
    default:
        return false;
    }
}

static const char *comment_of(struct arena *a, icalcomponent *event)
{
    icalproperty *p = icalcomponent_get_first_property(event, ICAL_COMMENT_PROPERTY);
    const char *said = clean_text(a, p ? icalproperty_get_comment(p) : NULL, COMMENT_CHARS_MAX);

    return clean_is_blank(said) ? NULL : said;
}

static bool read_event(struct arena *a, icalcomponent *event, const char *from,
                       struct calendar_reply *ret, struct error *err)
{
    if (!read_uid(a, event, ret, err) || !read_attendee(a, event, from, ret, err) ||
        !read_version(event, ret, err))
        return false;
    ret->comment = comment_of(a, event);
    read_proposal(event, ret);
    return true;
}

bool calendar_reply_read(struct arena *a, const char *bytes, size_t length, const char *from,
                         struct calendar_reply *ret, struct error *err)
{
    struct calendar_reply r = {.starts = MOMENT_NONE, .ends = MOMENT_NONE};

    char *text = NULL;

    if (!take_text(a, bytes, length, &text, err))
        return false;

    AUTO(calendar_component_done) icalcomponent *calendar = icalparser_parse_string(text);

    if (!calendar || icalcomponent_isa(calendar) != ICAL_VCALENDAR_COMPONENT)
        return fail(err, FAULT_INPUT, "not one whole VCALENDAR");
    if (!read_method(calendar, &r.method))
        return fail(err, FAULT_INPUT, "not a reply");
    if (icalcomponent_count_components(calendar, ICAL_VEVENT_COMPONENT) != 1)
        return fail(err, FAULT_INPUT, "not exactly one VEVENT");
    if (!read_event(a, icalcomponent_get_first_component(calendar, ICAL_VEVENT_COMPONENT), from, &r,
                    err))
        return false;
    *ret = r;
    return true;
}
