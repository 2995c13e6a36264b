// The HTML of a digest: a heading for each child, then one row a line with a bar in the colour of
// its urgency; what was told before in smaller print. The words carry everything; colour only
// repeats it.
#include "digest_html.h"

#include "html.h"

static const char *const colours[] = {[URGENCY_LATE] = "#b3261e",
                                      [URGENCY_TODAY] = "#b45309",
                                      [URGENCY_BOOKED_LATE] = "#b45309",
                                      [URGENCY_SOON] = "#1d4e89",
                                      [URGENCY_LATER] = "#6b7680"};

// Families stand further apart than the children of one.
static void gap(struct text *out, int pixels)
{
    text_addf(out,
              "<tr><td height=\"%d\" style=\"height:%dpx;font-size:0;line-height:0;\">"
              "&nbsp;</td></tr>\n",
              pixels, pixels);
}

static void child_row(struct arena *a, struct text *out, const struct digest_item *i)
{
    text_add(out, "<tr><td style=\"padding:0 28px;\"><table role=\"presentation\" width=\"100%\" "
                  "cellpadding=\"0\" cellspacing=\"0\" border=\"0\"><tr>");
    text_addf(
        out,
        "<td bgcolor=\"#eef1f4\" style=\"padding:7px 12px;" HTML_FONT HTML_INK
        "font-size:15px;line-height:20px;font-weight:bold;\">%s%s</td>"
        "<td bgcolor=\"#eef1f4\" align=\"right\" style=\"padding:7px 12px;" HTML_FONT HTML_QUIET
        "font-size:13px;line-height:20px;\">%s</td></tr></table></td></tr>\n",
        html_escape(a, i->child),
        *i->worker
            ? arena_printf(a, "<span style=\"" HTML_QUIET "font-weight:normal;\">, %s</span>",
                           html_escape(a, i->worker))
            : "",
        html_escape(a, i->seen));
}

static void remark(struct arena *a, struct text *out, const char *words)
{
    if (*words)
        text_addf(out, "<br><span style=\"" HTML_INK "\">%s</span>", html_escape(a, words));
}

static void item_words(struct arena *a, struct text *out, const struct digest_item *i)
{
    if (i->is_new)
        text_add(out, "<span style=\"background:#1b6e3c;color:#ffffff;font-size:11px;"
                      "font-weight:bold;\">&nbsp;NEW&nbsp;</span>&nbsp; ");
    text_addf(out, "<b>%s</b> <span style=\"" HTML_QUIET "font-size:13px;\">&nbsp;%s</span>",
              html_escape(a, i->title), html_escape(a, i->force));
    text_addf(out, "<br><span style=\"color:%s;%s\">%s</span>", colours[i->urgency],
              i->urgency <= URGENCY_TODAY ? "font-weight:bold;" : "", html_escape(a, i->due));
    remark(a, out, i->counted);
    remark(a, out, i->booked);
    remark(a, out, i->late);
    if (*i->reason)
        remark(a, out, arena_printf(a, "You are told because: %s", i->reason));
    remark(a, out, i->said);
    if (i->url) {
        text_add(out, "<br>");
        html_link(a, out, i->url, "Why this date, or say it is in hand");
    }
}

static void short_words(struct arena *a, struct text *out, const struct digest_item *i)
{
    text_addf(out, "%s <span style=\"" HTML_QUIET "font-size:12px;\">&nbsp;%s</span><br>",
              html_escape(a, i->title), html_escape(a, i->force));
    text_addf(out, "<span style=\"color:%s;\">%s</span>", colours[i->urgency],
              html_escape(a, i->due));
    if (i->url) {
        text_add(out, " &nbsp;");
        html_link(a, out, i->url, "why, or in hand");
    }
    remark(a, out, i->counted);
    remark(a, out, i->booked);
    remark(a, out, i->reason);
    remark(a, out, i->said);
}

static void item_row(struct arena *a, struct text *out, const struct digest_item *i)
{
    text_addf(out,
              "<tr><td style=\"padding:6px 28px 0 28px;\"><table role=\"presentation\" "
              "width=\"100%%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\"><tr>"
              "<td width=\"4\" bgcolor=\"%s\" style=\"width:4px;font-size:0;\">&nbsp;</td>"
              "<td style=\"padding:2px 0 4px 12px;" HTML_FONT HTML_INK "%s\">",
              colours[i->urgency],
              i->in_full ? "font-size:14px;line-height:21px;" : "font-size:13px;line-height:19px;");
    if (i->in_full)
        item_words(a, out, i);
    else
        short_words(a, out, i);
    text_add(out, "</td></tr></table></td></tr>\n");
}

static void more_rows(struct arena *a, struct text *out, const struct digest_view *v)
{
    text_addf(out,
              "<tr><td style=\"padding:18px 28px 0 28px;" HTML_FONT HTML_INK
              "font-size:14px;line-height:21px;\"><b>and %zu more</b>",
              v->hidden);
    for (size_t i = 0; i < v->more_count; i++)
        text_addf(
            out, "<br>%zu &times; %s <span style=\"" HTML_QUIET "font-size:13px;\">&nbsp;%s</span>",
            v->more[i].count, html_escape(a, v->more[i].title), html_escape(a, v->more[i].force));
    text_add(out, "</td></tr>\n");
}

void digest_html_items(struct arena *a, struct text *out, const struct digest_view *v)
{
    for (size_t i = 0; i < v->count; i++) {
        if (v->items[i].new_child) {
            gap(out, v->items[i].new_family ? 18 : 6);
            child_row(a, out, &v->items[i]);
        }
        item_row(a, out, &v->items[i]);
    }
    if (v->hidden > 0)
        more_rows(a, out, v);
}

static void part(struct arena *a, struct text *out, const char *heading,
                 const struct digest_view *v)
{
    if (heading)
        html_heading(a, out, heading);
    digest_html_items(a, out, v);
}

const char *digest_html(struct arena *a, const struct digest *d, const struct digest_parts *p,
                        const char *opening)
{
    AUTO(text_done) struct text out = {0};

    html_page_start(a, &out, "timely", date_words(a, d->on), p->lead.reader);
    html_page_say(a, &out, opening);
    part(a, &out, p->lead_heading, &p->lead);
    part(a, &out, p->told_heading, &p->told);
    part(a, &out, p->parted_heading, &p->parted);
    html_page_end(a, &out, p->lead.service, p->lead.help);
    return arena_strdup(a, text_str(&out));
}
