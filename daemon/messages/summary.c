// The summary of a first start: what years of work have left open, counted by timescale, in one
// mail a manager.
#include "digest.h"

#include "clean.h"
#include "digest_view.h"
#include "html.h"
#include "paragraph.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

#define TITLE_CHARS_MAX 160

struct row {
    const char *title, *force;
    size_t counts[URGENCY_COUNT]; // by urgency
    struct date earliest_on;
};

struct summary {
    struct row *rows;
    size_t row_count, line_count;
    size_t counts[URGENCY_COUNT];
    const char *reader, *service, *help;
    struct date on;
};

static int by_title(const void *x, const void *y)
{
    const struct digest_line *a = *(const struct digest_line *const *)x;
    const struct digest_line *b = *(const struct digest_line *const *)y;
    int by = strcmp(a->title, b->title);

    return by != 0 ? by : strcmp(a->force, b->force);
}

// The most out of timescale first, then the most due today, and so on.
static int by_counts(const void *x, const void *y)
{
    const struct row *a = x, *b = y;

    for (size_t i = 0; i < URGENCY_COUNT; i++)
        if (a->counts[i] != b->counts[i])
            return a->counts[i] > b->counts[i] ? -1 : 1;
    return strcmp(a->title, b->title);
}

static void count_line(struct summary *s, struct row *r, const struct digest_line *l)
{
    enum urgency urgency = digest_urgency(l, s->on);

    r->counts[urgency]++;
    s->counts[urgency]++;
    if (date_known(l->due_on) &&
        (!date_known(r->earliest_on) || date_cmp(l->due_on, r->earliest_on) < 0))
        r->earliest_on = l->due_on;
}

static void count_rows(struct arena *a, const struct digest *d, struct summary *s)
{
    const struct digest_line **lines = ARENA_ARRAY(a, const struct digest_line *, d->count);

    for (size_t i = 0; i < d->count; i++)
        lines[i] = &d->lines[i];
    if (d->count > 1)
        qsort(lines, d->count, sizeof *lines, by_title);
    s->rows = ARENA_ARRAY(a, struct row, d->count);
    for (size_t i = 0; i < d->count; i++) {
        if (i == 0 || by_title(&lines[i - 1], &lines[i]) != 0)
            s->rows[s->row_count++] = (struct row){
                .title = clean_line(a, lines[i]->title, TITLE_CHARS_MAX),
                .force = clean_line(a, lines[i]->force, TITLE_CHARS_MAX),
                .earliest_on = DATE_NONE,
            };
        count_line(s, &s->rows[s->row_count - 1], lines[i]);
    }
    if (s->row_count > 1)
        qsort(s->rows, s->row_count, sizeof *s->rows, by_counts);
}

static const char *opening_of(struct arena *a, const struct summary *s)
{
    if (s->line_count == 0)
        return "Nothing is open.";
    return arena_printf(a,
                        "This is what stood open when timely first looked: %s. It is counted here "
                        "once and not sent line by line; from now on only what is new is told.",
                        digest_counts_words(a, s->counts));
}

// What a manager does about a number that may be thousands.
static const char *advice_of(const struct summary *s)
{
    if (s->counts[URGENCY_LATE] == 0)
        return NULL;
    return "What to do with those out of timescale: what was done needs its record in the case "
           "system, and what no longer applies needs to be closed there. Either then goes by "
           "itself. What is still to be done needs a date: first what the law asks, and of that "
           "the oldest. Whoever runs timely can give you the list, child by child.";
}

// "12 February": the weekday of a day long past says nothing.
static const char *oldest_words(struct arena *a, const struct row *r, struct date on)
{
    return strchr(digest_day_words(a, r->earliest_on, on), ' ') + 1;
}

static const char *row_words(struct arena *a, const struct row *r, struct date on)
{
    const char *first = date_known(r->earliest_on) && date_cmp(r->earliest_on, on) < 0
                            ? arena_printf(a, "; the oldest was due %s", oldest_words(a, r, on))
                            : "";

    return arena_printf(a, "%s%s", digest_counts_words(a, r->counts), first);
}

static const char *text_of(struct arena *a, const struct summary *s)
{
    AUTO(text_done) struct text out = {0};

    paragraph_add(&out, "", "", s->reader);
    paragraph_add(&out, "", "", date_words(a, s->on));
    text_add(&out, "\n");
    paragraph_add(&out, "", "", opening_of(a, s));
    if (advice_of(s)) {
        text_add(&out, "\n");
        paragraph_add(&out, "", "", advice_of(s));
    }
    for (size_t i = 0; i < s->row_count; i++) {
        const struct row *r = &s->rows[i];

        text_add(&out, "\n");
        paragraph_add(&out, "", "  ", arena_printf(a, "%s [%s]", r->title, r->force));
        paragraph_add(&out, "  ", "  ", row_words(a, r, s->on));
    }
    text_add(&out, "\n-- \n");
    paragraph_add(&out, "", "", s->service);
    if (s->help)
        paragraph_add(&out, "", "", s->help);
    return arena_strdup(a, text_str(&out));
}

