// The words beside an invite: what a person needs who sees only the mail.
#include "digest.h"

#include "clean.h"
#include "html.h"
#include "paragraph.h"
#include "text.h"

#define TITLE_CHARS_MAX 160
#define REMARK_CHARS_MAX 300
#define URL_CHARS_MAX 2000
#define DERIVATION_CHARS_MAX 2000
#define PAGE_WORDS "Why this date"

struct fact {
    const char *label, *value; // a NULL value is left out
};

enum { FACTS = 6 };

static bool has_time(const struct invite_words *w)
{
    return date_known(w->starts.on);
}

static bool is_hold(const struct invite_words *w)
{
    return !has_time(w) && date_known(w->due_on);
}

// NULL: of a cancellation whose receiver is not known to have been shown a day.
static const char *when_words(struct arena *a, const struct invite_words *w)
{
    bool one_day = date_known(w->ends.on) && date_is(w->starts.on, w->ends.on);

    if (!has_time(w) && !is_hold(w))
        return NULL;
    if (!has_time(w))
        return arena_printf(
            a, w->cancelled ? "the last day was %s" : "not booked yet; to be held by %s",
            date_words(a, w->due_on));
    return one_day ? arena_printf(a, "%s to %02d:%02d", moment_words(a, w->starts),
                                  w->ends.minute / 60, w->ends.minute % 60)
                   : moment_words(a, w->starts);
}

// Said once: a derivation begins with it, and of a hold it is when.
static bool says_due(const struct invite_words *w)
{
    return date_known(w->due_on) && has_time(w) && !w->derivation;
}

static void facts_of(struct arena *a, const struct invite_words *w, struct fact ret[FACTS])
{
    ret[0] = (struct fact){"What", clean_line(a, w->title, TITLE_CHARS_MAX)};
    ret[1] = (struct fact){"For", w->child ? clean_line(a, w->child, TITLE_CHARS_MAX) : NULL};
    ret[2] = (struct fact){"When", when_words(a, w)};
    ret[3] = (struct fact){"Where", w->place ? clean_line(a, w->place, REMARK_CHARS_MAX) : NULL};
    ret[4] = (struct fact){"Online", w->url ? clean_line(a, w->url, URL_CHARS_MAX) : NULL};
    ret[5] = (struct fact){"Due by", says_due(w) ? date_words(a, w->due_on) : NULL};
}

// NULL: it is in time, or leaves the calendar.
static const char *lateness_of(struct arena *a, const struct invite_words *w)
{
    if (w->cancelled || !has_time(w) || !date_known(w->due_on) ||
        date_cmp(w->starts.on, w->due_on) <= 0)
        return NULL;
    return arena_printf(a, "It is booked after the last day in timescale, %s.",
                        date_words(a, w->due_on));
}

static const char *kind_of(const struct invite_words *w)
{
    if (w->cancelled)
        return is_hold(w) ? "Hold released" : "Cancelled";
    if (w->update)
        return "Changed";
    return is_hold(w) ? "Please hold" : "Invitation";
}

// Programs make the subject the title of the entry: it says no more than the calendar does.
static const char *subject_of(struct arena *a, const struct invite_words *w)
{
    const char *when = has_time(w)  ? moment_words(a, w->starts)
                       : is_hold(w) ? date_words(a, w->due_on)
                                    : "";

    return arena_printf(a, "%s: %s%s%s", kind_of(w), clean_line(a, w->heading, TITLE_CHARS_MAX),
                        *when ? ", " : "", when);
}

static const char *request_of(const struct invite_words *w)
{
    if (w->cancelled && is_hold(w))
        return "The day leaves your calendar. Either the meeting is booked, and has an entry of "
               "its "
               "own, or it is no longer called for. You need not answer.";
    if (w->cancelled)
        return "This is no longer needed and leaves your calendar. You need not answer.";
    if (w->update && is_hold(w))
        return w->moved ? "This replaces what your calendar shows: the last day has moved. You "
                          "need not answer."
                        : "This replaces what your calendar shows, and marks the last day. You "
                          "need not answer.";
    if (w->no_answer)
        return w->update ? "This replaces what your calendar shows. You need not answer."
                         : "It is in your calendar. You need not answer.";
    if (w->update)
        return "This replaces what your calendar shows. Please accept or decline it there.";
    if (has_time(w))
        return "Please accept or decline it in your calendar.";
    return "No time is booked yet: this marks the last day. It becomes the meeting when one is "
           "booked.";
}

