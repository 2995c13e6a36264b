// The mail that tells a person of an answer that needs one: a decline, another time that is
// proposed, an invitation passed on. Pure: words only.
#pragma once

#include "calendar_reply.h"

struct told_meeting {
    const char *type; // "ICPC": of the timescale
    struct date starts_on;
    struct moment starts; // MOMENT_NONE: a hold
};

struct told_child {
    const char *reference; // a child is named by nothing else here
    const char *title;     // of the deadline
    struct date due_on;
};

struct reply_words {
    struct told_meeting meeting;
    const struct told_child *children; // whom the reader may see
    size_t count;
    const char *who;                    // the attendee: "Name (number)"
    const char *sent_by;                // likewise; NULL: themselves
    const char *delegate;               // likewise: to whom they passed it on; NULL: nobody known
    const struct calendar_reply *reply; // partstat, proposed time, comment
    bool older;                         // it answers an earlier version of the invite
    int working_days; // the chair stays away, so shortly before the last day; -1: this is no
                      // escalation
    const char *service_name;
};

// Subject and text of several lines, in the arena. What the attendee wrote stands in the text
// alone, quoted.
void reply_mail(struct arena *a, const struct reply_words *w, const char **ret_subject,
                const char **ret_text);
