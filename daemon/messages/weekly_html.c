// The HTML of a Monday list: a heading a part, and below it rows. Outlook draws it with Word, so
// everything is a table.
#include "digest_html.h"
#include "html.h"
#include "weekly_view.h"

#define BELOW "color:#b3261e;font-weight:bold;"

static void row(struct arena *a, struct text *out, int left, const char *style, const char *words)
{
    text_addf(out,
              "<tr><td style=\"padding:2px 28px 2px %dpx;" HTML_FONT "font-size:14px;"
              "line-height:21px;%s\">%s</td></tr>\n",
              left, style, html_escape(a, words));
}

static void figures(struct arena *a, struct text *out, const struct weekly_view *v)
{
    if (v->figure_count == 0)
        return;
    html_heading(a, out, v->figures_heading);
    for (size_t i = 0; i < v->figure_count; i++)
        row(a, out, 28, v->below[i] ? BELOW : HTML_INK, v->figures[i]);
}

static void list(struct arena *a, struct text *out, const struct weekly_list *l)
{
    if (!l->heading)
        return;
    html_heading(a, out, l->heading);
    digest_html_items(a, out, &l->view);
}

static void week(struct arena *a, struct text *out, const struct weekly_week *w)
{
    html_heading(a, out, w->heading);
    for (size_t i = 0; i < w->count; i++) {
        row(a, out, 28, HTML_INK "font-weight:bold;", w->days[i].day);
        for (size_t k = 0; k < w->days[i].count; k++)
            row(a, out, 44, HTML_INK, w->days[i].dates[k]);
    }
}

const char *weekly_html(struct arena *a, const struct weekly_view *v)
{
    AUTO(text_done) struct text out = {0};

    html_page_start(a, &out, "timely", v->above, v->reader);
    html_page_say(a, &out, v->opening);
    list(a, &out, &v->fresh);
    figures(a, &out, v);
    list(a, &out, &v->late);
    list(a, &out, &v->records);
    list(a, &out, &v->standing);
    week(a, &out, &v->weeks[0]);
    week(a, &out, &v->weeks[1]);
    list(a, &out, &v->parted);
    html_page_end(a, &out, v->service, v->help);
    return arena_strdup(a, text_str(&out));
}
