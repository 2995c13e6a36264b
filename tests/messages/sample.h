// The invented entries, invites and lines that the tests of messages share.
#pragma once

#include "calendar_object.h"
#include "zone.h"

#include <assert.h>

static inline struct date day_of(const char *s)
{
    struct date d;
    bool ok = date_parse(s, &d);

    assert(ok);
    (void)ok;
    return d;
}

static inline struct moment moment_of(const char *s)
{
    struct moment m;
    bool ok = moment_parse(s, &m);

    assert(ok);
    (void)ok;
    return m;
}

static inline instant instant_of(const char *s)
{
    return instant_from_london(moment_of(s));
}

static inline struct calendar_entry due_entry(const char *uid, const char *on, const char *summary)
{
    return (struct calendar_entry){
        .uid = uid,
        .sequence = 1,
        .changed_at = instant_of("2024-04-02T09:15"),
        .summary = summary,
        .on = day_of(on),
        .starts = MOMENT_NONE,
        .ends = MOMENT_NONE,
    };
}

static inline struct calendar_entry meeting_entry(const char *uid, const char *from, const char *to,
                                                  const char *summary)
{
    struct calendar_entry e = due_entry(uid, "2024-04-24", summary);

    e.starts = moment_of(from);
    e.ends = moment_of(to);
    return e;
}

static const struct calendar_person sample_organizer = {"Children's services, deadlines",
                                                        "timely@council.example"};
static const struct calendar_person sample_attendees[] = {
    {"Ivy Hart", "ivy.hart@council.example"},
    {"Pat O'Brien; \"chair\"", "pat.o'brien@council.example"},
    {NULL, "room-3@council.example"},
};

static inline struct calendar_invite meeting_invite(void)
{
    struct calendar_invite i = {
        .method = IMIP_REQUEST,
        .entry = meeting_entry("d1042-icpc-1@timely.council.example", "2024-04-18T10:00",
                               "2024-04-18T12:00", "ICPC 1042"),
        .organizer = sample_organizer,
        .attendees = sample_attendees,
        .attendee_count = 3,
        .alarm_minutes = 30,
    };

    i.entry.place = "Room 3, Civic Offices; first floor";
    i.entry.description = "Due by Wednesday 24 April 2024: 15 working days after the strategy "
                          "discussion of Tuesday 2 April 2024.";
    i.entry.url = "https://timely.council.example/deadline/1042";
    return i;
}

static inline struct calendar_invite hold_invite(void)
{
    struct calendar_invite i = meeting_invite();

    i.entry.starts = i.entry.ends = MOMENT_NONE;
    i.entry.on = day_of("2024-04-24");
    i.entry.summary = "ICPC 1042 due";
    i.entry.place = NULL;
    i.entry.sequence = 0;
    return i;
}