#define CELL "<td align=\"right\" valign=\"top\" style=\"padding:7px 8px;" HTML_FONT
#define EDGE "border-bottom:1px solid #dde3e8;"

// By due date alone: a first summary tells of no booking.
static const struct {
    enum urgency of;
    const char *heading;
} columns[] = {{URGENCY_LATE, "Out of timescale"},
               {URGENCY_TODAY, "Due today"},
               {URGENCY_SOON, "Within 5 days"},
               {URGENCY_LATER, "Later"}};
#define COLUMN_COUNT (sizeof columns / sizeof *columns)

static void heading_cells(struct text *out)
{
    text_add(
        out,
        "<tr><td width=\"360\" valign=\"bottom\" style=\"width:360px;padding:7px 8px;" HTML_FONT
            HTML_QUIET EDGE "font-size:12px;line-height:16px;\">Timescale</td>");
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        text_addf(out,
                  "<td align=\"right\" valign=\"bottom\" width=\"56\" style=\"width:56px;"
                  "padding:7px 8px;" HTML_FONT HTML_QUIET EDGE
                  "font-size:12px;line-height:16px;\">%s</td>",
                  columns[i].heading);
    text_add(out, "</tr>\n");
}

static void row_cells(struct arena *a, struct text *out, const struct row *r, struct date on)
{
    text_addf(out,
              "<tr><td valign=\"top\" style=\"padding:7px 8px;" HTML_FONT HTML_INK EDGE
              "font-size:14px;line-height:20px;\"><b>%s</b> <span style=\"" HTML_QUIET
              "font-size:13px;\">&nbsp;%s</span>",
              html_escape(a, r->title), html_escape(a, r->force));
    if (date_known(r->earliest_on) && date_cmp(r->earliest_on, on) < 0)
        text_addf(out,
                  "<br><span style=\"" HTML_QUIET "font-size:13px;\">the oldest was due "
                  "%s</span>",
                  oldest_words(a, r, on));
    text_add(out, "</td>");
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        size_t count = r->counts[columns[i].of];

        text_addf(out, CELL EDGE "font-size:14px;line-height:20px;%s\">%zu</td>",
                  count == 0 ? "color:#8a949e;"
                  : i == 0   ? "color:#b3261e;font-weight:bold;"
                             : HTML_INK,
                  count);
    }
    text_add(out, "</tr>\n");
}

static const char *html_of(struct arena *a, const struct summary *s)
{
    AUTO(text_done) struct text out = {0};

    html_page_start(a, &out, "timely", date_words(a, s->on), s->reader);
    html_page_say(a, &out, opening_of(a, s));
    if (advice_of(s))
        html_page_say(a, &out, advice_of(s));
    if (s->row_count > 0) {
        text_add(&out, "<tr><td style=\"padding:10px 20px 0 20px;\"><table width=\"100%\" "
                       "cellpadding=\"0\" cellspacing=\"0\" border=\"0\">\n");
        heading_cells(&out);
        for (size_t i = 0; i < s->row_count; i++)
            row_cells(a, &out, &s->rows[i], s->on);
        text_add(&out, "</table></td></tr>\n");
    }
    html_page_end(a, &out, s->service, s->help);
    return arena_strdup(a, text_str(&out));
}

static const char *subject_of(struct arena *a, const struct summary *s)
{
    size_t late = s->counts[URGENCY_LATE];

    if (s->line_count == 0)
        return "First summary: nothing is open";
    return arena_printf(a, "First summary: %zu open, %zu of them out of timescale", s->line_count,
                        late);
}

void summary_render(struct arena *a, const struct digest *d, struct rendered *ret)
{
    struct summary s = {
        .line_count = d->count,
        .reader = clean_line(a, d->reader, TITLE_CHARS_MAX),
        .service = clean_line(a, d->service_name, TITLE_CHARS_MAX),
        .help = d->help ? clean_line(a, d->help, TITLE_CHARS_MAX) : NULL,
        .on = d->on,
    };

    count_rows(a, d, &s);
    *ret = (struct rendered){
        .subject = subject_of(a, &s),
        .text = text_of(a, &s),
        .html = html_of(a, &s),
    };
}
