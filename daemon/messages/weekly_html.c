// The HTML of a Monday list: a heading a part, and below it rows. Outlook draws it with Word, so
// everything is a table.
#include "digest_html.h"
#include "html.h"
#include "weekly_view.h"

#define BELOW "color:#b3261e;font-weight:bold;"

static void row_start(struct text *out, int left, const char *style)
{
    text_addf(out,
              "<tr><td style=\"padding:2px 28px 2px %dpx;" HTML_FONT "font-size:14px;"
              "line-height:21px;%s\">",
              left, style);
}

static void row_end(struct text *out)
{
    text_add(out, "</td></tr>\n");
}

static void row(struct arena *a, struct text *out, const char *style, const char *words)
{
    row_start(out, 28, style);
    text_add(out, html_escape(a, words));
    row_end(out);
}

static void figures(struct arena *a, struct text *out, const struct weekly_view *v)
{
    if (v->figure_count == 0)
        return;
    html_heading(a, out, v->figures_heading);
    for (size_t i = 0; i < v->figure_count; i++)
        row(a, out, v->below[i] ? BELOW : HTML_INK, v->figures[i]);
}

static void list(struct arena *a, struct text *out, const struct weekly_list *l)
{
    if (!l->heading)
        return;
    html_heading(a, out, l->heading);
    digest_html_items(a, out, &l->view);
}

static void child(struct arena *a, struct text *out, const struct weekly_child *c)
{
    if (c->url)
        html_link(a, out, c->url, c->child);
    else
        text_add(out, html_escape(a, c->child));
    text_add(out, html_escape(a, c->worker));
}

// "Core group [Guidance], due: 1042, 1043 (Ivy Hart)", each child a link to its page.
static void item(struct arena *a, struct text *out, const struct weekly_item *i)
{
    row_start(out, 44, HTML_INK);
    text_addf(out, "%s: ", html_escape(a, i->what));
    if (!i->named)
        text_addf(out, "%zu", i->count);
    for (size_t k = 0; i->named && k < i->count; k++) {
        text_add(out, k ? ", " : "");
        child(a, out, &i->children[k]);
    }
    row_end(out);
}

static void week(struct arena *a, struct text *out, const struct weekly_week *w)
{
    html_heading(a, out, w->heading);
    for (size_t i = 0; i < w->count; i++) {
        row(a, out, HTML_INK "font-weight:bold;", w->days[i].day);
        for (size_t k = 0; k < w->days[i].count; k++)
            item(a, out, &w->days[i].items[k]);
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
