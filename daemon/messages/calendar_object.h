// Calendar objects: the iCalendar text of feeds and invites (RFC 5545, 5546, 6047, 7986), whose
// texts libical escapes. Pure: everything it says is an argument; the same argument gives the same
// bytes.
//
// Text of families and case systems is hostile until escaped: it enters only as values of
// properties. Addresses are validated first, since libical does not escape them.
#pragma once

#include "arena.h"
#include "clock.h"
#include "date.h"

// One entry, as the people who may see it may see it.
struct calendar_entry {
    const char *uid;           // for life
    int sequence;              // only rises
    instant changed_at;        // DTSTAMP and LAST-MODIFIED: the last real change, never "now"
    const char *summary;       // neutral: type and reference
    const char *description;   // plain text; derivation in words; NULL for none
    const char *place, *url;   // NULL for none
    const char *categories[4]; // "Overdue", the chapter; ends with NULL
    struct date on;            // all-day entry: the day
    struct moment starts;      // a meeting: minute known; else it is an all-day entry
    struct moment ends;        // of a meeting
    bool cancelled;
    const char *color; // RFC 7986 name, or NULL
};

// What the entry of a meeting says of which only the day is known: it is an all-day one.
#define CALENDAR_WITHOUT_TIME "Only the day is recorded, the time is not known yet."

struct calendar_feed {
    const char *name; // shown by clients; at most 255 characters are written
    const char *id;   // stable id of the subscription's owner (X-WR-RELCALID)
    const struct calendar_entry *entries;
    size_t count;
};

// A subscription's body: one VCALENDAR, no METHOD, no ORGANIZER or ATTENDEE, entries in the order
// of (day, uid). All-day entries are transparent and shown as free; a fixed Europe/London VTIMEZONE
// stands in it only when a meeting needs it. Arena-owned.
// FAULT_INPUT for what cannot be an entry: an unusable UID (not 1 to 255 printable ASCII bytes
// without blanks), a negative sequence, a day outside 1970 to 2199, a meeting that does not end
// after it starts, a url that is not one of the web. Titles without anything to see become
// "Untitled"; longer texts than receivers take are cut (255 characters, descriptions 8,000).
MUST_USE bool calendar_feed_render(struct arena *a, const struct calendar_feed *f, const char **ret,
                                   struct error *err);

// One entry by itself, as it stands in a feed: the lines from BEGIN:VEVENT to END:VEVENT. It names
// no zone, so it is an all-day one. Arena-owned.
MUST_USE bool calendar_entry_render(struct arena *a, const struct calendar_entry *e,
                                    const char **ret, struct error *err);

enum imip_method { IMIP_REQUEST, IMIP_CANCEL };

struct calendar_person {
    const char *name; // or NULL
    const char *email;
};

struct calendar_invite {
    enum imip_method method;
    struct calendar_entry entry;
    struct calendar_person organizer; // the service's mailbox
    const struct calendar_person
        *attendees; // the first is the recipient; on a CANCEL only the recipient
    size_t attendee_count;
    bool no_answer;    // taken as accepted: none is asked for
    int alarm_minutes; // before a meeting; 0 for none (never on all-day entries)
};

// The text/calendar part of an invite, update or cancellation: exactly one VEVENT. FAULT_INPUT when
// an address is not one, or a rule of the receivers is broken (calendar_invite_check).
MUST_USE bool calendar_invite_render(struct arena *a, const struct calendar_invite *i,
                                     const char **ret, struct error *err);

// The receivers' rules applied to a rendered text: what Outlook, Exchange, Gmail or Apple's
// calendar would drop, double, shift or show as a mere attachment. Every message passes before it
// leaves; the mail around it has rules of its own (mail_check.h). FAULT_INPUT names the rule that
// is broken.
MUST_USE bool calendar_invite_check(const char *text, enum imip_method method,
                                    const char *recipient, struct error *err);
// True when the rendered text's ORGANIZER is this address.
bool calendar_invite_is_from(const char *text, const char *email);