static const char *text_of(struct arena *a, const struct invite_words *w,
                           const struct fact facts[FACTS])
{
    AUTO(text_done) struct text out = {0};

    paragraph_add(&out, "", "", kind_of(w));
    text_add(&out, "\n");
    for (size_t i = 0; i < FACTS; i++)
        if (facts[i].value)
            paragraph_add(&out, arena_printf(a, "%-8s", arena_printf(a, "%s:", facts[i].label)),
                          "        ", facts[i].value);
    if (lateness_of(a, w)) {
        text_add(&out, "\n");
        paragraph_add(&out, "", "", lateness_of(a, w));
    }
    if (w->derivation) {
        text_add(&out, "\n");
        paragraph_add(&out, "", "", clean_line(a, w->derivation, DERIVATION_CHARS_MAX));
    }
    if (w->page)
        paragraph_add(&out, "", "", arena_printf(a, PAGE_WORDS ": %s", w->page));
    text_add(&out, "\n");
    paragraph_add(&out, "", "", request_of(w));
    text_add(&out, "\n-- \n");
    paragraph_add(&out, "", "", clean_line(a, w->service_name, TITLE_CHARS_MAX));
    return arena_strdup(a, text_str(&out));
}

static void fact_row(struct arena *a, struct text *out, const struct fact *f)
{
    text_addf(
        out,
        "<tr><td width=\"72\" valign=\"top\" style=\"width:72px;padding:4px 12px 4px 0;" HTML_FONT
            HTML_QUIET "font-size:14px;line-height:21px;\">%s</td>"
        "<td valign=\"top\" style=\"padding:4px 0;" HTML_FONT HTML_INK
        "font-size:15px;line-height:21px;\">%s</td></tr>\n",
        f->label, html_escape(a, f->value));
}

static void add_page_link(struct arena *a, struct text *out, const struct invite_words *w)
{
    if (!w->page)
        return;
    text_add(out, "<tr><td style=\"padding:0 28px 8px 28px;" HTML_FONT "font-size:15px;\">");
    html_link(a, out, w->page, PAGE_WORDS);
    text_add(out, "</td></tr>\n");
}

static const char *html_of(struct arena *a, const struct invite_words *w,
                           const struct fact facts[FACTS])
{
    AUTO(text_done) struct text out = {0};

    html_page_start(a, &out, "timely", kind_of(w), facts[0].value);
    text_add(&out, "<tr><td style=\"padding:8px 28px;\"><table role=\"presentation\" "
                   "cellpadding=\"0\" cellspacing=\"0\" border=\"0\">\n");
    for (size_t i = 1; i < FACTS; i++)
        if (facts[i].value)
            fact_row(a, &out, &facts[i]);
    text_add(&out, "</table></td></tr>\n");
    if (lateness_of(a, w))
        html_page_say(a, &out, lateness_of(a, w));
    if (w->derivation)
        html_page_say(a, &out, clean_line(a, w->derivation, DERIVATION_CHARS_MAX));
    add_page_link(a, &out, w);
    html_page_say(a, &out, request_of(w));
    html_page_end(a, &out, clean_line(a, w->service_name, TITLE_CHARS_MAX), NULL);
    return arena_strdup(a, text_str(&out));
}

void invite_render(struct arena *a, const struct invite_words *w, struct rendered *ret)
{
    struct fact facts[FACTS];

    facts_of(a, w, facts);
    *ret = (struct rendered){
        .subject = subject_of(a, w),
        .text = text_of(a, w, facts),
        .html = html_of(a, w, facts),
    };
}

const char *invite_description(struct arena *a, const struct invite_words *w)
{
    struct invite_words shown = *w;
    struct fact facts[FACTS];

    shown.page = NULL;
    facts_of(a, &shown, facts);
    return text_of(a, &shown, facts);
}
