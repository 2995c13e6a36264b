// The words about an answer, in 72 columns.
#include "reply_mail.h"

#include "clean.h"
#include "paragraph.h"
#include "text.h"

#include <string.h>

#define WHO_CHARS_MAX 120
#define SUBJECT_CHARS_MAX 150

static bool is_proposal(const struct reply_words *w)
{
    return w->reply->method == REPLY_COUNTER;
}

static bool says(const struct reply_words *w, const char *partstat)
{
    return strcmp(w->reply->partstat, partstat) == 0;
}

static const char *what_happened(const struct reply_words *w)
{
    if (says(w, "DELEGATED"))
        return "the invitation is passed on";
    if (says(w, "DECLINED"))
        return is_proposal(w) ? "the invitation is declined, and another time proposed"
                              : "the invitation is declined";
    return "another time is proposed";
}

// An address that the directory does not know is a stranger's word, and is not repeated.
static const char *whom_it_was_passed_to(struct arena *a, const struct reply_words *w)
{
    if (w->delegate)
        return clean_line(a, w->delegate, WHO_CHARS_MAX);
    return w->reply->delegate ? "somebody who is not in the directory" : "somebody else";
}

static const char *what_they_did(struct arena *a, const struct reply_words *w)
{
    if (says(w, "DELEGATED"))
        return arena_printf(a, "has passed the invitation to this meeting on to %s.",
                            whom_it_was_passed_to(a, w));
    if (says(w, "DECLINED"))
        return is_proposal(w)
                   ? "declines the invitation to this meeting, and proposes another time."
                   : "has declined the invitation to this meeting.";
    return "proposes another time for this meeting.";
}

static const char *references(struct arena *a, const struct reply_words *w)
{
    const char *list = "";

    for (size_t i = 0; i < w->count; i++)
        list = arena_printf(a, "%s%s%s", list, *list ? ", " : "", w->children[i].reference);
    return list;
}

static void add_meeting(struct arena *a, struct text *out, const struct reply_words *w)
{
    const struct told_meeting *m = &w->meeting;

    paragraph_add(out, "Meeting: ", "         ", clean_line(a, m->type, WHO_CHARS_MAX));
    paragraph_add(out, "When:    ", "         ",
                  date_known(m->starts.on)
                      ? moment_words(a, m->starts)
                      : arena_printf(a, "to be held by %s", date_words(a, m->starts_on)));
    for (size_t i = 0; i < w->count; i++)
        paragraph_add(out, "For:     ", "         ",
                      arena_printf(a, "%s, %s, due by %s",
                                   clean_line(a, w->children[i].reference, WHO_CHARS_MAX),
                                   clean_line(a, w->children[i].title, WHO_CHARS_MAX),
                                   date_words(a, w->children[i].due_on)));
}

static bool is_late(const struct reply_words *w)
{
    for (size_t i = 0; i < w->count; i++)
        if (date_cmp(w->reply->starts.on, w->children[i].due_on) > 0)
            return true;
    return false;
}

static void add_proposal(struct arena *a, struct text *out, const struct reply_words *w)
{
    if (!is_proposal(w))
        return;
    if (!date_known(w->reply->starts.on)) {
        paragraph_add(out, "", "",
                      "The time that is proposed cannot be read here: please ask them for it.");
        return;
    }
    paragraph_add(out, "Proposed: ", "          ", moment_words(a, w->reply->starts));
    if (is_late(w))
        paragraph_add(out, "", "", "That is after the last day in timescale.");
}

static void add_comment(struct arena *a, struct text *out, const char *comment)
{
    const char *line = comment;

    if (!comment)
        return;
    text_add(out, "\nThey wrote:\n");
    while (*line) {
        size_t length = strcspn(line, "\n");

        paragraph_add(out, "> ", "> ", arena_strndup(a, line, length));
        line += length + (line[length] == '\n');
    }
}

static const char *working_day_words(struct arena *a, int days)
{
    if (days == 0)
        return "The last day in timescale is today";
    return arena_printf(a, "The last day in timescale is in %d working day%s", days,
                        days == 1 ? "" : "s");
}

static void add_request(struct arena *a, struct text *out, const struct reply_words *w)
{
    if (w->working_days >= 0)
        paragraph_add(out, "", "",
                      arena_printf(a, "%s, and %s.", working_day_words(a, w->working_days),
                                   says(w, "DELEGATED")
                                       ? "the case system names nobody else to chair the meeting"
                                       : "the meeting has nobody to chair it"));
    if (w->older)
        paragraph_add(out, "", "",
                      "They answered an earlier version of the invitation; it has changed since.");
    paragraph_add(out, "", "",
                  "Nothing was changed by this: the meeting stands as it is booked, and its due "
                  "date as it was. Please agree with them what is to happen, and book another time "
                  "in the case system if there has to be one.");
}

void reply_mail(struct arena *a, const struct reply_words *w, const char **ret_subject,
                const char **ret_text)
{
    AUTO(text_done) struct text out = {0};
    const char *who = clean_line(a, w->who, WHO_CHARS_MAX);

    paragraph_add(&out, "", "", arena_printf(a, "%s %s", who, what_they_did(a, w)));
    if (w->sent_by)
        paragraph_add(
            &out, "", "",
            arena_printf(a, "%s answered for them.", clean_line(a, w->sent_by, WHO_CHARS_MAX)));
    text_add(&out, "\n");
    add_meeting(a, &out, w);
    add_proposal(a, &out, w);
    add_comment(a, &out, w->reply->comment);
    text_add(&out, "\n");
    add_request(a, &out, w);
    text_add(&out, "\n-- \n");
    paragraph_add(&out, "", "", clean_line(a, w->service_name, WHO_CHARS_MAX));
    *ret_text = arena_strdup(a, text_str(&out));
    *ret_subject = clean_line(
        a, arena_printf(a, "%s %s: %s", w->meeting.type, references(a, w), what_happened(w)),
        SUBJECT_CHARS_MAX);
}
