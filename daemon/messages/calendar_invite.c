// The single event of an invite, with the people whom it concerns. Nothing here decides what is
// said or to whom.
#include "calendar_event.h"
#include "calendar_lines.h"
#include "calendar_zone.h"
#include "clean.h"
#include "mail_address.h"

#define CN_CHARS_MAX 255

// A name as the CN parameter: libical 3 leaves "^" as it is, which readers of RFC 6868 would take
// for an escape, and itself takes a backslash for one, although parameters have none: a name that
// ends in one would hide the colon or the quote that ends it.
static void add_name(struct arena *a, icalproperty *p, const char *name)
{
    const char *clean = clean_without(a, clean_line(a, name, CN_CHARS_MAX), "^\"\\");

    if (!clean_is_blank(clean))
        icalproperty_add_parameter(p, icalparameter_new_cn(clean));
}

static void add_people(struct arena *a, struct text *lines, const struct calendar_invite *i)
{
    icalproperty *p = icalproperty_new_organizer(mail_address_uri(a, i->organizer.email));

    add_name(a, p, i->organizer.name);
    calendar_line_property(lines, p);
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
        calendar_line_property(lines, p);
    }
}

static void add_alarm(struct arena *a, struct text *lines, const struct calendar_invite *i)
{
    calendar_line(lines, "BEGIN", "VALARM");
    calendar_line(lines, "ACTION", "DISPLAY");
    calendar_line_text(lines, "DESCRIPTION", calendar_event_title(a, &i->entry, ""));
    calendar_line_property(
        lines, icalproperty_new_trigger(icaltriggertype_from_int(-60 * i->alarm_minutes)));
    calendar_line(lines, "END", "VALARM");
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
    if (!calendar_entry_check(&i->entry, err) || !check_people(i, err))
        return false;
    if (i->alarm_minutes < 0 || i->alarm_minutes > 31 * 24 * 60)
        return fail(err, FAULT_INPUT, "invite %s: alarm_minutes is not 0 to 44640", i->entry.uid);
    return true;
}

bool calendar_invite_render(struct arena *a, const struct calendar_invite *i, const char **ret,
                            struct error *err)
{
    AUTO(text_done) struct text lines = {0};
    bool cancel = i->method == IMIP_CANCEL;
    struct calendar_entry entry = i->entry;

    if (!check_invite(i, err))
        return false;
    entry.cancelled = cancel;
    text_add(&lines, CALENDAR_BEGIN);
    calendar_line(&lines, "METHOD", cancel ? "CANCEL" : "REQUEST");
    if (calendar_is_meeting(&entry))
        text_add(&lines, calendar_zone);
    calendar_event_begin(a, &lines, &entry, ""); // Outlook says "Canceled:" itself
    add_people(a, &lines, i);
    if (!cancel && calendar_is_meeting(&entry) && i->alarm_minutes > 0)
        add_alarm(a, &lines, i);
    calendar_event_end(&lines);
    text_add(&lines, CALENDAR_END);

    const char *text = calendar_fold(a, text_str(&lines));

    if (!calendar_invite_check(text, i->method, i->attendees[0].email, err))
        return explain(err, "invite %s", i->entry.uid);
    *ret = text;
    return true;
}
